#include <xtape/autodiff/ops/indexing.hpp>

#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/moving.hpp"

#include <limits>

using namespace xtape;
using support::back;
using support::located;
using support::same_bits;
using support::six;

namespace {

const Tensor line(Array{10.F, 20.F, 30.F});
constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN();

IndexArray random_indices(const Shape& shape, std::size_t extent, std::uint64_t seed) {
    random::Stream stream(11, seed);
    IndexArray indices = empty_array<std::int64_t>(shape);
    for (std::size_t i = 0; i < indices.size(); ++i) indices.data()[i] = static_cast<std::int64_t>(stream.below(extent));
    return indices;
}

}  // namespace

TEST_CASE("take reads along an axis, and the indices' shape takes the axis' place") {
    // Expected values: numpy.take.
    CHECK(take(line, {2, 0, 2, -1}, 0).value() == Array{30.F, 10.F, 30.F, 30.F});
    CHECK(take(six, {1, 1}, 0).value() == Array{{4.F, 5.F, 6.F}, {4.F, 5.F, 6.F}});
    CHECK(take(six, {-1, 0}, -1).value() == Array{{3.F, 1.F}, {6.F, 4.F}});
    CHECK(take(six, {{0, 1}, {2, 0}}, 1).value() == Array{{{1.F, 2.F}, {3.F, 1.F}}, {{4.F, 5.F}, {6.F, 4.F}}});
    CHECK(take(six, IndexArray(std::int64_t{1}), 0).value() == Array{4.F, 5.F, 6.F});
    CHECK(take(six, IndexArray(Shape{0}), 1).shape() == Shape{2, 0});
    CHECK(take(six, {{5, 0}, {-6, 1}}).value() == Array{{6.F, 1.F}, {1.F, 2.F}});
    CHECK(back([](const Tensor& t) { return take(t, {2, 0, 2}, 0); }, line, {1.F, 2.F, 4.F}) == Array{2.F, 0.F, 5.F});
    CHECK(back([](const Tensor& t) { return take(t, {1, -1}, 1); }, six, {{1.F, 2.F}, {3.F, 4.F}}) ==
          Array{{0.F, 1.F, 2.F}, {0.F, 3.F, 4.F}});
}

TEST_CASE("an index out of range is an error that says which, where, and what the range is") {
    const IndexArray high{0, 3}, low{{0, 1}, {-4, 2}}, flat{6};
    const Tensor none(Array(Shape{0, 2}));
    const std::string text = "take: expected indices in -3 .. 2 for axis 1 of (2, 3), got ";
    CHECK_THROWS_WITH_AS(take(six, high, 1), located(text + "3 at (1)", __LINE__), DataError);
    CHECK_THROWS_WITH_AS(take(six, low, 1), located(text + "-4 at (1, 0)", __LINE__), DataError);
    const char* const all = "take: expected indices in -6 .. 5 for (2, 3), got 6 at (0)";
    CHECK_THROWS_WITH_AS(take(six, flat), located(all, __LINE__), DataError);
    const char* const empty = "take: expected no indices for axis 0 of (0, 2), got 0 at (0)";
    CHECK_THROWS_WITH_AS(take(none, high, 0), located(empty, __LINE__), DataError);
    CHECK(take(none, IndexArray(Shape{0}), 0).shape() == Shape{0, 2});
    const char* const axis = "take: expected an axis of a tensor of rank 2, got axis 2 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(take(six, high, 2), located(axis, __LINE__), ShapeError);
    const IndexArray lowest{std::numeric_limits<std::int64_t>::min()};
    CHECK_THROWS_AS(take(six, lowest, 0), DataError);
    const char* const along = "take_along_axis: expected indices in -2 .. 1 for axis 0 of (2, 3), got 2 at (0, 2)";
    const IndexArray column{{0, 1, 2}};
    CHECK_THROWS_WITH_AS(take_along_axis(six, column, 0), located(along, __LINE__), DataError);
    const char* const add = "index_add: expected indices in -2 .. 1 for axis 0 of (2, 3), got 3 at (1)";
    CHECK_THROWS_WITH_AS(index_add(six, high, six, 0), located(add, __LINE__), DataError);
    const char* const scatter = "scatter_add: expected indices in -2 .. 1 for axis 0 of (2, 3), got 2 at (0, 2)";
    const Tensor row(Array{{1.F, 1.F, 1.F}});
    CHECK_THROWS_WITH_AS(scatter_add(six, column, row, 0), located(scatter, __LINE__), DataError);
}

