// The loop in which optimizers change parameters: one pass over the gradient, the value and what is remembered.
#pragma once

#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/autodiff/kernels/sweep.hpp>

#include <array>
#include <cstddef>

namespace xtape::optim::detail {

/// Calls change(g, a) for every register of the gradient, where g is a Lanes<T> and a the std::array<Lanes<T>, N> of what stands at
/// its place in `arrays`; what change leaves in a is written back. The arrays are whole, of the gradient's size, and distinct.
/// The last register reaches past the end, where the pool keeps a line readable and writable.
template <class T, std::size_t N, class F>
void update_arrays(const BasicArray<T>& gradient, const std::array<BasicArray<T>*, N>& arrays, const F& change) {
    using L = Lanes<T>;
    const T* g = gradient.data();
    std::array<T*, N> to;
    for (std::size_t k = 0; k < N; ++k) to[k] = arrays[k]->data();
    parallel_for(gradient.size(), xtape::detail::elementwise_grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; i += L::width) {
            std::array<L, N> a;
            for (std::size_t k = 0; k < N; ++k) a[k] = L::load(to[k] + i);
            change(L::load(g + i), a);
            for (std::size_t k = 0; k < N; ++k) a[k].store(to[k] + i);
        }
    });
}

}  // namespace xtape::optim::detail
