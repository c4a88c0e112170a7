#include "parity/layers.hpp"

#include <xtape/nn/activation.hpp>
#include <xtape/nn/convolution.hpp>
#include <xtape/nn/lazy.hpp>
#include <xtape/nn/sequential.hpp>

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("convolution layers agree with PyTorch in value and gradient") {
    parity::check_layers("conv_layers", {
        {"Conv1d", []<class T>() { return nn::BasicConv1d<T>{2, 3, 3}; }},
        {"Conv1d: options",
         []<class T>() {
             return nn::BasicConv1d<T>{4, 2, 2, {.stride = 2, .padding = 1, .dilation = 2, .groups = 2, .bias = false}};
         }},
        {"Conv2d", []<class T>() { return nn::BasicConv2d<T>{2, 3, 3}; }},
        {"Conv2d: padding", []<class T>() { return nn::BasicConv2d<T>{1, 4, 3, {.padding = 1}}; }},
        {"Conv2d: options of each axis",
         []<class T>() {
             return nn::BasicConv2d<T>{
                 2, 4, {2, 3}, {.stride = {2, 1}, .padding = {0, 2}, .dilation = {1, 2}, .groups = 2, .bias = false}};
         }},
        {"ConvTranspose1d", []<class T>() { return nn::BasicConvTranspose1d<T>{2, 3, 3}; }},
        {"ConvTranspose1d: options",
         []<class T>() {
             return nn::BasicConvTranspose1d<T>{
                 4, 2, 3, {.stride = 3, .padding = 1, .output_padding = 2, .groups = 2, .bias = false}};
         }},
        {"ConvTranspose2d", []<class T>() { return nn::BasicConvTranspose2d<T>{2, 3, 4, {.stride = 2, .padding = 1}}; }},
        {"ConvTranspose2d: options of each axis",
         []<class T>() {
             return nn::BasicConvTranspose2d<T>{
                 2, 4, {2, 3}, {.stride = {1, 2}, .padding = {0, 1}, .output_padding = {1, 0}, .dilation = 2, .groups = 2}};
         }},
        {"LazyConv2d",
         []<class T>() {
             nn::BasicSequential<T> net{nn::BasicLazyConv2d<T>{3, 3, {.padding = 1}}, nn::BasicReLU<T>{},
                                        nn::BasicLazyConv2d<T>{2, 1}};
             net(BasicArray<T>(Shape{1, 2, 3, 3}, T(0)));
             return net;
         }},
    });
}
