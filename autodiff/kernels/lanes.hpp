// One SIMD register of numbers, written like a number.
//
// Lanes<T> is what an elementwise operation's forward and backward see when they run as a kernel; the same formula compiles for
// BasicTensor<T> when the gradient itself must be differentiated. Both find their functions by argument-dependent lookup, and
// both take plain numbers beside them, so formulas read like the mathematics: g * (1 - y * y).
#pragma once

#include <xtape/autodiff/kernels/vector_math.hpp>

#include <xsimd/xsimd.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
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

    /// Stores past the caches, which then need not read the line first: for what does not fit into them anyway. p is aligned to
    /// the size of a register. Other threads see it behind a stream_end().
    void stream(T* p) const {
#ifdef __AVX512F__
        if constexpr (sizeof(Batch) == 64 && sizeof(T) == 4) return _mm512_stream_ps(p, v);
        if constexpr (sizeof(Batch) == 64 && sizeof(T) == 8) return _mm512_stream_pd(p, v);
#endif
#ifdef __AVX__
        if constexpr (sizeof(Batch) == 32 && sizeof(T) == 4) return _mm256_stream_ps(p, v);
        if constexpr (sizeof(Batch) == 32 && sizeof(T) == 8) return _mm256_stream_pd(p, v);
#endif
#ifdef __SSE2__
        if constexpr (sizeof(Batch) == 16 && sizeof(T) == 4) return _mm_stream_ps(p, v);
        if constexpr (sizeof(Batch) == 16 && sizeof(T) == 8) return _mm_stream_pd(p, v);
#endif
        store(p);
    }
    static void stream_end() {
#ifdef __SSE2__
        _mm_sfence();
#endif
    }

    /// The first n < width lanes from p; the rest are 0. Touches no memory beyond them.
    static Lanes load_some(const T* p, std::size_t n) {
#ifdef __AVX512F__
        if constexpr (sizeof(Batch) == 64 && sizeof(T) == 4) return Batch(_mm512_maskz_loadu_ps(first_bits(n), p));
        if constexpr (sizeof(Batch) == 64 && sizeof(T) == 8) return Batch(_mm512_maskz_loadu_pd(first_bits(n), p));
#endif
#ifdef __AVX2__
        if constexpr (sizeof(Batch) == 32 && sizeof(T) == 4) return Batch(_mm256_maskload_ps(p, first_lanes(n)));
        if constexpr (sizeof(Batch) == 32 && sizeof(T) == 8) return Batch(_mm256_maskload_pd(p, first_lanes(n)));
#endif
        alignas(64) T buffer[width] = {};
        for (std::size_t i = 0; i < n; ++i) buffer[i] = p[i];
        return Batch::load_aligned(buffer);
    }
    void store_some(T* p, std::size_t n) const {
#ifdef __AVX512F__
        if constexpr (sizeof(Batch) == 64 && sizeof(T) == 4) return _mm512_mask_storeu_ps(p, first_bits(n), v);
        if constexpr (sizeof(Batch) == 64 && sizeof(T) == 8) return _mm512_mask_storeu_pd(p, first_bits(n), v);
#endif
#ifdef __AVX2__
        if constexpr (sizeof(Batch) == 32 && sizeof(T) == 4) return _mm256_maskstore_ps(p, first_lanes(n), v);
        if constexpr (sizeof(Batch) == 32 && sizeof(T) == 8) return _mm256_maskstore_pd(p, first_lanes(n), v);
#endif
        alignas(64) T buffer[width];
        v.store_aligned(buffer);
        for (std::size_t i = 0; i < n; ++i) p[i] = buffer[i];
    }

    /// The first n lanes of `some`, the others of `rest`.
    static Lanes first_of(std::size_t n, Lanes some, Lanes rest) {
#ifdef __AVX512F__
        if constexpr (sizeof(Batch) == 64 && sizeof(T) == 4) return Batch(_mm512_mask_mov_ps(rest.v, first_bits(n), some.v));
        if constexpr (sizeof(Batch) == 64 && sizeof(T) == 8) return Batch(_mm512_mask_mov_pd(rest.v, first_bits(n), some.v));
#endif
#ifdef __AVX2__
        if constexpr (sizeof(Batch) == 32 && sizeof(T) == 4) {
            return Batch(_mm256_blendv_ps(rest.v, some.v, _mm256_castsi256_ps(first_lanes(n))));
        }
        if constexpr (sizeof(Batch) == 32 && sizeof(T) == 8) {
            return Batch(_mm256_blendv_pd(rest.v, some.v, _mm256_castsi256_pd(first_lanes(n))));
        }
#endif
        alignas(64) T first[width], second[width];
        some.v.store_aligned(first);
        rest.v.store_aligned(second);
        for (std::size_t i = n; i < width; ++i) first[i] = second[i];
        return Batch::load_aligned(first);
    }
    static Lanes load_some(const T* p, std::size_t n, Lanes rest) { return first_of(n, load_some(p, n), rest); }

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
    /// a b + c, rounded once where the processor can
    friend Lanes multiply_add(Lanes a, Lanes b, Lanes c) { return detail::fused(a.v, b.v, c.v); }

    friend Mask operator<(Lanes a, Lanes b) { return {a.v < b.v}; }
    friend Mask operator<=(Lanes a, Lanes b) { return {a.v <= b.v}; }
    friend Mask operator>(Lanes a, Lanes b) { return {a.v > b.v}; }
    friend Mask operator>=(Lanes a, Lanes b) { return {a.v >= b.v}; }
    friend Mask equal(Lanes a, Lanes b) { return {a.v == b.v}; }
    friend Lanes where(Mask m, Lanes a, Lanes b) { return xsimd::select(m.v, a.v, b.v); }

    // Those of VectorMath are within 2 units in the last place of the true value, erfc and normal_cdf within 3.
    friend Lanes exp(Lanes x) { return Math::exp(x.v); }
    friend Lanes exp2(Lanes x) { return Math::exp2(x.v); }
    friend Lanes expm1(Lanes x) { return Math::expm1(x.v); }
    friend Lanes log(Lanes x) { return Math::log(x.v); }
    friend Lanes log2(Lanes x) { return Math::log2(x.v); }
    friend Lanes log10(Lanes x) { return Math::log10(x.v); }
    friend Lanes log1p(Lanes x) { return Math::log1p(x.v); }
    friend Lanes sinh(Lanes x) { return Math::sinh(x.v); }
    friend Lanes cosh(Lanes x) { return Math::cosh(x.v); }
    friend Lanes tanh(Lanes x) { return Math::tanh(x.v); }
    friend Lanes sigmoid(Lanes x) { return Math::sigmoid(x.v); }
    friend Lanes softplus(Lanes x) { return Math::softplus(x.v); }
    friend Lanes tanh_softplus(Lanes x) { return Math::tanh_softplus(x.v); }
    friend Lanes erf(Lanes x) { return Math::erf(x.v); }
    friend Lanes erfc(Lanes x) { return Math::erfc(x.v); }
    friend Lanes normal_cdf(Lanes x) { return Math::normal_cdf(x.v); }
    friend Lanes sqrt(Lanes x) { return xsimd::sqrt(x.v); }
    friend Lanes square(Lanes x) { return x * x; }

    // Those of xsimd are within 4 units in the last place and right at infinities, NaN and zeros, except where something else
    // stands here.
    friend Lanes sin(Lanes x) { return xsimd::sin(x.v); }
    friend Lanes cos(Lanes x) { return xsimd::cos(x.v); }
    friend Lanes tan(Lanes x) { return xsimd::tan(x.v); }
    friend Lanes asin(Lanes x) { return xsimd::asin(x.v); }
    friend Lanes acos(Lanes x) { return xsimd::acos(x.v); }
    friend Lanes atan(Lanes x) { return xsimd::atan(x.v); }
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

    /// The larger or smaller one; b where one of them is NaN.
    friend Lanes larger_number(Lanes a, Lanes b) { return xsimd::max(a.v, b.v); }
    friend Lanes smaller_number(Lanes a, Lanes b) { return xsimd::min(a.v, b.v); }
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

private:
    using Math = detail::VectorMath<T, Arch>;

    // A mask of the first n lanes.
#ifdef __AVX512F__
    static auto first_bits(std::size_t n) {
        return static_cast<std::conditional_t<sizeof(T) == 4, __mmask16, __mmask8>>((1U << n) - 1);
    }
#endif
#ifdef __AVX2__
    static __m256i first_lanes(std::size_t n) {
        alignas(64) static constexpr std::int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
        const std::int32_t* const from = ones + 8 - n * sizeof(T) / 4;
        return _mm256_loadu_si256(static_cast<const __m256i*>(static_cast<const void*>(from)));
    }
#endif
};

namespace detail {
/// AVX-512 has 32 registers, its predecessors 16.
template <class T>
constexpr bool many_registers = sizeof(Lanes<T>) == 64;
}  // namespace detail

}  // namespace xtape
