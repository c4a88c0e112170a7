// A matrix product on the calling thread, for kernels that cut their work into blocks themselves.
#pragma once

#include <xtape/autodiff/kernels/gemm.hpp>

namespace xtape::detail {

/// C = op(A) op(B) + beta C, where the rows of A, B and C as they lie in memory stand that many elements apart. No
/// extent is 0.
template <class T>
void serial_gemm(const Gemm<T>& product, std::size_t row_a, std::size_t row_b, std::size_t row_c);

}  // namespace xtape::detail