TEST_CASE("index_add adds at indices that may repeat") {
    CHECK(index_add(line, {0, 2, 0}, Array{1.F, 2.F, 3.F}, 0).value() == Array{14.F, 20.F, 32.F});
    CHECK(index_add(six, {-1}, Array{{10.F}, {20.F}}, 1).value() == Array{{1.F, 2.F, 13.F}, {4.F, 5.F, 26.F}});
    CHECK(index_add(six, IndexArray(Shape{0}), Array(Shape{0, 3}), 0).value() == six.value());
    const Tensor values(Array{1.F, 2.F, 3.F});
    CHECK(back([&](const Tensor& t) { return index_add(t, {0, 2, 0}, values, 0); }, line, {1.F, 2.F, 4.F}) == Array{1.F, 2.F, 4.F});
    CHECK(back([&](const Tensor& t) { return index_add(line, {0, 2, 0}, t, 0); }, values, {1.F, 2.F, 4.F}) == Array{1.F, 4.F, 1.F});
    const char* const text = "index_add: expected values of shape (1, 3) for indices (1) into (2, 3), got (2, 3)";
    const IndexArray first{0};
    CHECK_THROWS_WITH_AS(index_add(six, first, six, 0), located(text, __LINE__), ShapeError);
}

TEST_CASE("take_along_axis reads one index an element, scatter_add adds there") {
    // Expected values: numpy.take_along_axis, torch.scatter_add.
    CHECK(take_along_axis(six, {{2, 0}, {-1, -1}}, 1).value() == Array{{3.F, 1.F}, {6.F, 6.F}});
    CHECK(take_along_axis(six, {{1, 0, 1}}, 0).value() == Array{{4.F, 2.F, 6.F}});
    CHECK(take_along_axis(six, IndexArray(Shape{2, 0}), 1).shape() == Shape{2, 0});
    CHECK(back([](const Tensor& t) { return take_along_axis(t, {{2, 2}, {0, 1}}, 1); }, six, {{1.F, 2.F}, {3.F, 4.F}}) ==
          Array{{0.F, 0.F, 3.F}, {3.F, 4.F, 0.F}});

    CHECK(scatter_add(six, {{2, 2}, {0, 1}}, Array{{10.F, 20.F}, {30.F, 40.F}}, 1).value() ==
          Array{{1.F, 2.F, 33.F}, {34.F, 45.F, 6.F}});
    CHECK(scatter_add(line, {1, 1, -1}, Array{1.F, 2.F, 3.F}, 0).value() == Array{10.F, 23.F, 33.F});
    CHECK(back([](const Tensor& t) { return scatter_add(line, {1, 1, -1}, t, 0); }, line, {1.F, 2.F, 4.F}) == Array{2.F, 2.F, 4.F});

    const IndexArray short_indices{{0, 1}}, fit{{0}, {1}};
    const char* const text = "take_along_axis: expected indices of x's shape but for axis 1, got (1, 2) for (2, 3)";
    CHECK_THROWS_WITH_AS(take_along_axis(six, short_indices, 1), located(text, __LINE__), ShapeError);
    const char* const rank = "take_along_axis: expected indices of x's shape but for axis 0, got (1, 2) for (3)";
    CHECK_THROWS_WITH_AS(take_along_axis(line, short_indices, 0), located(rank, __LINE__), ShapeError);
    const char* const values = "scatter_add: expected values of the indices' shape (2, 1), got (2, 3)";
    CHECK_THROWS_WITH_AS(scatter_add(six, fit, six, 1), located(values, __LINE__), ShapeError);
    const char* const axis = "scatter_add: expected an axis of a tensor of rank 2, got axis -3 for shape (2, 3)";
    CHECK_THROWS_WITH_AS(scatter_add(six, fit, six, -3), located(axis, __LINE__), ShapeError);
}

