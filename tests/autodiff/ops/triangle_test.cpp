#include <xtape/autodiff/ops/triangle.hpp>

#include "autodiff/moving.hpp"

#include <limits>

using namespace xtape;
using support::back;
using support::located;
using support::six;

namespace {
const Tensor square_matrix(Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}, {7.F, 8.F, 9.F}});
constexpr int lowest = std::numeric_limits<int>::min(), highest = std::numeric_limits<int>::max();
}  // namespace

TEST_CASE("diagonal reads any diagonal of any two axes") {
    // Expected values: numpy.diagonal.
    CHECK(diagonal(square_matrix).value() == Array{1.F, 5.F, 9.F});
    CHECK(diagonal(square_matrix, 1).value() == Array{2.F, 6.F});
    CHECK(diagonal(square_matrix, -2).value() == Array{7.F});
    CHECK(diagonal(six, 1).value() == Array{2.F, 6.F});
    CHECK(diagonal(six, 0, 1, 0).value() == Array{1.F, 5.F});
    CHECK(diagonal(six, 3).size() == 0);
    CHECK(diagonal(six, lowest).size() == 0);
    CHECK(diagonal(six, highest).size() == 0);
    const Tensor cube(Array{{{1.F, 2.F}, {3.F, 4.F}}, {{5.F, 6.F}, {7.F, 8.F}}});
    CHECK(diagonal(cube).value() == Array{{1.F, 7.F}, {2.F, 8.F}});
    CHECK(diagonal(cube, 0, -2, -1).value() == Array{{1.F, 4.F}, {5.F, 8.F}});
    CHECK(diagonal(Tensor(Array(Shape{0, 3}))).shape() == Shape{0});
    CHECK(back([](const Tensor& t) { return diagonal(t, 1); }, six, {3.F, 4.F}) == Array{{0.F, 3.F, 0.F}, {0.F, 0.F, 4.F}});
    const char* const same = "diagonal: expected two different axes, got axes 1 and -1 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(diagonal(six, 0, 1, -1), located(same, __LINE__), ShapeError);
    const char* const axis = "diagonal: expected an axis of a tensor of rank 2, got axis 2 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(diagonal(six, 0, 0, 2), located(axis, __LINE__), ShapeError);
}

TEST_CASE("place_diagonal and diag_embed write diagonals") {
    const Tensor pair(Array{1.F, 2.F});
    CHECK(diag_embed(pair).value() == Array{{1.F, 0.F}, {0.F, 2.F}});
    CHECK(diag_embed(pair, 1).value() == Array{{0.F, 1.F, 0.F}, {0.F, 0.F, 2.F}, {0.F, 0.F, 0.F}});
    CHECK(diag_embed(pair, -1).value() == Array{{0.F, 0.F, 0.F}, {1.F, 0.F, 0.F}, {0.F, 2.F, 0.F}});
    CHECK(diag_embed(six).shape() == Shape{2, 3, 3});
    CHECK(place_diagonal(pair, {2, 3}, 1).value() == Array{{0.F, 1.F, 0.F}, {0.F, 0.F, 2.F}});
    CHECK(back([](const Tensor& t) { return diag_embed(t); }, pair, {{1.F, 2.F}, {3.F, 4.F}}) == Array{1.F, 4.F});
    const char* const shape = "place_diagonal: expected a diagonal of shape (2) for (2, 3), got (2, 3)";
    CHECK_THROWS_WITH_AS(place_diagonal(six, {2, 3}), located(shape, __LINE__), ShapeError);
    const char* const scalar = "diag_embed: expected at least one axis, got shape ()";
    const Tensor one(1.F);
    CHECK_THROWS_WITH_AS(diag_embed(one), located(scalar, __LINE__), ShapeError);
}

TEST_CASE("tril and triu keep a triangle of every matrix") {
    CHECK(tril(square_matrix).value() == Array{{1.F, 0.F, 0.F}, {4.F, 5.F, 0.F}, {7.F, 8.F, 9.F}});
    CHECK(tril(square_matrix, -1).value() == Array{{0.F, 0.F, 0.F}, {4.F, 0.F, 0.F}, {7.F, 8.F, 0.F}});
    CHECK(triu(square_matrix).value() == Array{{1.F, 2.F, 3.F}, {0.F, 5.F, 6.F}, {0.F, 0.F, 9.F}});
    CHECK(triu(six, 2).value() == Array{{0.F, 0.F, 3.F}, {0.F, 0.F, 0.F}});
    CHECK(tril(six, highest).value() == six.value());
    CHECK(tril(six, lowest).value() == Array(Shape{2, 3}, 0.F));
    CHECK(triu(six, lowest).value() == six.value());
    CHECK(triu(Tensor(Array(Shape{2, 0, 3}))).shape() == Shape{2, 0, 3});
    // What is cut off does not show, even when it is NaN.
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(tril(Tensor(Array{{1.F, nan}, {2.F, 3.F}})).value() == Array{{1.F, 0.F}, {2.F, 3.F}});
    const Array ones(Shape{2, 3}, 1.F);
    CHECK(back([](const Tensor& t) { return tril(t); }, six, ones) == Array{{1.F, 0.F, 0.F}, {1.F, 1.F, 0.F}});
    CHECK(back([](const Tensor& t) { return triu(t, 1); }, six, ones) == Array{{0.F, 1.F, 1.F}, {0.F, 0.F, 1.F}});
    const Tensor vector(Array{1.F});
    CHECK_THROWS_WITH_AS(tril(vector), located("tril: expected at least two axes, got shape (1)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(triu(vector), located("triu: expected at least two axes, got shape (1)", __LINE__), ShapeError);
}
