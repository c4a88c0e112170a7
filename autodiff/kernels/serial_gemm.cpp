#include <xtape/autodiff/kernels/serial_gemm.hpp>

#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxblas/cxxblas.cxx>

namespace xtape::detail {

template <class T>
void serial_gemm(const Gemm<T>& p, std::size_t row_a, std::size_t row_b, std::size_t row_c) {
    const auto extent = [](std::size_t value) { return blas_int(value, "convolution"); };
    cxxblas::gemm<int>(cxxblas::RowMajor, p.transpose_a ? cxxblas::Trans : cxxblas::NoTrans,
                       p.transpose_b ? cxxblas::Trans : cxxblas::NoTrans, extent(p.m), extent(p.n), extent(p.k), T(1),
                       p.a, extent(row_a), p.b, extent(row_b), p.beta, p.c, extent(row_c));
}

template void serial_gemm(const Gemm<float>&, std::size_t, std::size_t, std::size_t);
template void serial_gemm(const Gemm<double>&, std::size_t, std::size_t, std::size_t);

}  // namespace xtape::detail
