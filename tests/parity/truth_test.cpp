#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the truth family agrees with PyTorch in value and gradient") {
    parity::check("truth", {
        {"any", [](const auto& x) { return any(x[0]); }},
        {"any: axis", [](const auto& x) { return any(x[0], 1, true); }},
        {"all", [](const auto& x) { return all(x[0]); }},
        {"all: axis", [](const auto& x) { return all(x[0], 1); }},
    });
}
