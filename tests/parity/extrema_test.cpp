#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

namespace {

// Positions as numbers of x's type.
template <class T>
BasicTensor<T> numbers(const BasicTensor<T>&, const IndexArray& positions) {
    return BasicTensor<T>(BasicArray<T>(xt::cast<T>(positions)));
}

}  // namespace

TEST_CASE("the extrema family agrees with PyTorch in value and gradient") {
    parity::check("extrema", {
        {"min", [](const auto& x) { return min(x[0]); }},
        {"min: axes", [](const auto& x) { return min(x[0], {0, 2}, true); }},
        {"min: ties", [](const auto& x) { return min(x[0], 1); }},
        {"argmax", [](const auto& x) { return numbers(x[0], argmax(x[0])); }},
        {"argmax: axis", [](const auto& x) { return numbers(x[0], argmax(x[0], 1, true)); }},
        {"argmax: NaN", [](const auto& x) { return numbers(x[0], argmax(x[0], 1)); }},
        {"argmin", [](const auto& x) { return numbers(x[0], argmin(x[0])); }},
        {"argmin: axis", [](const auto& x) { return numbers(x[0], argmin(x[0], 0)); }},
    });
}
