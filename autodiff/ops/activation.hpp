// Activation functions of neural networks: tanh sigmoid, relu and its relatives. The smooth ones stand in smooth_activation.hpp.
#pragma once

#include <xtape/autodiff/ops/rounding.hpp>

namespace xtape {

/// y = tanh x
struct Tanh : Elementwise<1> {
    static constexpr const char* name = "tanh";
    static constexpr const char* signature = "tanh(x)";
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
    static constexpr const char* signature = "sigmoid(x)";
    static constexpr const char* formula = "y = 1 / (1 + exp(-x));  dx = g y (1 - y)";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) { return sigmoid(x); }
    template <class V>
    static V backward(V g, V y, V) { return g * (y * (1 - y)); }
    static double reference(double x) { return 1 / (1 + std::exp(-x)); }
    static std::vector<Sample<Sigmoid>> samples();
};

/// y = max(x, 0). The derivative at 0 is 0; NaN passes through.
struct Relu : Elementwise<1> {
    static constexpr const char* name = "relu";
    static constexpr const char* signature = "relu(x)";
    static constexpr const char* formula = "y = max(x, 0);  dx = g if x > 0 else 0";
    static constexpr const char* kinks = "at 0 the derivative is 0; NaN stays NaN";
    static constexpr Keep keep = Keep::output();

    template <class V>
    static V forward(V x) { return where(x <= 0, V(0), x); }
    template <class V>
    static V backward(V g, V y, V) { return where(y <= 0, V(0), g); }
    static double reference(double x) { return x <= 0 ? 0 : x; }
    static std::vector<Sample<Relu>> samples();
};

/// y = x where x > 0, else slope x
struct LeakyRelu : Elementwise<1> {
    double slope;

    explicit LeakyRelu(double s) : slope(s) {}

    static constexpr const char* name = "leaky_relu";
    static constexpr const char* signature = "leaky_relu(x, slope = 0.01)";
    static constexpr const char* formula = "y = x if x > 0 else slope x;  dx = g if x > 0 else g slope";
    static constexpr const char* kinks = "at 0 the derivative is slope";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    V forward(V x) const { return where(x > 0, x, x * slope); }
    template <class V>
    V backward(V g, V, V x) const { return where(x > 0, g, g * slope); }
    double reference(double x) const { return x > 0 ? x : slope * x; }
    static std::vector<Sample<LeakyRelu>> samples();
};

/// y = x where x > 0, else w x, with the weight w broadcast by NumPy's rules
struct Prelu : Elementwise<2> {
    static constexpr const char* name = "prelu";
    static constexpr const char* signature = "prelu(x, weight)";
    static constexpr const char* formula =
        "y = x if x > 0 else w x;  dx = g if x > 0 else g w;  dw = 0 if x > 0 else g x";
    static constexpr const char* kinks = "at 0 dx is g w";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x, V w) { return where(x > 0, x, x * w); }
    template <class V>
    static std::array<V, 2> backward(V g, V, V x, V w) {
        const V zero(0);
        return {where(x > zero, g, g * w), g * where(x > zero, zero, x)};
    }
    static double reference(double x, double w) { return x > 0 ? x : w * x; }
    static std::vector<Sample<Prelu>> samples();
};

/// y = x cut to [low, high]. The derivative is 1 inside and 0 elsewhere, at the bounds too, as in PyTorch.
struct HardTanh : Elementwise<1> {
    double low, high;

    HardTanh(double from, double to) : low(from), high(to) {}

    static constexpr const char* name = "hard_tanh";
    static constexpr const char* signature = "hard_tanh(x, low = -1, high = 1)";
    static constexpr const char* formula = "y = min(max(x, low), high);  dx = g if low < x < high else 0";
    static constexpr const char* kinks = "at the bounds the derivative is 0 (that of clamp is 1); NaN stays NaN";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    V forward(V x) const { return clamp(x, low, high); }
    template <class V>
    V backward(V g, V, V x) const {
        const V zero(0);
        return where(x <= low, zero, where(x >= high, zero, g));
    }
    double reference(double x) const { return x < low ? low : x > high ? high : x; }
    static std::vector<Sample<HardTanh>> samples();
};

/// y = x/6 + 1/2 cut to [0, 1]
struct HardSigmoid : Elementwise<1> {
    static constexpr const char* name = "hard_sigmoid";
    static constexpr const char* signature = "hard_sigmoid(x)";
    static constexpr const char* formula = "y = min(max(x/6 + 1/2, 0), 1);  dx = g/6 if -3 < x < 3 else 0";
    static constexpr const char* kinks = "at -3 and 3 the derivative is 0; NaN stays NaN";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return clamp((x + 3) / 6, 0, 1); }
    template <class V>
    static V backward(V g, V, V x) {
        const V zero(0);
        return where(x <= -3, zero, where(x >= 3, zero, g / 6));
    }
    static double reference(double x) { return x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5; }
    static std::vector<Sample<HardSigmoid>> samples();
};

template <Node X>
auto tanh(const X& x, Location at = Location::current()) { return detail::call(Tanh{}, at, x); }
template <Node X>
auto sigmoid(const X& x, Location at = Location::current()) { return detail::call(Sigmoid{}, at, x); }
template <Node X>
auto relu(const X& x, Location at = Location::current()) { return detail::call(Relu{}, at, x); }
template <Node X>
auto leaky_relu(const X& x, double slope = 0.01, Location at = Location::current()) {
    return detail::call(LeakyRelu{slope}, at, x);
}
/// The weight is a tensor or parameter that broadcasts against x: shape () or (1) for one slope, (C, 1, 1) for one a channel of images
/// (N, C, H, W). ShapeError when it does not.
template <class A, class B>
    requires Operands<A, B>
auto prelu(const A& x, const B& weight, Location at = Location::current()) { return detail::call(Prelu{}, at, x, weight); }
/// ConfigError unless low <= high.
template <Node X>
auto hard_tanh(const X& x, double low = -1, double high = 1, Location at = Location::current()) {
    detail::check_bounds(HardTanh::name, low, high, at);
    return detail::call(HardTanh{low, high}, at, x);
}
/// hard_tanh(x, 0, 6)
template <Node X>
auto relu6(const X& x, Location at = Location::current()) { return hard_tanh(x, 0, 6, at); }
template <Node X>
auto hard_sigmoid(const X& x, Location at = Location::current()) { return detail::call(HardSigmoid{}, at, x); }

namespace detail {
std::vector<OperationInfo> activation_operations();
}

using ActivationOps = OpList<Tanh, Sigmoid, Relu, LeakyRelu, Prelu, HardTanh, HardSigmoid>;

extern template struct detail::Runner<Tanh>;
extern template struct detail::Runner<Sigmoid>;
extern template struct detail::Runner<Relu>;
extern template struct detail::Runner<LeakyRelu>;
extern template struct detail::Runner<Prelu>;
extern template struct detail::Runner<HardTanh>;
extern template struct detail::Runner<HardSigmoid>;

}  // namespace xtape
