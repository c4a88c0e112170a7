#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the elementary family agrees with PyTorch in value and gradient") {
    parity::check("elementary", {
        {"exp", [](const auto& x) { return exp(x[0]); }},
        {"log", [](const auto& x) { return log(x[0]); }},
        {"sin", [](const auto& x) { return sin(x[0]); }},
        {"cos", [](const auto& x) { return cos(x[0]); }},
        {"exp: far out", [](const auto& x) { return exp(x[0]); }},
        {"log: at 0", [](const auto& x) { return log(x[0]); }},
    });
}
