// Arithmetic: + - * / and their relatives, elementwise with NumPy's broadcasting.
#pragma once

#include <xtape/autodiff/op.hpp>

#include <array>
#include <cmath>

namespace xtape {

/// y = a + b
struct Add : Elementwise<2> {
    static constexpr const char* name = "add";
    static constexpr const char* signature = "a + b, add(a, b)";
    static constexpr const char* formula = "y = a + b;  da = g;  db = g";
    static constexpr Keep keep = Keep::nothing();

    template <class V>
    static V forward(V a, V b) { return a + b; }
    template <class T>
    void backward(Replay<T>& r) const;   // passes g on without a copy
    static double reference(double a, double b) { return a + b; }
    static std::vector<Sample<Add>> samples();
};

/// y = a - b
struct Subtract : Elementwise<2> {
    static constexpr const char* name = "subtract";
    static constexpr const char* signature = "a - b, subtract(a, b)";
    static constexpr const char* formula = "y = a - b;  da = g;  db = -g";
    static constexpr Keep keep = Keep::nothing();

    template <class V>
    static V forward(V a, V b) { return a - b; }
    template <class T>
    void backward(Replay<T>& r) const;
    static double reference(double a, double b) { return a - b; }
    static std::vector<Sample<Subtract>> samples();
};

/// y = a b
struct Multiply : Elementwise<2> {
    static constexpr const char* name = "multiply";
    static constexpr const char* signature = "a * b, multiply(a, b)";
    static constexpr const char* formula = "y = a b;  da = g b;  db = g a";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V a, V b) { return a * b; }
    template <class V>
    static std::array<V, 2> backward(V g, V, V a, V b) { return {g * b, g * a}; }
    static double reference(double a, double b) { return a * b; }
    static std::vector<Sample<Multiply>> samples();
};

/// y = a / b
struct Divide : Elementwise<2> {
    static constexpr const char* name = "divide";
    static constexpr const char* signature = "a / b, divide(a, b)";
    static constexpr const char* formula = "y = a / b;  da = g / b;  db = -g y / b";
    static constexpr const char* domain = "b != 0";
    static constexpr const char* kinks = "at b = 0 what IEEE division gives: inf, -inf or NaN, in the derivatives too";
    static constexpr Keep keep = Keep::input(1) | Keep::output();

    template <class V>
    static V forward(V a, V b) { return a / b; }
    template <class V>
    static std::array<V, 2> backward(V g, V y, V, V b) {
        const V da = g / b;
        return {da, -(da * y)};
    }
    static double reference(double a, double b) { return a / b; }
    static std::vector<Sample<Divide>> samples();
};

/// y = -x
struct Negate : Elementwise<1> {
    static constexpr const char* name = "negate";
    static constexpr const char* signature = "-x";
    static constexpr const char* formula = "y = -x;  dx = -g";
    static constexpr Keep keep = Keep::nothing();

    template <class V>
    static V forward(V x) { return -x; }
    template <class V>
    static V backward(V g, V, V) { return -g; }
    static double reference(double x) { return -x; }
    static std::vector<Sample<Negate>> samples();
};

/// y = x²
struct Square : Elementwise<1> {
    static constexpr const char* name = "square";
    static constexpr const char* signature = "square(x)";
    static constexpr const char* formula = "y = x^2;  dx = 2 g x";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return x * x; }
    template <class V>
    static V backward(V g, V, V x) { return 2 * (g * x); }
    static double reference(double x) { return x * x; }
    static std::vector<Sample<Square>> samples();
};

/// y = xᵖ for a fixed number p. At x = 0 the derivative is what IEEE pow says of p x^(p-1): 0 for p > 1, 1 for p = 1, inf for p < 1;
/// p = 0 has derivative 0 everywhere.
struct Power : Elementwise<1> {
    double exponent;

    explicit Power(double p) : exponent(p) {}

    static constexpr const char* name = "pow";
    static constexpr const char* signature = "pow(x, p), p a number";
    static constexpr const char* formula = "y = x^p;  dx = g p x^(p-1)";
    static constexpr const char* domain = "x >= 0, or p whole; NaN elsewhere";
    static constexpr const char* kinks =
        "0^0 = 1; at x = 0 the derivative is what IEEE pow gives for p x^(p-1): 0 for p > 1, 1 for p = 1, inf for p < 1; p = 0 has "
        "derivative 0 everywhere";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    V forward(V x) const { return pow(x, exponent); }
    template <class V>
    V backward(V g, V, V x) const {
        if (exponent == 0) return g * 0;
        return g * (exponent * pow(x, exponent - 1));
    }
    double reference(double x) const { return std::pow(x, exponent); }
    static std::vector<Sample<Power>> samples();
};

/// y = √x. At x = 0 the derivative is inf, the limit from the right; below 0 everything is NaN.
struct Sqrt : Elementwise<1> {
    static constexpr const char* name = "sqrt";
    static constexpr const char* signature = "sqrt(x)";
    static constexpr const char* formula = "y = sqrt(x);  dx = g / (2 y)";
    static constexpr const char* domain = "x >= 0; NaN below";
    static constexpr const char* kinks = "at 0 the derivative is inf, the limit from the right";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) { return sqrt(x); }
    template <class V>
    static V backward(V g, V y, V) { return g / (2 * y); }
    static double reference(double x) { return std::sqrt(x); }
    static std::vector<Sample<Sqrt>> samples();
};