TEST_CASE("masked_select takes what a mask points at") {
    CHECK(masked_select(six, six > 2.5F).value() == Array{3.F, 4.F, 5.F, 6.F});
    CHECK(masked_select(six, Array{{1.F, 0.F, quiet_nan}, {0.F, 0.F, -2.F}}).value() == Array{1.F, 3.F, 6.F});
    CHECK(masked_select(six, Array{0.F, 1.F, 0.F}).value() == Array{2.F, 5.F});
    CHECK(masked_select(six, 0.F).shape() == Shape{0});
    CHECK(masked_select(six, xt::xarray<bool>{{true, false, false}, {false, false, true}}).value() == Array{1.F, 6.F});
    CHECK(masked_select(Tensor(2.F), 1.F).value() == Array{2.F});
    CHECK(back([](const Tensor& t) { return masked_select(t, t > 4.5F); }, six, {3.F, 4.F}) == Array{{0.F, 0.F, 0.F}, {0.F, 3.F, 4.F}});
    const char* const text = "masked_select: expected a mask that broadcasts to (2, 3), got (2)";
    const Array two{1.F, 0.F};
    CHECK_THROWS_WITH_AS(masked_select(six, two), located(text, __LINE__), ShapeError);
    const char* const wide = "masked_select: expected a mask that broadcasts to (3), got (2, 3)";
    CHECK_THROWS_WITH_AS(masked_select(line, six), located(wide, __LINE__), ShapeError);
    CHECK(flatnonzero(Array{{0.F, 2.F}, {quiet_nan, -0.F}}) == IndexArray{1, 2});
    CHECK(flatnonzero(six) == IndexArray{0, 1, 2, 3, 4, 5});
}

TEST_CASE("one_hot marks classes") {
    CHECK(one_hot({2, 0}, 3).value() == Array{{0.F, 0.F, 1.F}, {1.F, 0.F, 0.F}});
    CHECK(one_hot<double>({{1}, {0}}, 2).value() == Array64{{{0.0, 1.0}}, {{1.0, 0.0}}});
    CHECK(one_hot(IndexArray(std::int64_t{1}), 2).value() == Array{0.F, 1.F});
    CHECK(one_hot(IndexArray(Shape{0}), 4).shape() == Shape{0, 4});
    const std::string text = "one_hot: expected indices in 0 .. 2, got ";
    const IndexArray high{0, 3}, low{-1};
    CHECK_THROWS_WITH_AS(one_hot(high, 3), located(text + "3 at (1)", __LINE__), DataError);
    CHECK_THROWS_WITH_AS(one_hot(low, 3), located(text + "-1 at (0)", __LINE__), DataError);
    CHECK_THROWS_WITH_AS(one_hot(low, 0), located("one_hot: expected no index, got -1 at (0)", __LINE__), DataError);
}

TEST_CASE("sums at repeated indices have the same bits on any number of threads, and lose nothing to their length") {
    const std::size_t before = threads();
    const std::size_t count = 200'000;
    const Tensor values(Array(xt::cast<float>(sample::uniform({count}, 1)))), rows(reshape(values, {count / 50, 50}));
    const IndexArray few = random_indices({count}, 3, 1), many = random_indices({count / 50}, 70, 2);
    const IndexArray along = random_indices({count / 50, 50}, 9, 3);
    const auto sums = [&] {
        return std::vector<Array>{index_add(Array(Shape{3}, 0.F), few, values, 0).value(),
                                  index_add(Array(Shape{70, 50}, 0.F), many, rows, 0).value(),
                                  scatter_add(Array(Shape{9, 50}, 0.F), along, rows, 0).value(),
                                  scatter_add(Array(Shape{count / 50, 60}, 0.F), along, rows, 1).value()};
    };
    set_threads(1);
    const std::vector<Array> one = sums();
    for (const std::size_t number : {std::size_t{2}, std::size_t{4}}) {
        set_threads(number);
        const std::vector<Array> more = sums();
        for (std::size_t i = 0; i < one.size(); ++i) CHECK(same_bits(one[i], more[i]));
    }
    set_threads(before);
    double exact[3] = {0, 0, 0}, size[3] = {0, 0, 0};
    for (std::size_t i = 0; i < count; ++i) {
        exact[few(i)] += static_cast<double>(values.value()(i));
        size[few(i)] += std::abs(static_cast<double>(values.value()(i)));
    }
    for (std::size_t i = 0; i < 3; ++i) CHECK(std::abs(static_cast<double>(one[0](i)) - exact[i]) < 1e-6 * size[i]);
}

TEST_CASE("the record of a take shares the indices") {
    const IndexArray indices = random_indices({1000}, 3, 4);
    Tape tape;
    const Tensor x = tape.watch(line);
    const Take op{indices, 0};
    const std::size_t before = memory_stats().in_use;
    for (int i = 0; i < 100; ++i) (void)detail::call(op, Location{}, x);
    CHECK(memory_stats().in_use - before < 100 * 1000 * sizeof(std::int64_t) / 2);
}
