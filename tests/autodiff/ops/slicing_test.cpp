#include <xtape/autodiff/ops/slicing.hpp>

#include <xtape/autodiff/ops/shaping.hpp>

#include "autodiff/moving.hpp"

#include <limits>

using namespace xtape;
using support::back;
using support::located;
using support::six;

namespace {
const Tensor line(Array{0.F, 1.F, 2.F, 3.F, 4.F, 5.F, 6.F, 7.F, 8.F, 9.F});

Array cut(std::ptrdiff_t start, std::ptrdiff_t stop, std::ptrdiff_t step) {
    return slice(line, {{start, stop, step}}).value();
}
constexpr std::ptrdiff_t open = Range::open, lowest = std::numeric_limits<std::ptrdiff_t>::min();
}  // namespace

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

TEST_CASE("place_slice refuses what the slice would not give") {
    const char* const text = "place_slice: expected a part of shape (1, 3) of (2, 3), got (2, 3)";
    CHECK_THROWS_WITH_AS(place_slice(six, {2, 3}, {{0, 1}}), located(text, __LINE__), ShapeError);
    CHECK(place_slice(six, {2, 5}, {{}, {.step = 2}}).value() == Array{{1.F, 0.F, 2.F, 0.F, 3.F}, {4.F, 0.F, 5.F, 0.F, 6.F}});
}

TEST_CASE("split cuts an axis into parts of given sizes") {
    const std::vector<Tensor> parts = split(line, {3, 0, 7});
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].value() == Array{0.F, 1.F, 2.F});
    CHECK(parts[1].size() == 0);
    CHECK(parts[2].value() == Array{3.F, 4.F, 5.F, 6.F, 7.F, 8.F, 9.F});
    CHECK(split(six, {1, 2}, -1)[1].value() == Array{{2.F, 3.F}, {5.F, 6.F}});
    CHECK(split(Tensor(Array(Shape{0})), {}).empty());
    CHECK(concat(split(six, {2, 1}, 1), 1).value() == six.value());
    CHECK(back([](const Tensor& t) { return split(t, {1, 2}, 1)[1]; }, six, {{1.F, 2.F}, {3.F, 4.F}}) ==
          Array{{0.F, 1.F, 2.F}, {0.F, 3.F, 4.F}});
    const std::string text = "split: expected sizes that add up to 3, the extent of axis 1 of (2, 3), got ";
    CHECK_THROWS_WITH_AS(split(six, {1, 1}, 1), located(text + "(1, 1)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(split(six, {2, 2}, 1), located(text + "(2, 2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(split(six, {1, SIZE_MAX, 3}, 1), located(text + "(1, 18446744073709551615, 3)", __LINE__), ShapeError);
    const char* const axis = "split: expected an axis of a tensor of rank 2, got axis 2 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(split(six, {1, 1}, 2), located(axis, __LINE__), ShapeError);
}

TEST_CASE("chunk cuts an axis into parts of equal size, but for the last") {
    // Sizes: torch.arange(10).chunk(4), torch.arange(5).chunk(4), torch.arange(0).chunk(2).
    const auto sizes = [](const std::vector<Tensor>& parts) {
        Shape all;
        for (const Tensor& part : parts) all.push_back(part.size());
        return all;
    };
    CHECK(sizes(chunk(line, 4)) == Shape{3, 3, 3, 1});
    CHECK(sizes(chunk(slice(line, {{0, 5}}), 4)) == Shape{2, 2, 1});
    CHECK(sizes(chunk(slice(line, {{0, 0}}), 2)) == Shape{0, 0});
    CHECK(sizes(chunk(line, 1)) == Shape{10});
    CHECK(chunk(six, 3, -1)[2].value() == Array{{3.F}, {6.F}});
    CHECK_THROWS_WITH_AS(chunk(six, 0), located("chunk: expected at least one part, got 0", __LINE__), ShapeError);
    const char* const axis = "chunk: expected an axis of a tensor of rank 2, got axis -3 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(chunk(six, 2, -3), located(axis, __LINE__), ShapeError);
}
