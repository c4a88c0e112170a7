// Exponentials, logarithms, hyperbolic and error functions of a SIMD register, within 2 units in the last place for every
// number: subnormal ones, infinities, NaN and signed zeros too. Lanes gives them their names.
//
// Arguments are reduced as in W. J. Cody and W. Waite, "Software Manual for the Elementary Functions" (1980). The coefficients
// in vector_constants.hpp were computed for this file.
#pragma once

#include <xtape/autodiff/kernels/vector_constants.hpp>

#include <xsimd/xsimd.hpp>

#include <cstddef>
#include <limits>
#include <type_traits>

namespace xtape::detail {

/// Whether the processor takes numbers apart and puts them together itself, and does the right thing for special ones.
#ifdef __AVX512F__
template <class T, class A>
inline constexpr bool scales_itself = sizeof(xsimd::batch<T, A>) == 64;
#else
template <class T, class A>
inline constexpr bool scales_itself = false;
#endif

/// Whether the processor multiplies and adds with one rounding.
#if defined(__FMA__) || defined(__AVX512F__)
template <class T, class A>
inline constexpr bool fuses = true;
#else
template <class T, class A>
inline constexpr bool fuses = false;
#endif

/// a b + c, rounded once if the processor fuses. xsimd 8 has no such function for AVX-512.
template <class T, class A>
xsimd::batch<T, A> fused_by_name(const xsimd::batch<T, A>& a, const xsimd::batch<T, A>& b, const xsimd::batch<T, A>& c) {
#ifdef __AVX512F__
    if constexpr (sizeof(xsimd::batch<T, A>) == 64) {
        if constexpr (sizeof(T) == sizeof(float)) {
            return _mm512_fmadd_ps(a, b, c);
        } else {
            return _mm512_fmadd_pd(a, b, c);
        }
    }
#endif
    return xsimd::fma(a, b, c);
}

/// a b + c, rounded once where that costs nothing. GCC fuses the two operations by itself when it optimises, and spills
/// accumulators when it is told to by name; Clang does not, and then runs out of registers.
template <class T, class A>
xsimd::batch<T, A> fused(const xsimd::batch<T, A>& a, const xsimd::batch<T, A>& b, const xsimd::batch<T, A>& c) {
#ifdef __clang__
    return fused_by_name(a, b, c);
#else
    return c + a * b;
#endif
}

template <class T, class A>
struct VectorMath {
    using V = xsimd::batch<T, A>;
    using Bits = xsimd::batch<xsimd::as_unsigned_integer_t<T>, A>;
    using Bit = xsimd::as_unsigned_integer_t<T>;
    using C = VectorConstants<T>;
    using Limits = std::numeric_limits<T>;
    static constexpr int fraction_bits = Limits::digits - 1;
    static constexpr Bit one_bits = static_cast<Bit>(Limits::max_exponent - 1) << fraction_bits;

    static Bits bits(const V& x) { return xsimd::bitwise_cast<Bits>(x); }
    static V number(const Bits& b) { return xsimd::bitwise_cast<V>(b); }
    static V sign(const V& x) { return x & V(T(-0.0)); }
    // The processors' minimum and maximum give the second operand when one is NaN.
    static V at_most(T bound, const V& x) { return xsimd::min(V(bound), x); }
    static V at_least(T bound, const V& x) { return xsimd::max(V(bound), x); }

    template <std::size_t N>
    static V polynomial(const V& x, const T (&c)[N]) {
        return horner<N, 0>(x, c);
    }

    /// x = n ln 2 + r with an |r| of about ln(2)/2; the lowest bits of `shifted` = n + C::shifter are n.
    struct Reduced {
        V r, n, shifted;
    };
    static Reduced reduced(const V& x, const V& shifted) {
        const V n = shifted - V(C::shifter);
        return {fused(n, V(-C::ln2_low), fused(n, V(-C::ln2_high), x)), n, shifted};
    }
    static Reduced reduced(const V& x) { return reduced(x, fused(x, V(C::log2_e), V(C::shifter))); }
    /// e^r - 1
    static V remainder(const V& r) { return fused(r * r, polynomial(r, C::exponential), r); }

