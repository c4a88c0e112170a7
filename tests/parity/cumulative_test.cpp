#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the cumulative family agrees with PyTorch in value and gradient") {
    parity::check("cumulative", {
        {"cumsum", [](const auto& x) { return cumsum(x[0], 1); }},
        {"cumsum: axis 0", [](const auto& x) { return cumsum(x[0], 0); }},
        {"cumprod", [](const auto& x) { return cumprod(x[0], 1); }},
        {"cumprod: axis 0", [](const auto& x) { return cumprod(x[0], 0); }},
        {"cumprod: zeros", [](const auto& x) { return cumprod(x[0], 1); }},
    });
}
