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
#include <numbers>
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
    template <class F>
    static Lanes map(Lanes a, Lanes b, F f) {
        alignas(64) T first[width], second[width];
        a.v.store_aligned(first);
        b.v.store_aligned(second);
        for (std::size_t i = 0; i < width; ++i) first[i] = f(first[i], second[i]);
        return Batch::load_aligned(first);
    }

    struct Mask {
        typename Batch::batch_bool_type v;
        bool any() const { return xsimd::any(v); }
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

    // The vector functions of xsimd are within 4 units in the last place of the true value and right at infinities, NaN
    // and zeros, except where something else stands here. exp and expm1 are infinite from 88.38 on in float and from
    // 709.44 on in double (the largest numbers are e^88.72 and e^709.78), exp2 from 127 and 1023 on; exp and exp2 below
    // the smallest normal number are 0.
    friend Lanes exp(Lanes x) { return xsimd::exp(x.v); }
    friend Lanes exp2(Lanes x) { return xsimd::exp2(x.v); }
    friend Lanes expm1(Lanes x) { return where(equal(x, Lanes(0)), x, xsimd::expm1(x.v)); }  // keeps the sign of -0
    friend Lanes log(Lanes x) {
        return with_subnormals(x, [](Batch b) { return xsimd::log(b); }, std::numbers::ln2);
    }
    friend Lanes log2(Lanes x) {
        return with_subnormals(x, [](Batch b) { return xsimd::log2(b); }, 1);
    }
    friend Lanes log10(Lanes x) {
        return with_subnormals(x, [](Batch b) { return xsimd::log10(b); }, std::numbers::ln2 / std::numbers::ln10);
    }
    friend Lanes log1p(Lanes x) { return where(equal(x, Lanes(0)), x, xsimd::log1p(x.v)); }
    friend Lanes sqrt(Lanes x) { return xsimd::sqrt(x.v); }
    friend Lanes square(Lanes x) { return x * x; }

    friend Lanes sin(Lanes x) { return xsimd::sin(x.v); }
    friend Lanes cos(Lanes x) { return xsimd::cos(x.v); }
    friend Lanes tan(Lanes x) { return xsimd::tan(x.v); }
    friend Lanes asin(Lanes x) { return xsimd::asin(x.v); }
    friend Lanes acos(Lanes x) { return xsimd::acos(x.v); }
    friend Lanes atan(Lanes x) { return xsimd::atan(x.v); }
    friend Lanes sinh(Lanes x) { return xsimd::sinh(x.v); }
    friend Lanes cosh(Lanes x) { return xsimd::cosh(x.v); }
    friend Lanes tanh(Lanes x) { return xsimd::tanh(x.v); }
    friend Lanes asinh(Lanes x) { return xsimd::asinh(x.v); }
    // xsimd gives inf for large negative numbers.
    friend Lanes acosh(Lanes x) { return where(x < 1, Lanes(std::numeric_limits<T>::quiet_NaN()), xsimd::acosh(x.v)); }
    friend Lanes atanh(Lanes x) { return xsimd::atanh(x.v); }
    // xsimd gives NaN where both are 0 or both infinite.
    friend Lanes atan2(Lanes y, Lanes x) {
        const Lanes inf(std::numeric_limits<T>::infinity()), p = abs(y), q = abs(x);
        if (((equal(p, q) && equal(p, Lanes(0))) || (equal(p, inf) && equal(q, inf))).any()) {
            return map(y, x, [](T b, T a) { return std::atan2(b, a); });
        }
        return xsimd::atan2(y.v, x.v);
    }
    // Scaled by the larger operand: xsimd squares, which overflows and underflows.
    friend Lanes hypot(Lanes a, Lanes b) {
        const Lanes inf(std::numeric_limits<T>::infinity()), p = abs(a), q = abs(b);
        const Mask order = p > q;
        const Lanes large = where(order, p, q), small = where(order, q, p);
        const Lanes y = large * sqrt(1 + square(small / large));
        // Also where large is 0, and where only the smaller one is NaN beside an infinity.
        return where(equal(p, inf) || equal(q, inf), inf, where(equal(small, Lanes(0)), large, y));
    }

    // In double, xsimd's erf loses two digits and is NaN for large numbers; its erfc loses all digits of small values.
    friend Lanes erf(Lanes x) {
        if constexpr (std::is_same_v<T, float>) {
            return xsimd::erf(x.v);
        } else {
            return x.map([](T value) { return std::erf(value); });
        }
    }
    friend Lanes erfc(Lanes x) {
        return x.map([](T value) { return std::erfc(value); });
    }

    friend Lanes abs(Lanes x) { return xsimd::abs(x.v); }
    friend Lanes sign(Lanes x) { return where(x > 0, Lanes(1), where(x < 0, Lanes(-1), x)); }
    friend Lanes floor(Lanes x) { return xsimd::floor(x.v); }
    friend Lanes ceil(Lanes x) { return xsimd::ceil(x.v); }
    friend Lanes round(Lanes x) { return xsimd::nearbyint(x.v); }  // half to even
    friend Lanes clamp(Lanes x, double low, double high) {
        return where(x < low, Lanes(low), where(x > high, Lanes(high), x));
    }

    // xsimd's pow is exp(b log a): three digits are lost, and special operands go wrong.
    friend Lanes pow(Lanes a, Lanes b) {
        return map(a, b, [](T x, T y) { return std::pow(x, y); });
    }
    friend Lanes pow(Lanes x, double exponent) {
        if (exponent == 1) return x;
        if (exponent == 2) return x * x;
        if (exponent == 3) return x * x * x;
        if (exponent == -1) return 1 / x;
        return x.map([exponent](T value) { return static_cast<T>(std::pow(static_cast<double>(value), exponent)); });
    }

    // e is raised to numbers that are not positive only.
    friend Lanes sigmoid(Lanes x) {
        const Lanes e = exp(-abs(x)), large = 1 / (1 + e);
        return where(x < 0, e * large, large);
    }
    friend Lanes softplus(Lanes x) { return where(x > 0, x, Lanes(0)) + log1p(exp(-abs(x))); }

private:
    // A logarithm, which in xsimd takes subnormal numbers of type double for powers of two. `unit` is the logarithm of 2.
    template <class F>
    static Lanes with_subnormals(Lanes x, F logarithm, double unit) {
        if constexpr (std::is_same_v<T, double>) {
            const Mask tiny = x < std::numeric_limits<T>::min();
            if (tiny.any()) return where(tiny, logarithm((x * 0x1p54).v) - 54 * unit, logarithm(x.v));
        }
        return logarithm(x.v);
    }
};

}  // namespace xtape