/// y = 1 / √x, to one rounding more than sqrt
struct Rsqrt : Elementwise<1> {
    static constexpr const char* name = "rsqrt";
    static constexpr const char* signature = "rsqrt(x)";
    static constexpr const char* formula = "y = 1 / sqrt(x);  dx = -g y^3 / 2";
    static constexpr const char* domain = "x > 0; NaN below 0";
    static constexpr const char* kinks = "at 0 the value is inf and the derivative -inf";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) { return 1 / sqrt(x); }
    template <class V>
    static V backward(V g, V y, V) { return -0.5 * (g * (y * y * y)); }
    static double reference(double x) { return 1 / std::sqrt(x); }
    static std::vector<Sample<Rsqrt>> samples();
};

/// y = 1 / x
struct Reciprocal : Elementwise<1> {
    static constexpr const char* name = "reciprocal";
    static constexpr const char* signature = "reciprocal(x)";
    static constexpr const char* formula = "y = 1 / x;  dx = -g y^2";
    static constexpr const char* domain = "x != 0";
    static constexpr const char* kinks = "at 0 the value is inf with the sign of the zero, and the derivative -inf";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) { return 1 / x; }
    template <class V>
    static V backward(V g, V y, V) { return -(g * (y * y)); }
    static double reference(double x) { return 1 / x; }
    static std::vector<Sample<Reciprocal>> samples();
};

/// Elementwise sums, differences, products and quotients. ShapeError when the shapes do not broadcast together.
template <class A, class B>
    requires Operands<A, B>
auto operator+(A&& a, B&& b) { return detail::call(Add{}, Location{}, a, b); }
template <class A, class B>
    requires Operands<A, B>
auto operator-(A&& a, B&& b) { return detail::call(Subtract{}, Location{}, a, b); }
template <class A, class B>
    requires Operands<A, B>
auto operator*(A&& a, B&& b) { return detail::call(Multiply{}, Location{}, a, b); }
template <class A, class B>
    requires Operands<A, B>
auto operator/(A&& a, B&& b) { return detail::call(Divide{}, Location{}, a, b); }
template <class A, class B>
    requires UnfitOperands<A, B>
auto operator+(A&& a, B&& b) = delete;
template <class A, class B>
    requires UnfitOperands<A, B>
auto operator-(A&& a, B&& b) = delete;
template <class A, class B>
    requires UnfitOperands<A, B>
auto operator*(A&& a, B&& b) = delete;
template <class A, class B>
    requires UnfitOperands<A, B>
auto operator/(A&& a, B&& b) = delete;
template <Node X>
auto operator-(X&& x) { return detail::call(Negate{}, Location{}, x); }

/// The same with a name, so that an error can say where in the program the call stands: add(a, b).
template <class A, class B>
    requires Operands<A, B>
auto add(const A& a, const B& b, Location at = Location::current()) { return detail::call(Add{}, at, a, b); }
template <class A, class B>
    requires Operands<A, B>
auto subtract(const A& a, const B& b, Location at = Location::current()) { return detail::call(Subtract{}, at, a, b); }
template <class A, class B>
    requires Operands<A, B>
auto multiply(const A& a, const B& b, Location at = Location::current()) { return detail::call(Multiply{}, at, a, b); }
template <class A, class B>
    requires Operands<A, B>
auto divide(const A& a, const B& b, Location at = Location::current()) { return detail::call(Divide{}, at, a, b); }

template <Node X>
auto square(const X& x, Location at = Location::current()) { return detail::call(Square{}, at, x); }
template <Node X>
auto sqrt(const X& x, Location at = Location::current()) { return detail::call(Sqrt{}, at, x); }
template <Node X>
auto rsqrt(const X& x, Location at = Location::current()) { return detail::call(Rsqrt{}, at, x); }
template <Node X>
auto reciprocal(const X& x, Location at = Location::current()) { return detail::call(Reciprocal{}, at, x); }
template <Node X>
auto pow(const X& x, double exponent, Location at = Location::current()) { return detail::call(Power{exponent}, at, x); }

namespace detail {
std::vector<OperationInfo> arithmetic_operations();
}

using ArithmeticOps = OpList<Add, Subtract, Multiply, Divide, Negate, Square, Power, Sqrt, Rsqrt, Reciprocal>;

extern template struct detail::Runner<Add>;
extern template struct detail::Runner<Subtract>;
extern template struct detail::Runner<Multiply>;
extern template struct detail::Runner<Divide>;
extern template struct detail::Runner<Negate>;
extern template struct detail::Runner<Square>;
extern template struct detail::Runner<Power>;
extern template struct detail::Runner<Sqrt>;
extern template struct detail::Runner<Rsqrt>;
extern template struct detail::Runner<Reciprocal>;

}  // namespace xtape
