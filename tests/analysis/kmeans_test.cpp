#include "analysis/golden.hpp"

#include <xtape/analysis/kmeans.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xtape;

namespace {

// Three heaps of 20 points around (0, 0), (10, 0) and (0, 10).
Array heaps() {
    Array x = random::uniform<float>({60, 2}, -1.f, 1.f, random::Stream(3, 0));
    for (std::size_t i = 20; i < 40; ++i) x(i, 0) += 10;
    for (std::size_t i = 40; i < 60; ++i) x(i, 1) += 10;
    return x;
}

double inertia_of(const Array& x, const Array& centers, const IndexArray& labels) {
    double sum = 0;
    for (std::size_t i = 0; i < x.shape()[0]; ++i) {
        for (std::size_t c = 0; c < x.shape()[1]; ++c) {
            const double off = static_cast<double>(x(i, c)) - static_cast<double>(centers(labels(i), c));
            sum += off * off;
        }
    }
    return sum;
}

}  // namespace

TEST_CASE("k-means finds heaps that lie apart, and their means") {
    const Array x = heaps();
    const analysis::KMeans found = analysis::kmeans(x, {.clusters = 3}, random::Stream(1, 0));
    CHECK(found.converged);
    for (std::size_t heap = 0; heap < 3; ++heap) {
        const std::int64_t label = found.labels(20 * heap);
        for (std::size_t i = 0; i < 20; ++i) CHECK(found.labels(20 * heap + i) == label);
        for (std::size_t c = 0; c < 2; ++c) {
            double mean = 0;
            for (std::size_t i = 0; i < 20; ++i) mean += static_cast<double>(x(20 * heap + i, c)) / 20;
            CHECK(std::abs(static_cast<double>(found.centers(label, c)) - mean) <= 1e-6);
        }
    }
    CHECK(std::abs(found.inertia - inertia_of(x, found.centers, found.labels)) <= 1e-5 * found.inertia);
    CHECK(found.predict(x) == found.labels);
    CHECK(found.predict(Array{{0.f, 9.f}})(0) == found.labels(59));
}

TEST_CASE("k-means of the digits has scikit-learn's inertia") {
    const double theirs = golden::group("kmeans").at("inertia").get<double>();
    const analysis::KMeans found = analysis::kmeans(golden::digits<float>(), {.clusters = 10}, random::Stream(0, 0));
    CHECK(std::abs(found.inertia / theirs - 1) <= 0.01);
    const analysis::KMeans64 in_double =
        analysis::kmeans(golden::digits<double>(), {.clusters = 10, .restarts = 3}, random::Stream(0, 0));
    CHECK(std::abs(in_double.inertia / theirs - 1) <= 0.01);
}

TEST_CASE("k-means has the same bits on any number of threads") {
    const Array x = golden::digits<float>();
    const auto results = golden::on_threads(
        [&] { return analysis::kmeans(x, {.clusters = 10, .restarts = 2}, random::Stream(5, 0)); });
    for (const analysis::KMeans& other : results) {
        CHECK(other.centers == results[0].centers);
        CHECK(other.labels == results[0].labels);
        CHECK(other.inertia == results[0].inertia);
    }
}

TEST_CASE("as many clusters as points are these points") {
    const Array x{{0.f, 1.f}, {5.f, 5.f}, {9.f, 2.f}, {-3.f, 4.f}};
    const analysis::KMeans found = analysis::kmeans(x, {.clusters = 4}, random::Stream(1, 0));
    CHECK(found.inertia == 0);
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t c = 0; c < 2; ++c) CHECK(found.centers(found.labels(i), c) == x(i, c));
    }
}

TEST_CASE("more clusters than distinct points leave some empty, and all numbers finite") {
    const Array x{{1.f}, {1.f}, {1.f}, {2.f}, {2.f}};
    const analysis::KMeans found = analysis::kmeans(x, {.clusters = 4}, random::Stream(1, 0));
    CHECK(found.inertia == 0);
    CHECK(found.converged);
    for (const float center : found.centers) CHECK((center == 1 || center == 2));
    CHECK(found.predict(Array{{1.2f}, {1.8f}}) == IndexArray{found.labels(0), found.labels(3)});
}

TEST_CASE("a cluster that loses all its points begins anew") {
    // Whatever the seeding, no cluster may end empty: there are more distinct points than clusters.
    const Array x = heaps();
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const analysis::KMeans found = analysis::kmeans(x, {.clusters = 30, .restarts = 1}, random::Stream(seed, 0));
        std::vector<int> members(30);
        for (const std::int64_t label : found.labels) ++members[static_cast<std::size_t>(label)];
        CHECK(std::count(members.begin(), members.end(), 0) == 0);
    }
}

TEST_CASE("more restarts are not worse") {
    const Array x = golden::digits<float>(400);
    double before = std::numeric_limits<double>::infinity();
    for (const std::size_t restarts : {1U, 3U, 8U}) {
        const double now =
            analysis::kmeans(x, {.clusters = 12, .restarts = restarts}, random::Stream(2, 0)).inertia;
        CHECK(now <= before);
        before = now;
    }
}

TEST_CASE("k-means stops where it is told to") {
    const analysis::KMeans found = analysis::kmeans(golden::digits<float>(), {.clusters = 10, .restarts = 1, .iterations = 1},
                                                    random::Stream(2, 0));
    CHECK(found.iterations == 1);
    CHECK_FALSE(found.converged);
}

TEST_CASE("k-means says what it cannot group") {
    const Location nowhere{};
    const random::Stream stream(0, 0);
    const Array x{{1.f, 2.f}, {3.f, 4.f}};
    const auto message = [&](const Array& points, const analysis::KMeansOptions& options) {
        analysis::kmeans(points, options, stream, nowhere);
    };
    CHECK_THROWS_WITH_AS(message(Array{1.f}, {}), "kmeans: expected points (N, D) with N and D at least 1, got (1)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(message(empty_array<float>({0, 2}), {}),
                         "kmeans: expected points (N, D) with N and D at least 1, got (0, 2)", ShapeError);
    CHECK_THROWS_WITH_AS(message(Array{{1.f}, {std::numeric_limits<float>::infinity()}}, {}),
                         "kmeans: expected finite numbers, got inf at row 1", DataError);
    CHECK_THROWS_WITH_AS(message(x, {.clusters = 3}), "kmeans: expected 1 to 2 clusters for 2 points, got 3", ConfigError);
    CHECK_THROWS_WITH_AS(message(x, {.clusters = 0}), "kmeans: expected 1 to 2 clusters for 2 points, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(message(x, {.clusters = 1, .restarts = 0}), "kmeans: expected at least 1 restart, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(message(x, {.clusters = 1, .iterations = 0}), "kmeans: expected at least 1 iteration, got 0",
                         ConfigError);
    CHECK_THROWS_WITH_AS(message(x, {.clusters = 1, .tolerance = -1}),
                         "kmeans: expected a tolerance of at least 0, got -1", ConfigError);
    const analysis::KMeans found = analysis::kmeans(x, {.clusters = 1}, stream);
    CHECK_THROWS_WITH_AS(found.predict(Array{{1.f}}, nowhere), "kmeans: expected points (N, 2), got (1, 1)", ShapeError);
}
