// Parts of transformers: TransformerEncoderLayer PositionalEncoding.
//
// A. Vaswani and others, "Attention is all you need", NeurIPS 2017.
#pragma once

#include <xtape/nn/attention.hpp>
#include <xtape/nn/dropout.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/normalization.hpp>

#include <cstddef>
#include <string>

namespace xtape::nn {

enum class TransformerActivation { relu, gelu };

struct TransformerEncoderLayerOptions {
    std::size_t feedforward = 2048;  ///< width between linear1 and linear2
    double dropout =
        0.1;  ///< of attention weights, between the linear layers, and of both branches; in training, 0 .. 1
    TransformerActivation activation = TransformerActivation::relu;
    bool norm_first = false;  ///< normalises what enters each branch, not what leaves the sum
    double eps = 1e-5;        ///< of both normalisations
};

/// x -> norm1(x + attention(x)), then norm2(x + feedforward(x)); with norm_first x + attention(norm1(x)), then
/// x + feedforward(norm2(x)). The feedforward part is linear2(activation(linear1(x))). x and y (N, L, d_model).
template <class T>
class BasicTransformerEncoderLayer : public BasicModule<T> {
public:
    /// Throws ConfigError for sizes below 1, heads that do not divide d_model, and a dropout outside 0 .. 1.
    BasicTransformerEncoderLayer(std::size_t d_model, std::size_t heads, TransformerEncoderLayerOptions options = {},
                                 Location at = Location::current());

    using BasicModule<T>::operator();
    /// With masks: `layer(x, {.causal = true})`. The weights are not given out.
    BasicTensor<T> operator()(const BasicTensor<T>& x, const BasicAttentionOptions<T>& options,
                              Location at = Location::current());

    /// Throws ShapeError unless x is (N, L, d_model) with L at least 1.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "TransformerEncoderLayer 64, 8 heads, feedforward 2048"

    BasicMultiheadAttention<T> self_attn;
    BasicLinear<T> linear1, linear2;
    BasicLayerNorm<T> norm1, norm2;
    BasicDropout<T> dropout, dropout1, dropout2;  ///< between the linear layers, after the attention, after linear2

private:
    BasicTensor<T> encode(const BasicTensor<T>& x, const BasicAttentionOptions<T>& options);
    BasicTensor<T> attended(const BasicTensor<T>& x, const BasicAttentionOptions<T>& options);
    BasicTensor<T> fed_forward(const BasicTensor<T>& x);

    std::size_t heads_;
    TransformerActivation activation_;
    bool norm_first_;
};

struct PositionalEncodingOptions {
    double dropout = 0.1;  ///< of the sum, in training; 0 .. 1
};

/// Adds to step p of x (N, L, d_model), in column 2i, sin(p / 10000^(2i / d_model)), and in column 2i+1 the cosine of
/// the same: so attention, which knows no order, sees where a step stands. Section 3.5 of the paper. Has no parameters
/// and no state.
template <class T>
class BasicPositionalEncoding : public BasicModule<T> {
public:
    /// For sequences of up to `length` steps. Throws ConfigError for sizes below 1 and a dropout outside 0 .. 1.
    BasicPositionalEncoding(std::size_t length, std::size_t d_model, PositionalEncodingOptions options = {},
                            Location at = Location::current());

    /// Throws ShapeError unless x is (N, L, d_model) with L at most `length`.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "PositionalEncoding 64, up to 512 steps"

    BasicDropout<T> dropout;

private:
    BasicTensor<T> table_;  // (length, d_model)
};

using TransformerEncoderLayer = BasicTransformerEncoderLayer<float>;
using TransformerEncoderLayer64 = BasicTransformerEncoderLayer<double>;
using PositionalEncoding = BasicPositionalEncoding<float>;
using PositionalEncoding64 = BasicPositionalEncoding<double>;

extern template class BasicTransformerEncoderLayer<float>;
extern template class BasicTransformerEncoderLayer<double>;
extern template class BasicPositionalEncoding<float>;
extern template class BasicPositionalEncoding<double>;

}  // namespace xtape::nn
