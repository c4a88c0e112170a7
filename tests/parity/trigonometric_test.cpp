#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the trigonometric family agrees with PyTorch in value and gradient") {
    parity::check("trigonometric", {
        {"tan", [](const auto& x) { return tan(x[0]); }},
        {"asin", [](const auto& x) { return asin(x[0]); }},
        {"acos", [](const auto& x) { return acos(x[0]); }},
        {"asin: at the ends", [](const auto& x) { return asin(x[0]); }},
        {"atan", [](const auto& x) { return atan(x[0]); }},
        {"atan2", [](const auto& x) { return atan2(x[0], x[1]); }},
        {"atan2: on the axes", [](const auto& x) { return atan2(x[0], x[1]); }},
        {"hypot", [](const auto& x) { return hypot(x[0], x[1]); }},
    });
}
