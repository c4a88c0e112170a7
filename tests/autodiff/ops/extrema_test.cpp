#include <xtape/autodiff/ops/extrema.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <climits>
#include <limits>

using namespace xtape;
using support::distance;
using support::located;
using support::slope;

namespace {
const float inf = std::numeric_limits<float>::infinity();
const Tensor six(Array{{1.F, 9.F, 3.F}, {4.F, 5.F, 2.F}});
}  // namespace

TEST_CASE("minima over all axes, one, several and none") {
    CHECK(min(six).item() == 1.F);
    CHECK(min(six, 1).value() == Array{1.F, 2.F});
    CHECK(min(six, 0, true).value() == Array{{1.F, 5.F, 2.F}});
    CHECK(min(six, {0, 1}).item() == 1.F);
    CHECK(min(six, Axes(std::vector<int>{})).value() == six.value());
    CHECK(min(Tensor(3.F)).item() == 3.F);
    CHECK(min(Parameter(six.value()), 1).value() == Array{1.F, 2.F});
    CHECK(min(Tensor(Array{inf, inf})).item() == inf);
    CHECK(min(Tensor(Array{-inf, 3.F, inf})).item() == -inf);
}

TEST_CASE("equal smallest elements share the gradient evenly") {
    CHECK(slope(
              [](const Tensor& t) {
                  return min(t, 1) * Array{3.F, 6.F};
              },
              six.value()) == Array{{3.F, 0.F, 0.F}, {0.F, 0.F, 6.F}});
    CHECK(slope([](const Tensor& t) { return min(t); }, {2.F, 2.F, 3.F, 2.F, 2.F}) ==
          Array{0.25F, 0.25F, 0.F, 0.25F, 0.25F});
    CHECK(slope([](const Tensor& t) { return min(t, 0); }, {{1.F, 5.F}, {1.F, 7.F}}) ==
          Array{{0.5F, 1.F}, {0.5F, 0.F}});
    CHECK(slope([](const Tensor& t) { return min(t); }, {inf, inf}) == Array{0.5F, 0.5F});
}

TEST_CASE("NaN is the smallest, and its gradient is NaN; other rows stay as they are") {
    const Array x{{1.F, NAN, 3.F}, {4.F, 5.F, 2.F}};
    CHECK(distance(min(Tensor(x), 1).value(), Array{NAN, 2.F}) == 0);
    CHECK(distance(slope([](const Tensor& t) { return min(t, 1); }, x), Array{{NAN, NAN, NAN}, {0.F, 0.F, 1.F}}) == 0);
    // The recorded rule, as a second derivative uses it, says the same.
    Tape tape;
    const Tensor t = tape.watch(x);
    CHECK(distance(tape.gradient(sum(min(t, 1)), t, {.create_graph = true}).value(),
                   Array{{NAN, NAN, NAN}, {0.F, 0.F, 1.F}}) == 0);
}

TEST_CASE("where the largest and the smallest stand") {
    CHECK(argmax(six) == IndexArray(std::int64_t{1}));
    CHECK(argmin(six) == IndexArray(std::int64_t{0}));
    CHECK(argmax(six, 0) == IndexArray{1, 0, 0});
    CHECK(argmin(six, 0) == IndexArray{0, 1, 1});
    CHECK(argmax(six, -1) == IndexArray{1, 1});
    CHECK(argmin(six, -1, true) == IndexArray{{0}, {2}});
    CHECK(argmax(six, {}, true) == IndexArray{{1}});
    CHECK(argmax(Tensor(3.F)) == IndexArray(std::int64_t{0}));
    CHECK(argmax(Parameter64(Array64{1.0, 4.0, 3.0})) == IndexArray(std::int64_t{1}));
    CHECK(argmax(Tensor(Array{{{1.F, 2.F}, {3.F, 0.F}}, {{5.F, 6.F}, {4.F, 8.F}}}), 1) == IndexArray{{1, 0}, {0, 1}});
}

