// The step that sums of products are made of.
#pragma once

#include <xtape/autodiff/kernels/lanes.hpp>

namespace xtape::detail {

/// AVX-512 has 32 registers, its predecessors 16.
template <class T>
constexpr bool many_registers = sizeof(Lanes<T>) == 64;

/// a b + c, rounded once where the processor can. GCC fuses the two operations by itself, and spills accumulators when
/// it is told to by name; Clang does not, and then runs out of registers. xsimd 8 has no such function for AVX-512.
template <class T>
Lanes<T> multiply_add(Lanes<T> a, Lanes<T> b, Lanes<T> c) {
#if defined(__clang__) && defined(__AVX512F__)
    if constexpr (sizeof(Lanes<T>) == 64) {
        if constexpr (sizeof(T) == sizeof(float)) {
            return Lanes<T>(_mm512_fmadd_ps(a.v, b.v, c.v));
        } else {
            return Lanes<T>(_mm512_fmadd_pd(a.v, b.v, c.v));
        }
    }
#endif
#ifdef __clang__
    return Lanes<T>(xsimd::fma(a.v, b.v, c.v));
#else
    return c + a * b;
#endif
}

}  // namespace xtape::detail
