#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the hyperbolic family agrees with PyTorch in value and gradient") {
    parity::check("hyperbolic", {
        {"sinh", [](const auto& x) { return sinh(x[0]); }},
        {"cosh", [](const auto& x) { return cosh(x[0]); }},
        {"asinh", [](const auto& x) { return asinh(x[0]); }},
        {"acosh", [](const auto& x) { return acosh(x[0]); }},
        {"atanh", [](const auto& x) { return atanh(x[0]); }},
        {"asinh: large", [](const auto& x) { return asinh(x[0]); }},
    });
}
