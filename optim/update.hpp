// The loop in which optimizers change parameters: one pass over the gradient, the value and what is remembered. An
// optimizer of one's own is written with it (docs/optimizers.md).
#pragma once

#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/optim/pass.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>

namespace xtape::optim {

namespace detail {
/// A constant of a formula in the precision of its arrays.
template <class T>
T as(double number) {
    return static_cast<T>(number);
}
}  // namespace detail

/// a / b to within one unit in the last place. Division and square root share one slow unit, which would keep memory
/// waiting; so for registers of 16 floats the quotient comes from the 14-bit reciprocal and two of Newton's steps, whose
/// differences must be rounded only once: fused by name, since not every compiler does so by itself at every level.
template <class T>
Lanes<T> quotient(Lanes<T> a, Lanes<T> b) {
    if constexpr (std::is_same_v<T, float> && Lanes<T>::width == 16) {
        using xtape::detail::fused_by_name;
        const auto minus_b = -b.v;
        auto r = xsimd::reciprocal(b.v);
        r = fused_by_name(r, fused_by_name(minus_b, r, decltype(r)(1.f)), r);
        auto q = a.v * r;
        q = fused_by_name(r, fused_by_name(minus_b, q, a.v), q);
        // Where b is 0, infinite or too small for a reciprocal, or something is NaN.
        if (!xsimd::all(q == q)) [[unlikely]]
            return a / b;
        return q;
    } else {
        return a / b;
    }
}

/// m / (sqrt(v) scale + epsilon)
template <class T>
Lanes<T> over_root(Lanes<T> m, Lanes<T> v, T scale, T epsilon) {
    return quotient(m, sqrt(v) * scale + epsilon);
}

/// The update of a parameter and its N - 1 running quantities by a formula, which the library calls for one register of
/// elements after the other, on several threads: change(g, a), g the gradient as a Lanes<T>, a a std::array<Lanes<T>, N>
/// with the parameter first, then the running quantities in the order of their names. What it leaves in a is written
/// back. Write it as a lambda of (auto g, auto& a): Lanes have + - * / with each other and with a T, comparisons, and
/// where, sign, abs, sqrt and the library's other elementwise functions (autodiff/kernels/lanes.hpp).
///
/// `change` holds its constants as plain numbers of type T, at most 14, captured by value: it is copied as bytes.
/// Elements past an array's end, of which there may be some, must do no harm.
template <class T, std::size_t N, class F>
Update<T> make_update(const F& change) {
    static_assert(N >= 1 && N <= most_slots + 1, "a parameter and up to most_slots running quantities");
    static_assert(std::is_trivially_copyable_v<F> && sizeof(F) <= sizeof(Update<T>::constants),
                  "the constants of an update are copied as bytes");
    Update<T> update;
    update.streams = 1 + 2 * N;
    std::memcpy(update.constants, &change, sizeof(F));
    update.run = [](const Update<T>& self, const detail::Piece<T>& piece, std::size_t begin, std::size_t end) {
        using L = Lanes<T>;
        // The last register reaches past the end, where the pool keeps a line readable and writable.
        //
        // A register's store may alias anything that has an address, so what the loop needs is copied to where nothing
        // points.
        const F f = *std::launder(reinterpret_cast<const F*>(self.constants));
        const T* const g = piece.source;
        std::array<T*, N> to;
        for (std::size_t k = 0; k < N; ++k) to[k] = piece.arrays[k];
        for (std::size_t i = begin; i < end; i += L::width) {
            std::array<L, N> a;
            for (std::size_t k = 0; k < N; ++k) a[k] = L::load(to[k] + i);
            f(L::load(g + i), a);
            for (std::size_t k = 0; k < N; ++k) a[k].store(to[k] + i);
        }
    };
    return update;
}

}  // namespace xtape::optim