TEST_CASE("argmax and argmin take the first of equal ones, and the first NaN before all, as NumPy does") {
    CHECK(argmax(Tensor(Array{1.F, 7.F, 7.F, 7.F})) == IndexArray(std::int64_t{1}));
    CHECK(argmin(Tensor(Array{3.F, 0.F, 0.F, 3.F})) == IndexArray(std::int64_t{1}));
    CHECK(argmin(Tensor(Array{0.F, -0.F})) == IndexArray(std::int64_t{0}));
    CHECK(argmax(Tensor(Array{-inf, -inf})) == IndexArray(std::int64_t{0}));
    for (const std::size_t n : {3U, 16U, 17U, 1000U, 70'000U}) {
        CAPTURE(n);
        Array x(Shape{n, 2}, 1.F);
        x(n - 2, 0) = NAN;
        x(n - 1, 0) = NAN;
        x(n / 2, 1) = 2.F;
        const auto place = static_cast<std::int64_t>(n - 2), half = static_cast<std::int64_t>(n / 2);
        CHECK(argmax(Tensor(x), 0) == IndexArray{place, half});
        CHECK(argmin(Tensor(x), 0) == IndexArray{place, std::int64_t{0}});
        const Array turned = xt::transpose(x);
        CHECK(argmax(Tensor(turned), 1) == IndexArray{place, half});
        CHECK(argmin(Tensor(turned), 1) == IndexArray{place, std::int64_t{0}});
    }
}

TEST_CASE("positions of ten million and more elements are exact") {
    Array x(Shape{20'000'001}, 0.F);
    x(19'999'999) = 1.F;
    CHECK(argmax(Tensor(x)) == IndexArray(std::int64_t{19'999'999}));
}

TEST_CASE("positions are the same on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const Tensor x(Array(xt::round(Array(xt::cast<float>(sample::uniform({301, 1003}, 1) * 3)))));
    set_threads(1);
    const IndexArray all = argmax(x), rows = argmax(x, 0), columns = argmin(x, 1);
    for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
        set_threads(count);
        CHECK(argmax(x) == all);
        CHECK(argmax(x, 0) == rows);
        CHECK(argmin(x, 1) == columns);
    }
    set_threads(before);
}

TEST_CASE("axes out of range or given twice, and nothing to choose from, are errors") {
    const auto axes = [](int axis) {
        return "min: expected axes of a tensor of rank 2, got axis " + std::to_string(axis) + " for shape (2, 3)";
    };
    const auto axis = [](const char* name, int number) {
        return std::string(name) + ": expected an axis of a tensor of rank 2, got axis " + std::to_string(number) +
               " for shape (2, 3)";
    };
    CHECK_THROWS_WITH_AS(min(six, 2), located(axes(2), __LINE__), ShapeError);
    const std::string twice = "min: axis -1 was given twice for shape (2, 3)";
    CHECK_THROWS_WITH_AS(min(six, {1, -1}), located(twice, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(argmax(six, 2), located(axis("argmax", 2), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(argmin(six, -3), located(axis("argmin", -3), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(argmin(six, INT_MIN), located(axis("argmin", INT_MIN), __LINE__), ShapeError);
    const char* const scalar = "argmax: expected an axis of a tensor of rank 0, got axis 0 for shape ()";
    CHECK_THROWS_WITH_AS(argmax(Tensor(1.F), 0), located(scalar, __LINE__), ShapeError);

    const Tensor none(Array(Shape{2, 0, 3}));
    const auto empty = [](const char* name) {
        return std::string(name) + ": expected at least one element along axis 1, got shape (2, 0, 3)";
    };
    CHECK_THROWS_WITH_AS(min(none), located(empty("min"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(argmax(none), located(empty("argmax"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(argmin(none, 1), located(empty("argmin"), __LINE__), ShapeError);
    CHECK(min(none, 0).shape() == Shape{0, 3});
    CHECK(argmax(none, 0).shape() == Shape{0, 3});
    CHECK(argmin(none, 2, true).shape() == Shape{2, 0, 1});
    CHECK(slope([](const Tensor& x) { return min(x, 0); }, none.value()).shape() == Shape{2, 0, 3});
}
