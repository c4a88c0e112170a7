#include "data/numbered.hpp"

#include <xtape/data/sampler.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xtape;
using data::BalancedSampler;
using data::Loader;
using data::WeightedSampler;
using support::Rows;

namespace {

const random::Stream stream(1, 2);

std::vector<double> shares(const IndexArray& rows, std::size_t count) {
    std::vector<double> result(count);
    for (const std::int64_t row : rows) result[static_cast<std::size_t>(row)] += 1 / static_cast<double>(rows.size());
    return result;
}

// Standard deviation of the share of n draws with probability p.
double deviation(double p, double n) { return std::sqrt(p * (1 - p) / n); }

}  // namespace

TEST_CASE("the sequential and the random sampler are what a loader does without and with shuffling") {
    const data::TensorDataset set = support::numbered(20);
    seed(9);
    CHECK(support::labels(Loader{set, {.sampler = data::SequentialSampler{}}}) == support::up_to(20));
    CHECK(random::state().next_stream == 0);  // nothing random, no stream
    const Rows by_sampler = support::labels(Loader{set, {.sampler = data::RandomSampler{}}});
    CHECK(random::state().next_stream == 1);
    seed(9);
    CHECK(support::labels(Loader{set, {.shuffle = true}}) == by_sampler);
}

TEST_CASE("a weighted sampler draws rows as often as their weights say") {
    const std::size_t n = 100'000;
    const WeightedSampler sampler{Array64{0., 1., 0., 3., 6., 0.}, n};
    const IndexArray rows = sampler(6, stream);
    CHECK(rows.size() == n);
    const std::vector<double> seen = shares(rows, 6), wanted{0, 0.1, 0, 0.3, 0.6, 0};
    for (std::size_t i = 0; i < 6; ++i) {
        INFO("row ", i);
        CHECK(std::abs(seen[i] - wanted[i]) <= 4 * deviation(wanted[i], n));
    }
}

TEST_CASE("a weighted sampler follows its stream") {
    const WeightedSampler sampler{Array64{1., 1., 1., 1.}};
    CHECK(sampler.count(4) == 4);
    CHECK(sampler(4, random::Stream(1, 2)) == sampler(4, random::Stream(1, 2)));
    // Worked by hand: the first number of the stream, times 4, rounded down.
    random::Stream same(1, 2);
    CHECK(sampler(4, random::Stream(1, 2))(0) == static_cast<std::int64_t>(same.uniform() * 4));
}

TEST_CASE("a balanced sampler draws all labels equally often, and the rows of each") {
    // Label 5 has one row, label -1 three, label 9 six.
    const IndexArray labels{9, 9, 5, 9, -1, 9, -1, 9, 9, -1};
    const std::size_t n = 90'000;
    const IndexArray rows = BalancedSampler{labels, n}(10, stream);
    const std::vector<double> seen = shares(rows, 10);
    for (std::size_t i = 0; i < 10; ++i) {
        const double wanted = labels(i) == 5 ? 1. / 3 : labels(i) == -1 ? 1. / 9 : 1. / 18;
        INFO("row ", i);
        CHECK(std::abs(seen[i] - wanted) <= 4 * deviation(wanted, n));
    }
}

TEST_CASE("a loader's epoch is as long as its sampler says") {
    const data::TensorDataset set = support::numbered(6);
    const Loader loader{set, {.batch_size = 4, .sampler = BalancedSampler{set.labels(), 10}}};
    CHECK(loader.batches() == 3);
    const Rows first = support::labels(loader), second = support::labels(loader);
    CHECK(first.size() == 10);
    CHECK(first != second);
    const Loader dropping{set, {.batch_size = 4, .drop_last = true, .sampler = BalancedSampler{set.labels(), 10}}};
    CHECK(support::labels(dropping).size() == 8);
}

TEST_CASE("a function is a sampler") {
    const data::TensorDataset set = support::numbered(5);
    const auto backwards = [](std::size_t size, const random::Stream&) {
        IndexArray rows = empty_array<std::int64_t>({size});
        for (std::size_t i = 0; i < size; ++i) rows(i) = static_cast<std::int64_t>(size - 1 - i);
        return rows;
    };
    CHECK(support::labels(Loader{set, {.batch_size = 2, .sampler = backwards}}) == Rows{4, 3, 2, 1, 0});
}

TEST_CASE("rows that a sampler must not give are refused") {
    const data::TensorDataset set = support::numbered(3);
    const auto given = [](const IndexArray& rows) {
        return [rows](std::size_t, const random::Stream&) { return rows; };
    };
    CHECK_THROWS_WITH_AS(support::labels(Loader{set, {.sampler = given({0, 1, 3})}}),
                         "Loader: expected the sampler to give rows below 3, got 3 at position 2", ConfigError);
    CHECK_THROWS_WITH_AS(support::labels(Loader{set, {.sampler = given({0, -1, 2})}}),
                         "Loader: expected the sampler to give rows below 3, got -1 at position 1", ConfigError);
    CHECK_THROWS_WITH_AS(support::labels(Loader{set, {.sampler = given({0, 1})}}),
                         "Loader: expected the sampler to give rows of shape (3), got (2)", ConfigError);
}

TEST_CASE("a sampler must fit the data set, and exclude shuffling") {
    const data::TensorDataset set = support::numbered(3);
    CHECK_THROWS_WITH_AS(Loader(set, {.sampler = WeightedSampler{Array64{1., 1.}}}),
                         "WeightedSampler: expected a weight for each of the data set's 3 rows, got 2", ConfigError);
    CHECK_THROWS_WITH_AS(Loader(set, {.sampler = BalancedSampler{IndexArray{0, 1, 1, 0}}}),
                         "BalancedSampler: expected a label for each of the data set's 3 rows, got 4", ConfigError);
    CHECK_THROWS_WITH_AS(Loader(set, {.shuffle = true, .sampler = data::RandomSampler{}}, Location{}),
                         "Loader: expected shuffle or a sampler, got both", ConfigError);
}

TEST_CASE("weights must be numbers of at least 0 with a sum above 0") {
    const auto make = [](const Array64& weights) { return WeightedSampler(weights, 0, Location{}); };
    CHECK_THROWS_WITH_AS(make(Array64::from_shape({2, 1})),
                         "WeightedSampler: expected weights (N), N of at least 1, got (2, 1)", ShapeError);
    CHECK_THROWS_WITH_AS(make(Array64::from_shape({0})),
                         "WeightedSampler: expected weights (N), N of at least 1, got (0)", ShapeError);
    CHECK_THROWS_WITH_AS(make({1., -0.5}), "WeightedSampler: expected finite weights of at least 0, got -0.5 in row 1",
                         DataError);
    CHECK_THROWS_WITH_AS(make({std::numeric_limits<double>::quiet_NaN(), 1.}),
                         "WeightedSampler: expected finite weights of at least 0, got nan in row 0", DataError);
    CHECK_THROWS_WITH_AS(make({0., 0.}), "WeightedSampler: expected weights with a finite sum above 0, got 0",
                         DataError);
    CHECK_THROWS_WITH_AS(make({1e308, 1e308}), "WeightedSampler: expected weights with a finite sum above 0, got inf",
                         DataError);
    CHECK_THROWS_WITH_AS(BalancedSampler(IndexArray::from_shape({0}), 0, Location{}),
                         "BalancedSampler: expected labels (N), N of at least 1, got (0)", ShapeError);
}
