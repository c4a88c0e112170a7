#include <xtape/data/split.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
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

namespace {

// Labels with 60, 25, 10 and 5 rows of 100, mixed.
IndexArray uneven_labels() {
    IndexArray labels = empty_array<std::int64_t>({100});
    for (std::size_t i = 0; i < 100; ++i) {
        const std::size_t place = i * 37 % 100;
        labels(i) = place < 60 ? 3 : place < 85 ? 1 : place < 95 ? 2 : 0;
    }
    return labels;
}

template <class D>
std::vector<std::size_t> counts(const D& set) {
    std::vector<std::size_t> result(4);
    for (const std::int64_t label : labels_of(set)) ++result[static_cast<std::size_t>(label)];
    return result;
}

// All labels of some parts, in order.
template <class... D>
std::vector<std::int64_t> together(const D&... parts) {
    std::vector<std::int64_t> all;
    const auto add = [&all](const std::vector<std::int64_t>& labels) {
        all.insert(all.end(), labels.begin(), labels.end());
    };
    (add(labels_of(parts)), ...);
    std::sort(all.begin(), all.end());
    return all;
}

std::vector<std::int64_t> up_to(std::size_t count) {
    std::vector<std::int64_t> rows(count);
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
}

}  // namespace

TEST_CASE("a random split by fractions or counts has every row in one part") {
    seed(8);
    const auto [train, validation, test] = data::random_split(numbered(101), {0.7, 0.15, 0.15});
    static_assert(std::is_same_v<decltype(train), const TensorDataset>);
    CHECK(train.size() == 71);       // 70.7
    CHECK(validation.size() == 15);  // to 85.85
    CHECK(test.size() == 15);
    CHECK(together(train, validation, test) == up_to(101));
    CHECK_FALSE(std::is_sorted(train.labels().begin(), train.labels().end()));

    const auto [some, others, none] = data::random_split(numbered(10), {3, 7, 0});
    CHECK(some.size() == 3);
    CHECK(none.size() == 0);
    CHECK(together(some, others) == up_to(10));
    const auto [a, b] = data::random_split(Squares{}, {0.5, 0.5});
    static_assert(std::is_same_v<decltype(a), const data::Subset<Squares>>);
    CHECK(a.size() + b.size() == 10);
}

TEST_CASE("a random split in two is a split, and a stream can be given") {
    seed(4);
    const auto pair = data::split(numbered(50), 0.8);
    seed(4);
    const auto parts = data::random_split(numbered(50), {0.8, 0.2});
    CHECK(labels_of(pair.first) == labels_of(parts[0]));
    CHECK(labels_of(pair.second) == labels_of(parts[1]));
    const auto given = data::random_split(numbered(50), {0.8, 0.2}, random::Stream(4, 0));
    CHECK(labels_of(given[0]) == labels_of(parts[0]));
}

TEST_CASE("a stratified split has the share of each label in every part") {
    seed(2);
    const TensorDataset set{Array::from_shape({100, 2}), uneven_labels()};
    const auto [train, test] = data::stratified_split(set, {0.8, 0.2});
    CHECK(counts(train) == std::vector<std::size_t>{4, 20, 8, 48});
    CHECK(counts(test) == std::vector<std::size_t>{1, 5, 2, 12});
    // The order inside a part tells nothing of the labels: 12 of 20 rows are of label 3, which in the stratified order
    // are never three in a row.
    const std::vector<std::int64_t> order = labels_of(train);
    std::size_t run = 0, longest = 0;
    for (const std::int64_t label : order) longest = std::max(longest, run = label == 3 ? run + 1 : 0);
    CHECK(longest >= 4);

    const auto rows = data::stratified_split(numbered(100), uneven_labels(), {25, 25, 50});
    CHECK(together(rows[0], rows[1], rows[2]) == up_to(100));
    std::vector<std::size_t> seen(4);
    for (const std::int64_t row : labels_of(rows[1])) ++seen[static_cast<std::size_t>(uneven_labels()(row))];
    const std::vector<double> wanted{1.25, 6.25, 2.5, 15};
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(static_cast<double>(seen[i]) - wanted[i]) <= 1);
}

TEST_CASE("folds have each row once in a test part, and all others to train on") {
    seed(6);
    const auto folds = data::k_fold(numbered(11), 3);
    REQUIRE(folds.size() == 3);
    CHECK(folds[0].test.size() == 4);
    CHECK(folds[1].test.size() == 4);
    CHECK(folds[2].test.size() == 3);
    CHECK(together(folds[0].test, folds[1].test, folds[2].test) == up_to(11));
    for (const auto& [train, test] : folds) CHECK(together(train, test) == up_to(11));
    CHECK_FALSE(std::is_sorted(folds[0].train.labels().begin(), folds[0].train.labels().end()));
    CHECK(data::k_fold(Squares{}, 10).size() == 10);
}

TEST_CASE("stratified folds have the share of each label") {
    seed(6);
    const TensorDataset set{Array::from_shape({100, 2}), uneven_labels()};
    for (const auto& [train, test] : data::stratified_k_fold(set, 5)) {
        CHECK(counts(test) == std::vector<std::size_t>{1, 5, 2, 12});
        CHECK(counts(train) == std::vector<std::size_t>{4, 20, 8, 48});
    }
    const auto rows = data::stratified_k_fold(numbered(100), uneven_labels(), 4);
    CHECK(together(rows[0].test, rows[1].test, rows[2].test, rows[3].test) == up_to(100));
}

TEST_CASE("shares must add up, folds be possible, labels fit") {
    const TensorDataset set = numbered(10);
    const random::Stream stream(0, 0);
    CHECK_THROWS_WITH_AS(data::random_split(set, {0.8, 0.1}, stream, Location{}),
                         "random_split: expected fractions above 0 that add up to 1, got 0.8, 0.1", ConfigError);
    CHECK_THROWS_WITH_AS(data::random_split(set, {1.0, 0.0}, stream, Location{}),
                         "random_split: expected fractions above 0 that add up to 1, got 1, 0", ConfigError);
    CHECK_THROWS_WITH_AS(data::random_split(set, {5, 6}, stream, Location{}),
                         "random_split: expected counts that add up to the 10 rows, got 5, 6", ConfigError);
    CHECK_THROWS_WITH_AS(data::random_split(set, {5, 4}, stream, Location{}),
                         "random_split: expected counts that add up to the 10 rows, got 5, 4", ConfigError);
    CHECK_THROWS_WITH_AS(data::stratified_split(set, IndexArray{1, 2}, {0.5, 0.5}, stream, Location{}),
                         "stratified_split: expected a label for each of the 10 rows, got (2)", ShapeError);
    CHECK_THROWS_WITH_AS(data::k_fold(set, 1, stream, Location{}),
                         "k_fold: expected from 2 folds to one for each of the 10 rows, got 1", ConfigError);
    CHECK_THROWS_WITH_AS(data::stratified_k_fold(set, 11, stream, Location{}),
                         "stratified_k_fold: expected from 2 folds to one for each of the 10 rows, got 11",
                         ConfigError);
}
