#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the reduction family agrees with PyTorch in value and gradient") {
    parity::check("reduction", {
        {"sum", [](const auto& x) { return sum(x[0]); }},
        {"sum: axes", [](const auto& x) { return sum(x[0], {0, -1}, true); }},
        {"mean", [](const auto& x) { return mean(x[0]); }},
        {"mean: axis", [](const auto& x) { return mean(x[0], 1); }},
        {"prod", [](const auto& x) { return prod(x[0]); }},
        {"prod: axis", [](const auto& x) { return prod(x[0], 0, true); }},
        {"prod: zeros", [](const auto& x) { return prod(x[0], 1); }},
        {"max", [](const auto& x) { return max(x[0]); }},
        {"max: axes", [](const auto& x) { return max(x[0], {0, 2}); }},
        {"max: ties", [](const auto& x) { return max(x[0], 1); }},
    });
}
