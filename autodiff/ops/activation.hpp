// Activation functions of neural networks: sigmoid tanh relu.
#pragma once

#include <xtape/autodiff/ops/selection.hpp>

namespace xtape {

/// y = tanh x
struct Tanh : Elementwise<1> {
    static constexpr const char* name = "tanh";
    static constexpr const char* formula = "y = tanh(x);  dx = g (1 - y^2)";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) { return tanh(x); }
    template <class V>
    static V backward(V g, V y, V) { return g * (1 - y * y); }
    static double reference(double x) { return std::tanh(x); }
    static std::vector<Sample<Tanh>> samples();
};

/// y = 1 / (1 + e⁻ˣ), without overflow: e is raised to -|x| only
struct Sigmoid : Elementwise<1> {
    static constexpr const char* name = "sigmoid";
    static constexpr const char* formula = "y = 1 / (1 + exp(-x));  dx = g y (1 - y)";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) {
        const V e = exp(-abs(x));
        const V big = 1 / (1 + e);
        return where(x < 0, e * big, big);
    }
    template <class V>
    static V backward(V g, V y, V) { return g * (y * (1 - y)); }
    static double reference(double x) { return 1 / (1 + std::exp(-x)); }
    static std::vector<Sample<Sigmoid>> samples();
};

/// y = max(x, 0). The derivative at 0 is 0; NaN passes through.
struct Relu : Elementwise<1> {
    static constexpr const char* name = "relu";
    static constexpr const char* formula = "y = max(x, 0);  dx = g if x > 0 else 0";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) { return where(x <= 0, V(0), x); }
    template <class V>
    static V backward(V g, V y, V) { return where(y <= 0, V(0), g); }
    static double reference(double x) { return x <= 0 ? 0 : x; }
    static std::vector<Sample<Relu>> samples();
};

template <Node X>
auto tanh(const X& x, Location at = Location::current()) { return detail::call(Tanh{}, at, x); }
template <Node X>
auto sigmoid(const X& x, Location at = Location::current()) { return detail::call(Sigmoid{}, at, x); }
template <Node X>
auto relu(const X& x, Location at = Location::current()) { return detail::call(Relu{}, at, x); }

namespace detail {
std::vector<OperationInfo> activation_operations();
}

using ActivationOps = OpList<Tanh, Sigmoid, Relu>;

extern template struct detail::Runner<Tanh>;
extern template struct detail::Runner<Sigmoid>;
extern template struct detail::Runner<Relu>;

}  // namespace xtape