    /// x 2^(n + more) for x of about 1: infinite where that is too large, rounded once where it is subnormal.
    static V scaled(const V& x, const Reduced& p, int more = 0) {
#ifdef __AVX512F__
        if constexpr (scales_itself<T, A>) {
            const V n = more == 0 ? p.n : p.n + V(static_cast<T>(more));
            if constexpr (sizeof(T) == sizeof(float)) {
                return _mm512_scalef_ps(x, n);
            } else {
                return _mm512_scalef_pd(x, n);
            }
        }
#endif
        // In two halves, because 2^n itself may be out of range.
        const Bits n = bits(p.shifted) + Bits(static_cast<Bit>(more)), half = n >> 1, one(one_bits);
        return x * number((half << fraction_bits) + one) * number(((n - half) << fraction_bits) + one);
    }
    /// 2^n where that is a normal number.
    static V power_of_two(const Reduced& p) { return number((bits(p.shifted) << fraction_bits) + Bits(one_bits)); }
    static V scaled_within(const V& x, const Reduced& p) {
        if constexpr (scales_itself<T, A>) {
            return scaled(x, p);
        } else {
            return x * power_of_two(p);
        }
    }

    /// For what would round to 0: the processor takes a hundred cycles for a product below the normal numbers.
    static V zero_where(const typename V::batch_bool_type& vanishes, const V& x) { return xsimd::select(vanishes, V(0), x); }

    /// e^x 2^more
    static V exp(const V& x, int more = 0) {
        const V y = at_least(C::exp_lowest, at_most(C::exp_highest, x));
        const Reduced p = reduced(y);
        return scaled(zero_where(y <= V(C::exp_lowest), V(1) + remainder(p.r)), p, more);
    }
    static V exp2(const V& x) {
        const V y = at_least(C::exp2_lowest, at_most(C::exp2_highest, x)), shifted = y + V(C::shifter), n = shifted - V(C::shifter);
        const Reduced p{(y - n) * V(C::ln2), n, shifted};
        return scaled(zero_where(y <= V(C::exp2_lowest), V(1) + remainder(p.r)), p);
    }
    /// e^x - 1 = 2^n q + (2^n - 1). n changes where e^x is 3/4 and 3/2 rather than at the square roots of 1/2 and 2: no sum
    /// that cancels then has an error above that of its result.
    static V expm1(const V& x) {
        const V y = at_least(C::expm1_lowest, at_most(C::expm1_highest, x));
        const Reduced p = reduced(y, fused(y, V(C::log2_e), V(-C::expm1_shift)) + V(C::shifter));
        // Halves: 2^n itself may be infinite.
        const V half = number(((bits(p.shifted) - Bits(Bit{1})) << fraction_bits) + Bits(one_bits));
        const V result = V(2) * fused(half, remainder(p.r), half - V(T(0.5)));
        return xsimd::select(x == V(0), x, result);  // keeps -0
    }

    /// x = (1 + f) 2^k with 1 + f between the square roots of 1/2 and 2.
    struct Split {
        V f, k;
    };
    static Split split(const V& x) {
#ifdef __AVX512F__
        if constexpr (scales_itself<T, A>) {
            // The mantissa of a negative number is NaN, that of zeros and infinities 1; the exponent of 0 is -inf.
            constexpr auto signs = static_cast<_MM_MANTISSA_SIGN_ENUM>(_MM_MANT_SIGN_nan | _MM_MANT_SIGN_zero);
            V m, k;
            if constexpr (sizeof(T) == sizeof(float)) {
                m = _mm512_getmant_ps(x, _MM_MANT_NORM_1_2, signs);
                k = _mm512_getexp_ps(x);
            } else {
                m = _mm512_getmant_pd(x, _MM_MANT_NORM_1_2, signs);
                k = _mm512_getexp_pd(x);
            }
            const auto large = m > V(C::sqrt2);
            return {xsimd::select(large, m * V(T(0.5)), m) - V(1), xsimd::select(large, k + V(1), k)};
        }
#endif
        // The exponent is that of x / sqrt(1/2); subnormal numbers are made normal first.
        const auto tiny = x < V(Limits::min());
        constexpr T lift = static_cast<T>(Bit{1} << Limits::digits);
        const Bits b = bits(xsimd::select(tiny, x * V(lift), x)), raised = b + Bits(one_bits - C::sqrt_half_bits);
        const Bits exponent = raised >> fraction_bits;
        const V m = number(b - (exponent << fraction_bits) + Bits(one_bits));
        const V whole = number(exponent | Bits(C::shifter_bits)) - V(C::shifter + T(Limits::max_exponent - 1));
        return {m - V(1), whole - xsimd::select(tiny, V(T(Limits::digits)), V(0))};
    }

