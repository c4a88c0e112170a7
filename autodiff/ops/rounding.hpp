// Rounding and cutting: sign floor ceil round clamp.
#pragma once

#include <xtape/autodiff/ops/selection.hpp>

namespace xtape {

/// y = -1, 0 or 1. The derivative is 0 everywhere.
struct Signum : Elementwise<1> {
    static constexpr const char* name = "sign";
    static constexpr const char* signature = "sign(x)";
    static constexpr const char* formula = "y = -1 if x < 0, 0 if x = 0, 1 if x > 0;  dx = 0";
    static constexpr const char* kinks =
        "at 0 the value is 0; the derivative is 0 everywhere, also where the value jumps; NaN stays NaN";
    static constexpr Keep keep = Keep::nothing();

    template <class V>
    static V forward(V x) { return sign(x); }
    template <class T>
    void backward(Replay<T>&) const {}  // what nobody gives to is 0
    static double reference(double x) { return x < 0 ? -1 : x > 0 ? 1 : x; }
    static std::vector<Sample<Signum>> samples();
};

/// y = largest whole number that is not above x. The derivative is 0 everywhere.
struct Floor : Elementwise<1> {
    static constexpr const char* name = "floor";
    static constexpr const char* signature = "floor(x)";
    static constexpr const char* formula = "y = floor(x);  dx = 0";
    static constexpr const char* kinks = "the derivative is 0 everywhere, also where the value jumps; NaN stays NaN";
    static constexpr Keep keep = Keep::nothing();

    template <class V>
    static V forward(V x) { return floor(x); }
    template <class T>
    void backward(Replay<T>&) const {}  // what nobody gives to is 0
    static double reference(double x) { return std::floor(x); }
    static std::vector<Sample<Floor>> samples();
};

/// y = smallest whole number that is not below x. The derivative is 0 everywhere.
struct Ceil : Elementwise<1> {
    static constexpr const char* name = "ceil";
    static constexpr const char* signature = "ceil(x)";
    static constexpr const char* formula = "y = ceil(x);  dx = 0";
    static constexpr const char* kinks = "the derivative is 0 everywhere, also where the value jumps; NaN stays NaN";
    static constexpr Keep keep = Keep::nothing();

    template <class V>
    static V forward(V x) { return ceil(x); }
    template <class T>
    void backward(Replay<T>&) const {}  // what nobody gives to is 0
    static double reference(double x) { return std::ceil(x); }
    static std::vector<Sample<Ceil>> samples();
};

/// y = nearest whole number, halves to the even one, as in NumPy and PyTorch. The derivative is 0 everywhere.
struct Round : Elementwise<1> {
    static constexpr const char* name = "round";
    static constexpr const char* signature = "round(x)";
    static constexpr const char* formula = "y = round(x);  dx = 0";
    static constexpr const char* kinks =
        "halves go to the even neighbour; the derivative is 0 everywhere, also where the value jumps; NaN stays "
        "NaN";
    static constexpr Keep keep = Keep::nothing();

    template <class V>
    static V forward(V x) { return round(x); }
    template <class T>
    void backward(Replay<T>&) const {}  // what nobody gives to is 0
    static double reference(double x) { return std::nearbyint(x); }
    static std::vector<Sample<Round>> samples();
};

/// y = x cut to [low, high]. The derivative is 1 inside and at the bounds, as in PyTorch, and 0 outside; NaN stays NaN.
struct Clamp : Elementwise<1> {
    double low, high;

    Clamp(double from, double to) : low(from), high(to) {}

    static constexpr const char* name = "clamp";
    static constexpr const char* signature = "clamp(x, low, high)";
    static constexpr const char* formula = "y = min(max(x, low), high);  dx = g if low <= x <= high else 0";
    static constexpr const char* kinks = "at the bounds the derivative is 1; NaN stays NaN";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    V forward(V x) const { return clamp(x, low, high); }
    template <class V>
    V backward(V g, V, V x) const {
        const V zero(0);
        return where(x < low, zero, where(x > high, zero, g));
    }
    double reference(double x) const { return x < low ? low : x > high ? high : x; }
    static std::vector<Sample<Clamp>> samples();
};

namespace detail {
/// ConfigError unless low <= high.
void check_bounds(const char* name, double low, double high, Location at);
}  // namespace detail

template <Node X>
auto sign(const X& x, Location at = Location::current()) { return detail::call(Signum{}, at, x); }
template <Node X>
auto floor(const X& x, Location at = Location::current()) { return detail::call(Floor{}, at, x); }
template <Node X>
auto ceil(const X& x, Location at = Location::current()) { return detail::call(Ceil{}, at, x); }
template <Node X>
auto round(const X& x, Location at = Location::current()) { return detail::call(Round{}, at, x); }
/// An infinite bound leaves that side open. ConfigError unless low <= high.
template <Node X>
auto clamp(const X& x, double low, double high, Location at = Location::current()) {
    detail::check_bounds(Clamp::name, low, high, at);
    return detail::call(Clamp{low, high}, at, x);
}

namespace detail {
std::vector<OperationInfo> rounding_operations();
}

using RoundingOps = OpList<Signum, Floor, Ceil, Round, Clamp>;

extern template struct detail::Runner<Signum>;
extern template struct detail::Runner<Floor>;
extern template struct detail::Runner<Ceil>;
extern template struct detail::Runner<Round>;
extern template struct detail::Runner<Clamp>;

}  // namespace xtape
