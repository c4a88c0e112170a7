#include "parity/layers.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("fully connected layers agree with PyTorch in value and gradient") {
    parity::check_layers("linear_layers", {
        {"Linear", []<class T>() { return nn::BasicLinear<T>{3, 4}; }},
        {"Linear: no bias", []<class T>() { return nn::BasicLinear<T>{3, 2, {.bias = false}}; }},
        {"Linear: one sample", []<class T>() { return nn::BasicLinear<T>{3, 2}; }},
        {"Sequential",
         []<class T>() {
             return nn::BasicSequential<T>{nn::BasicLinear<T>{3, 4}, nn::BasicTanh<T>{}, nn::BasicLinear<T>{4, 2}};
         }},
        {"Sequential: evaluation",
         []<class T>() {
             return nn::BasicSequential<T>{nn::BasicLinear<T>{3, 4}, nn::BasicReLU<T>{}, nn::BasicLinear<T>{4, 2}};
         }},
        {"Sequential: used twice",
         []<class T>() { return nn::BasicSequential<T>{nn::BasicLinear<T>{2, 3}, nn::BasicSigmoid<T>{}}; },
         [](auto& m, const auto& x) { return m(x[0]) + m(x[1]); }},
    });
}
