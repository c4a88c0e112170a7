#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the selection family agrees with PyTorch in value and gradient") {
    parity::check("selection", {
        {"where", [](const auto& x) { return where(x[0], x[1], x[2]); }},
        {"maximum", [](const auto& x) { return maximum(x[0], x[1]); }},
        {"minimum", [](const auto& x) { return minimum(x[0], x[1]); }},
        {"maximum: equal operands", [](const auto& x) { return maximum(x[0], x[1]); }},
        {"minimum: equal operands", [](const auto& x) { return minimum(x[0], x[1]); }},
        {"abs", [](const auto& x) { return abs(x[0]); }},
    });
}
