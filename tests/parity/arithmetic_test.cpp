#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the arithmetic family agrees with PyTorch in value and gradient") {
    parity::check("arithmetic", {
        {"add", [](const auto& x) { return x[0] + x[1]; }},
        {"subtract", [](const auto& x) { return x[0] - x[1]; }},
        {"multiply", [](const auto& x) { return x[0] * x[1]; }},
        {"divide", [](const auto& x) { return x[0] / x[1]; }},
        {"negate", [](const auto& x) { return -x[0]; }},
        {"square", [](const auto& x) { return square(x[0]); }},
        {"pow: 3", [](const auto& x) { return pow(x[0], 3); }},
        {"pow: -1.5", [](const auto& x) { return pow(x[0], -1.5); }},
        {"pow: 0", [](const auto& x) { return pow(x[0], 0); }},
        {"pow: 2, at 0", [](const auto& x) { return pow(x[0], 2); }},
        {"sqrt", [](const auto& x) { return sqrt(x[0]); }},
        {"sqrt: at 0", [](const auto& x) { return sqrt(x[0]); }},
        {"rsqrt", [](const auto& x) { return rsqrt(x[0]); }},
        {"reciprocal", [](const auto& x) { return reciprocal(x[0]); }},
    });
}
