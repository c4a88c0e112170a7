#include "parity/parity.hpp"

#include <xtape/nn/losses.hpp>

#include <doctest/doctest.h>

using namespace xtape;

namespace {

// Labels of pairs and scores in the inputs' precision.
template <class T>
BasicArray<T> signs(const BasicTensor<T>&, const Array64& values) {
    return xt::cast<T>(values);
}

}  // namespace

TEST_CASE("losses with options agree with PyTorch in value and gradient") {
    const IndexArray labels{2, 0, 3};
    const Array64 weights{0.5, 2, 1, 0.25}, classes{0.5, 2, 1}, positive{0.5, 2, 3}, pairs{1, -1, -1, 1};
    const Array64 sides{{1., -1., 1.}, {-1., -1., 1.}};
    constexpr Reduction sum = Reduction::sum, none = Reduction::none;
    const nn::HuberLoss huber{{.reduction = sum, .delta = 0.5}};
    const nn::SmoothL1Loss smooth{{.reduction = none, .beta = 0.5}};
    const nn::BCELoss bce{{.reduction = sum, .weight = classes}};
    const nn::BCEWithLogitsLoss logits{{.reduction = sum, .pos_weight = positive}};
    const nn::CrossEntropyLoss entropy{{.reduction = sum, .label_smoothing = 0.2, .weights = weights, .ignore_index = 0}};
    const nn::CrossEntropyLoss soft{{.reduction = none, .label_smoothing = 0.2, .weights = weights}};
    const nn::NLLLoss nll{{.reduction = none, .weights = weights, .ignore_index = 3}};
    const auto divergence = [](nn::KLDivLossOptions options) {
        return [options](const auto& x) { return nn::KLDivLoss{options}(x[0], x[1]); };
    };
    const auto margin = [labels](nn::MultiMarginLossOptions options) {
        return [options, labels](const auto& x) { return nn::MultiMarginLoss{options}(x[0], labels); };
    };
    const auto cosine = [](const Array64& y, nn::CosineEmbeddingLossOptions options) {
        return [y, options](const auto& x) { return nn::CosineEmbeddingLoss{options}(x[0], x[1], signs(x[0], y)); };
    };
    parity::check("nn_losses", {
        {"huber: sum", [huber](const auto& x) { return huber(x[0], x[1]); }},
        {"smooth_l1: none", [smooth](const auto& x) { return smooth(x[0], x[1]); }},
        {"bce: weight, sum", [bce](const auto& x) { return bce(x[0], x[1]); }},
        {"bce_with_logits: pos_weight, sum", [logits](const auto& x) { return logits(x[0], x[1]); }},
        {"kl_div: batch mean", divergence({.batch_mean = true})},
        {"kl_div: logarithms", divergence({.log_target = true})},
        {"kl_div: logarithms, sum", divergence({.reduction = sum, .log_target = true})},
        {"kl_div: logarithms, none", divergence({.reduction = none, .log_target = true})},
        {"kl_div: logarithms, batch mean", divergence({.log_target = true, .batch_mean = true})},
        {"cross_entropy: all options", [entropy, labels](const auto& x) { return entropy(x[0], labels); }},
        {"cross_entropy: targets, all options", [soft](const auto& x) { return soft(x[0], x[1]); }},
        {"nll: all options", [nll, labels](const auto& x) { return nll(x[0], labels); }},
        {"hinge", [sides](const auto& x) { return nn::hinge(x[0], signs(x[0], sides)); }},
        {"multi_margin", margin({})},
        {"multi_margin: squares, sum", margin({.reduction = sum, .margin = 0.5, .power = 2})},
        {"multi_margin: none", margin({.reduction = none})},
        {"cosine_embedding", cosine(pairs, {})},
        {"cosine_embedding: margin, sum", cosine(pairs, {.reduction = sum, .margin = -0.5})},
        {"cosine_embedding: none", cosine(pairs, {.reduction = none, .margin = 0.2})},
        {"cosine_embedding: one pair", cosine(Array64(1.0), {})},
    });
}
