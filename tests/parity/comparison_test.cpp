#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the comparison family agrees with PyTorch in value and gradient") {
    parity::check("comparison", {
        {"less", [](const auto& x) { return x[0] < x[1]; }},
        {"less: turned", [](const auto& x) { return x[0] > x[1]; }},
        {"less_equal", [](const auto& x) { return x[0] <= x[1]; }},
        {"less_equal: turned", [](const auto& x) { return x[0] >= x[1]; }},
        {"equal", [](const auto& x) { return equal(x[0], x[1]); }},
        {"not_equal", [](const auto& x) { return not_equal(x[0], x[1]); }},
        {"logical_and", [](const auto& x) { return logical_and(x[0], x[1]); }},
        {"logical_or", [](const auto& x) { return logical_or(x[0], x[1]); }},
        {"logical_not", [](const auto& x) { return logical_not(x[0]); }},
    });
}
