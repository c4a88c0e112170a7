// Attention: sums of values, weighted by how well their keys fit a query.
//
// A. Vaswani and others, "Attention is all you need", NeurIPS 2017, section 3.2: softmax(Q K^T / sqrt(E)) V.
//
// L is the number of queries, S that of keys and values. A mask is added to the scores before the softmax: 0 leaves a
// key as it is, -infinity hides it, anything else favours it or not; a gradient flows into it. A query that sees no key
// at all gets weights of 0, and so a sum of 0, not NaN; no gradient flows through it.
#pragma once

#include <xtape/nn/linear.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace xtape::nn {

template <class T>
struct BasicDotProductOptions {
    BasicTensor<T> mask = {};  ///< broadcasts to (..., L, S); undefined: none
    bool causal = false;       ///< query i sees keys 0 .. i only
    double dropout = 0;        ///< probability with which a weight is dropped, 0 .. 1; takes the next random stream
    std::optional<double> scale = {};  ///< of the scores; none: 1 / sqrt(E)
};

/// softmax(scale Q K^T + mask) V for query (..., L, E), key (..., S, E) and value (..., S, V); (..., L, V). Leading
/// axes broadcast. Throws ShapeError when the shapes do not fit, ConfigError for a dropout outside 0 .. 1.
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const BasicDotProductOptions<float>& options = {},
                                    Location at = Location::current());
Tensor64 scaled_dot_product_attention(const Tensor64& query, const Tensor64& key, const Tensor64& value,
                                      const BasicDotProductOptions<double>& options = {},
                                      Location at = Location::current());

struct MultiheadAttentionOptions {
    double dropout = 0;  ///< of the weights, in training; 0 .. 1
    bool bias = true;    ///< of all four projections
};

/// What one call looks at.
template <class T>
struct BasicAttentionOptions {
    BasicTensor<T> mask = {};  ///< broadcasts to (N, heads, L, S), as (L, S) does; undefined: none
    bool causal = false;       ///< query i sees keys 0 .. i only
    BasicTensor<T> key_padding =
        {};                ///< (N, S): keys with a number other than 0 only fill up and are not seen; undefined: none
    bool weights = false;  ///< asks for the weights, too
};

template <class T>
struct BasicAttentionOutput {
    BasicTensor<T> y;  ///< (N, L, embed_dim)
    BasicTensor<T>
        weights;  ///< (N, L, S), the mean over heads of the weights as they were used; undefined unless asked for
};

/// Attention in several heads, each with embed_dim / heads numbers of its own, between a projection of query, key and
/// value and one of the result (section 3.2.2 of the paper). Batch first: query (N, L, embed_dim), key and value (N, S,
/// embed_dim).
template <class T>
class BasicMultiheadAttention : public BasicModule<T> {
public:
    /// Weights and biases start as PyTorch's: in_proj_weight with Xavier's uniform numbers, biases at 0. Throws
    /// ConfigError for sizes below 1, heads that do not divide embed_dim, and a dropout outside 0 .. 1.
    BasicMultiheadAttention(std::size_t embed_dim, std::size_t heads, MultiheadAttentionOptions options = {},
                            Location at = Location::current());

    using BasicModule<T>::operator();
    /// `auto [y, weights] = attention(query, key, value, {.causal = true, .weights = true});`
    /// Throws ShapeError when the shapes do not fit.
    BasicAttentionOutput<T> operator()(const BasicTensor<T>& query, const BasicTensor<T>& key,
                                       const BasicTensor<T>& value, const BasicAttentionOptions<T>& options = {},
                                       Location at = Location::current());
    /// Self-attention: query, key and value are x, with one product for all three projections.
    BasicAttentionOutput<T> operator()(const BasicTensor<T>& x, const BasicAttentionOptions<T>& options,
                                       Location at = Location::current());

    /// Self-attention without a mask.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "MultiheadAttention 64, 8 heads"

    BasicParameter<T> in_proj_weight;               ///< (3 embed_dim, embed_dim): of query, key and value
    std::optional<BasicParameter<T>> in_proj_bias;  ///< (3 embed_dim)
    BasicLinear<T> out_proj;

private:
    BasicAttentionOutput<T> attend_to_itself(const BasicTensor<T>& x, const BasicAttentionOptions<T>& options);
    BasicAttentionOutput<T> attend(const BasicTensor<T>& query, const BasicTensor<T>& key, const BasicTensor<T>& value,
                                   const BasicAttentionOptions<T>& options);
    BasicAttentionOutput<T> attend_in_heads(const BasicTensor<T>& query, const BasicTensor<T>& key,
                                            const BasicTensor<T>& value, const BasicAttentionOptions<T>& options);
    BasicTensor<T> projected(const BasicTensor<T>& x, std::size_t part) const;

    std::size_t heads_;
    double dropout_;
};

using DotProductOptions = BasicDotProductOptions<float>;
using DotProductOptions64 = BasicDotProductOptions<double>;
using AttentionOptions = BasicAttentionOptions<float>;
using AttentionOptions64 = BasicAttentionOptions<double>;
using AttentionOutput = BasicAttentionOutput<float>;
using AttentionOutput64 = BasicAttentionOutput<double>;
using MultiheadAttention = BasicMultiheadAttention<float>;
using MultiheadAttention64 = BasicMultiheadAttention<double>;

extern template class BasicMultiheadAttention<float>;
extern template class BasicMultiheadAttention<double>;

}  // namespace xtape::nn
