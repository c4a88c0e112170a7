#include <xtape/autodiff/memory.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/digits.hpp>
#include <xtape/data/loader.hpp>
#include <xtape/data/split.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <vector>

using namespace xtape;
using data::Loader;
using data::TensorDataset;

static_assert(std::ranges::input_range<const Loader<TensorDataset>>);

namespace {

TensorDataset numbered(std::size_t rows) {
    Array features = empty_array<float>(Shape{rows, 2});
    for (std::size_t i = 0; i < features.size(); ++i) features.data()[i] = static_cast<float>(i);
    IndexArray labels = empty_array<std::int64_t>(Shape{rows});
    std::iota(labels.data(), labels.data() + rows, std::int64_t{0});
    return {std::move(features), std::move(labels)};
}

// Labels in the order of one epoch; checks that features come with them.
template <class D>
std::vector<std::int64_t> epoch(const Loader<D>& loader) {
    std::vector<std::int64_t> seen;
    for (const auto& [x, y] : loader) {
        for (std::size_t i = 0; i < y.size(); ++i) {
            CHECK(x(i, 1) == static_cast<float>(2 * y(i) + 1));
            seen.push_back(y(i));
        }
    }
    return seen;
}

std::vector<std::int64_t> sorted(std::vector<std::int64_t> values) {
    std::sort(values.begin(), values.end());
    return values;
}

std::vector<std::int64_t> up_to(std::int64_t count) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(count));
    std::iota(values.begin(), values.end(), 0);
    return values;
}

struct Sample {
    Array image;
    std::uint8_t label;
    double weight;
};

struct Samples {
    std::size_t size() const { return 5; }
    Sample get(std::size_t i) const {
        const auto value = static_cast<float>(i);
        return {Array{{value, value + 0.5f}}, static_cast<std::uint8_t>(i * 50), 0.25 * static_cast<double>(i)};
    }
};

// A data set made of a function.
template <class F>
struct Made {
    std::size_t count;
    F item;
    std::size_t size() const { return count; }
    auto get(std::size_t i) const { return item(i); }
};
template <class F>
Made(std::size_t, F) -> Made<F>;

}  // namespace

TEST_CASE("a loader goes through a data set in order, the last batch shorter") {
    const TensorDataset set = numbered(7);
    const Loader loader{set, {.batch_size = 3}};
    CHECK(loader.batches() == 3);
    std::vector<std::string> shapes;
    for (const auto& [x, y] : loader) shapes.push_back(to_string(x.shape()) + to_string(y.shape()));
    CHECK(shapes == std::vector<std::string>{"(3, 2)(3)", "(3, 2)(3)", "(1, 2)(1)"});
    CHECK(epoch(loader) == up_to(7));
}

TEST_CASE("a loader leaves out a short last batch when asked to") {
    const TensorDataset set = numbered(7);
    const Loader dropping{set, {.batch_size = 3, .drop_last = true}};
    CHECK(dropping.batches() == 2);
    CHECK(epoch(dropping) == up_to(6));
    const Loader even{set, {.batch_size = 7, .drop_last = true}};
    CHECK(even.batches() == 1);
    CHECK(epoch(even) == up_to(7));
    const Loader larger{set, {.batch_size = 8, .drop_last = true}};
    CHECK(larger.batches() == 0);
    CHECK(epoch(larger).empty());
}

TEST_CASE("a batch larger than the data set holds all of it") {
    const Loader loader{numbered(7), {.batch_size = 1000}};
    CHECK(loader.batches() == 1);
    CHECK(epoch(loader) == up_to(7));
}

TEST_CASE("an empty data set has no batches") {
    const Loader loader{numbered(0), {.shuffle = true}};
    CHECK(loader.batches() == 0);
    CHECK(epoch(loader).empty());
}

TEST_CASE("a loader without options gives batches of 32 in order") {
    const Loader loader{numbered(100)};
    CHECK(loader.batches() == 4);
    CHECK(epoch(loader) == up_to(100));
}

