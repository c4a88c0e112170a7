#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the classification losses agree with PyTorch in value and gradient") {
    const IndexArray labels{2, 0, 3};
    const Array64 w{0.5, 2, 1, 0.25};
    const auto with = [labels](CrossEntropyOptions options) {
        return [labels, options](const auto& x) { return softmax_cross_entropy(x[0], labels, options); };
    };
    parity::check("cross_entropy", {
        {"cross_entropy", with({})},
        {"cross_entropy: none", with({.reduction = Reduction::none})},
        {"cross_entropy: sum, weights", with({.weights = w, .reduction = Reduction::sum})},
        {"cross_entropy: mean, weights", with({.weights = w})},
        {"cross_entropy: ignored",
         [](const auto& x) { return softmax_cross_entropy(x[0], {2, -100, 3}, {.ignore_index = -100}); }},
        {"cross_entropy: ignored class, weights", with({.weights = w, .ignore_index = 0})},
        {"cross_entropy: smoothing", with({.label_smoothing = 0.2})},
        {"cross_entropy: smoothing, weights, ignored", with({.weights = w, .ignore_index = 0, .label_smoothing = 0.2})},
        {"cross_entropy: smoothing, weights, none",
         with({.weights = w, .label_smoothing = 0.2, .reduction = Reduction::none})},
        {"cross_entropy: further axes", [](const auto& x) {
             return softmax_cross_entropy(x[0], {{{1, 0}}, {{2, -1}}}, {.ignore_index = -1, .label_smoothing = 0.1});
         }},
        {"cross_entropy: far apart", with({.reduction = Reduction::none})},
        {"cross_entropy: all ignored",
         [](const auto& x) { return softmax_cross_entropy(x[0], {-100, -100}, {.ignore_index = -100}); }},
        {"soft_cross_entropy", [](const auto& x) { return softmax_cross_entropy(x[0], x[1]); }},
        {"soft_cross_entropy: weights, smoothing",
         [w](const auto& x) { return softmax_cross_entropy(x[0], x[1], {.weights = w, .label_smoothing = 0.2}); }},
        {"soft_cross_entropy: one-hot, sum",
         [](const auto& x) { return softmax_cross_entropy(x[0], x[1], {.reduction = Reduction::sum}); }},
        {"soft_cross_entropy: further axes, none",
         [](const auto& x) { return softmax_cross_entropy(x[0], x[1], {.reduction = Reduction::none}); }},
        {"nll_loss", [labels](const auto& x) { return nll_loss(x[0], labels); }},
        {"nll_loss: weights, ignored",
         [labels, w](const auto& x) { return nll_loss(x[0], labels, {.weights = w, .ignore_index = 3}); }},
        {"nll_loss: further axes, none",
         [](const auto& x) { return nll_loss(x[0], {{1, 0}, {2, 1}}, {.reduction = Reduction::none}); }},
        {"nll_loss: sum",
         [labels, w](const auto& x) { return nll_loss(x[0], labels, {.weights = w, .reduction = Reduction::sum}); }},
    });
}
