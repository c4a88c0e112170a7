#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("pooling agrees with PyTorch in value and gradient") {
    parity::check("pooling", {
        {"max_pool1d", [](const auto& x) { return max_pool1d(x[0], 2); }},
        {"max_pool1d: stride and padding",
         [](const auto& x) { return max_pool1d(x[0], 3, {.stride = 2, .padding = 1}); }},
        {"max_pool1d: ceil_mode", [](const auto& x) { return max_pool1d(x[0], 3, {.stride = 2, .ceil_mode = true}); }},
        {"max_pool2d", [](const auto& x) { return max_pool2d(x[0], 2); }},
        {"max_pool2d: overlapping",
         [](const auto& x) { return max_pool2d(x[0], {3, 2}, {.stride = 1, .padding = {1, 0}}); }},
        {"max_pool2d: ceil_mode",
         [](const auto& x) { return max_pool2d(x[0], 2, {.stride = {2, 3}, .ceil_mode = true}); }},
        {"avg_pool1d", [](const auto& x) { return avg_pool1d(x[0], 2); }},
        {"avg_pool1d: padding counted", [](const auto& x) { return avg_pool1d(x[0], 3, {.stride = 2, .padding = 1}); }},
        {"avg_pool1d: padding not counted",
         [](const auto& x) { return avg_pool1d(x[0], 3, {.stride = 2, .padding = 1, .count_include_pad = false}); }},
        {"avg_pool2d", [](const auto& x) { return avg_pool2d(x[0], 2); }},
        {"avg_pool2d: ceil_mode and padding",
         [](const auto& x) { return avg_pool2d(x[0], 3, {.stride = 2, .padding = 1, .ceil_mode = true}); }},
        {"avg_pool2d: overlapping, padding not counted",
         [](const auto& x) {
             return avg_pool2d(x[0], {2, 3}, {.stride = 1, .padding = {1, 0}, .count_include_pad = false});
         }},
        {"adaptive_avg_pool1d", [](const auto& x) { return adaptive_avg_pool1d(x[0], 3); }},
        {"adaptive_avg_pool1d: more than there are", [](const auto& x) { return adaptive_avg_pool1d(x[0], 5); }},
        {"adaptive_avg_pool2d", [](const auto& x) { return adaptive_avg_pool2d(x[0], {2, 3}); }},
        {"global_avg_pool1d", [](const auto& x) { return global_avg_pool1d(x[0]); }},
        {"global_avg_pool2d", [](const auto& x) { return global_avg_pool2d(x[0]); }},
    });
}
