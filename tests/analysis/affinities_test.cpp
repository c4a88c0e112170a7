#include "analysis/golden.hpp"

#include <xtape/analysis/affinities.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

using namespace xtape;
namespace inner = analysis::detail;

TEST_CASE("conditional probabilities have the wanted perplexity and fall off as a normal density") {
    std::vector<double> squared{1, 2, 3, 5, 8, 13, 21, 34, 55}, p(9);
    inner::perplexed(squared.data(), 9, 4, p.data());
    CHECK(std::abs(std::accumulate(p.begin(), p.end(), 0.0) - 1) <= 1e-15);
    double entropy = 0;
    for (const double x : p) entropy -= x * std::log(x);
    CHECK(std::abs(entropy - std::log(4.)) <= 1e-5);
    const double slope = std::log(p[0] / p[1]);
    for (std::size_t i = 1; i < 9; ++i) CHECK(std::abs(std::log(p[0] / p[i]) - slope * (squared[i] - 1)) <= 1e-12 * squared[i]);
}

TEST_CASE("probabilities do not vanish where all are far away, and are equal where all distances are") {
    std::vector<double> far{1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3}, p(4);
    inner::perplexed(far.data(), 4, 2, p.data());
    CHECK(p[0] > p[1]);
    CHECK(std::abs(std::accumulate(p.begin(), p.end(), 0.0) - 1) <= 1e-15);
    const std::vector<double> equal{7, 7, 7, 7};
    inner::perplexed(equal.data(), 4, 2, p.data());
    for (const double x : p) CHECK(x == 0.25);
}

TEST_CASE_TEMPLATE("joint probabilities are symmetric and sum to 1", T, float, double) {
    const auto x = golden::digits<T>(133);  // three tiles, and a row that does not fill registers
    const auto joint = inner::dense_affinities(x, 10);
    REQUIRE(joint.points == 133);
    double sum = 0;
    for (std::size_t i = 0; i < 133; ++i) {
        CHECK(joint.p[i * joint.stride + i] == 0);
        for (std::size_t j = 0; j < joint.stride; ++j) sum += static_cast<double>(joint.p[i * joint.stride + j]);
        for (std::size_t j = 0; j < 133; ++j) CHECK(joint.p[i * joint.stride + j] == joint.p[j * joint.stride + i]);
        for (std::size_t j = 133; j < joint.stride; ++j) CHECK(joint.p[i * joint.stride + j] == 0);
    }
    CHECK(std::abs(sum - 1) <= 1e-6);
}

TEST_CASE("with all points as neighbours sparse probabilities are the dense ones") {
    const Array64 x = golden::digits<double>(31);
    const auto dense = inner::dense_affinities(x, 10);
    const auto sparse = inner::sparse_affinities(x, 10);
    REQUIRE(sparse.first.size() == 32);
    REQUIRE(sparse.p.size() == 31 * 30);
    for (std::size_t i = 0; i < 31; ++i) {
        for (std::size_t m = sparse.first[i]; m < sparse.first[i + 1]; ++m) {
            CHECK(std::abs(sparse.p[m] - dense.p[i * dense.stride + sparse.other[m]]) <= 1e-15);
        }
    }
    CHECK(std::abs(inner::negative_entropy(sparse.p.data(), sparse.p.size()) -
                   inner::negative_entropy(dense.p.data(), dense.p.size())) <= 1e-12);
}

TEST_CASE("sparse probabilities are symmetric and sum to 1") {
    const auto joint = inner::sparse_affinities(golden::digits<float>(300), 5);
    double sum = 0;
    const auto between = [&](std::size_t i, std::size_t j) {
        for (std::size_t m = joint.first[i]; m < joint.first[i + 1]; ++m) {
            if (joint.other[m] == j) return joint.p[m];
        }
        return -1.f;
    };
    for (std::size_t i = 0; i < 300; ++i) {
        CHECK(joint.first[i + 1] - joint.first[i] >= 16);
        for (std::size_t m = joint.first[i]; m < joint.first[i + 1]; ++m) {
            sum += static_cast<double>(joint.p[m]);
            CHECK(between(joint.other[m], i) == joint.p[m]);
        }
    }
    CHECK(std::abs(sum - 1) <= 1e-6);
}

TEST_CASE("the negative entropy of equal probabilities is -ln of their number") {
    const std::vector<double> p(1000, 1e-3);
    CHECK(std::abs(inner::negative_entropy(p.data(), p.size()) + std::log(1000.)) <= 1e-12);
    const std::vector<float> sure{0, 1, 0};
    CHECK(inner::negative_entropy(sure.data(), 3) == 0);
}
