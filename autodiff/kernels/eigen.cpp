#include <xtape/autodiff/kernels/eigen.hpp>

#include <xtape/autodiff/kernels/blas.hpp>

#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxblas/auxiliary/debugmacro.h>
#include <xflens/cxxlapack/interface/syevd.h>
#include <xflens/cxxlapack/interface/syevd.tcc>

#include <algorithm>
#include <cmath>

namespace xtape::detail {

Outcome symmetric_eigen(double* a, std::size_t n, double* values, const char* operation) {
    if (n == 0) return factored;
    // LAPACK promises nothing about NaN.
    if (!std::all_of(a, a + n * n, [](double x) { return std::isfinite(x); })) return not_finite;
    const int order = blas_int(n, operation);
    const OneBlasThread one;
    double size = 0;
    int index_size = 0;
    cxxlapack::syevd<int>('V', 'U', order, a, order, values, &size, -1, &index_size, -1);
    std::vector<double, PoolAllocator<double>> work(static_cast<std::size_t>(size));
    std::vector<int> index_work(static_cast<std::size_t>(index_size));
    const Outcome outcome = cxxlapack::syevd<int>('V', 'U', order, a, order, values, work.data(), blas_int(work.size(), operation),
                                                  index_work.data(), index_size);
    // LAPACK's columns, which are our rows, are in ascending order.
    std::reverse(values, values + n);
    for (std::size_t i = 0; i < n / 2; ++i) std::swap_ranges(a + i * n, a + (i + 1) * n, a + (n - 1 - i) * n);
    return outcome;
}

}  // namespace xtape::detail
