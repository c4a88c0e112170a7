#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the exponential family agrees with PyTorch in value and gradient") {
    parity::check("exponential", {
        {"expm1", [](const auto& x) { return expm1(x[0]); }},
        {"exp2", [](const auto& x) { return exp2(x[0]); }},
        {"log1p", [](const auto& x) { return log1p(x[0]); }},
        {"log2", [](const auto& x) { return log2(x[0]); }},
        {"log10", [](const auto& x) { return log10(x[0]); }},
        {"expm1: small", [](const auto& x) { return expm1(x[0]); }},
        {"log1p: small", [](const auto& x) { return log1p(x[0]); }},
        {"power", [](const auto& x) { return pow(x[0], x[1]); }},
        {"power: negative base", [](const auto& x) { return pow(x[0], x[1]); }},
        {"power: at 0", [](const auto& x) { return pow(x[0], x[1]); }},
        {"power: number as base", [](const auto& x) { return pow(2, x[0]); }},
    });
}
