#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

namespace {

// The parts joined again, the i-th one i + 1 times as large.
template <class T>
BasicTensor<T> weighted(std::vector<BasicTensor<T>> parts, int axis) {
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = parts[i] * (i + 1);
    return concat(parts, axis);
}

}  // namespace

TEST_CASE("slices agree with PyTorch in value and gradient") {
    parity::check("slicing", {
        {"slice: a row", [](const auto& x) { return slice(x[0], {{1, 2}}); }},
        {"split", [](const auto& x) { return weighted(split(x[0], {1, 3}, 1), 1); }},
        {"chunk", [](const auto& x) { return weighted(chunk(x[0], 4), 0); }},
    });
}
