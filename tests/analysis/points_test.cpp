#include "analysis/golden.hpp"

#include <xtape/analysis/points.hpp>
#include <xtape/autodiff/random.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

using namespace xtape;

namespace {

template <class T>
double squared(const BasicArray<T>& x, std::size_t i, std::size_t j) {
    double sum = 0;
    for (std::size_t c = 0; c < x.shape()[1]; ++c) {
        const double off = static_cast<double>(x(i, c)) - static_cast<double>(x(j, c));
        sum += off * off;
    }
    return sum;
}

}  // namespace

TEST_CASE_TEMPLATE("squared distances are those of differences, for any number of features and rows", T, float, double) {
    const double unit = static_cast<double>(std::numeric_limits<T>::epsilon());
    for (const std::size_t features : {1U, 3U, 8U, 16U, 17U, 31U, 64U, 65U}) {
        for (const std::size_t rows : {1U, 4U, 7U}) {
            const auto x = random::normal<T>({rows + 1, features}, T(100), T(1), random::Stream(1, 0));
            std::vector<T> found(rows);
            analysis::detail::squared_distances(x.data(), x.data() + features, rows, features, found.data());
            for (std::size_t r = 0; r < rows; ++r) {
                const double wanted = squared(x, 0, r + 1);
                CHECK(std::abs(static_cast<double>(found[r]) - wanted) <= 10 * unit * wanted);
            }
        }
    }
}

TEST_CASE_TEMPLATE("nearest points are the nearest, in order", T, float, double) {
    const std::size_t n = 150, k = 7;
    const auto x = random::normal<T>({n, 5}, T(3), T(1), random::Stream(2, 0));
    const auto found = analysis::detail::nearest(x, k);
    for (std::size_t i = 0; i < n; ++i) {
        std::vector<std::pair<double, std::int64_t>> all;
        for (std::size_t j = 0; j < n; ++j) {
            if (j != i) all.emplace_back(squared(x, i, j), static_cast<std::int64_t>(j));
        }
        std::sort(all.begin(), all.end());
        for (std::size_t m = 0; m < k; ++m) {
            CHECK(found.index(i, m) == all[m].second);
            CHECK(std::abs(static_cast<double>(found.squared(i, m)) - all[m].first) <= 1e-5 * all[m].first);
        }
    }
}

TEST_CASE("nearest points have the same bits on any number of threads, beyond one block of columns") {
    const Array x = random::normal<float>({2500, 3}, 0.f, 1.f, random::Stream(3, 0));
    const auto results = golden::on_threads([&] { return analysis::detail::nearest(x, 4); });
    for (const auto& other : results) {
        CHECK(other.index == results[0].index);
        CHECK(other.squared == results[0].squared);
    }
    for (std::size_t m = 1; m < 4; ++m) CHECK(results[0].squared(2400, m - 1) <= results[0].squared(2400, m));
    CHECK(std::abs(static_cast<double>(results[0].squared(2400, 0)) -
                   squared(x, 2400, static_cast<std::size_t>(results[0].index(2400, 0)))) <= 1e-6);
}

TEST_CASE("points that are the same are each other's nearest") {
    const auto found = analysis::detail::nearest(Array{{1.f, 2.f}, {5.f, 5.f}, {1.f, 2.f}}, 1);
    CHECK(found.index == IndexArray{{2}, {0}, {0}});
    CHECK(found.squared(0, 0) == 0);
}
