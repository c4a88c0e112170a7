// Smooth activation functions of neural networks: elu gelu silu softplus mish, and selu and log_sigmoid made of them.
#pragma once

#include <xtape/autodiff/ops/activation.hpp>
#include <xtape/autodiff/ops/exponential.hpp>
#include <xtape/autodiff/ops/special.hpp>

#include <numbers>

namespace xtape {

/// y = x where x > 0, else α (eˣ - 1)
struct Elu : Elementwise<1> {
    double alpha;

    explicit Elu(double a) : alpha(a) {}

    static constexpr const char* name = "elu";
    static constexpr const char* signature = "elu(x, alpha = 1)";
    static constexpr const char* formula =
        "y = x if x > 0 else alpha (exp(x) - 1);  dx = g if x > 0 else g alpha exp(x)";
    static constexpr const char* kinks = "at 0 the derivative is alpha";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    V forward(V x) const { return where(x > 0, x, alpha * expm1(where(x > 0, V(0), x))); }
    template <class V>
    V backward(V g, V, V x) const {
        // Without the inner choice, exp of a large number would be inf, and 0 inf is NaN in later derivatives.
        return where(x > 0, g, g * (alpha * exp(where(x > 0, V(0), x))));
    }
    double reference(double x) const { return x > 0 ? x : alpha * std::expm1(x); }
    static std::vector<Sample<Elu>> samples();
};

namespace detail {
/// Φ(x), the distribution function of the standard normal law. SIMD registers have one of their own.
template <class T>
BasicTensor<T> normal_cdf(const BasicTensor<T>& x) { return 0.5 * erfc(x * -(1 / std::numbers::sqrt2)); }
template <class T>
BasicTensor<T> tanh_softplus(const BasicTensor<T>& x) { return tanh(softplus(x)); }
}  // namespace detail

/// y = x Φ(x), Φ the distribution function of the standard normal law; accurate in the left tail too
struct Gelu : Elementwise<1> {
    static constexpr const char* name = "gelu";
    static constexpr const char* signature = "gelu(x)";
    static constexpr const char* formula =
        "y = x Phi(x), Phi(x) = erfc(-x/sqrt(2))/2;  dx = g (Phi(x) + x exp(-x^2/2)/sqrt(2 pi))";
    static constexpr const char* kinks = "at -inf value and derivative are NaN";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) {
        using detail::normal_cdf;
        return x * normal_cdf(x);
    }
    template <class V>
    static V backward(V g, V, V x) {
        using detail::normal_cdf;
        const V density = exp(-0.5 * square(x)) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
        return g * (normal_cdf(x) + x * density);
    }
    static double reference(double x) { return x * (1 + std::erf(x / std::numbers::sqrt2)) / 2; }
    static std::vector<Sample<Gelu>> samples();
};

/// GELU's approximation with tanh, y = x (1 + tanh u)/2 with u = √(2/π) (x + 0.044715 x³); computed as x σ(2u), which keeps its accuracy
/// in the left tail. Hendrycks and Gimpel 2016.
struct GeluTanh : Elementwise<1> {
    static constexpr double twice = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi, cubic = 0.044715 * twice;
    // The sigmoid is exactly 0 or 1 long before; cutting there keeps the cube from overflowing.
    static constexpr double saturated = 100;

    static constexpr const char* name = "gelu_tanh";
    static constexpr const char* signature = "gelu(x, GeluForm::tanh)";
    static constexpr const char* formula =
        "y = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3);  dx = g (s + x s (1 - s) 2u'), s = sigmoid(2u)";
    static constexpr const char* kinks = "at -inf the value is NaN";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) {
        const V t = clamp(x, -saturated, saturated);
        return x * sigmoid(t * (twice + cubic * square(t)));
    }
    template <class V>
    static V backward(V g, V, V x) {
        const V t = clamp(x, -saturated, saturated), q = square(t), s = sigmoid(t * (twice + cubic * q));
        return g * (s + x * (s * (1 - s) * (twice + 3 * cubic * q)));
    }
    static double reference(double x) { return x * (1 + std::tanh(0.5 * (twice * x + cubic * x * x * x))) / 2; }
    static std::vector<Sample<GeluTanh>> samples();
};

