#include <xtape/autodiff/ops/rearrange.hpp>

#include "autodiff/moving.hpp"

#include <limits>

using namespace xtape;
using support::back;
using support::located;
using support::six;

namespace {
const Tensor line(Array{1.F, 2.F, 3.F});
}

TEST_CASE("flip reverses axes") {
    CHECK(flip(six).value() == Array{{6.F, 5.F, 4.F}, {3.F, 2.F, 1.F}});
    CHECK(flip(six, 0).value() == Array{{4.F, 5.F, 6.F}, {1.F, 2.F, 3.F}});
    CHECK(flip(six, -1).value() == Array{{3.F, 2.F, 1.F}, {6.F, 5.F, 4.F}});
    CHECK(flip(six, {0, 1}).value() == flip(six).value());
    CHECK(flip(Tensor(1.F)).item() == 1.F);
    CHECK(flip(Tensor(Array(Shape{0, 3}))).shape() == Shape{0, 3});
    CHECK(back([](const Tensor& t) { return flip(t); }, line, {1.F, 2.F, 4.F}) == Array{4.F, 2.F, 1.F});
    const char* const axis = "flip: expected axes of a tensor of rank 2, got axis 2 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(flip(six, 2), located(axis, __LINE__), ShapeError);
    const char* const twice = "flip: axis -1 was given twice for shape (2, 3)";
    CHECK_THROWS_WITH_AS(flip(six, {1, -1}), located(twice, __LINE__), ShapeError);
}

TEST_CASE("roll moves elements on and brings them back at the other end") {
    // Expected values: numpy.roll.
    CHECK(roll(six, 2).value() == Array{{5.F, 6.F, 1.F}, {2.F, 3.F, 4.F}});
    CHECK(roll(six, -1, 1).value() == Array{{2.F, 3.F, 1.F}, {5.F, 6.F, 4.F}});
    CHECK(roll(six, 1, 0).value() == Array{{4.F, 5.F, 6.F}, {1.F, 2.F, 3.F}});
    CHECK(roll(six, {1, -4}, {0, 1}).value() == Array{{5.F, 6.F, 4.F}, {2.F, 3.F, 1.F}});
    CHECK(roll(six, {1, 1}, {1, -1}).value() == roll(six, 2, 1).value());
    CHECK(roll(line, 3).value() == line.value());
    CHECK(roll(Tensor(1.F), 5).item() == 1.F);
    CHECK(roll(Tensor(Array(Shape{0, 3})), 2, 0).shape() == Shape{0, 3});
    CHECK(back([](const Tensor& t) { return roll(t, 1); }, line, {1.F, 2.F, 4.F}) == Array{2.F, 4.F, 1.F});
    const char* const axis = "roll: expected an axis of a tensor of rank 2, got axis 2 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(roll(six, 1, 2), located(axis, __LINE__), ShapeError);
    const char* const uneven = "roll: expected one shift an axis, got 2 shifts and 1 axes";
    CHECK_THROWS_WITH_AS(roll(six, {1, 2}, {0}), located(uneven, __LINE__), ShapeError);
}

TEST_CASE("shifts at the ends of their type are fine") {
    constexpr std::ptrdiff_t lowest = std::numeric_limits<std::ptrdiff_t>::min(), highest = -(lowest + 1);
    // 2^63 = 2 modulo 3, 2^63 - 1 = 1.
    CHECK(roll(line, lowest).value() == roll(line, -2).value());
    CHECK(roll(line, highest).value() == roll(line, 1).value());
    CHECK(back([](const Tensor& t) { return roll(t, lowest); }, line, {1.F, 2.F, 4.F}) == Array{2.F, 4.F, 1.F});
}

TEST_CASE("tile puts copies side by side, repeat puts elements") {
    // Expected values: numpy.tile, numpy.repeat.
    const Tensor pair(Array{{1.F, 2.F}});
    CHECK(tile(line, {2}).value() == Array{1.F, 2.F, 3.F, 1.F, 2.F, 3.F});
    CHECK(tile(pair, {2, 2}).value() == Array{{1.F, 2.F, 1.F, 2.F}, {1.F, 2.F, 1.F, 2.F}});
    CHECK(tile(pair, {2}).value() == Array{{1.F, 2.F, 1.F, 2.F}});
    CHECK(tile(pair, {2, 1, 1}).value() == Array{{{1.F, 2.F}}, {{1.F, 2.F}}});
    CHECK(tile(line, {0}).size() == 0);
    CHECK(tile(line, {}).value() == line.value());
    CHECK(back([](const Tensor& t) { return tile(t, {2}); }, line, {1.F, 2.F, 3.F, 4.F, 5.F, 6.F}) == Array{5.F, 7.F, 9.F});
    CHECK(back([](const Tensor& t) { return tile(t, {0}); }, line, Array(Shape{0})) == Array{0.F, 0.F, 0.F});

    CHECK(repeat(line, 2, 0).value() == Array{1.F, 1.F, 2.F, 2.F, 3.F, 3.F});
    CHECK(repeat(six, 2, -2).value() == Array{{1.F, 2.F, 3.F}, {1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}, {4.F, 5.F, 6.F}});
    CHECK(repeat(line, 0, 0).size() == 0);
    CHECK(back([](const Tensor& t) { return repeat(t, 2, 0); }, line, {1.F, 2.F, 3.F, 4.F, 5.F, 6.F}) == Array{3.F, 7.F, 11.F});
    const char* const axis = "repeat: expected an axis of a tensor of rank 1, got axis 1 for shape (3)";
    CHECK_THROWS_WITH_AS(repeat(line, 2, 1), located(axis, __LINE__), ShapeError);
    const char* const huge = "array: expected fewer than 2^64 elements, got shape (3, 9223372036854775807)";
    CHECK_THROWS_WITH_AS(repeat(line, SIZE_MAX / 2, 0), located(huge, __LINE__), ShapeError);
    const char* const copies = "array: expected fewer than 2^64 elements, got shape (9223372036854775807, 3)";
    CHECK_THROWS_WITH_AS(tile(line, {SIZE_MAX / 2}), located(copies, __LINE__), ShapeError);
}

TEST_CASE("repeat with a count for every element") {
    CHECK(repeat(line, IndexArray{2, 0, 1}, 0).value() == Array{1.F, 1.F, 3.F});
    CHECK(repeat(six, IndexArray{0, 2}, 0).value() == Array{{4.F, 5.F, 6.F}, {4.F, 5.F, 6.F}});
    CHECK(back([](const Tensor& t) { return repeat(t, IndexArray{2, 0, 1}, -1); }, line, {1.F, 2.F, 4.F}) == Array{3.F, 0.F, 4.F});
    const IndexArray short_counts{1, 2}, negative{1, -2, 1};
    const char* const fit = "repeat: expected counts of shape (3) for axis 0 of (3), got (2)";
    CHECK_THROWS_WITH_AS(repeat(line, short_counts, 0), located(fit, __LINE__), ShapeError);
    const char* const least = "repeat: expected counts of at least 0, got -2 at (1)";
    CHECK_THROWS_WITH_AS(repeat(line, negative, 0), located(least, __LINE__), DataError);
    const IndexArray endless{std::numeric_limits<std::int64_t>::max(), 1, 1};
    const char* const huge = "array: expected fewer than 2^64 elements, got shape (9223372036854775807, 16)";
    CHECK_THROWS_WITH_AS(repeat(line, endless, 0), doctest::Contains(huge), ShapeError);
}
