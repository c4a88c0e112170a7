#include <xtape/autodiff/kernels/lapack.hpp>

#include <xtape/autodiff/ops/matrix.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using detail::Lu;

namespace {

template <class T>
BasicArray<T> as(const Array64& x) {
    return BasicArray<T>(xt::cast<T>(x));
}

// Largest |op(A) X - B| over the elements, for A (n, n), X and B (n, columns).
template <class T>
double residual(const T* a, bool transpose, const T* x, const T* b, std::size_t n, std::size_t columns) {
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < n; ++k) {
                sum +=
                    static_cast<double>(a[transpose ? k * n + i : i * n + k]) * static_cast<double>(x[k * columns + j]);
            }
            const double error = std::abs(sum - static_cast<double>(b[i * columns + j]));
            worst = std::isnan(error) ? INFINITY : std::max(worst, error);
        }
    }
    return worst;
}

template <class T>
constexpr double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());

template <class T>
void check_systems(std::size_t n) {
    CAPTURE(n);
    constexpr std::size_t count = 3, columns = 4;
    const double bound = 16 * static_cast<double>(n + 1) * epsilon<T>;
    const BasicArray<T> a = as<T>(sample::exchanged({count, n, n}, n)), b = as<T>(sample::uniform({n, columns}, 2));
    const Lu<T> lu(a.data(), count, n, "test");
    BasicArray<T> inverse = empty_array<T>({count, n, n}), unit(Shape{n, n}, T(0));
    for (std::size_t i = 0; i < n; ++i) unit(i, i) = 1;
    lu.invert(inverse.data());
    for (std::size_t q = 0; q < count; ++q) {
        const T* const matrix = a.data() + q * n * n;
        CHECK(lu.outcomes()[q] == detail::factored);
        for (const bool transpose : {false, true}) {
            BasicArray<T> x = b;
            lu.solve(q, transpose, x.data(), columns);
            CHECK(residual(matrix, transpose, x.data(), b.data(), n, columns) < bound);
        }
        CHECK(residual(matrix, false, inverse.data() + q * n * n, unit.data(), n, n) < bound);
    }
}

template <class T>
void check_triangles(std::size_t n) {
    CAPTURE(n);
    constexpr std::size_t columns = 3;
    const BasicArray<T> full = as<T>(sample::dominant({n, n}, n)), b = as<T>(sample::uniform({n, columns}, 2));
    for (const bool upper : {false, true}) {
        for (const bool transpose : {false, true}) {
            for (const bool unit : {false, true}) {
                BasicArray<T> a = full, x = b;
                // Small beside the unit diagonal, so that both kinds are well conditioned.
                if (unit) a *= T(0.5) / static_cast<T>(n * n);
                detail::solve_triangular({upper, transpose, unit}, a.data(), n, x.data(), columns, "test");
                for (std::size_t i = 0; i < n; ++i) {
                    for (std::size_t j = 0; j < n; ++j) {
                        if (i != j && (j > i) != upper) a(i, j) = 0;
                    }
                    if (unit) a(i, i) = 1;
                }
                CHECK(residual(a.data(), transpose, x.data(), b.data(), n, columns) <
                      16 * static_cast<double>(n + 1) * epsilon<T>);
            }
        }
    }
}

template <class T>
void check_cholesky(std::size_t n) {
    CAPTURE(n);
    const BasicArray<T> a = as<T>(sample::positive_definite({2, n, n}, n));
    BasicArray<T> l = a;
    for (const detail::Outcome outcome : detail::cholesky(l.data(), 2, n)) CHECK(outcome == detail::factored);
    for (std::size_t q = 0; q < 2; ++q) {
        BasicArray<T> transposed(Shape{n, n});
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                transposed(j, i) = l(q, i, j);
                if (j > i) CHECK(l(q, i, j) == 0);
            }
        }
        const T* const matrix = a.data() + q * n * n;
        CHECK(residual(l.data() + q * n * n, false, transposed.data(), matrix, n, n) <
              32 * static_cast<double>(n * n) * epsilon<T>);
    }
}

}  // namespace

TEST_CASE("factors, solutions, inverses and triangles of many sizes leave small residuals") {
    for (const std::size_t n : {1U, 2U, 3U, 5U, 16U, 33U, 100U}) {
        check_systems<float>(n);
        check_systems<double>(n);
        check_triangles<float>(n);
        check_triangles<double>(n);
        check_cholesky<float>(n);
        check_cholesky<double>(n);
    }
}

TEST_CASE("every sign of every exchange of rows is in the determinant") {
    // All 24 permutations of four rows.
    std::vector<std::size_t> order{0, 1, 2, 3};
    do {
        Array64 x(Shape{4, 4}, 0.0);
        int inversions = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            x(i, order[i]) = static_cast<double>(i + 1);
            for (std::size_t j = 0; j < i; ++j) inversions += order[j] > order[i];
        }
        const Lu<double> lu(x.data(), 1, 4, "test");
        CHECK(lu.determinant(0) == (inversions % 2 ? -24 : 24));
        CHECK(lu.sign_log(0).sign == (inversions % 2 ? -1 : 1));
        CHECK(lu.sign_log(0).log == doctest::Approx(std::log(24.0)));
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("what fails says so, each matrix for itself") {
    Array64 x(Shape{4, 2, 2}, 0.0);
    for (std::size_t q = 0; q < 4; ++q) x(q, 0, 0) = x(q, 1, 1) = 1;
    x(1, 1, 1) = 0;
    x(2, 0, 1) = NAN;
    x(3, 0, 1) = -INFINITY;
    const Lu<double> lu(x.data(), 4, 2, "test");
    CHECK(lu.outcomes() == std::vector<detail::Outcome>{detail::factored, 2, detail::not_finite, detail::not_finite});
    CHECK(lu.determinant(1) == 0);
    CHECK(std::isnan(lu.determinant(2)));
    CHECK(lu.sign_log(1).sign == 0);
    CHECK(lu.sign_log(1).log == -INFINITY);
    Array64 factors = x;
    CHECK(detail::cholesky(factors.data(), 4, 2) ==
          std::vector<detail::Outcome>{detail::factored, 2, detail::not_finite, detail::not_finite});
}

TEST_CASE("numbers that overflow on the way neither crash nor hang") {
    for (const std::size_t n : {2U, 5U, 40U, 130U}) {
        Array64 x = sample::uniform({n, n}, n), b(Shape{n}, 1.0);
        x *= 8e307;
        const Lu<double> lu(x.data(), 1, n, "test");
        if (lu.outcomes()[0] == detail::factored) lu.solve(0, false, b.data(), 1);
        CHECK(!std::isfinite(lu.determinant(0)));
    }
}

TEST_CASE("rows are made orthonormal as Gram and Schmidt do it") {
    // By hand: (3, 4) / 5; (1, 0) - 3/5 (3, 4) / 5 = (16, -12) / 25, divided by its length 4/5.
    Array64 x{{3., 4.}, {1., 0.}};
    detail::orthonormalize_rows(x.data(), 2, 2, "test");
    const double expected[] = {0.6, 0.8, 0.8, -0.6};
    for (std::size_t i = 0; i < 4; ++i) CHECK(x.data()[i] == doctest::Approx(expected[i]).epsilon(1e-14));
    Array row{{-3.f, 4.f, 0.f}};
    detail::orthonormalize_rows(row.data(), 1, 3, "test");
    CHECK(row(0, 0) == doctest::Approx(-0.6));
    CHECK(row(0, 1) == doctest::Approx(0.8));
    detail::orthonormalize_rows(row.data(), 0, 3, "test");
}
