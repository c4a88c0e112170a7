#include <xtape/data/split.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

using namespace xtape;
using data::TensorDataset;

namespace {

TensorDataset numbered(std::size_t rows) {
    IndexArray labels = empty_array<std::int64_t>(Shape{rows});
    std::iota(labels.data(), labels.data() + rows, std::int64_t{0});
    return {Array::from_shape({rows, 2}), std::move(labels)};
}

// A user's data set: the squares.
struct Squares {
    std::size_t size() const { return 10; }
    double get(std::size_t i) const { return static_cast<double>(i * i); }
};

template <class D>
std::vector<std::int64_t> labels_of(const D& set) {
    std::vector<std::int64_t> labels;
    for (std::size_t i = 0; i < set.size(); ++i) labels.push_back(set.get(i).second);
    return labels;
}

}  // namespace

TEST_CASE("a split has every row in one of its two parts") {
    seed(3);
    const auto [train, test] = data::split(numbered(1797), 0.8);
    CHECK(train.size() == 1438);  // 1437.6
    CHECK(test.size() == 359);
    std::vector<std::int64_t> all = labels_of(train);
    const std::vector<std::int64_t> others = labels_of(test);
    CHECK_FALSE(std::is_sorted(all.begin(), all.end()));
    all.insert(all.end(), others.begin(), others.end());
    std::sort(all.begin(), all.end());
    std::vector<std::int64_t> wanted(1797);
    std::iota(wanted.begin(), wanted.end(), 0);
    CHECK(all == wanted);
}

TEST_CASE("the parts of a tensor data set are tensor data sets") {
    auto parts = data::split(numbered(10), 0.5);
    static_assert(std::is_same_v<decltype(parts), std::pair<TensorDataset, TensorDataset>>);
    CHECK(parts.first.classes() == 10);
}

TEST_CASE("a split follows the seed") {
    const TensorDataset set = numbered(100);
    seed(5);
    const auto first = labels_of(data::split(set, 0.5).first);
    const auto second = labels_of(data::split(set, 0.5).first);
    seed(5);
    const auto again = labels_of(data::split(set, 0.5).first);
    CHECK(first == again);
    CHECK(first != second);
}

TEST_CASE("a split of a split and of an empty set") {
    const auto [train, rest] = data::split(numbered(100), 0.6);
    const auto [validation, test] = data::split(rest, 0.5);
    CHECK(validation.size() == 20);
    CHECK(test.size() == 20);
    std::vector<std::int64_t> both = labels_of(validation), old = labels_of(rest);
    for (const std::int64_t label : labels_of(test)) both.push_back(label);
    std::sort(both.begin(), both.end());
    std::sort(old.begin(), old.end());
    CHECK(both == old);
    CHECK(data::split(numbered(0), 0.5).first.size() == 0);
}

TEST_CASE("any data set can be split") {
    seed(1);
    const auto [some, others] = data::split(Squares{}, 0.3);
    CHECK(some.size() == 3);
    CHECK(others.size() == 7);
    double sum = 0;
    for (std::size_t i = 0; i < some.size(); ++i) sum += some.get(i);
    for (std::size_t i = 0; i < others.size(); ++i) sum += others.get(i);
    CHECK(sum == 285);

    const auto [a, b] = data::split(others, 0.5);  // a subset of a subset is a subset of the whole
    static_assert(std::is_same_v<decltype(a), const data::Subset<Squares>>);
    CHECK(a.size() + b.size() == 7);
}

TEST_CASE("a subset keeps to its rows") {
    const auto whole = std::make_shared<const Squares>();
    const std::vector<std::int64_t> rows{3, 1};
    const data::Subset<Squares> some(whole, rows);
    CHECK(some.get(0) == 9);
    CHECK(some.subset(std::vector<std::int64_t>{1}).get(0) == 1);
    CHECK_THROWS_WITH_AS(some.get(2), "Subset: expected a row below 2, got 2", ConfigError);
    CHECK_THROWS_WITH_AS(some.subset(std::vector<std::int64_t>{-1}), "Subset: expected a row below 2, got -1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(data::Subset<Squares>(whole, std::vector<std::int64_t>{10}),
                         "Subset: expected a row below 10, got 10", ConfigError);
}

TEST_CASE("a split needs a fraction between 0 and 1") {
    const TensorDataset set = numbered(10);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH_AS(data::split(set, 0, Location{}), "split: expected a fraction between 0 and 1, got 0",
                         ConfigError);
    CHECK_THROWS_WITH_AS(data::split(set, 1, Location{}), "split: expected a fraction between 0 and 1, got 1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(data::split(set, -0.25, Location{}), "split: expected a fraction between 0 and 1, got -0.25",
                         ConfigError);
    CHECK_THROWS_WITH_AS(data::split(set, nan, Location{}), "split: expected a fraction between 0 and 1, got nan",
                         ConfigError);
}
