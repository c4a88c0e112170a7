// Elementary functions: exp log sin cos.
#pragma once

#include <xtape/autodiff/ops/arithmetic.hpp>

namespace xtape {

/// y = eˣ
struct Exp : Elementwise<1> {
    static constexpr const char* name = "exp";
    static constexpr const char* signature = "exp(x)";
    static constexpr const char* formula = "y = exp(x);  dx = g y";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) { return exp(x); }
    template <class V>
    static V backward(V g, V y, V) { return g * y; }
    static double reference(double x) { return std::exp(x); }
    static std::vector<Sample<Exp>> samples();
};

/// y = ln x. At 0 the value is -inf and the derivative inf; below 0 the value is NaN.
struct Log : Elementwise<1> {
    static constexpr const char* name = "log";
    static constexpr const char* signature = "log(x)";
    static constexpr const char* formula = "y = ln(x);  dx = g / x";
    static constexpr const char* domain = "x >= 0; NaN below";
    static constexpr const char* kinks = "at 0 the value is -inf and the derivative inf";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return log(x); }
    template <class V>
    static V backward(V g, V, V x) { return g / x; }
    static double reference(double x) { return std::log(x); }
    static std::vector<Sample<Log>> samples();
};

/// y = sin x, x in radians
struct Sin : Elementwise<1> {
    static constexpr const char* name = "sin";
    static constexpr const char* signature = "sin(x)";
    static constexpr const char* formula = "y = sin(x);  dx = g cos(x)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return sin(x); }
    template <class V>
    static V backward(V g, V, V x) { return g * cos(x); }
    static double reference(double x) { return std::sin(x); }
    static std::vector<Sample<Sin>> samples();
};

/// y = cos x, x in radians
struct Cos : Elementwise<1> {
    static constexpr const char* name = "cos";
    static constexpr const char* signature = "cos(x)";
    static constexpr const char* formula = "y = cos(x);  dx = -g sin(x)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return cos(x); }
    template <class V>
    static V backward(V g, V, V x) { return -(g * sin(x)); }
    static double reference(double x) { return std::cos(x); }
    static std::vector<Sample<Cos>> samples();
};

template <Node X>
auto exp(const X& x, Location at = Location::current()) { return detail::call(Exp{}, at, x); }
template <Node X>
auto log(const X& x, Location at = Location::current()) { return detail::call(Log{}, at, x); }
template <Node X>
auto sin(const X& x, Location at = Location::current()) { return detail::call(Sin{}, at, x); }
template <Node X>
auto cos(const X& x, Location at = Location::current()) { return detail::call(Cos{}, at, x); }

namespace detail {
std::vector<OperationInfo> elementary_operations();
}

using ElementaryOps = OpList<Exp, Log, Sin, Cos>;

extern template struct detail::Runner<Exp>;
extern template struct detail::Runner<Log>;
extern template struct detail::Runner<Sin>;
extern template struct detail::Runner<Cos>;

}  // namespace xtape
