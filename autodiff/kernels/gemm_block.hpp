// A matrix product on the calling thread.
#pragma once

#include <xtape/autodiff/memory.hpp>

#include <cstddef>

namespace xtape::detail {

/// Memory of a kernel, from the pool; none for no elements.
template <class T>
class PoolMemory {
public:
    explicit PoolMemory(std::ptrdiff_t elements)
        : bytes_(static_cast<std::size_t>(elements) * sizeof(T)),
          data_(elements == 0 ? nullptr : static_cast<T*>(pool_allocate(bytes_))) {}
    ~PoolMemory() { pool_deallocate(data_, bytes_); }
    PoolMemory(const PoolMemory&) = delete;
    PoolMemory& operator=(const PoolMemory&) = delete;
    T* data() const { return data_; }

private:
    std::size_t bytes_;
    T* data_;
};

/// A matrix somewhere in memory: element (i, j) at data[i * step + j], or at data[j * step + i] where it is turned.
template <class T>
struct MatrixView {
    const T* data;
    std::ptrdiff_t step;
    bool turned;
};

/// C = A B + bias, or C += A B + bias, with A (m, k), B (k, n), C (m, n); no extent is 0.
template <class T>
struct GemmBlock {
    std::ptrdiff_t m, n, k;
    MatrixView<T> a, b;
    T* c;
    std::ptrdiff_t step_c;
    const T* bias;  ///< a row of n elements, or null
    bool add;
};

/// Elements are summed in order of k, in chunks whose length depends on k alone; thin products (see is_thin) sum along
/// registers.
template <class T>
void multiply_block(const GemmBlock<T>& block);

/// Whether the product sums along k in registers: a transposed B, and too few rows or columns to fill registers with them.
template <class T>
bool is_thin(const GemmBlock<T>& block);

/// multiply_block for thin products.
template <class T>
void multiply_thin(const GemmBlock<T>& block);

/// Whether multiply_block makes C transposed, from B^T A^T, and turns it: then A is packed, and not B.
template <class T>
bool is_swapped(const GemmBlock<T>& block);

/// Whether multiply_block lays B out anew.
template <class T>
bool packs_b(const GemmBlock<T>& block);

}  // namespace xtape::detail
