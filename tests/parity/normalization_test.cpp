#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the normalisation family agrees with PyTorch in value and gradient") {
    parity::check("normalization", {
        {"layer_norm", [](const auto& x) { return layer_norm(x[0], x[1], x[2]); }},
        {"layer_norm: two axes, no bias", [](const auto& x) { return layer_norm(x[0], x[1], {.axes = 2, .eps = 1e-3}); }},
        {"layer_norm: alone", [](const auto& x) { return layer_norm(x[0]); }},
        {"group_norm", [](const auto& x) { return group_norm(x[0], 2, x[1], x[2]); }},
        {"group_norm: each channel alone", [](const auto& x) { return group_norm(x[0], 2, {.eps = 1e-3}); }},
        {"group_norm: all channels, no bias", [](const auto& x) { return group_norm(x[0], 1, x[1]); }},
        {"batch_norm", [](const auto& x) { return batch_norm(x[0], x[1], x[2]).y; }},
        {"batch_norm: a further axis", [](const auto& x) { return batch_norm(x[0], x[1], x[2], {.eps = 1e-3}).y; }},
        {"batch_norm: images, alone", [](const auto& x) { return batch_norm(x[0]).y; }},
        {"batch_norm_inference", [](const auto& x) { return batch_norm_inference(x[0], detach(x[1]), detach(x[2]), x[3], x[4]); }},
        {"batch_norm_inference: statistics differentiated",
         [](const auto& x) { return batch_norm_inference(x[0], x[1], x[2], x[3]); }},
    });
}