TEST_CASE("a shuffling loader gives every row once an epoch, in another order each") {
    seed(11);
    const TensorDataset set = numbered(100);
    const Loader loader{set, {.batch_size = 32, .shuffle = true}};
    const auto first = epoch(loader), second = epoch(loader);
    CHECK(sorted(first) == up_to(100));
    CHECK(sorted(second) == up_to(100));
    CHECK(first != up_to(100));
    CHECK(first != second);

    seed(11);
    CHECK(epoch(loader) == first);
    CHECK(epoch(loader) == second);
}

TEST_CASE("batches are the same on any number of threads") {
    const std::size_t threads_before = threads();
    std::vector<std::vector<float>> runs;
    for (const std::size_t count : {1u, 2u, 4u}) {
        set_threads(count);
        seed(2);
        std::vector<float> all;
        for (const auto& [x, y] : Loader{data::digits(), {.batch_size = 1500, .shuffle = true}}) {
            all.insert(all.end(), x.data(), x.data() + x.size());
            for (std::size_t i = 0; i < y.size(); ++i) all.push_back(static_cast<float>(y(i)));
        }
        runs.push_back(std::move(all));
    }
    set_threads(threads_before);
    CHECK(runs[0].size() == 1797 * 65);
    CHECK(runs[0] == runs[1]);
    CHECK(runs[0] == runs[2]);
}

TEST_CASE("a loader works on the parts of a split") {
    seed(4);
    const auto [train, test] = data::split(numbered(50), 0.8);
    std::vector<std::int64_t> seen;
    for (const auto& [x, y] : Loader{train, {.batch_size = 16, .shuffle = true}})
        seen.insert(seen.end(), y.begin(), y.end());
    CHECK(seen.size() == 40);
    for (const auto& [x, y] : Loader{test}) seen.insert(seen.end(), y.begin(), y.end());
    CHECK(sorted(seen) == up_to(50));
}

TEST_CASE("after the first epoch a loader takes no memory from the system") {
    const TensorDataset set = numbered(1000);
    const Loader loader{set, {.batch_size = 64, .shuffle = true}};
    const auto run = [&] {
        float sum = 0;
        for (const auto& [x, y] : loader) sum += x(0, 0);
        return sum;
    };
    CHECK(run() > 0);
    const std::size_t before = memory_stats().system_allocations;
    CHECK(run() > 0);
    CHECK(memory_stats().system_allocations == before);
}

TEST_CASE("a struct becomes one array for each member") {
    const Samples samples;
    std::size_t batches = 0;
    for (const auto& [images, labels, weights] : Loader{samples, {.batch_size = 3}}) {
        static_assert(std::is_same_v<decltype(images), const Array>);
        static_assert(std::is_same_v<decltype(labels), const IndexArray>);
        static_assert(std::is_same_v<decltype(weights), const Array>);
        if (batches++ == 0) {
            CHECK(images == Array{{{0.f, 0.5f}}, {{1.f, 1.5f}}, {{2.f, 2.5f}}});
            CHECK(labels == IndexArray{0, 50, 100});
            CHECK(weights == Array{0.f, 0.25f, 0.5f});
        } else {
            CHECK(images == Array{{{3.f, 3.5f}}, {{4.f, 4.5f}}});
            CHECK(labels == IndexArray{150, 200});
            CHECK(weights == Array{0.75f, 1.f});
        }
    }
    CHECK(batches == 2);
}

TEST_CASE("tuples and pairs become one array for each element, arrays keep their type") {
    const Made set{
        2, [](std::size_t i) {
            const auto row = static_cast<std::int64_t>(i);
            return std::tuple(Array64{0.5 * static_cast<double>(i), 7.}, IndexArray{row, row + 1}, i == 1, 'a');
        }};
    for (const auto& [numbers, indices, flags, letters] : Loader{set}) {
        CHECK(numbers == Array64{{0., 7.}, {0.5, 7.}});
        CHECK(indices == IndexArray{{0, 1}, {1, 2}});
        CHECK(flags == IndexArray{0, 1});
        CHECK(letters == IndexArray{97, 97});
    }
    const Made pairs{3, [](std::size_t i) { return std::pair(static_cast<float>(i), i); }};
    for (const auto& [x, y] : Loader{pairs}) {
        CHECK(x == Array{0.f, 1.f, 2.f});
        CHECK(y == IndexArray{0, 1, 2});
    }
}

