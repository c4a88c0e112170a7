#include "analysis/golden.hpp"

#include <xtape/analysis/forces.hpp>
#include <xtape/autodiff/random.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;
namespace inner = analysis::detail;

namespace {

template <class T>
inner::Plane<T> places(std::size_t n, double deviation) {
    inner::Plane<T> y;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const auto drawn = random::normal<T>({n}, T(0), static_cast<T>(deviation), random::Stream(7, axis));
        y[axis].assign(drawn.begin(), drawn.end());
    }
    return y;
}

// Z and forces by the formulas, in double.
template <class T>
inner::Forces<double> by_hand(const inner::DenseAffinities<T>& p, const inner::Plane<T>& y) {
    inner::Forces<double> forces(p.points);
    for (std::size_t i = 0; i < p.points; ++i) {
        for (std::size_t j = 0; j < p.points; ++j) {
            if (i == j) continue;
            const double dx = static_cast<double>(y[0][i]) - static_cast<double>(y[0][j]);
            const double dy = static_cast<double>(y[1][i]) - static_cast<double>(y[1][j]);
            const double w = 1 / (1 + dx * dx + dy * dy), pull = static_cast<double>(p.p[i * p.stride + j]) * w;
            forces.z += w;
            forces.pull[0][i] += pull * dx;
            forces.pull[1][i] += pull * dy;
            forces.push[0][i] += w * w * dx;
            forces.push[1][i] += w * w * dy;
        }
    }
    return forces;
}

// The largest error of a plane, over its largest number.
template <class T>
double error(const inner::Plane<T>& found, const inner::Plane<double>& wanted) {
    double most = 0, size = 0;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        for (std::size_t i = 0; i < wanted[axis].size(); ++i) {
            most = std::max(most, std::abs(static_cast<double>(found[axis][i]) - wanted[axis][i]));
            size = std::max(size, std::abs(wanted[axis][i]));
        }
    }
    return most / size;
}

}  // namespace

TEST_CASE_TEMPLATE("exact forces are those of the formulas", T, float, double) {
    const double tolerance = std::is_same_v<T, float> ? 2e-6 : 1e-14;
    for (const std::size_t n : {5U, 64U, 133U}) {
        const auto p = inner::dense_affinities(golden::digits<T>(n), 2);
        const auto y = places<T>(n, 3);
        inner::Forces<T> found(n);
        inner::exact_forces(p, y, found);
        const auto wanted = by_hand(p, y);
        CHECK(std::abs(found.z / wanted.z - 1) <= tolerance);
        CHECK(error(found.pull, wanted.pull) <= tolerance);
        CHECK(error(found.push, wanted.push) <= tolerance);
    }
}

TEST_CASE_TEMPLATE("a tree without an angle gives the exact forces, and with one almost", T, float, double) {
    const std::size_t n = 400;
    const auto x = golden::digits<T>(n);
    const auto sparse = inner::sparse_affinities(x, 5);
    inner::DenseAffinities<T> dense{n, 400, {}};
    dense.p.assign(n * 400, T(0));
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t m = sparse.first[i]; m < sparse.first[i + 1]; ++m) dense.p[i * 400 + sparse.other[m]] = sparse.p[m];
    }
    const auto y = places<T>(n, 10);
    const auto wanted = by_hand(dense, y);
    inner::Forces<T> found(n);
    inner::tree_forces(sparse, y, 0, found);
    const double tolerance = std::is_same_v<T, float> ? 5e-6 : 1e-13;
    CHECK(std::abs(found.z / wanted.z - 1) <= tolerance);
    CHECK(error(found.pull, wanted.pull) <= tolerance);
    CHECK(error(found.push, wanted.push) <= tolerance);
    inner::tree_forces(sparse, y, 0.5, found);
    CHECK(std::abs(found.z / wanted.z - 1) <= 0.01);
    CHECK(error(found.push, wanted.push) <= 0.03);
    CHECK(error(found.push, wanted.push) > tolerance);  // the angle was used
}

TEST_CASE("the spread of pairs is the same from both kinds of probabilities") {
    const auto sparse = inner::sparse_affinities(golden::digits<float>(31), 10);
    const auto dense = inner::dense_affinities(golden::digits<float>(31), 10);
    const auto y = places<float>(31, 3);
    double wanted = 0;
    for (std::size_t i = 0; i < 31; ++i) {
        for (std::size_t j = 0; j < 31; ++j) {
            const double dx = static_cast<double>(y[0][i] - y[0][j]), dy = static_cast<double>(y[1][i] - y[1][j]);
            wanted += static_cast<double>(dense.p[i * dense.stride + j]) * std::log1p(dx * dx + dy * dy);
        }
    }
    CHECK(std::abs(inner::spread(dense, y) - wanted) <= 1e-5 * wanted);
    CHECK(std::abs(inner::spread(sparse, y) - wanted) <= 1e-5 * wanted);
}

TEST_CASE("forces have the same bits on any number of threads") {
    const auto y = places<float>(900, 5);
    const auto dense = inner::dense_affinities(golden::digits<float>(900), 20);
    const auto sparse = inner::sparse_affinities(golden::digits<float>(900), 20);
    const auto exact = golden::on_threads([&] {
        inner::Forces<float> forces(900);
        inner::exact_forces(dense, y, forces);
        return forces;
    });
    const auto tree = golden::on_threads([&] {
        inner::Forces<float> forces(900);
        inner::tree_forces(sparse, y, 0.5, forces);
        return forces;
    });
    for (const auto& results : {exact, tree}) {
        for (const auto& other : results) {
            CHECK(other.z == results[0].z);
            CHECK(other.pull == results[0].pull);
            CHECK(other.push == results[0].push);
        }
    }
}
