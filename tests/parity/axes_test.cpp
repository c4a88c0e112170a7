#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the axes family agrees with PyTorch in value and gradient") {
    parity::check("axes", {
        {"permute", [](const auto& x) { return permute(x[0], {2, 0, 1}); }},
        {"swapaxes", [](const auto& x) { return swapaxes(x[0], 0, -1); }},
        {"moveaxis", [](const auto& x) { return moveaxis(x[0], 0, -1); }},
        {"squeeze", [](const auto& x) { return squeeze(x[0]); }},
        {"squeeze: one axis", [](const auto& x) { return squeeze(x[0], -2); }},
        {"unsqueeze", [](const auto& x) { return unsqueeze(x[0], 1); }},
        {"flatten", [](const auto& x) { return flatten(x[0], 1); }},
        {"flatten: from the start", [](const auto& x) { return flatten(x[0], 0, 1); }},
        {"expand", [](const auto& x) { return expand(x[0], {2, -1, 3}); }},
        {"stack", [](const auto& x) { return stack({x[0], x[1]}, 1); }},
        {"stack: last", [](const auto& x) { return stack({x[0], x[1], x[0]}, -1); }},
    });
}
