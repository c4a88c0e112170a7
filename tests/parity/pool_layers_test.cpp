#include "parity/layers.hpp"

#include <xtape/nn/pooling.hpp>

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("pooling layers agree with PyTorch in value and gradient") {
    parity::check_layers("pool_layers", {
        {"MaxPool1d", []<class T>() { return nn::BasicMaxPool1d<T>{2}; }},
        {"MaxPool1d: options",
         []<class T>() { return nn::BasicMaxPool1d<T>{3, {.stride = 2, .padding = 1, .ceil_mode = true}}; }},
        {"MaxPool2d", []<class T>() { return nn::BasicMaxPool2d<T>{2}; }},
        {"MaxPool2d: options of each axis",
         []<class T>() { return nn::BasicMaxPool2d<T>{{3, 2}, {.stride = 1, .padding = {1, 0}}}; }},
        {"AvgPool1d", []<class T>() { return nn::BasicAvgPool1d<T>{2}; }},
        {"AvgPool1d: options",
         []<class T>() {
             return nn::BasicAvgPool1d<T>{3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false}};
         }},
        {"AvgPool2d", []<class T>() { return nn::BasicAvgPool2d<T>{2}; }},
        {"AvgPool2d: options of each axis",
         []<class T>() { return nn::BasicAvgPool2d<T>{{2, 3}, {.stride = {1, 2}, .padding = {0, 1}}}; }},
        {"AdaptiveAvgPool1d", []<class T>() { return nn::BasicAdaptiveAvgPool1d<T>{3}; }},
        {"AdaptiveAvgPool2d", []<class T>() { return nn::BasicAdaptiveAvgPool2d<T>{{2, 3}}; }},
        {"AdaptiveAvgPool2d: 1", []<class T>() { return nn::BasicAdaptiveAvgPool2d<T>{1}; }},
    });
}
