#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

namespace {

// one_hot has no input that says which scalar type it is to have.
struct Marked {
    Tensor operator()(const std::vector<Tensor>&) const { return one_hot({{2, 0}, {1, 2}}, 4); }
    Tensor64 operator()(const std::vector<Tensor64>&) const { return one_hot<double>({{2, 0}, {1, 2}}, 4); }
};

}  // namespace

TEST_CASE("indexing agrees with PyTorch in value and gradient") {
    parity::check("indexing", {
        {"take", [](const auto& x) { return take(x[0], {2, 0, 2}, 0); }},
        {"take: last axis", [](const auto& x) { return take(x[0], {1, 1}, 1); }},
        {"take: matrix of indices", [](const auto& x) { return take(x[0], {{0, -1}, {1, 1}}, 1); }},
        {"take: flat", [](const auto& x) { return take(x[0], {{5, 0}, {-1, 2}}); }},
        {"index_add", [](const auto& x) { return index_add(x[0], {2, 0, 2}, x[1], 0); }},
        {"index_add: last axis", [](const auto& x) { return index_add(x[0], {1, 1, 0}, x[1], 1); }},
        {"take_along_axis", [](const auto& x) { return take_along_axis(x[0], {{2, 0}, {1, 1}}, 1); }},
        {"take_along_axis: first axis", [](const auto& x) { return take_along_axis(x[0], {{1, 0, 1}}, 0); }},
        {"scatter_add", [](const auto& x) { return scatter_add(x[0], {{2, 2}, {0, 1}}, x[1], 1); }},
        {"scatter_add: first axis", [](const auto& x) { return scatter_add(x[0], {{1, 0}, {1, 1}, {0, 1}}, x[1], 0); }},
        {"masked_select", [](const auto& x) { return masked_select(x[0], x[0] > 0.3); }},
        {"masked_select: broadcast", [](const auto& x) { return masked_select(x[0], xt::xarray<int>{1, 0, 1}); }},
        {"one_hot", Marked{}},
    });
}
