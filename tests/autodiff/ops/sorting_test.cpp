#include <xtape/autodiff/ops/sorting.hpp>

#include "autodiff/moving.hpp"

#include <limits>

using namespace xtape;
using support::back;
using support::located;
using support::six;

namespace {

constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
const Tensor mixed(Array{2.F, quiet_nan, -1.F, inf, 2.F, -inf, 0.F, -0.F});

}  // namespace

TEST_CASE("sort orders an axis and says where its elements were") {
    const auto [values, indices] = sort(Tensor(Array{{3.F, 1.F, 2.F}, {4.F, 6.F, 5.F}}));
    CHECK(values.value() == Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}});
    CHECK(indices == IndexArray{{1, 2, 0}, {0, 2, 1}});
    const auto down = sort(six, 0, true);
    CHECK(down.values.value() == Array{{4.F, 5.F, 6.F}, {1.F, 2.F, 3.F}});
    CHECK(down.indices == IndexArray{{1, 1, 1}, {0, 0, 0}});
    CHECK(sort(Tensor(Array(Shape{2, 0}))).values.shape() == Shape{2, 0});
    CHECK(sort(Tensor(Array(Shape{0, 2})), 0).indices.shape() == Shape{0, 2});
    CHECK(argsort(Tensor64(Array64{0.5, -0.5})) == IndexArray{1, 0});
    CHECK(back([](const Tensor& t) { return sort(t).values; }, Array{3.F, 1.F, 2.F}, {1.F, 2.F, 4.F}) == Array{4.F, 1.F, 2.F});
}

TEST_CASE("equal elements keep their order, NaN is larger than every number") {
    // numpy.argsort(x, kind="stable"); descending as torch.argsort(x, descending=True, stable=True).
    CHECK(argsort(mixed) == IndexArray{5, 2, 6, 7, 0, 4, 3, 1});
    CHECK(argsort(mixed, 0, true) == IndexArray{1, 3, 0, 4, 6, 7, 2, 5});
    const Array ascending = sort(mixed).values.value();
    CHECK(std::isnan(ascending(7)));
    CHECK(ascending(6) == inf);
    CHECK(std::signbit(ascending(3)));
    CHECK(!std::signbit(ascending(2)));
    CHECK(argsort(Tensor(Array{quiet_nan, -quiet_nan, 1.F})) == IndexArray{2, 0, 1});
    const Tensor flat(Array{1.F, 1.F, 1.F});
    CHECK(back([](const Tensor& t) { return sort(t, 0, true).values; }, flat, {1.F, 2.F, 4.F}) == Array{1.F, 2.F, 4.F});
}

TEST_CASE("topk finds the largest or the smallest, in order") {
    const Tensor x(Array{{3.F, 5.F, 1.F, 5.F}, {2.F, 8.F, 9.F, 7.F}});
    const auto top = topk(x, 2);
    CHECK(top.values.value() == Array{{5.F, 5.F}, {9.F, 8.F}});
    CHECK(top.indices == IndexArray{{1, 3}, {2, 1}});
    const auto low = topk(x, 3, -1, false);
    CHECK(low.values.value() == Array{{1.F, 3.F, 5.F}, {2.F, 7.F, 8.F}});
    CHECK(low.indices == IndexArray{{2, 0, 1}, {0, 3, 1}});
    CHECK(topk(x, 1, 0).values.value() == Array{{3.F, 8.F, 9.F, 7.F}});
    CHECK(topk(x, 4).values.value() == sort(x, -1, true).values.value());
    CHECK(topk(x, 0).values.shape() == Shape{2, 0});
    CHECK(topk(mixed, 2).indices == IndexArray{1, 3});
    CHECK(topk(mixed, 2, 0, false).indices == IndexArray{5, 2});
    // Of the two 5s the first is taken.
    CHECK(back([](const Tensor& t) { return topk(t, 1).values; }, x, {{2.F}, {3.F}}) ==
          Array{{0.F, 2.F, 0.F, 0.F}, {0.F, 0.F, 3.F, 0.F}});
}

TEST_CASE("sort, argsort and topk say what does not fit") {
    const char* const axis = "sort: expected an axis of a tensor of rank 2, got axis 2 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(sort(six, 2), located(axis, __LINE__), ShapeError);
    const char* const order = "argsort: expected an axis of a tensor of rank 0, got axis -1 for shape ()";
    const Tensor scalar(1.F);
    CHECK_THROWS_WITH_AS(argsort(scalar), located(order, __LINE__), ShapeError);
    const char* const many = "topk: expected at most the 3 elements of axis 1 of (2, 3), got k = 4";
    CHECK_THROWS_WITH_AS(topk(six, 4), located(many, __LINE__), ShapeError);
    const Sort stale{{IndexArray{0, 1}, 0, false}};
    const char* const foreign = "sort: expected an order of x's shape but for axis 0, got (2) for (2, 3)";
    CHECK_THROWS_WITH_AS(detail::call(stale, Location{}, six), foreign, ShapeError);
}
