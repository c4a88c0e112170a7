#include "parity/layers.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/transformer.hpp>

#include <doctest/doctest.h>

using namespace xtape;

namespace {

template <class T>
BasicTensor<T> both(const nn::BasicAttentionOutput<T>& result) {
    return concat({flatten(result.y), flatten(result.weights)});
}

constexpr auto with_weights = []<class M, class T>(M& m, const std::vector<BasicTensor<T>>& x) {
    return both(m(x[0], x[1], x[2], {.weights = true}));
};

}  // namespace

TEST_CASE("attention agrees with PyTorch in value and gradient") {
    using nn::TransformerActivation;
    parity::check_layers("attention_layers", {
        {"MultiheadAttention", []<class T>() { return nn::BasicMultiheadAttention<T>{4, 2}; }, with_weights},
        {"MultiheadAttention: of x to x", []<class T>() { return nn::BasicMultiheadAttention<T>{6, 3}; },
         [](auto& m, const auto& x) { return both(m(x[0], {.weights = true})); }},
        {"MultiheadAttention: no bias", []<class T>() { return nn::BasicMultiheadAttention<T>{4, 1, {.bias = false}}; }, with_weights},
        {"MultiheadAttention: causal", []<class T>() { return nn::BasicMultiheadAttention<T>{4, 2}; },
         [](auto& m, const auto& x) { return m(x[0], {.causal = true}).y; }},
        {"MultiheadAttention: mask and padding", []<class T>() { return nn::BasicMultiheadAttention<T>{4, 2}; },
         []<class M, class T>(M& m, const std::vector<BasicTensor<T>>& x) {
             const BasicArray<T> padding{{0, 0, 1, 0, 1}, {0, 0, 0, 0, 0}};
             return both(m(x[1], x[2], x[3], {.mask = x[0], .key_padding = padding, .weights = true}));
         }},
        {"MultiheadAttention: evaluation", []<class T>() { return nn::BasicMultiheadAttention<T>{4, 2, {.dropout = 0.5}}; }, with_weights},
        {"TransformerEncoderLayer",
         []<class T>() { return nn::BasicTransformerEncoderLayer<T>{4, 2, {.feedforward = 6, .dropout = 0}}; }},
        {"TransformerEncoderLayer: normalising first, gelu",
         []<class T>() {
             return nn::BasicTransformerEncoderLayer<T>{
                 4, 2, {.feedforward = 6, .dropout = 0, .activation = TransformerActivation::gelu, .norm_first = true}};
         }},
        {"TransformerEncoderLayer: causal and padding",
         []<class T>() { return nn::BasicTransformerEncoderLayer<T>{4, 1, {.feedforward = 5, .dropout = 0, .eps = 1e-3}}; },
         []<class M, class T>(M& m, const std::vector<BasicTensor<T>>& x) {
             return m(x[0], {.causal = true, .key_padding = BasicArray<T>{{0, 1, 0}, {0, 0, 1}}});
         }},
        {"TransformerEncoderLayer: evaluation", []<class T>() { return nn::BasicTransformerEncoderLayer<T>{4, 2, {.feedforward = 6}}; }},
    });
}
