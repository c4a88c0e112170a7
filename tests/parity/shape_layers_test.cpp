#include "parity/layers.hpp"

#include <xtape/nn/bilinear.hpp>
#include <xtape/nn/lazy.hpp>
#include <xtape/nn/reshape.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/upsample.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using nn::UpsampleMode;

TEST_CASE("layers that change shapes, and those of two inputs, agree with PyTorch in value and gradient") {
    const auto two = [](auto& m, const auto& x) { return m(x[0], x[1]); };
    parity::check_layers("shape_layers", {
        {"Flatten", []<class T>() { return nn::BasicFlatten<T>{}; }},
        {"Flatten: axes", []<class T>() { return nn::BasicFlatten<T>{{.start = 0, .end = -2}}; }},
        {"Reshape", []<class T>() { return nn::BasicReshape<T>{{3, -1}}; }},
        {"ZeroPad2d", []<class T>() { return nn::BasicZeroPad2d<T>{1}; }},
        {"ZeroPad2d: each side",
         []<class T>() { return nn::BasicZeroPad2d<T>{{.left = 1, .right = 0, .top = 2, .bottom = 3}}; }},
        {"Upsample: nearest", []<class T>() { return nn::BasicUpsample<T>{}; }},
        {"Upsample: nearest, one axis", []<class T>() { return nn::BasicUpsample<T>{{.scale = 3}}; }},
        {"Upsample: linear", []<class T>() { return nn::BasicUpsample<T>{{.scale = 3, .mode = UpsampleMode::linear}}; }},
        {"Upsample: bilinear", []<class T>() { return nn::BasicUpsample<T>{{.scale = 2, .mode = UpsampleMode::bilinear}}; }},
        {"Upsample: bilinear, each axis",
         []<class T>() { return nn::BasicUpsample<T>{{.scale = {3, 4}, .mode = UpsampleMode::bilinear}}; }},
        {"Bilinear", []<class T>() { return nn::BasicBilinear<T>{2, 3, 4}; }, two},
        {"Bilinear: no bias", []<class T>() { return nn::BasicBilinear<T>{3, 2, 1, {.bias = false}}; }, two},
        {"LazyLinear",
         []<class T>() {
             nn::BasicSequential<T> net{nn::BasicFlatten<T>{}, nn::BasicLazyLinear<T>{2}};
             net(BasicArray<T>(Shape{1, 2, 3}, T(0)));
             return net;
         }},
    });
}
