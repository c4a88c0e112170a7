#include <xtape/autodiff/kernels/lapack.hpp>

#include <xtape/autodiff/kernels/blas.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxlapack/interface/geqrf.h>
#include <xflens/cxxlapack/interface/getrf.h>
#include <xflens/cxxlapack/interface/getri.h>
#include <xflens/cxxlapack/interface/orgqr.h>
#include <xflens/cxxlapack/interface/potrf.h>
#include <xflens/cxxblas/cxxblas.cxx>
#include <xflens/cxxlapack/interface/geqrf.tcc>
#include <xflens/cxxlapack/interface/getrf.tcc>
#include <xflens/cxxlapack/interface/getri.tcc>
#include <xflens/cxxlapack/interface/orgqr.tcc>
#include <xflens/cxxlapack/interface/potrf.tcc>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xtape::detail {
namespace {

// LAPACK promises nothing about NaN, whose comparisons it was not written for.
template <class T>
bool all_finite(const T* x, std::size_t count) {
    // Infinity times 0 and NaN times 0 are NaN, and NaN stays in a sum.
    T sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += x[i] * T(0);
    return sum == 0;
}

template <class T>
void fill_nan(T* x, std::size_t count) {
    std::fill(x, x + count, std::numeric_limits<T>::quiet_NaN());
}

// Exchanges rows i and pivots[i] - 1 of b for each i, in order or backwards.
template <class T>
void exchange_rows(const int* pivots, std::size_t n, bool backwards, T* b, std::size_t columns) {
    for (std::size_t step = 0; step < n; ++step) {
        const std::size_t i = backwards ? n - 1 - step : step, other = static_cast<std::size_t>(pivots[i] - 1);
        if (other != i) std::swap_ranges(b + i * columns, b + (i + 1) * columns, b + other * columns);
    }
}

}  // namespace

template <class T>
void solve_triangular(const Triangle& triangle, const T* a, std::size_t n, T* b, std::size_t columns,
                      const char* operation) {
    if (n == 0 || columns == 0) return;
    cxxblas::trsm<int>(cxxblas::RowMajor, cxxblas::Left, triangle.upper ? cxxblas::Upper : cxxblas::Lower,
                       triangle.transpose ? cxxblas::Trans : cxxblas::NoTrans,
                       triangle.unit_diagonal ? cxxblas::Unit : cxxblas::NonUnit, blas_int(n, operation),
                       blas_int(columns, operation), T(1), a, blas_int(n, operation), b, blas_int(columns, operation));
}

template <class T>
Lu<T>::Lu(const T* a, std::size_t count, std::size_t n, const char* operation)
    : n_(n),
      order_(blas_int(n, operation)),
      factors_(empty_array<T>({count, n, n})),
      pivots_(count * n),
      outcomes_(count, factored) {
    if (n == 0) return;
    const OneBlasThread one;
    parallel_for(count, problems_per_task(n * n * n), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            T* const factors = factors_.data() + i * n * n;
            if (!all_finite(a + i * n * n, n * n)) {
                outcomes_[i] = not_finite;
                continue;
            }
            std::copy(a + i * n * n, a + (i + 1) * n * n, factors);
            outcomes_[i] = cxxlapack::getrf<int>(order_, order_, factors, order_, pivots_.data() + i * n);
        }
    });
}

template <class T>
void Lu<T>::solve(std::size_t i, bool transpose, T* b, std::size_t columns) const {
    if (outcomes_[i] != factored) return fill_nan(b, n_ * columns);
    const T* const factors = factors_.data() + i * n_ * n_;
    const Triangle lower{false, transpose, false}, upper{true, transpose, true};
    if (transpose) {
        exchange_rows(pivots(i), n_, false, b, columns);
        solve_triangular(upper, factors, n_, b, columns, "solve");
        solve_triangular(lower, factors, n_, b, columns, "solve");
    } else {
        solve_triangular(lower, factors, n_, b, columns, "solve");
        solve_triangular(upper, factors, n_, b, columns, "solve");
        exchange_rows(pivots(i), n_, true, b, columns);
    }
}

template <class T>
void Lu<T>::invert(T* y) const {
    if (n_ == 0) return;
    const std::size_t size = n_ * n_;
    const OneBlasThread one;
    parallel_for(outcomes_.size(), problems_per_task(size * n_), [&](std::size_t begin, std::size_t end) {
        // LAPACK's own choice is 32 to 64 columns.
        std::vector<T, PoolAllocator<T>> work(n_ * 32);
        for (std::size_t i = begin; i < end; ++i) {
            T* const inverse = y + i * size;
            if (outcomes_[i] != factored) {
                fill_nan(inverse, size);
                continue;
            }
            // The inverse of the transpose is the transpose of the inverse.
            std::copy(factors_.data() + i * size, factors_.data() + (i + 1) * size, inverse);
            cxxlapack::getri<int>(order_, inverse, order_, pivots(i), work.data(), static_cast<int>(work.size()));
        }
    });
}