    /// ln(1 + f) - f.
    static V log_rest(const V& f) {
        const V square = f * f;
        if constexpr (sizeof(T) == sizeof(float)) {
            return fused(f * square, polynomial(f, C::logarithm), V(T(-0.5)) * square);
        } else {
            // ln(1 + f) = 2 artanh(s) with s = f/(2 + f), as in the fdlibm of Sun Microsystems (1993).
            const V half = V(T(0.5)) * square, s = f / (V(2) + f), z = s * s;
            return fused(s, fused(z, polynomial(z, C::logarithm), half), -half);
        }
    }
    static V ln_of(const Split& p) {
        return fused(p.k, V(C::ln2_high), p.f + fused(p.k, V(C::ln2_low), log_rest(p.f)));
    }
    /// What a logarithm is at 0, infinity, NaN and negative numbers, where the processor does not know.
    static V log_edges(const V& x, const V& result) {
        if constexpr (scales_itself<T, A>) {
            return result;
        } else {
            const V inf(Limits::infinity()), below = xsimd::select(x == V(0), -inf, V(Limits::quiet_NaN()));
            return xsimd::select(x > V(0), xsimd::select(x < inf, result, x), below);
        }
    }
    static V log(const V& x) { return log_edges(x, ln_of(split(x))); }
    static V log2(const V& x) {
        const Split p = split(x);
        const V rest = fused(log_rest(p.f), V(C::log2_e), p.f * V(C::log2_e_low));
        return log_edges(x, p.k + fused(p.f, V(C::log2_e), rest));
    }
    static V log10(const V& x) {
        const Split p = split(x);
        const V rest = fused(log_rest(p.f), V(C::log10_e), fused(p.f, V(C::log10_e_low), p.k * V(C::log10_2_low)));
        return log_edges(x, fused(p.k, V(C::log10_2_high), fused(p.f, V(C::log10_e), rest)));
    }
    static V log1p(const V& x) {
        const V u = V(1) + x;
        Split p = split(u);
        // What was lost in 1 + x: it counts as long as x is below 2^digits, in units of 2^k.
        const V lost = xsimd::select(x < V(1), x - (u - V(1)), V(1) - (u - x));
        const V unit = number(Bits(one_bits) - (bits(p.k + V(C::shifter)) << fraction_bits));
        p.f = p.f + xsimd::select(x < V(static_cast<T>(Bit{1} << Limits::digits)) && u > V(0), lost * unit, V(0));
        const V result = log_edges(u, ln_of(p));
        return xsimd::select(x == V(0), x, result);  // keeps -0
    }
    /// ln(1 + x) for x from 0 to 1
    static V log1p_of_part(const V& x) {
        const auto large = x > V(C::sqrt2 - 1);
        return ln_of({xsimd::select(large, (x - V(1)) * V(T(0.5)), x), xsimd::select(large, V(1), V(0))});
    }

    /// 1 - 2/(e^2|x| + 1) where tanh is above 1/2.
    static V tanh(const V& x) {
        const V a = xsimd::abs(x), z = a * a;
        const V small = fused(a * z, polynomial(z, C::tangent), a);
        const Reduced p = reduced(V(2) * at_most(C::tanh_saturated, a));
        const V large = V(1) - V(2) / (scaled_within(V(1) + remainder(p.r), p) + V(1));
        return xsimd::select(a < V(C::tanh_small), small, large) | sign(x);
    }
    static V sinh(const V& x) {
        const V a = xsimd::abs(x), z = a * a;
        const V small = fused(a * z, polynomial(z, C::sine), a), half = exp(a, -1);
        return xsimd::select(a < V(1), small, half - V(T(0.25)) / half) | sign(x);
    }
    static V cosh(const V& x) {
        const V half = exp(xsimd::abs(x), -1);
        return half + V(T(0.25)) / half;
    }
    /// 1 / (1 + e^-x), as 2^-n / (2^-n + 1 + q) for x < 0, with e^|x| = 2^n (1 + q)
    static V sigmoid(const V& x) {
        const V y = at_least(C::exp_lowest, -xsimd::abs(x));
        const Reduced p = reduced(y);
        const auto vanishes = y <= V(C::exp_lowest);
        const V power = scaled(zero_where(vanishes, V(1)), p);
        const V small = scaled(zero_where(vanishes, V(1) / (V(1) + (remainder(-p.r) + power))), p);
        return xsimd::select(x < V(0), small, V(1) - small);
    }

    static V softplus(const V& x) { return at_least(T(0), x) + log1p_of_part(exp(-xsimd::abs(x))); }
    /// tanh(ln(1 + e)) = m / (m + 2) with m = e (e + 2)
    static V tanh_softplus(const V& x) {
        const V e = exp(at_most(C::tanh_saturated, x)), m = e * (e + V(2));
        return m / (m + V(2));
    }

