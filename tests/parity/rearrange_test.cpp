#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("rearranged elements agree with PyTorch in value and gradient") {
    parity::check("rearrange", {
        {"flip", [](const auto& x) { return flip(x[0], {0, 1}); }},
        {"flip: one axis", [](const auto& x) { return flip(x[0], -1); }},
        {"roll", [](const auto& x) { return roll(x[0], 4); }},
        {"roll: one axis", [](const auto& x) { return roll(x[0], -1, 1); }},
        {"roll: two axes", [](const auto& x) { return roll(x[0], {1, -2}, {0, 1}); }},
        {"tile", [](const auto& x) { return tile(x[0], {2, 3}); }},
        {"tile: more axes", [](const auto& x) { return tile(x[0], {2, 1, 2}); }},
        {"repeat", [](const auto& x) { return repeat(x[0], 2, 1); }},
        {"repeat: counts", [](const auto& x) { return repeat(x[0], IndexArray{2, 0, 1}, 0); }},
    });
}
