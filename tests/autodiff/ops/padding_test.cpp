#include <xtape/autodiff/ops/padding.hpp>

#include "autodiff/moving.hpp"

using namespace xtape;
using support::back;
using support::located;
using support::six;

namespace {

const Tensor line(Array{1.F, 2.F, 3.F});

Array around(PadMode mode, std::size_t before, std::size_t after) { return pad(line, {{before, after}}, mode).value(); }

}  // namespace

TEST_CASE("pad puts a number around a tensor") {
    CHECK(pad(line, {{1, 2}}).value() == Array{0.F, 1.F, 2.F, 3.F, 0.F, 0.F});
    CHECK(pad(line, {{1, 0}}, PadMode::constant, -2).value() == Array{-2.F, 1.F, 2.F, 3.F});
    CHECK(pad(six, {{1, 0}, {0, 1}}).value() == Array{{0.F, 0.F, 0.F, 0.F}, {1.F, 2.F, 3.F, 0.F}, {4.F, 5.F, 6.F, 0.F}});
    CHECK(pad(six, {{1, 0}}).shape() == Shape{3, 3});
    CHECK(pad(six, {}).value() == six.value());
    CHECK(pad(Tensor(1.F), {}).item() == 1.F);
    CHECK(pad(Tensor(Array(Shape{0})), {{1, 1}}, PadMode::constant, 3).value() == Array{3.F, 3.F});
    CHECK(back([](const Tensor& t) { return pad(t, {{1, 2}}); }, line, {1.F, 2.F, 3.F, 4.F, 5.F, 6.F}) == Array{2.F, 3.F, 4.F});
}

TEST_CASE("pad repeats, mirrors and continues") {
    // Expected values: numpy.pad with modes reflect, edge and wrap.
    CHECK(around(PadMode::reflect, 2, 1) == Array{3.F, 2.F, 1.F, 2.F, 3.F, 2.F});
    CHECK(around(PadMode::reflect, 5, 0) == Array{2.F, 1.F, 2.F, 3.F, 2.F, 1.F, 2.F, 3.F});
    CHECK(around(PadMode::edge, 2, 1) == Array{1.F, 1.F, 1.F, 2.F, 3.F, 3.F});
    CHECK(around(PadMode::circular, 2, 1) == Array{2.F, 3.F, 1.F, 2.F, 3.F, 1.F});
    CHECK(around(PadMode::circular, 4, 4) == Array{3.F, 1.F, 2.F, 3.F, 1.F, 2.F, 3.F, 1.F, 2.F, 3.F, 1.F});
    CHECK(pad(Tensor(Array{7.F}), {{2, 1}}, PadMode::reflect).value() == Array{7.F, 7.F, 7.F, 7.F});
    const Array corners{{5.F, 4.F, 5.F, 6.F}, {2.F, 1.F, 2.F, 3.F}, {5.F, 4.F, 5.F, 6.F}};
    CHECK(pad(six, {{1, 0}, {1, 0}}, PadMode::reflect).value() == corners);
    CHECK(pad(Tensor(Array(Shape{0, 1}, 1.F)), {{}, {1, 1}}, PadMode::edge).shape() == Shape{0, 3});
}

TEST_CASE("the gradient of a margin reaches the elements it was copied from") {
    const Array w{1.F, 2.F, 4.F, 8.F, 16.F, 32.F};
    CHECK(back([](const Tensor& t) { return pad(t, {{2, 1}}, PadMode::reflect); }, line, w) == Array{4.F, 42.F, 17.F});
    CHECK(back([](const Tensor& t) { return pad(t, {{2, 1}}, PadMode::edge); }, line, w) == Array{7.F, 8.F, 48.F});
    CHECK(back([](const Tensor& t) { return pad(t, {{2, 1}}, PadMode::circular); }, line, w) == Array{36.F, 9.F, 18.F});
}

TEST_CASE("pad refuses more widths than axes, and margins made of nothing") {
    const Tensor none(Array(Shape{2, 0}));
    const char* const many = "pad: expected at most 2 widths for shape (2, 3), got 3";
    CHECK_THROWS_WITH_AS(pad(six, {{}, {}, {}}), located(many, __LINE__), ShapeError);
    const char* const nothing = "pad: expected an element to repeat along axis 1, got shape (2, 0)";
    CHECK_THROWS_WITH_AS(pad(none, {{}, {1, 0}}, PadMode::edge), located(nothing, __LINE__), ShapeError);
    CHECK(pad(none, {{1, 1}, {}}, PadMode::edge).shape() == Shape{4, 0});
    const char* const wide =
        "pad: expected widths of at most 2305843009213693951, got 1 and 18446744073709551615 for axis 0";
    CHECK_THROWS_WITH_AS(pad(line, {{1, SIZE_MAX}}), located(wide, __LINE__), ShapeError);
}
