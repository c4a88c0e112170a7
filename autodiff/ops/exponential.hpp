// Exponentials and logarithms beyond exp and log: expm1 exp2 log1p log2 log10, and pow with a tensor exponent.
#pragma once

#include <xtape/autodiff/ops/elementary.hpp>
#include <xtape/autodiff/ops/selection.hpp>

#include <numbers>

namespace xtape {

/// y = eˣ - 1, accurate near 0
struct Expm1 : Elementwise<1> {
    static constexpr const char* name = "expm1";
    static constexpr const char* signature = "expm1(x)";
    static constexpr const char* formula = "y = exp(x) - 1;  dx = g exp(x)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return expm1(x); }
    template <class V>
    static V backward(V g, V, V x) { return g * exp(x); }
    static double reference(double x) { return std::expm1(x); }
    static std::vector<Sample<Expm1>> samples();
};

/// y = 2ˣ
struct Exp2 : Elementwise<1> {
    static constexpr const char* name = "exp2";
    static constexpr const char* signature = "exp2(x)";
    static constexpr const char* formula = "y = 2^x;  dx = g y ln(2)";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) { return exp2(x); }
    template <class V>
    static V backward(V g, V y, V) { return g * (y * std::numbers::ln2); }
    static double reference(double x) { return std::exp2(x); }
    static std::vector<Sample<Exp2>> samples();
};

/// y = ln(1 + x), accurate near 0. At -1 the value is -inf and the derivative inf; below the value is NaN.
struct Log1p : Elementwise<1> {
    static constexpr const char* name = "log1p";
    static constexpr const char* signature = "log1p(x)";
    static constexpr const char* formula = "y = ln(1 + x);  dx = g / (1 + x)";
    static constexpr const char* domain = "x >= -1; NaN below";
    static constexpr const char* kinks = "at -1 the value is -inf and the derivative inf";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return log1p(x); }
    template <class V>
    static V backward(V g, V, V x) { return g / (1 + x); }
    static double reference(double x) { return std::log1p(x); }
    static std::vector<Sample<Log1p>> samples();
};

/// y = log₂ x. At 0 the value is -inf and the derivative inf; below 0 the value is NaN.
struct Log2 : Elementwise<1> {
    static constexpr const char* name = "log2";
    static constexpr const char* signature = "log2(x)";
    static constexpr const char* formula = "y = log2(x);  dx = g / (x ln(2))";
    static constexpr const char* domain = "x >= 0; NaN below";
    static constexpr const char* kinks = "at 0 the value is -inf and the derivative inf";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return log2(x); }
    template <class V>
    static V backward(V g, V, V x) { return g / (x * std::numbers::ln2); }
    static double reference(double x) { return std::log2(x); }
    static std::vector<Sample<Log2>> samples();
};

/// y = log₁₀ x. At 0 the value is -inf and the derivative inf; below 0 the value is NaN.
struct Log10 : Elementwise<1> {
    static constexpr const char* name = "log10";
    static constexpr const char* signature = "log10(x)";
    static constexpr const char* formula = "y = log10(x);  dx = g / (x ln(10))";
    static constexpr const char* domain = "x >= 0; NaN below";
    static constexpr const char* kinks = "at 0 the value is -inf and the derivative inf";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return log10(x); }
    template <class V>
    static V backward(V g, V, V x) { return g / (x * std::numbers::ln10); }
    static double reference(double x) { return std::log10(x); }
    static std::vector<Sample<Log10>> samples();
};

/// y = aᵇ as IEEE pow, both tensors. 0⁰ = 1, with derivative 0 for both; at a = 0 the derivative for b is 0 when b >= 0, as in
/// PyTorch. For a < 0 the value needs a whole b, and there is no derivative for b (NaN).
struct TensorPower : Elementwise<2> {
    static constexpr const char* name = "power";
    static constexpr const char* signature = "pow(a, b)";
    static constexpr const char* formula = "y = a^b;  da = g b a^(b-1);  db = g y ln(a)";
    static constexpr const char* domain = "a > 0, or a = 0 and b >= 0, or b whole";
    static constexpr const char* kinks =
        "0^0 = 1 with da = db = 0; at a = 0 db is 0 for b > 0 and -inf for b < 0, da is 0 for b > 1, 1 for b = 1, inf for b < 1; for "
        "a < 0 db is NaN";
    static constexpr Keep keep = Keep::inputs() | Keep::output();

    template <class V>
    static V forward(V a, V b) { return pow(a, b); }
    template <class V>
    static std::array<V, 2> backward(V g, V y, V a, V b) {
        const V zero(0), one(1);
        // Where a formula would say 0 inf, its operand is replaced, so that later derivatives stay finite as well.
        const auto at_zero = equal(a, zero);
        const V exponent = where(at_zero, where(equal(b, zero), one, b - 1), b - 1);
        const V base = where(at_zero, where(b >= zero, one, a), a);
        return {g * (b * pow(a, exponent)), g * (y * log(base))};
    }
    static double reference(double a, double b) { return std::pow(a, b); }
    static std::vector<Sample<TensorPower>> samples();
};

template <Node X>
auto expm1(const X& x, Location at = Location::current()) { return detail::call(Expm1{}, at, x); }
template <Node X>
auto exp2(const X& x, Location at = Location::current()) { return detail::call(Exp2{}, at, x); }
template <Node X>
auto log1p(const X& x, Location at = Location::current()) { return detail::call(Log1p{}, at, x); }
template <Node X>
auto log2(const X& x, Location at = Location::current()) { return detail::call(Log2{}, at, x); }
template <Node X>
auto log10(const X& x, Location at = Location::current()) { return detail::call(Log10{}, at, x); }

// xtensor has a pow of two operands; see maximum. A number as exponent goes to the pow of arithmetic.hpp.
template <class A, class B>
    requires(Operands<A, B> && !Number<B>)
auto pow(A&& a, B&& b) { return detail::call(TensorPower{}, Location{}, a, b); }
template <class A, class B>
    requires UnfitOperands<A, B>
auto pow(A&& a, B&& b) = delete;

namespace detail {
std::vector<OperationInfo> exponential_operations();
}

using ExponentialOps = OpList<Expm1, Exp2, Log1p, Log2, Log10, TensorPower>;

extern template struct detail::Runner<Expm1>;
extern template struct detail::Runner<Exp2>;
extern template struct detail::Runner<Log1p>;
extern template struct detail::Runner<Log2>;
extern template struct detail::Runner<Log10>;
extern template struct detail::Runner<TensorPower>;

}  // namespace xtape
