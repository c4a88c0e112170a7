// Trigonometric functions beyond sin and cos: tan asin acos atan atan2, and hypot.
#pragma once

#include <xtape/autodiff/ops/elementary.hpp>
#include <xtape/autodiff/ops/selection.hpp>

namespace xtape {

/// y = tan x, x in radians
struct Tan : Elementwise<1> {
    static constexpr const char* name = "tan";
    static constexpr const char* signature = "tan(x)";
    static constexpr const char* formula = "y = tan(x);  dx = g (1 + y^2)";
    static constexpr const char* kinks = "no float is an odd multiple of pi/2, so the poles are never met";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) { return tan(x); }
    template <class V>
    static V backward(V g, V y, V) { return g * (1 + y * y); }
    static double reference(double x) { return std::tan(x); }
    static std::vector<Sample<Tan>> samples();
};

/// y = arc sine of x. At ±1 the derivative is inf; beyond, everything is NaN.
struct Asin : Elementwise<1> {
    static constexpr const char* name = "asin";
    static constexpr const char* signature = "asin(x)";
    static constexpr const char* formula = "y = asin(x);  dx = g / sqrt(1 - x^2)";
    static constexpr const char* domain = "-1 <= x <= 1; NaN elsewhere";
    static constexpr const char* kinks = "at -1 and 1 the derivative is inf";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return asin(x); }
    template <class V>
    static V backward(V g, V, V x) { return g / sqrt((1 - x) * (1 + x)); }
    static double reference(double x) { return std::asin(x); }
    static std::vector<Sample<Asin>> samples();
};

/// y = arc cosine of x. At ±1 the derivative is -inf; beyond, everything is NaN.
struct Acos : Elementwise<1> {
    static constexpr const char* name = "acos";
    static constexpr const char* signature = "acos(x)";
    static constexpr const char* formula = "y = acos(x);  dx = -g / sqrt(1 - x^2)";
    static constexpr const char* domain = "-1 <= x <= 1; NaN elsewhere";
    static constexpr const char* kinks = "at -1 and 1 the derivative is -inf";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return acos(x); }
    template <class V>
    static V backward(V g, V, V x) { return -(g / sqrt((1 - x) * (1 + x))); }
    static double reference(double x) { return std::acos(x); }
    static std::vector<Sample<Acos>> samples();
};

/// y = arc tangent of x
struct Atan : Elementwise<1> {
    static constexpr const char* name = "atan";
    static constexpr const char* signature = "atan(x)";
    static constexpr const char* formula = "y = atan(x);  dx = g / (1 + x^2)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return atan(x); }
    template <class V>
    static V backward(V g, V, V x) { return g / (1 + x * x); }
    static double reference(double x) { return std::atan(x); }
    static std::vector<Sample<Atan>> samples();
};

/// y = angle of the point (b, a), from -π to π. At the origin the value is that of IEEE atan2 and both derivatives are 0.
struct Atan2 : Elementwise<2> {
    static constexpr const char* name = "atan2";
    static constexpr const char* signature = "atan2(a, b)";
    static constexpr const char* formula = "y = atan2(a, b);  da = g b / (a^2 + b^2);  db = -g a / (a^2 + b^2)";
    static constexpr const char* kinks =
        "at (0, 0) the value is that of IEEE atan2 and both derivatives are 0; the value jumps at a = 0, b < 0, "
        "its derivatives do not";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V a, V b) { return atan2(a, b); }
    template <class V>
    static std::array<V, 2> backward(V g, V, V a, V b) {
        const V length = hypot(a, b), r = where(equal(length, V(0)), V(1), length), scaled = g / r;
        return {scaled * (b / r), -(scaled * (a / r))};
    }
    static double reference(double a, double b) { return std::atan2(a, b); }
    static std::vector<Sample<Atan2>> samples();
};

/// y = √(a² + b²), without overflow on the way. At the origin both derivatives are 0.
struct Hypot : Elementwise<2> {
    static constexpr const char* name = "hypot";
    static constexpr const char* signature = "hypot(a, b)";
    static constexpr const char* formula = "y = sqrt(a^2 + b^2);  da = g a / y;  db = g b / y";
    static constexpr const char* kinks = "at (0, 0) both derivatives are 0";
    static constexpr Keep keep = Keep::inputs() | Keep::output();

    template <class V>
    static V forward(V a, V b) { return hypot(a, b); }
    template <class V>
    static std::array<V, 2> backward(V g, V y, V a, V b) {
        const V r = where(equal(y, V(0)), V(1), y);
        return {g * (a / r), g * (b / r)};
    }
    static double reference(double a, double b) { return std::hypot(a, b); }
    static std::vector<Sample<Hypot>> samples();
};

template <Node X>
auto tan(const X& x, Location at = Location::current()) { return detail::call(Tan{}, at, x); }
template <Node X>
auto asin(const X& x, Location at = Location::current()) { return detail::call(Asin{}, at, x); }
template <Node X>
auto acos(const X& x, Location at = Location::current()) { return detail::call(Acos{}, at, x); }
template <Node X>
auto atan(const X& x, Location at = Location::current()) { return detail::call(Atan{}, at, x); }

// xtensor has functions of these names; see maximum.
template <class A, class B>
    requires(Operands<A, B>)
auto atan2(A&& a, B&& b) { return detail::call(Atan2{}, Location{}, a, b); }
template <class A, class B>
    requires UnfitOperands<A, B>
auto atan2(A&& a, B&& b) = delete;
template <class A, class B>
    requires(Operands<A, B>)
auto hypot(A&& a, B&& b) { return detail::call(Hypot{}, Location{}, a, b); }
template <class A, class B>
    requires UnfitOperands<A, B>
auto hypot(A&& a, B&& b) = delete;

namespace detail {
std::vector<OperationInfo> trigonometric_operations();
}

using TrigonometricOps = OpList<Tan, Asin, Acos, Atan, Atan2, Hypot>;

extern template struct detail::Runner<Tan>;
extern template struct detail::Runner<Asin>;
extern template struct detail::Runner<Acos>;
extern template struct detail::Runner<Atan>;
extern template struct detail::Runner<Atan2>;
extern template struct detail::Runner<Hypot>;

}  // namespace xtape
