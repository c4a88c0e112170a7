#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the shaping family agrees with PyTorch in value and gradient") {
    parity::check("shaping", {
        {"reshape", [](const auto& x) { return reshape(x[0], {3, 2}); }},
        {"transpose", [](const auto& x) { return transpose(x[0], {2, 0, 1}); }},
        {"broadcast_to", [](const auto& x) { return broadcast_to(x[0], {2, 2, 3}); }},
        {"concat", [](const auto& x) { return concat({x[0], x[1]}, 1); }},
        {"slice", [](const auto& x) { return slice(x[0], {{1, 4, 2}, {-2}}); }},
    });
}
