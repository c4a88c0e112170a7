// One SIMD register of numbers, written like a number.
//
// Lanes<T> is what an elementwise operation's forward and backward see when they run as a kernel; the same formula compiles for
// BasicTensor<T> when the gradient itself must be differentiated. Both find their functions by argument-dependent lookup, and
// both take plain numbers beside them, so formulas read like the mathematics: g * (1 - y * y).
#pragma once

#include <xsimd/xsimd.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

namespace xtape {

/// A register of numbers of type T, loaded from and stored to memory that need not be aligned.
/// The instruction set is part of the type, so that code compiled with other flags has other names and never mixes with this.
template <class T, class Arch = xsimd::default_arch>
struct Lanes {
    using Batch = xsimd::batch<T, Arch>;
    static constexpr std::size_t width = Batch::size;

    Batch v;

    Lanes() = default;
    Lanes(Batch batch) : v(batch) {}
    /// The same number in every lane.
    template <class N>
        requires std::is_arithmetic_v<N>
    Lanes(N number) : v(static_cast<T>(number)) {}

    static Lanes load(const T* p) { return Batch::load_unaligned(p); }
    void store(T* p) const { v.store_unaligned(p); }

    /// The first n < width lanes from p; the rest are 0.
    static Lanes load_some(const T* p, std::size_t n) {
        alignas(64) T buffer[width] = {};
        for (std::size_t i = 0; i < n; ++i) buffer[i] = p[i];
        return Batch::load_aligned(buffer);
    }
    void store_some(T* p, std::size_t n) const {
        alignas(64) T buffer[width];
        v.store_aligned(buffer);
        for (std::size_t i = 0; i < n; ++i) p[i] = buffer[i];
    }

    /// Applies a scalar function to each lane: for functions that have no vector form yet.
    template <class F>
    Lanes map(F f) const {
        alignas(64) T buffer[width];
        v.store_aligned(buffer);
        for (T& x : buffer) x = f(x);
        return Batch::load_aligned(buffer);
    }

    struct Mask {
        typename Batch::batch_bool_type v;
        friend Mask operator&&(Mask a, Mask b) { return {a.v && b.v}; }
        friend Mask operator||(Mask a, Mask b) { return {a.v || b.v}; }
    };

    friend Lanes operator+(Lanes a, Lanes b) { return a.v + b.v; }
    friend Lanes operator-(Lanes a, Lanes b) { return a.v - b.v; }
    friend Lanes operator*(Lanes a, Lanes b) { return a.v * b.v; }
    friend Lanes operator/(Lanes a, Lanes b) { return a.v / b.v; }
    friend Lanes operator-(Lanes a) { return -a.v; }

    friend Mask operator<(Lanes a, Lanes b) { return {a.v < b.v}; }
    friend Mask operator<=(Lanes a, Lanes b) { return {a.v <= b.v}; }
    friend Mask operator>(Lanes a, Lanes b) { return {a.v > b.v}; }
    friend Mask operator>=(Lanes a, Lanes b) { return {a.v >= b.v}; }
    friend Mask equal(Lanes a, Lanes b) { return {a.v == b.v}; }
    friend Lanes where(Mask m, Lanes a, Lanes b) { return xsimd::select(m.v, a.v, b.v); }

    friend Lanes exp(Lanes x) { return xsimd::exp(x.v); }
    friend Lanes log(Lanes x) { return xsimd::log(x.v); }
    friend Lanes sqrt(Lanes x) { return xsimd::sqrt(x.v); }
    friend Lanes sin(Lanes x) { return xsimd::sin(x.v); }
    friend Lanes cos(Lanes x) { return xsimd::cos(x.v); }
    friend Lanes tanh(Lanes x) { return xsimd::tanh(x.v); }
    friend Lanes abs(Lanes x) { return xsimd::abs(x.v); }
    friend Lanes square(Lanes x) { return x * x; }
    friend Lanes pow(Lanes x, double exponent) {
        return x.map([exponent](T value) { return static_cast<T>(std::pow(static_cast<double>(value), exponent)); });
    }
};

}  // namespace xtape
