// Special functions: erf erfc.
#pragma once

#include <xtape/autodiff/ops/elementary.hpp>

#include <numbers>

namespace xtape {

/// y = error function of x, 2/√π ∫₀ˣ exp(-t²) dt
struct Erf : Elementwise<1> {
    static constexpr const char* name = "erf";
    static constexpr const char* signature = "erf(x)";
    static constexpr const char* formula = "y = erf(x);  dx = g 2/sqrt(pi) exp(-x^2)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return erf(x); }
    template <class V>
    static V backward(V g, V, V x) { return g * (2 * std::numbers::inv_sqrtpi * exp(-square(x))); }
    static double reference(double x) { return std::erf(x); }
    static std::vector<Sample<Erf>> samples();
};

/// y = 1 - erf x, accurate where erf x is nearly 1
struct Erfc : Elementwise<1> {
    static constexpr const char* name = "erfc";
    static constexpr const char* signature = "erfc(x)";
    static constexpr const char* formula = "y = 1 - erf(x);  dx = -g 2/sqrt(pi) exp(-x^2)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return erfc(x); }
    template <class V>
    static V backward(V g, V, V x) { return g * (-2 * std::numbers::inv_sqrtpi * exp(-square(x))); }
    static double reference(double x) { return std::erfc(x); }
    static std::vector<Sample<Erfc>> samples();
};

template <Node X>
auto erf(const X& x, Location at = Location::current()) { return detail::call(Erf{}, at, x); }
template <Node X>
auto erfc(const X& x, Location at = Location::current()) { return detail::call(Erfc{}, at, x); }

namespace detail {
std::vector<OperationInfo> special_operations();
}

using SpecialOps = OpList<Erf, Erfc>;

extern template struct detail::Runner<Erf>;
extern template struct detail::Runner<Erfc>;

}  // namespace xtape
