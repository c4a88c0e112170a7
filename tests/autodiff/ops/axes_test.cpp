#include <xtape/autodiff/ops/axes.hpp>

#include "autodiff/moving.hpp"

using namespace xtape;
using support::back;
using support::located;
using support::six;

namespace {

const Tensor thin = reshape(Tensor(Array{1.F, 2.F}), {1, 2, 1});

Array column(float a, float b) { return reshape(Tensor(Array{a, b}), {1, 2, 1}).value(); }

}  // namespace

TEST_CASE("permute takes the axes in any order, counted from either end") {
    CHECK(permute(six, {1, 0}).value() == Array{{1.F, 4.F}, {2.F, 5.F}, {3.F, 6.F}});
    CHECK(permute(six, {-1, -2}).value() == permute(six, {1, 0}).value());
    CHECK(permute(Tensor(2.F), {}).item() == 2.F);
    CHECK(permute(Tensor(Array(Shape{2, 0, 3})), {2, 0, 1}).shape() == Shape{3, 2, 0});
    CHECK(back([](const Tensor& t) { return permute(t, {1, 0}); }, six, {{1.F, 2.F}, {3.F, 4.F}, {5.F, 6.F}}) ==
          Array{{1.F, 3.F, 5.F}, {2.F, 4.F, 6.F}});
    const std::string text = "permute: expected an order of all 2 axes of (2, 3), got ";
    CHECK_THROWS_WITH_AS(permute(six, {0}), located(text + "(0)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(permute(six, {0, -2}), located(text + "(0, -2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(permute(six, {0, 2}), located(text + "(0, 2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(permute(six, {0, -3}), located(text + "(0, -3)", __LINE__), ShapeError);
}

TEST_CASE("swapaxes and moveaxis") {
    const Tensor x(Array(Shape{2, 3, 4, 5}, 0.F));
    CHECK(swapaxes(x, 0, -1).shape() == Shape{5, 3, 4, 2});
    CHECK(swapaxes(x, 1, 1).shape() == x.shape());
    CHECK(moveaxis(x, 0, -1).shape() == Shape{3, 4, 5, 2});
    CHECK(moveaxis(x, 3, 1).shape() == Shape{2, 5, 3, 4});
    CHECK(swapaxes(six, 0, 1).value() == Array{{1.F, 4.F}, {2.F, 5.F}, {3.F, 6.F}});
    const char* const swap = "swapaxes: expected an axis of a tensor of rank 2, got axis 2 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(swapaxes(six, 0, 2), located(swap, __LINE__), ShapeError);
    const char* const move = "moveaxis: expected an axis of a tensor of rank 2, got axis -3 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(moveaxis(six, -3, 0), located(move, __LINE__), ShapeError);
}

TEST_CASE("squeeze drops axes of extent 1, all or those asked for") {
    CHECK(squeeze(thin).value() == Array{1.F, 2.F});
    CHECK(squeeze(thin, 0).shape() == Shape{2, 1});
    CHECK(squeeze(thin, -1).shape() == Shape{1, 2});
    CHECK(squeeze(thin, {0, 2}).shape() == Shape{2});
    CHECK(squeeze(thin, Axes(std::vector<int>{})).shape() == thin.shape());
    CHECK(squeeze(Tensor(Array(Shape{1, 0}))).shape() == Shape{0});
    CHECK(squeeze(Tensor(Array{{7.F}})).item() == 7.F);
    CHECK(back([](const Tensor& t) { return squeeze(t); }, thin, {3.F, 4.F}) == column(3.F, 4.F));
    const char* const wide = "squeeze: expected extent 1 along axis 1, got shape (1, 2, 1)";
    CHECK_THROWS_WITH_AS(squeeze(thin, 1), located(wide, __LINE__), ShapeError);
    const char* const all = "squeeze: expected extent 1 along axis 1, got shape (1, 2, 1)";
    CHECK_THROWS_WITH_AS(squeeze(thin, Axes{}), located(all, __LINE__), ShapeError);
    const char* const axis = "squeeze: expected axes of a tensor of rank 3, got axis 3 for shape (1, 2, 1)";
    CHECK_THROWS_WITH_AS(squeeze(thin, 3), located(axis, __LINE__), ShapeError);
    const char* const twice = "squeeze: axis -3 was given twice for shape (1, 2, 1)";
    CHECK_THROWS_WITH_AS(squeeze(thin, {0, -3}), located(twice, __LINE__), ShapeError);
}

TEST_CASE("unsqueeze adds axes of extent 1 at their places in the result") {
    CHECK(unsqueeze(six, 0).shape() == Shape{1, 2, 3});
    CHECK(unsqueeze(six, -1).shape() == Shape{2, 3, 1});
    CHECK(unsqueeze(six, 1).shape() == Shape{2, 1, 3});
    CHECK(unsqueeze(six, {0, -1}).shape() == Shape{1, 2, 3, 1});
    CHECK(unsqueeze(six, {1, 2}).shape() == Shape{2, 1, 1, 3});
    CHECK(unsqueeze(Tensor(2.F), 0).value() == Array{2.F});
    CHECK(back([](const Tensor& t) { return unsqueeze(t, 1); }, Array{1.F, 2.F}, {{3.F}, {4.F}}) == Array{3.F, 4.F});
    const std::string text = "unsqueeze: expected different axes of a result of rank ";
    CHECK_THROWS_WITH_AS(unsqueeze(six, 3), located(text + "3, got (3) for shape (2, 3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(unsqueeze(six, -4), located(text + "3, got (-4) for shape (2, 3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(unsqueeze(six, {0, -4}), located(text + "4, got (0, -4) for shape (2, 3)", __LINE__), ShapeError);
}

TEST_CASE("flatten makes neighbouring axes one") {
    const Tensor x(Array(Shape{2, 3, 4, 5}, 0.F));
    CHECK(flatten(six).value() == Array{1.F, 2.F, 3.F, 4.F, 5.F, 6.F});
    CHECK(flatten(x, 1).shape() == Shape{2, 60});
    CHECK(flatten(x, 1, 2).shape() == Shape{2, 12, 5});
    CHECK(flatten(x, -2, -1).shape() == Shape{2, 3, 20});
    CHECK(flatten(x, 2, 2).shape() == x.shape());
    CHECK(flatten(Tensor(3.F)).value() == Array{3.F});
    CHECK(flatten(Tensor(Array(Shape{2, 0, 3}))).shape() == Shape{0});
    CHECK(back([](const Tensor& t) { return flatten(t); }, thin, {3.F, 4.F}) == column(3.F, 4.F));
    const char* const order = "flatten: expected a first axis before the last, got -1 and 0 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(flatten(six, -1, 0), located(order, __LINE__), ShapeError);
    const char* const axis = "flatten: expected an axis of a tensor of rank 2, got axis 2 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(flatten(six, 2), located(axis, __LINE__), ShapeError);
}

TEST_CASE("expand repeats, and keeps extents given as -1") {
    CHECK(expand(thin, {-1, 2, 2}).value() == Array{{{1.F, 1.F}, {2.F, 2.F}}});
    CHECK(expand(Tensor(Array{1.F, 2.F}), {2, -1}).value() == Array{{1.F, 2.F}, {1.F, 2.F}});
    CHECK(expand(Tensor(1.F), {2}).value() == Array{1.F, 1.F});
    CHECK(expand(thin, {0, 2, 1}).shape() == Shape{0, 2, 1});
    CHECK(back([](const Tensor& t) { return expand(t, {-1, -1, 2}); }, thin, {{{1.F, 2.F}, {3.F, 4.F}}}) == column(3.F, 7.F));
    const std::string text = "expand: expected a shape that (2, 3) broadcasts to, -1 where it keeps its extent, got ";
    CHECK_THROWS_WITH_AS(expand(six, {3}), located(text + "(3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(expand(six, {3, 3}), located(text + "(3, 3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(expand(six, {-1, 2, 3}), located(text + "(-1, 2, 3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(expand(six, {-2, 3}), located(text + "(-2, 3)", __LINE__), ShapeError);
}

TEST_CASE("stack puts tensors side by side along a new axis") {
    const Tensor a(Array{1.F, 2.F}), b(Array{3.F, 4.F});
    CHECK(stack({a, b}).value() == Array{{1.F, 2.F}, {3.F, 4.F}});
    CHECK(stack({a, b}, 1).value() == Array{{1.F, 3.F}, {2.F, 4.F}});
    CHECK(stack({a, b}, -1).value() == stack({a, b}, 1).value());
    CHECK(stack({Tensor(1.F), Tensor(2.F)}).value() == Array{1.F, 2.F});
    CHECK(stack({six}, 2).shape() == Shape{2, 3, 1});
    CHECK(stack({Tensor(Array(Shape{0, 3})), Tensor(Array(Shape{0, 3}))}, 1).shape() == Shape{0, 2, 3});
    CHECK(back([](const Tensor& t) { return stack({t, t}, 1); }, a, {{1.F, 2.F}, {3.F, 4.F}}) == Array{3.F, 7.F});
    const char* const shapes = "stack: expected tensors of one shape, got (2), (2, 3)";
    CHECK_THROWS_WITH_AS(stack({a, six}), located(shapes, __LINE__), ShapeError);
    const char* const axis = "stack: expected an axis of a result of rank 2, got axis 2 for shape (2)";
    CHECK_THROWS_WITH_AS(stack({a, b}, 2), located(axis, __LINE__), ShapeError);
    const std::vector<Tensor> nothing;
    CHECK_THROWS_WITH_AS(stack(nothing), located("stack: expected at least one tensor, got none", __LINE__), ShapeError);
}
