#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the special family agrees with PyTorch in value and gradient") {
    parity::check("special", {
        {"erf", [](const auto& x) { return erf(x[0]); }},
        {"erfc", [](const auto& x) { return erfc(x[0]); }},
        {"erfc: tails", [](const auto& x) { return erfc(x[0]); }},
    });
}
