#include "analysis/golden.hpp"

#include <xtape/analysis/trustworthiness.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

TEST_CASE("trustworthiness is scikit-learn's") {
    Array64 x = golden::digits<double>(600);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] += std::sin(static_cast<double>(i)) / 100;  // without equal distances
    Array64 plane(Shape{600, 2}, 0.);
    for (std::size_t i = 0; i < 600; ++i) {
        for (std::size_t c = 0; c < 64; ++c) {
            plane(i, 0) += x(i, c) * std::cos(static_cast<double>(c));
            plane(i, 1) += x(i, c) * std::sin(static_cast<double>(c) / 3);
        }
    }
    for (const std::size_t k : {5U, 12U}) {
        const double theirs = golden::group("trustworthiness").at(std::to_string(k)).get<double>();
        CHECK(std::abs(analysis::trustworthiness(x, plane, k) - theirs) <= 1e-12);
    }
}

TEST_CASE("the points themselves are trustworthy, and neighbours from far away are not") {
    const Array line{{0.f}, {1.f}, {3.f}, {6.f}, {10.f}, {15.f}};
    CHECK(analysis::trustworthiness(line, line, 2) == 1);
    const Array mixed{{0.f}, {30.f}, {1.1f}, {31.2f}, {2.3f}, {32.5f}};
    // By hand, the nearest in the picture and its rank in the data: 0->2 (2), 1->3 (3), 2->0 (2), 3->1 (3), 4->2 (3), 5->3 (2).
    const double excess = 1 + 2 + 1 + 2 + 2 + 1;
    CHECK(std::abs(analysis::trustworthiness(line, mixed, 1) - (1 - 2. / (6 * 1 * (12 - 3 - 1)) * excess)) <= 1e-15);
}

TEST_CASE("trustworthiness has the same bits on any number of threads") {
    const Array x = golden::digits<float>(400);
    Array plane = empty_array<float>({400, 2});
    for (std::size_t i = 0; i < 400; ++i) {
        plane(i, 0) = x(i, 20);
        plane(i, 1) = x(i, 43);
    }
    const auto results = golden::on_threads([&] { return analysis::trustworthiness(x, plane); });
    CHECK(results[1] == results[0]);
    CHECK(results[2] == results[0]);
}

TEST_CASE("trustworthiness says what does not fit") {
    const Array x{{0.f}, {1.f}, {3.f}, {6.f}};
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(analysis::trustworthiness(x, Array{{0.f}}, 1, nowhere),
                         "trustworthiness: expected as many embedded points as points, got (1, 1) and (4, 1)", ShapeError);
    CHECK_THROWS_WITH_AS(analysis::trustworthiness(x, x, 2, nowhere),
                         "trustworthiness: expected 1 or more neighbours and less than half of 4 points, got 2", ConfigError);
    CHECK_THROWS_WITH_AS(analysis::trustworthiness(x, x, 0, nowhere),
                         "trustworthiness: expected 1 or more neighbours and less than half of 4 points, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(analysis::trustworthiness(x, Array{1.f}, 1, nowhere),
                         "trustworthiness: expected points (N, D) with N and D at least 1, got (1)", ShapeError);
}