    /// erf x - x for small x
    static V erf_rest(const V& x) { return x * polynomial(x * x, C::error); }

    static V head(const V& x) { return number(bits(x) & Bits(C::head_mask)); }
    /// c - a b without rounding, for an a b of nearly c.
    static V rest_of(const V& c, const V& a, const V& b) {
        if constexpr (fuses<T, A>) {
            return fused_by_name(-a, b, c);
        } else {
            const V p = head(a), q = head(b);
            return ((c - p * q) - p * (b - q)) - (a - p) * b;
        }
    }
    /// a a as the sum of two numbers, the first one exact because it is the square of half the digits; and as one number.
    struct Square {
        V high, low, all;
    };
    static Square square(const V& a) {
        const V h = head(a);
        return {h * h, (a - h) * (a + h), a * a};
    }
    /// erfc(a) for a from erfc_small on, or erfc(a/sqrt(2))/2; a2 is the square of the argument of erfc. Without `Careful` it is good
    /// enough to be taken from 1.
    template <bool Normal, bool Careful>
    static V erfc_tail(const V& a, const Square& a2) {
        const V shifted = fused(a2.all, V(-C::log2_e), V(C::shifter)), n = shifted - V(C::shifter);
        const V first = fused(n, V(-C::ln2_high), -a2.high), second = fused(n, V(C::ln2_low), a2.low);
        const V r = first - second, bend = r * r * polynomial(r, C::exponential), q = r + bend;
        // erfc(a) e^(a a) is s = 1/(a + 2) times a slowly varying function, 1 + u.
        const V offset(Normal ? C::normal_offset : C::tail_offset), factor(Normal ? C::sqrt2 : T(1));
        const V d = a + offset, s = factor / d;
        const V u = polynomial(fused(s, V(C::tail_scale), V(-C::tail_center)), C::tail), f = fused(s, u, s);
        const Reduced p{r, n, shifted};
        if constexpr (!Careful) {
            return scaled(fused(f, q, f), p);
        } else {
            // What the roundings of d, s, f and q have lost joins the last term; tail_slope s + 1 is the derivative of ln f by ln s.
            V d_low = a - (d - offset);
            if constexpr (Normal) d_low = (a - (d - (d - a))) + ((offset - (d - a)) + V(C::normal_offset_low));
            V s_low = fused(-s, d_low, rest_of(factor, s, d));
            if constexpr (Normal) s_low = fused(s_low, V(C::sqrt_half), V(C::normal_factor_lost));
            const V q_low = ((first - r) - second) + ((r - q) + bend);
            const V f_low = fused(f, fused(s_low, fused(s, V(C::tail_slope), V(1)), q_low), fused(s, u, s - f));
            const auto vanishes = a >= V(Normal ? C::normal_vanishes : C::erfc_vanishes);
            return scaled(zero_where(vanishes, f + fused(f, q, f_low)), p, Normal ? -1 : 0);
        }
    }
    static V erf(const V& x) {
        const V a = xsimd::abs(x), b = at_most(C::erf_saturated, a);
        return xsimd::select(a < V(C::erf_small), a + erf_rest(a), V(1) - erfc_tail<false, false>(b, square(b))) | sign(x);
    }
    static V erfc(const V& x) {
        const V a = xsimd::abs(x), b = at_most(C::erfc_vanishes, a), tail = erfc_tail<false, true>(b, square(b));
        const V outside = xsimd::select(x < V(0), V(2) - tail, tail);
        return xsimd::select(a < V(C::erfc_small), V(1) - (x + erf_rest(x)), outside);
    }
    /// The distribution function of the standard normal law, erfc(-x / sqrt(2)) / 2.
    static V normal_cdf(const V& x) {
        const V a = at_most(C::normal_vanishes, xsimd::abs(x)), y = V(C::sqrt_half) * x;
        const Square a2 = square(a);
        const V half(T(0.5)), tail = erfc_tail<true, true>(a, {half * a2.high, half * a2.low, half * a2.all});
        const V outside = xsimd::select(x < V(0), tail, V(1) - tail);
        return xsimd::select(a < V(C::normal_small), fused(V(T(0.5)), y + erf_rest(y), V(T(0.5))), outside);
    }

private:
    template <std::size_t N, std::size_t I>
    static V horner(const V& x, const T (&c)[N]) {
        if constexpr (I + 1 == N) {
            return V(c[I]);
        } else {
            return fused(x, horner<N, I + 1>(x, c), V(c[I]));
        }
    }
};

}  // namespace xtape::detail
