// Hyperbolic functions: sinh cosh asinh acosh atanh (tanh is among the activations).
#pragma once

#include <xtape/autodiff/ops/trigonometric.hpp>

namespace xtape {

/// y = hyperbolic sine of x
struct Sinh : Elementwise<1> {
    static constexpr const char* name = "sinh";
    static constexpr const char* signature = "sinh(x)";
    static constexpr const char* formula = "y = sinh(x);  dx = g cosh(x)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return sinh(x); }
    template <class V>
    static V backward(V g, V, V x) { return g * cosh(x); }
    static double reference(double x) { return std::sinh(x); }
    static std::vector<Sample<Sinh>> samples();
};

/// y = hyperbolic cosine of x
struct Cosh : Elementwise<1> {
    static constexpr const char* name = "cosh";
    static constexpr const char* signature = "cosh(x)";
    static constexpr const char* formula = "y = cosh(x);  dx = g sinh(x)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return cosh(x); }
    template <class V>
    static V backward(V g, V, V x) { return g * sinh(x); }
    static double reference(double x) { return std::cosh(x); }
    static std::vector<Sample<Cosh>> samples();
};

/// y = inverse hyperbolic sine of x
struct Asinh : Elementwise<1> {
    static constexpr const char* name = "asinh";
    static constexpr const char* signature = "asinh(x)";
    static constexpr const char* formula = "y = asinh(x);  dx = g / sqrt(1 + x^2)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return asinh(x); }
    template <class V>
    static V backward(V g, V, V x) { return g / hypot(x, 1); }
    static double reference(double x) { return std::asinh(x); }
    static std::vector<Sample<Asinh>> samples();
};

/// y = inverse hyperbolic cosine of x. At 1 the derivative is inf; below 1 everything is NaN.
struct Acosh : Elementwise<1> {
    static constexpr const char* name = "acosh";
    static constexpr const char* signature = "acosh(x)";
    static constexpr const char* formula = "y = acosh(x);  dx = g / sqrt(x^2 - 1)";
    static constexpr const char* domain = "x >= 1; NaN below";
    static constexpr const char* kinks = "at 1 the derivative is inf";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return acosh(x); }
    template <class V>
    static V backward(V g, V, V x) { return g / (sqrt(x - 1) * sqrt(x + 1)); }
    static double reference(double x) { return std::acosh(x); }
    static std::vector<Sample<Acosh>> samples();
};

/// y = inverse hyperbolic tangent of x. At ±1 the value is ±inf and the derivative inf; beyond, the value is NaN.
struct Atanh : Elementwise<1> {
    static constexpr const char* name = "atanh";
    static constexpr const char* signature = "atanh(x)";
    static constexpr const char* formula = "y = atanh(x);  dx = g / (1 - x^2)";
    static constexpr const char* domain = "-1 <= x <= 1; NaN elsewhere";
    static constexpr const char* kinks = "at -1 and 1 the value is -inf and inf, the derivative inf";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return atanh(x); }
    template <class V>
    static V backward(V g, V, V x) { return g / ((1 - x) * (1 + x)); }
    static double reference(double x) { return std::atanh(x); }
    static std::vector<Sample<Atanh>> samples();
};

template <Node X>
auto sinh(const X& x, Location at = Location::current()) { return detail::call(Sinh{}, at, x); }
template <Node X>
auto cosh(const X& x, Location at = Location::current()) { return detail::call(Cosh{}, at, x); }
template <Node X>
auto asinh(const X& x, Location at = Location::current()) { return detail::call(Asinh{}, at, x); }
template <Node X>
auto acosh(const X& x, Location at = Location::current()) { return detail::call(Acosh{}, at, x); }
template <Node X>
auto atanh(const X& x, Location at = Location::current()) { return detail::call(Atanh{}, at, x); }

namespace detail {
std::vector<OperationInfo> hyperbolic_operations();
}

using HyperbolicOps = OpList<Sinh, Cosh, Asinh, Acosh, Atanh>;

extern template struct detail::Runner<Sinh>;
extern template struct detail::Runner<Cosh>;
extern template struct detail::Runner<Asinh>;
extern template struct detail::Runner<Acosh>;
extern template struct detail::Runner<Atanh>;

}  // namespace xtape
