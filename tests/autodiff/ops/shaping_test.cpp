#include <xtape/autodiff/ops/shaping.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::located;

namespace {
const Tensor six(Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}});
const Tensor line(Array{0.F, 1.F, 2.F, 3.F, 4.F, 5.F, 6.F, 7.F, 8.F, 9.F});

// Gradient of sum(f(x) * weights): shows where each element of the result came from.
template <class F>
Array back(F f, const Tensor& x, const Array& weights) {
    return grad([&](const Tensor& t) { return sum(f(t) * weights); })(x).value();
}

Array cut(std::ptrdiff_t start, std::ptrdiff_t stop, std::ptrdiff_t step) {
    return slice(line, {{start, stop, step}}).value();
}
constexpr std::ptrdiff_t open = Range::open, lowest = std::numeric_limits<std::ptrdiff_t>::min();
}  // namespace

TEST_CASE("reshape keeps the order of the elements") {
    CHECK(reshape(six, {3, 2}).value() == Array{{1.F, 2.F}, {3.F, 4.F}, {5.F, 6.F}});
    CHECK(reshape(six, {6}).value() == Array{1.F, 2.F, 3.F, 4.F, 5.F, 6.F});
    CHECK(reshape(Tensor(Array{{7.F}}), {}).item() == 7.F);
    CHECK(reshape(Tensor(Array(Shape{0, 3})), {5, 0}).shape() == Shape{5, 0});
    const Array w{{1.F, 2.F}, {3.F, 4.F}, {5.F, 6.F}};
    CHECK(back([](const Tensor& t) { return reshape(t, {3, 2}); }, six, w) == six.value());
    const std::string text = "reshape: expected a shape with 6 elements for (2, 3), got ";
    CHECK_THROWS_WITH_AS(reshape(six, {4}), located(text + "(4)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(reshape(six, {}), located(text + "()", __LINE__), ShapeError);
}

TEST_CASE("shapes too large to count are refused, not wrapped around") {
    const std::size_t half = std::size_t{1} << 32;
    const Tensor none(Array(Shape{0})), one(1.F);
    const char* const text = "array: expected fewer than 2^64 elements, got shape (4294967296, 4294967296)";
    CHECK_THROWS_WITH_AS(reshape(none, {half, half}), located(text, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(broadcast_to(one, {half, half}), located(text, __LINE__), ShapeError);
}

TEST_CASE("transpose swaps the last two axes or takes any order") {
    CHECK(transpose(six).value() == Array{{1.F, 4.F}, {2.F, 5.F}, {3.F, 6.F}});
    const Tensor cube(Array{{{1.F, 2.F}, {3.F, 4.F}}, {{5.F, 6.F}, {7.F, 8.F}}});
    CHECK(transpose(cube).value() == Array{{{1.F, 3.F}, {2.F, 4.F}}, {{5.F, 7.F}, {6.F, 8.F}}});
    CHECK(transpose(cube, {1, 2, 0}).value() == Array{{{1.F, 5.F}, {2.F, 6.F}}, {{3.F, 7.F}, {4.F, 8.F}}});
    CHECK(transpose(Tensor(1.F), std::vector<std::size_t>{}).item() == 1.F);
    CHECK(transpose(Tensor(Array(Shape{2, 0, 3})), {2, 1, 0}).shape() == Shape{3, 0, 2});
    CHECK(back([](const Tensor& t) { return transpose(t); }, six, {{1.F, 2.F}, {3.F, 4.F}, {5.F, 6.F}}) ==
          Array{{1.F, 3.F, 5.F}, {2.F, 4.F, 6.F}});
}

TEST_CASE("transpose refuses orders that are not a permutation, and vectors") {
    const std::string text = "transpose: expected an order of all 2 axes of (2, 3), got ";
    const Tensor vector(Array{1.F});
    CHECK_THROWS_WITH_AS(transpose(six, {0}), located(text + "(0)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(transpose(six, {0, 0}), located(text + "(0, 0)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(transpose(six, {0, 2}), located(text + "(0, 2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(transpose(six, {0, 1, 2}), located(text + "(0, 1, 2)", __LINE__), ShapeError);
    const char* const few = "transpose: expected at least two axes, got shape (1)";
    CHECK_THROWS_WITH_AS(transpose(vector), located(few, __LINE__), ShapeError);
}

TEST_CASE("broadcast_to repeats along new axes and axes of extent 1") {
    CHECK(broadcast_to(Tensor(Array{1.F, 2.F}), {2, 2}).value() == Array{{1.F, 2.F}, {1.F, 2.F}});
    CHECK(broadcast_to(Tensor(Array{{1.F}, {2.F}}), {2, 2}).value() == Array{{1.F, 1.F}, {2.F, 2.F}});
    CHECK(broadcast_to(Tensor(3.F), {2}).value() == Array{3.F, 3.F});
    CHECK(broadcast_to(Tensor(Array{3.F}), {0}).shape() == Shape{0});
    CHECK(back(
              [](const Tensor& t) {
                  return broadcast_to(t, {2, 2});
              },
              Array{{1.F}, {2.F}}, {{1.F, 2.F}, {3.F, 4.F}}) == Array{{3.F}, {7.F}});
    const std::string text = "broadcast_to: expected a shape that (2, 3) broadcasts to, got ";
    CHECK_THROWS_WITH_AS(broadcast_to(six, {3}), located(text + "(3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(broadcast_to(six, {1, 3}), located(text + "(1, 3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(broadcast_to(six, {3, 3}), located(text + "(3, 3)", __LINE__), ShapeError);
}

TEST_CASE("concat joins along any axis, empty parts included") {
    const Tensor row(Array{{7.F, 8.F, 9.F}}), column(Array{{7.F}, {8.F}});
    CHECK(concat({six, row}).value() == Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}, {7.F, 8.F, 9.F}});
    CHECK(concat({column, six}, 1).value() == Array{{7.F, 1.F, 2.F, 3.F}, {8.F, 4.F, 5.F, 6.F}});
    CHECK(concat({column, six}, -1).value() == concat({column, six}, 1).value());
    CHECK(concat({six, Tensor(Array(Shape{0, 3})), row}).shape() == Shape{3, 3});
    CHECK(concat({six}).value() == six.value());
    Tape tape;
    const Tensor x = tape.watch(six), c = tape.watch(column);
    const auto g = tape.gradient(sum(concat({c, x, c}, 1) * Array{1.F, 2.F, 3.F, 4.F, 5.F}), {x, c});
    CHECK(g[0].value() == Array{{2.F, 3.F, 4.F}, {2.F, 3.F, 4.F}});
    CHECK(g[1].value() == Array{{6.F}, {6.F}});
}

TEST_CASE("concat names the shapes that do not fit") {
    const Tensor vector(Array{1.F, 2.F}), wide(Array(Shape{2, 4}, 0.F)), scalar(1.F);
    const char* const text = "concat: expected shapes that agree in all axes but axis 0, got (2, 3), (2, 4)";
    CHECK_THROWS_WITH_AS(concat({six, wide}), located(text, __LINE__), ShapeError);
    const char* const ranks = "concat: expected shapes that agree in all axes but axis 1, got (2, 3), (2)";
    CHECK_THROWS_WITH_AS(concat({six, vector}, 1), located(ranks, __LINE__), ShapeError);
    const char* const axis = "concat: expected an axis of a tensor of rank 2, got axis 2";
    CHECK_THROWS_WITH_AS(concat({six, six}, 2), located(axis, __LINE__), ShapeError);
    const char* const none = "concat: expected an axis of a tensor of rank 0, got axis 0";
    CHECK_THROWS_WITH_AS(concat({scalar, scalar}), located(none, __LINE__), ShapeError);
    const std::vector<Tensor> nothing;
    const char* const least = "concat: expected at least one tensor, got none";
    CHECK_THROWS_WITH_AS(concat(nothing), located(least, __LINE__), ShapeError);
}

TEST_CASE("slices follow NumPy's rules") {
    // Expected values: numpy.arange(10)[start:stop:step].
    CHECK(cut(2, 5, 1) == Array{2.F, 3.F, 4.F});
    CHECK(cut(open, open, 1) == line.value());
    CHECK(cut(open, open, -1)(0) == 9.F);
    CHECK(cut(-3, open, 1) == Array{7.F, 8.F, 9.F});
    CHECK(cut(open, -7, 1) == Array{0.F, 1.F, 2.F});
    CHECK(cut(1, 8, 3) == Array{1.F, 4.F, 7.F});
    CHECK(cut(8, 1, -3) == Array{8.F, 5.F, 2.F});
    CHECK(cut(-100, 100, 4) == Array{0.F, 4.F, 8.F});
    CHECK(cut(100, -100, -4) == Array{9.F, 5.F, 1.F});
    CHECK(cut(3, -1, -1).size() == 0);
    CHECK(cut(5, 5, 1).size() == 0);
    CHECK(cut(7, 2, 1).size() == 0);
    CHECK(cut(100, 200, 1).size() == 0);
    CHECK(cut(-100, -200, -1).size() == 0);
}

TEST_CASE("steps and positions at the ends of their type are fine") {
    CHECK(cut(2, open, open) == Array{2.F});
    CHECK(cut(2, 9, open - 1) == Array{2.F});
    CHECK(cut(2, open, lowest) == Array{2.F});
    CHECK(cut(lowest, open, 5) == Array{0.F, 5.F});
    CHECK(cut(open, lowest, -5) == Array{9.F, 4.F});
    CHECK(slice(six, {{0, 2, open}, {open, open, lowest}}).value() == Array{{3.F}});
    CHECK(back([](const Tensor& t) { return slice(t, {{2, open, open}}); }, line, {5.F})(2) == 5.F);
}

TEST_CASE("slices of several axes, and their gradients") {
    CHECK(slice(six, {{}, {.step = -2}}).value() == Array{{3.F, 1.F}, {6.F, 4.F}});
    CHECK(slice(six, {{1, 2}}).value() == Array{{4.F, 5.F, 6.F}});
    CHECK(slice(six, {}).value() == six.value());
    CHECK(slice(Tensor(1.F), {}).item() == 1.F);
    CHECK(slice(Tensor(Array(Shape{0, 3})), {{}, {0, 2}}).shape() == Shape{0, 2});
    CHECK(back(
              [](const Tensor& t) {
                  return slice(t, {{}, {.step = -2}});
              },
              six, {{1.F, 2.F}, {3.F, 4.F}}) == Array{{2.F, 0.F, 1.F}, {4.F, 0.F, 3.F}});
    CHECK(back([](const Tensor& t) { return slice(t, {{1, 1}}); }, six, Array(Shape{0, 3})) == Array(Shape{2, 3}, 0.F));
    const char* const many = "slice: expected at most 2 ranges for shape (2, 3), got 3";
    CHECK_THROWS_WITH_AS(slice(six, {{}, {}, {}}), located(many, __LINE__), ShapeError);
    const char* const zero = "slice: expected a step that is not 0, got 0 for axis 1";
    CHECK_THROWS_WITH_AS(slice(six, {{}, {0, 1, 0}}), located(zero, __LINE__), ShapeError);
}