TEST_CASE("items that are one array or number become one array") {
    const Made rows{2, [](std::size_t i) { return Array{static_cast<float>(i), 9.f}; }};
    for (const Array& x : Loader{rows}) CHECK(x == Array{{0.f, 9.f}, {1.f, 9.f}});
    const Made numbers{2, [](std::size_t i) { return i * 10; }};
    for (const IndexArray& x : Loader{numbers}) CHECK(x == IndexArray{0, 10});
    const Made scalars{2, [](std::size_t) { return Array(3.f); }};
    for (const Array& x : Loader{scalars}) CHECK(x == Array{3.f, 3.f});
    const Made empty{2, [](std::size_t) { return Array::from_shape({0, 4}); }};
    for (const Array& x : Loader{empty}) CHECK(to_string(x.shape()) == "(2, 0, 4)");
}

TEST_CASE("items of different shapes are refused with both shapes and rows") {
    const auto run = [](const auto& set, data::LoaderOptions options) {
        for (const auto& batch : Loader(set, options, Location{})) static_cast<void>(batch);
    };
    const Made uneven{6, [](std::size_t i) { return std::pair(i, Array::from_shape({2, i == 4 ? 3u : 1u})); }};
    CHECK_THROWS_WITH_AS(
        run(uneven, {.batch_size = 10}),
        "Loader: expected items of one shape, got (2, 1) in item 0 and (2, 3) in item 4 (part 1 of each item)",
        ShapeError);
    CHECK_THROWS_WITH_AS(
        run(uneven, {.batch_size = 3}),
        "Loader: expected items of one shape, got (2, 1) in item 3 and (2, 3) in item 4 (part 1 of each item)",
        ShapeError);
    const Made ranks{2, [](std::size_t i) { return i == 0 ? Array::from_shape({2}) : Array::from_shape({2, 1}); }};
    CHECK_THROWS_WITH_AS(
        run(ranks, {}),
        "Loader: expected items of one shape, got (2) in item 0 and (2, 1) in item 1 (part 0 of each item)",
        ShapeError);
}

TEST_CASE("what a data set throws reaches the caller") {
    const Made broken{4, [](std::size_t i) {
                          if (i == 2) throw std::runtime_error("item 2 is broken");
                          return i;
                      }};
    std::size_t batches = 0;
    const auto run = [&] {
        for (const IndexArray& batch : Loader{broken, {.batch_size = 2}}) batches += batch.size() / 2;
    };
    CHECK_THROWS_WITH_AS(run(), "item 2 is broken", std::runtime_error);
    CHECK(batches == 1);
}

TEST_CASE("a loader refers to a named data set and keeps a temporary one") {
    struct Counted {
        int* copies;
        explicit Counted(int* counter) : copies(counter) {}
        Counted(const Counted& other) : copies(other.copies) { ++*copies; }
        Counted(Counted&& other) noexcept : copies(other.copies) {}
        std::size_t size() const { return 3; }
        std::size_t get(std::size_t i) const { return i; }
    };
    int copies = 0;
    Counted named(&copies);
    const Loader referring{named};
    static_assert(std::is_same_v<decltype(referring), const Loader<const Counted&>>);
    const Loader keeping{Counted(&copies)};
    static_assert(std::is_same_v<decltype(keeping), const Loader<Counted>>);
    const Loader moved{std::move(named), {.batch_size = 2}};
    CHECK(copies == 0);
    const Loader<Counted> asked_for{named};
    CHECK(copies == 1);
    for (const IndexArray& x : keeping) CHECK(x == IndexArray{0, 1, 2});

    Loader copy = keeping;
    static_assert(std::is_same_v<decltype(copy), Loader<Counted>>);
}

TEST_CASE("a loader needs a batch size") {
    const TensorDataset set = numbered(3);
    CHECK_THROWS_WITH_AS(Loader(set, {.batch_size = 0}, Location{}),
                         "Loader: expected a batch size of at least 1, got 0", ConfigError);
}