/// y = x σ(x), also called swish
struct Silu : Elementwise<1> {
    static constexpr const char* name = "silu";
    static constexpr const char* signature = "silu(x)";
    static constexpr const char* formula = "y = x sigmoid(x);  dx = g s (1 + x (1 - s)), s = sigmoid(x)";
    static constexpr const char* kinks = "at -inf value and derivative are NaN";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return x * sigmoid(x); }
    template <class V>
    static V backward(V g, V, V x) {
        const V s = sigmoid(x);
        return g * (s * (1 + x * (1 - s)));
    }
    static double reference(double x) { return x / (1 + std::exp(-x)); }
    static std::vector<Sample<Silu>> samples();
};

/// y = ln(1 + exp(βx)) / β, as max(x, 0) + ln(1 + exp(-β|x|)) / β: nothing overflows, and small values keep their accuracy
struct Softplus : Elementwise<1> {
    double beta;

    explicit Softplus(double b) : beta(b) {}

    static constexpr const char* name = "softplus";
    static constexpr const char* signature = "softplus(x, beta = 1)";
    static constexpr const char* formula = "y = ln(1 + exp(beta x)) / beta;  dx = g sigmoid(beta x)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    V forward(V x) const { return beta == 1 ? softplus(x) : softplus(x * beta) / beta; }
    template <class V>
    V backward(V g, V, V x) const { return g * sigmoid(x * beta); }
    double reference(double x) const { return std::log1p(std::exp(beta * x)) / beta; }
    static std::vector<Sample<Softplus>> samples();
};

/// y = x tanh(softplus(x)). Misra 2019.
struct Mish : Elementwise<1> {
    static constexpr const char* name = "mish";
    static constexpr const char* signature = "mish(x)";
    static constexpr const char* formula =
        "y = x tanh(softplus(x));  dx = g (t + x (1 - t^2) sigmoid(x)), t = tanh(softplus(x))";
    static constexpr const char* kinks = "at -inf value and derivative are NaN";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) {
        using detail::tanh_softplus;
        return x * tanh_softplus(x);
    }
    template <class V>
    static V backward(V g, V, V x) {
        using detail::tanh_softplus;
        const V t = tanh_softplus(x);
        return g * (t + x * ((1 - t * t) * sigmoid(x)));
    }
    static double reference(double x) { return x * std::tanh(std::log1p(std::exp(x))); }
    static std::vector<Sample<Mish>> samples();
};

namespace detail {
/// ConfigError unless the attribute is a number above 0.
void check_positive(const char* name, const char* attribute, double value, Location at);
}  // namespace detail

/// ConfigError unless beta > 0.
template <Node X>
auto softplus(const X& x, double beta, Location at = Location::current()) {
    detail::check_positive("softplus", "beta", beta, at);
    return detail::call(Softplus{beta}, at, x);
}
template <Node X>
auto softplus(const X& x, Location at = Location::current()) { return detail::call(Softplus{1}, at, x); }

template <Node X>
auto elu(const X& x, double alpha = 1, Location at = Location::current()) { return detail::call(Elu{alpha}, at, x); }

/// Which formula gelu uses: the normal distribution function itself, or its approximation with tanh.
enum class GeluForm { exact, tanh };
template <Node X>
auto gelu(const X& x, GeluForm form = GeluForm::exact, Location at = Location::current()) {
    return form == GeluForm::exact ? detail::call(Gelu{}, at, x) : detail::call(GeluTanh{}, at, x);
}
template <Node X>
auto silu(const X& x, Location at = Location::current()) { return detail::call(Silu{}, at, x); }
template <Node X>
auto mish(const X& x, Location at = Location::current()) { return detail::call(Mish{}, at, x); }

/// λ elu(x, α) with the constants of Klambauer et al. 2017, under which activations keep mean 0 and variance 1.
template <Node X>
auto selu(const X& x, Location at = Location::current()) {
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717, at);
}
/// ln σ(x) = -softplus(-x)
template <Node X>
auto log_sigmoid(const X& x, Location at = Location::current()) { return -softplus(-x, at); }

namespace detail {
std::vector<OperationInfo> smooth_activation_operations();
}

using SmoothActivationOps = OpList<Elu, Gelu, GeluTanh, Silu, Softplus, Mish>;

extern template struct detail::Runner<Elu>;
extern template struct detail::Runner<Gelu>;
extern template struct detail::Runner<GeluTanh>;
extern template struct detail::Runner<Silu>;
extern template struct detail::Runner<Softplus>;
extern template struct detail::Runner<Mish>;

}  // namespace xtape