template <class T>
typename Lu<T>::SignLog Lu<T>::sign_log(std::size_t i) const {
    if (outcomes_[i] == not_finite) return {NAN, NAN};
    if (outcomes_[i] != factored) return {0, -INFINITY};
    SignLog result{1, 0};
    for (std::size_t k = 0; k < n_; ++k) {
        const double u = static_cast<double>(factors_.data()[(i * n_ + k) * n_ + k]);
        if ((u < 0) != (pivots(i)[k] != static_cast<int>(k + 1))) result.sign = -result.sign;
        result.log += std::log(std::abs(u));
    }
    return result;
}

template <class T>
double Lu<T>::determinant(std::size_t i) const {
    if (outcomes_[i] == not_finite) return NAN;
    if (outcomes_[i] != factored) return 0;
    double product = 1;
    long exponent = 0;
    for (std::size_t k = 0; k < n_; ++k) {
        int power = 0;
        product = std::frexp(product * static_cast<double>(factors_.data()[(i * n_ + k) * n_ + k]), &power);
        exponent += power;
        if (pivots(i)[k] != static_cast<int>(k + 1)) product = -product;
    }
    return std::ldexp(product, static_cast<int>(std::clamp(exponent, -10'000L, 10'000L)));
}

template <class T>
std::vector<Outcome> cholesky(T* a, std::size_t count, std::size_t n) {
    std::vector<Outcome> outcomes(count, factored);
    if (n == 0) return outcomes;
    const int order = blas_int(n, "cholesky");
    const OneBlasThread one;
    parallel_for(count, problems_per_task(n * n * n), [&](std::size_t begin, std::size_t end) {
        for (std::size_t q = begin; q < end; ++q) {
            T* const matrix = a + q * n * n;
            if (!all_finite(matrix, n * n)) {
                outcomes[q] = not_finite;
                continue;
            }
            for (std::size_t i = 0; i < n; ++i) {
                for (std::size_t j = 0; j < i; ++j)
                    matrix[i * n + j] = T(0.5) * matrix[i * n + j] + T(0.5) * matrix[j * n + i];
            }
            // Our lower triangle is LAPACK's upper one.
            outcomes[q] = cxxlapack::potrf<int>('U', order, matrix, order);
            for (std::size_t i = 0; i < n; ++i) std::fill(matrix + i * n + i + 1, matrix + (i + 1) * n, T(0));
        }
    });
    return outcomes;
}

template <class T>
void orthonormalize_rows(T* a, std::size_t rows, std::size_t columns, const char* operation) {
    if (rows == 0) return;
    // Our rows are LAPACK's columns: A^T = Q R.
    const int length = blas_int(columns, operation), count = blas_int(rows, operation);
    const OneBlasThread one;
    std::vector<T, PoolAllocator<T>> reflections(rows), work(rows * 32);
    cxxlapack::geqrf<int>(length, count, a, length, reflections.data(), work.data(), static_cast<int>(work.size()));
    std::vector<bool> reversed(rows);
    for (std::size_t i = 0; i < rows; ++i) reversed[i] = a[i * columns + i] < 0;
    cxxlapack::orgqr<int>(length, count, count, a, length, reflections.data(), work.data(),
                          static_cast<int>(work.size()));
    // Reflections give each row one sign or the other; the one that makes the diagonal of R positive is Gram's and
    // Schmidt's.
    for (std::size_t i = 0; i < rows; ++i) {
        if (!reversed[i]) continue;
        for (std::size_t k = 0; k < columns; ++k) a[i * columns + k] = -a[i * columns + k];
    }
}

template class Lu<float>;
template class Lu<double>;
template std::vector<Outcome> cholesky(float*, std::size_t, std::size_t);
template std::vector<Outcome> cholesky(double*, std::size_t, std::size_t);
template void orthonormalize_rows(float*, std::size_t, std::size_t, const char*);
template void orthonormalize_rows(double*, std::size_t, std::size_t, const char*);
template void solve_triangular(const Triangle&, const float*, std::size_t, float*, std::size_t, const char*);
template void solve_triangular(const Triangle&, const double*, std::size_t, double*, std::size_t, const char*);

}  // namespace xtape::detail
