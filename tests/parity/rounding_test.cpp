#include "parity/parity.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

TEST_CASE("the rounding family agrees with PyTorch in value and gradient") {
    parity::check("rounding", {
        {"sign", [](const auto& x) { return sign(x[0]); }},
        {"floor", [](const auto& x) { return floor(x[0]); }},
        {"ceil", [](const auto& x) { return ceil(x[0]); }},
        {"round", [](const auto& x) { return round(x[0]); }},
        {"clamp: both sides", [](const auto& x) { return clamp(x[0], -0.5, 1.5); }},
        {"clamp: from below", [](const auto& x) { return clamp(x[0], 0.5, INFINITY); }},
        {"clamp: from above", [](const auto& x) { return clamp(x[0], -INFINITY, 0.5); }},
    });
}
