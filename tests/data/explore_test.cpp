#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/data/digits.hpp>
#include <xtape/data/explore.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xtape;

namespace {

const float nan_value = std::numeric_limits<float>::quiet_NaN();
const Array rows{{1.f, 5.f, 2.f}, {2.f, 5.f, 9.f}, {4.f, 5.f, 1.f}, {8.f, 5.f, 4.f}};

template <class E, class F>
void check_refused(const std::string& message, F&& call) {
    try {
        call();
        FAIL("accepted, but expected: " << message);
    } catch (const E& error) {
        CHECK(error.message() == message);
    }
}

}  // namespace

TEST_CASE("classes are counted and drawn") {
    const data::TensorDataset set(Array(Shape{8, 1}, 0.f), IndexArray{0, 2, 2, 2, 2, 0, 3, 2}, 5);
    CHECK(data::class_counts(set) == IndexArray{2, 0, 5, 1, 0});
    CHECK(data::class_histogram(set, {}, 10) ==
          "0  2   25.0 %  ####\n"
          "1  0    0.0 %\n"
          "2  5   62.5 %  ##########\n"
          "3  1   12.5 %  ##\n"
          "4  0    0.0 %\n");
    CHECK(data::class_histogram(set, {"ant", "bee", "cat", "dog", "elk"}, 2).substr(0, 20) == "ant  2   25.0 %  #\nb");
    check_refused<ConfigError>("class_histogram: expected 5 names or none, got 2", [&] { data::class_histogram(set, {"a", "b"}); });
    // The digits of scikit-learn: numpy.bincount(load_digits().target).
    CHECK(data::class_counts(data::digits()) == IndexArray{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
}

TEST_CASE("the mean of each class is that of its rows, on any number of threads") {
    const data::TensorDataset set(Array{{1.f, 2.f}, {3.f, 4.f}, {5.f, 9.f}}, IndexArray{1, 0, 1}, 3);
    const Array means = data::class_means(set);
    REQUIRE(means.shape() == Shape{3, 2});
    CHECK(means(0, 0) == 3.f);
    CHECK(means(0, 1) == 4.f);
    CHECK(means(1, 0) == 3.f);
    CHECK(means(1, 1) == 5.5f);
    CHECK(std::isnan(means(2, 0)));

    const data::TensorDataset digits = data::digits({.image = true});
    const std::size_t before = threads();
    Array first;
    for (const std::size_t count : {1u, 2u, 4u}) {
        set_threads(count);
        const Array all = data::class_means(digits);
        CHECK(all.shape() == Shape{10, 1, 8, 8});
        if (count == 1) first = all;
        CHECK(all == first);
    }
    set_threads(before);
}

TEST_CASE("features are described as pandas does") {
    const auto statistics = data::describe(rows, {"a", "b", "c"});
    REQUIRE(statistics.size() == 3);
    // numpy.mean, std(ddof=1), quantile.
    CHECK(statistics[0].name == "a");
    CHECK(statistics[0].count == 4);
    CHECK(statistics[0].mean == 3.75);
    CHECK(statistics[0].deviation == doctest::Approx(3.0956959368344519).epsilon(1e-15));
    CHECK(statistics[0].min == 1);
    CHECK(statistics[0].quartile1 == 1.75);
    CHECK(statistics[0].median == 3);
    CHECK(statistics[0].quartile3 == 5);
    CHECK(statistics[0].max == 8);
    CHECK(statistics[1].deviation == 0);
    CHECK(statistics[2].quartile3 == 5.25);
    CHECK(data::to_table(statistics) ==
          "feature  count  mean    std  min   25%  50%   75%  max\n"
          "a            4  3.75  3.096    1  1.75    3     5    8\n"
          "b            4     5      0    5     5    5     5    5\n"
          "c            4     4  3.559    1  1.75    3  5.25    9\n");

    const auto odd = data::describe(Array{{nan_value, nan_value}, {2.f, nan_value}});
    CHECK(odd[0].name == "0");
    CHECK(odd[0].count == 1);
    CHECK(odd[0].mean == 2);
    CHECK(std::isnan(odd[0].deviation));
    CHECK(odd[0].median == 2);
    CHECK(odd[1].count == 0);
    CHECK(std::isnan(odd[1].mean));
    check_refused<ShapeError>("describe: expected rows (N, ...), got shape ()", [] { data::describe(Array(1.f)); });
    check_refused<ConfigError>("describe: expected 3 names or none, got 1", [] { data::describe(rows, {"a"}); });
}

TEST_CASE("correlations are Pearson's, with no number for a feature that does not vary") {
    const Array64 all = data::correlation(rows);
    REQUIRE(all.shape() == Shape{3, 3});
    CHECK(all(0, 0) == 1);
    CHECK(all(0, 2) == doctest::Approx(-0.12101780416321033).epsilon(1e-14));  // numpy.corrcoef
    CHECK(all(2, 0) == all(0, 2));
    CHECK(std::isnan(all(0, 1)));
    CHECK(std::isnan(all(1, 1)));
    CHECK(data::to_table(all, {"a", "b", "size of c"}) ==
          "               a      b  size of c\n"
          "a           1.00    nan      -0.12\n"
          "b            nan    nan        nan\n"
          "size of c  -0.12    nan       1.00\n");
    const Array64 opposite = data::correlation(Array{{1.f, -2.f, 1.f}, {2.f, -4.f, nan_value}, {3.f, -6.f, 0.f}});
    CHECK(opposite(0, 1) == -1);
    CHECK(std::isnan(opposite(0, 2)));
    CHECK(std::isnan(opposite(2, 2)));
    // Equal numbers whose mean rounds.
    CHECK(std::isnan(data::correlation(Array(Shape{1000, 1}, 0.1f))(0, 0)));

    const Array many = random::normal<float>(Shape{200, 30}, 0.f, 1.f, {7, 0});
    const std::size_t before = threads();
    Array64 first;
    for (const std::size_t count : {1u, 2u, 4u}) {
        set_threads(count);
        const Array64 found = data::correlation(many);
        if (count == 1) first = found;
        CHECK(found == first);
    }
    set_threads(before);
    check_refused<ShapeError>("correlation: expected rows (N, ...), got shape ()", [] { data::correlation(Array(1.f)); });
    check_refused<ShapeError>("to_table: expected correlations (D, D), got shape (1, 2)", [] { data::to_table(Array64{{1., 2.}}); });
}
