// The loop in which optimizers change parameters: one pass over the gradient, the value and what is remembered.
#pragma once

#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/autodiff/kernels/sweep.hpp>

#include <array>
#include <cstddef>

namespace xtape::optim::detail {

/// Calls change(g, a) for every register of the gradient, where g is a Lanes<T> and a the std::array<Lanes<T>, N> of
/// what stands at its place in `arrays`; what change leaves in a is written back. The arrays are whole, of the
/// gradient's size, and distinct. The last register reaches past the end, where the pool keeps a line readable and
/// writable.
template <class T, std::size_t N, class F>
void update_arrays(const BasicArray<T>& gradient, const std::array<BasicArray<T>*, N>& arrays, const F& change) {
    using L = Lanes<T>;
    const T* const gradients = gradient.data();
    std::array<T*, N> targets;
    for (std::size_t k = 0; k < N; ++k) targets[k] = arrays[k]->data();
    parallel_for(gradient.size(), xtape::detail::elementwise_grain, [&](std::size_t begin, std::size_t end) {
        // A register's store may alias anything that has an address, so what the loop needs is copied to where nothing
        // points.
        const F f = change;
        const T* const g = gradients;
        const std::array<T*, N> to = targets;
        for (std::size_t i = begin; i < end; i += L::width) {
            std::array<L, N> a;
            for (std::size_t k = 0; k < N; ++k) a[k] = L::load(to[k] + i);
            f(L::load(g + i), a);
            for (std::size_t k = 0; k < N; ++k) a[k].store(to[k] + i);
        }
    });
}

}  // namespace xtape::optim::detail
