#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("convolutions agree with PyTorch in value and gradient") {
    parity::check("convolution", {
        {"conv1d", [](const auto& x) { return conv1d(x[0], x[1], x[2]); }},
        {"conv1d: stride, padding, dilation",
         [](const auto& x) { return conv1d(x[0], x[1], {.stride = 2, .padding = 2, .dilation = 2}); }},
        {"conv1d: groups", [](const auto& x) { return conv1d(x[0], x[1], x[2], {.padding = 1, .groups = 2}); }},
        {"conv2d", [](const auto& x) { return conv2d(x[0], x[1], x[2]); }},
        {"conv2d: stride and padding of each axis",
         [](const auto& x) { return conv2d(x[0], x[1], {.stride = {2, 1}, .padding = {1, 2}}); }},
        {"conv2d: dilation of each axis",
         [](const auto& x) { return conv2d(x[0], x[1], x[2], {.padding = 1, .dilation = {2, 1}}); }},
        {"conv2d: depthwise", [](const auto& x) { return conv2d(x[0], x[1], {.padding = 1, .groups = 2}); }},
        {"conv2d: what the stride leaves over", [](const auto& x) { return conv2d(x[0], x[1], {.stride = 3}); }},
        {"conv2d: 1 x 1", [](const auto& x) { return conv2d(x[0], x[1], x[2]); }},
        {"conv_transpose1d", [](const auto& x) { return conv_transpose1d(x[0], x[1], x[2]); }},
        {"conv_transpose1d: stride, padding, output_padding",
         [](const auto& x) {
             return conv_transpose1d(x[0], x[1], x[2], {.stride = 3, .padding = 1, .output_padding = 2});
         }},
        {"conv_transpose1d: output_padding beyond the stride",
         [](const auto& x) {
             return conv_transpose1d(x[0], x[1], {.padding = 2, .output_padding = 2, .dilation = 3});
         }},
        {"conv_transpose2d", [](const auto& x) { return conv_transpose2d(x[0], x[1], x[2]); }},
        {"conv_transpose2d: stride, padding, output_padding of each axis",
         [](const auto& x) {
             return conv_transpose2d(x[0], x[1], {.stride = {2, 3}, .padding = {0, 1}, .output_padding = {1, 0}});
         }},
        {"conv_transpose2d: groups and dilation",
         [](const auto& x) { return conv_transpose2d(x[0], x[1], x[2], {.dilation = {1, 2}, .groups = 2}); }},
    });
}
