// Matrix products.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <vector>

namespace xtape::detail {

/// One product C = op(A) op(B) + bias + beta C of row-major matrices; op(A) is (m, k), op(B) is (k, n), C is (m, n).
template <class T>
struct Gemm {
    bool transpose_a = false, transpose_b = false;
    std::size_t m = 0, n = 0, k = 0;
    const T* a = nullptr;
    const T* b = nullptr;
    T* c = nullptr;
    T beta = 0;               ///< 0: C is overwritten, whatever it held
    const T* bias = nullptr;  ///< n numbers that are added to each row; null: none
};

/// Runs `count` products whose operands stand at the given distances (0: the same one each time). The result is cut into
/// blocks whose sizes depend on the shapes only, so the bits do not depend on the number of threads.
template <class T>
void gemm_batch(const Gemm<T>& first, std::size_t count, std::size_t step_a, std::size_t step_b, std::size_t step_c);

/// Runs one product for each entry of a and b, which number the matrices that it multiplies; the results stand one
/// after the other.
template <class T>
void gemm_batch(const Gemm<T>& first, const std::vector<std::size_t>& a, const std::vector<std::size_t>& b);

template <class T>
void gemm(const Gemm<T>& product) {
    gemm_batch(product, 1, 0, 0, 0);
}

/// Runs two products that do not depend on each other, side by side where they are worth it.
template <class T>
void gemm_pair(const Gemm<T>& first, const Gemm<T>& second);

/// For each index of the batch shape `to`, in order, the flat index of the element of `from` that broadcasts there.
std::vector<std::size_t> broadcast_places(const Shape& from, const Shape& to);

}  // namespace xtape::detail
