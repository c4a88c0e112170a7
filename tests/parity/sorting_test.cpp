#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

namespace {

// Places as a tensor of x's scalar type, to be compared.
template <class T>
BasicTensor<T> numbers(const BasicTensor<T>&, const IndexArray& places) {
    return BasicArray<T>(xt::cast<T>(places));
}

}  // namespace

TEST_CASE("sorting agrees with PyTorch in value and gradient") {
    parity::check("sorting", {
        {"sort", [](const auto& x) { return sort(x[0]).values; }},
        {"sort: places", [](const auto& x) { return numbers(x[0], argsort(x[0])); }},
        {"sort: descending", [](const auto& x) { return sort(x[0], 0, true).values; }},
        {"sort: equal elements", [](const auto& x) { return numbers(x[0], argsort(x[0] > 0, 0, true)); }},
        {"topk", [](const auto& x) { return topk(x[0], 2).values; }},
        {"topk: places", [](const auto& x) { return numbers(x[0], topk(x[0], 3).indices); }},
        {"topk: smallest", [](const auto& x) { return topk(x[0], 2, 0, false).values; }},
    });
}
