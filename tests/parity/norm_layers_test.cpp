#include "parity/layers.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/normalization.hpp>

#include <doctest/doctest.h>

using namespace xtape;

namespace {

constexpr auto each_in_turn = [](auto& m, const auto& x) {
    auto results = x;
    for (auto& tensor : results) tensor = m(tensor);
    return concat(results);
};

}  // namespace

TEST_CASE("normalising layers agree with PyTorch in value, gradient and running statistics") {
    parity::check_layers("norm_layers", {
        {"BatchNorm1d", []<class T>() { return nn::BasicBatchNorm1d<T>{3}; }},
        {"BatchNorm1d: a further axis", []<class T>() { return nn::BasicBatchNorm1d<T>{2, {.eps = 1e-3, .momentum = 0.3}}; }},
        {"BatchNorm1d: evaluation", []<class T>() { return nn::BasicBatchNorm1d<T>{3}; }},
        {"BatchNorm1d: three batches", []<class T>() { return nn::BasicBatchNorm1d<T>{2, {.momentum = 0.4}}; }, each_in_turn},
        {"BatchNorm1d: average of all batches", []<class T>() { return nn::BasicBatchNorm1d<T>{2, {.momentum = std::nullopt}}; },
         each_in_turn},
        {"BatchNorm1d: no statistics", []<class T>() { return nn::BasicBatchNorm1d<T>{2, {.track_running_stats = false}}; }},
        {"BatchNorm1d: not affine", []<class T>() { return nn::BasicBatchNorm1d<T>{2, {.affine = false}}; }},
        {"BatchNorm2d", []<class T>() { return nn::BasicBatchNorm2d<T>{3}; }, each_in_turn},
        {"BatchNorm2d: evaluation", []<class T>() { return nn::BasicBatchNorm2d<T>{2}; }},
        {"BatchNorm2d: average of all batches", []<class T>() { return nn::BasicBatchNorm2d<T>{2, {.momentum = std::nullopt}}; },
         each_in_turn},
        {"BatchNorm2d: evaluation, not affine", []<class T>() { return nn::BasicBatchNorm2d<T>{2, {.affine = false}}; }},
        {"LayerNorm", []<class T>() { return nn::BasicLayerNorm<T>{5}; }},
        {"LayerNorm: two axes", []<class T>() { return nn::BasicLayerNorm<T>{Shape{3, 4}, {.eps = 1e-3}}; }},
        {"LayerNorm: not affine", []<class T>() { return nn::BasicLayerNorm<T>{4, {.affine = false}}; }},
        {"GroupNorm", []<class T>() { return nn::BasicGroupNorm<T>{2, 4}; }},
        {"GroupNorm: one group", []<class T>() { return nn::BasicGroupNorm<T>{1, 3, {.eps = 1e-3}}; }},
        {"GroupNorm: each channel alone", []<class T>() { return nn::BasicGroupNorm<T>{3, 3, {.affine = false}}; }},
    });
}
