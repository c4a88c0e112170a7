#include <xtape/autodiff/ops/shaping.hpp>

#include "autodiff/moving.hpp"

using namespace xtape;
using support::back;
using support::located;
using support::six;

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

TEST_CASE("reshape finds out one extent by itself") {
    const std::size_t three = 3;
    const int minus = -1;
    CHECK(reshape(six, {-1, 2}).shape() == Shape{3, 2});
    CHECK(reshape(six, {-1}).value() == Array{1.F, 2.F, 3.F, 4.F, 5.F, 6.F});
    CHECK(reshape(six, {three, minus, 1}).shape() == Shape{3, 2, 1});
    CHECK(reshape(Tensor(1.F), {-1, 1}).shape() == Shape{1, 1});
    CHECK(reshape(Tensor(Array(Shape{0, 3})), {-1, 3}).shape() == Shape{0, 3});
    CHECK(reshape(six, Shape{6}).shape() == Shape{6});
    const Array w{{1.F, 2.F}, {3.F, 4.F}, {5.F, 6.F}};
    CHECK(back([](const Tensor& t) { return reshape(t, {-1, 2}); }, six, w) == six.value());
    const std::string wrong = "reshape: expected a shape with 6 elements for (2, 3), got (-1, 4)";
    CHECK_THROWS_WITH_AS(reshape(six, {-1, 4}), located(wrong, __LINE__), ShapeError);
    const std::string extents = "reshape: expected extents of at least 0, one of which may be -1, got ";
    CHECK_THROWS_WITH_AS(reshape(six, {-1, -1}), located(extents + "(-1, -1)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(reshape(six, {-2, 3}), located(extents + "(-2, 3)", __LINE__), ShapeError);
    const Tensor none(Array(Shape{0, 3}));
    const char* const zero = "reshape: expected no extent of 0 beside -1, got (0, -1)";
    CHECK_THROWS_WITH_AS(reshape(none, {0, -1}), located(zero, __LINE__), ShapeError);
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
