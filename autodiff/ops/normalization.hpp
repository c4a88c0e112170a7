// Normalisation by mean and variance: batch_norm batch_norm_inference layer_norm group_norm.
//
// xhat = (x - mean) / sqrt(variance + eps), y = xhat weight + bias; the variance is the biased one. Statistics are found in two
// passes and kept in double, so that a mean much larger than the deviation costs no digits.
#pragma once

#include <xtape/autodiff/ops/reduction.hpp>

#include <memory>

namespace xtape {

namespace detail {
/// What the forward of a normalisation found and its backward needs: one number a group.
struct NormState {
    Array64 mean, variance;
};
}  // namespace detail

/// y = xhat weight + bias over the last axes of x; inputs x, then weight and bias of those axes' shape if they are wanted
struct LayerNorm {
    std::size_t axes = 1;  ///< how many of the last axes are normalised together
    double eps = 1e-5;
    mutable std::shared_ptr<const detail::NormState> state = {};  ///< of the latest forward; the record holds its own

    static constexpr const char* name = "layer_norm";
    static constexpr const char* signature = "layer_norm(x, weight, bias, {.axes = k, .eps = eps})";
    static constexpr const char* formula =
        "y = xhat w + b;  dx = (g w - mean(g w) - xhat mean(g w xhat)) / sqrt(variance + eps);  dw = sum(g xhat);  db = sum(g)";
    static constexpr const char* kinks = "a constant row gives b, and with eps = 0 NaN";
    static constexpr Keep keep = Keep::input(0) | Keep::input(1);

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<LayerNorm>> samples();
    static Sample<LayerNorm> random(sample::Draw& draw);
};

/// y = xhat weight + bias for x (N, C, ...), statistics over each sample's C / groups neighbouring channels and all further axes;
/// inputs x, then weight (C) and bias (C) if they are wanted
struct GroupNorm {
    std::size_t groups = 1;
    double eps = 1e-5;
    mutable std::shared_ptr<const detail::NormState> state = {};

    static constexpr const char* name = "group_norm";
    static constexpr const char* signature = "group_norm(x, groups, weight, bias, {.eps = eps})";
    static constexpr const char* formula =
        "y = xhat w + b;  dx = (g w - mean(g w) - xhat mean(g w xhat)) / sqrt(variance + eps);  dw = sum(g xhat);  db = sum(g)";
    static constexpr const char* kinks = "a constant group gives b, and with eps = 0 NaN";
    static constexpr Keep keep = Keep::input(0) | Keep::input(1);

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<GroupNorm>> samples();
    static Sample<GroupNorm> random(sample::Draw& draw);
};

/// y = xhat weight + bias for x (N, C, ...), statistics of each channel over all other axes; inputs x, then weight (C) and bias (C)
struct BatchNorm {
    double eps = 1e-5;
    mutable std::shared_ptr<const detail::NormState> state = {};

    static constexpr const char* name = "batch_norm";
    static constexpr const char* signature = "batch_norm(x, weight, bias, {.eps = eps})";
    static constexpr const char* formula =
        "y = xhat w + b;  dx = w (g - mean(g) - xhat mean(g xhat)) / sqrt(variance + eps);  dw = sum(g xhat);  db = sum(g)";
    static constexpr const char* kinks = "a constant channel gives b, and with eps = 0 NaN";
    static constexpr Keep keep = Keep::input(0) | Keep::input(1);

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<BatchNorm>> samples();
    static Sample<BatchNorm> random(sample::Draw& draw);
};

/// The same with mean (C) and variance (C) given, as a trained network uses it: inputs x, mean, variance, then weight and bias
struct BatchNormInference {
    double eps = 1e-5;

    static constexpr const char* name = "batch_norm_inference";
    static constexpr const char* signature = "batch_norm_inference(x, mean, variance, weight, bias, {.eps = eps})";
    static constexpr const char* formula =
        "y = (x - m) s w + b with s = 1 / sqrt(v + eps);  dx = g s w;  dm = -sum(g) s w;  dv = -sum(g (x - m)) s^3 w / 2;  "
        "dw = sum(g (x - m)) s;  db = sum(g)";
    static constexpr const char* domain = "v + eps > 0; NaN below";
    static constexpr Keep keep = Keep::input(0) | Keep::input(1) | Keep::input(2) | Keep::input(3);

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<BatchNormInference>> samples();
    static Sample<BatchNormInference> random(sample::Draw& draw);
};

struct NormOptions {
    double eps = 1e-5;  ///< added to the variance; at least 0
};
struct LayerNormOptions {
    std::size_t axes = 1;  ///< how many of the last axes are normalised together; at least 1
    double eps = 1e-5;     ///< added to the variance; at least 0
};

/// A normalised batch and the statistics that a running average takes up.
template <class T>
struct BatchNormResult {
    BasicTensor<T> y;
    BasicArray<T> mean;      ///< (C)
    BasicArray<T> variance;  ///< (C), unbiased: over n - 1, although y is made with the one over n
};

namespace detail {
BatchNormResult<float> batch_norm_result(Tensor y, const BatchNorm& op);
BatchNormResult<double> batch_norm_result(Tensor64 y, const BatchNorm& op);
}  // namespace detail

/// Normalises over the last axes. Weight and bias have the shape of these axes (ShapeError); ConfigError for a negative eps.
template <Node X>
auto layer_norm(const X& x, LayerNormOptions options = {}, Location at = Location::current()) {
    return detail::call(LayerNorm{options.axes, options.eps}, at, x);
}
template <class X, class W>
    requires Operands<X, W>
auto layer_norm(const X& x, const W& weight, LayerNormOptions options = {}, Location at = Location::current()) {
    return detail::call(LayerNorm{options.axes, options.eps}, at, x, weight);
}
template <class X, class W, class B>
    requires Operands<X, W, B>
auto layer_norm(const X& x, const W& weight, const B& bias, LayerNormOptions options = {}, Location at = Location::current()) {
    return detail::call(LayerNorm{options.axes, options.eps}, at, x, weight, bias);
}

/// Normalises each sample of x (N, C, ...) within groups of C / groups channels: 1 group takes all channels together, C groups each
/// alone (instance normalisation). ShapeError unless `groups` divides C and weight and bias are (C); ConfigError for a negative eps.
template <Node X>
auto group_norm(const X& x, std::size_t groups, NormOptions options = {}, Location at = Location::current()) {
    return detail::call(GroupNorm{groups, options.eps}, at, x);
}
template <class X, class W>
    requires Operands<X, W>
auto group_norm(const X& x, std::size_t groups, const W& weight, NormOptions options = {}, Location at = Location::current()) {
    return detail::call(GroupNorm{groups, options.eps}, at, x, weight);
}
template <class X, class W, class B>
    requires Operands<X, W, B>
auto group_norm(const X& x, std::size_t groups, const W& weight, const B& bias, NormOptions options = {},
                Location at = Location::current()) {
    return detail::call(GroupNorm{groups, options.eps}, at, x, weight, bias);
}

/// Normalises each channel of x (N, C, ...) by the mean and variance of this batch, through which the gradient flows too.
/// `auto [y, mean, variance] = batch_norm(x, weight, bias)`. ShapeError when a channel has fewer than two values, or unless weight
/// and bias are (C); ConfigError for a negative eps.
template <Node X>
auto batch_norm(const X& x, NormOptions options = {}, Location at = Location::current()) {
    const BatchNorm op{options.eps};
    return detail::batch_norm_result(detail::call(op, at, x), op);
}
template <class X, class W>
    requires Operands<X, W>
auto batch_norm(const X& x, const W& weight, NormOptions options = {}, Location at = Location::current()) {
    const BatchNorm op{options.eps};
    return detail::batch_norm_result(detail::call(op, at, x, weight), op);
}
template <class X, class W, class B>
    requires Operands<X, W, B>
auto batch_norm(const X& x, const W& weight, const B& bias, NormOptions options = {}, Location at = Location::current()) {
    const BatchNorm op{options.eps};
    return detail::batch_norm_result(detail::call(op, at, x, weight, bias), op);
}

/// Normalises each channel of x (N, C, ...) by given statistics. ShapeError unless mean, variance, weight and bias are (C);
/// ConfigError for a negative eps.
template <class X, class M, class V>
    requires Operands<X, M, V>
auto batch_norm_inference(const X& x, const M& mean, const V& variance, NormOptions options = {}, Location at = Location::current()) {
    return detail::call(BatchNormInference{options.eps}, at, x, mean, variance);
}
template <class X, class M, class V, class W>
    requires Operands<X, M, V, W>
auto batch_norm_inference(const X& x, const M& mean, const V& variance, const W& weight, NormOptions options = {},
                          Location at = Location::current()) {
    return detail::call(BatchNormInference{options.eps}, at, x, mean, variance, weight);
}
template <class X, class M, class V, class W, class B>
    requires Operands<X, M, V, W, B>
auto batch_norm_inference(const X& x, const M& mean, const V& variance, const W& weight, const B& bias, NormOptions options = {},
                          Location at = Location::current()) {
    return detail::call(BatchNormInference{options.eps}, at, x, mean, variance, weight, bias);
}

namespace detail {
std::vector<OperationInfo> normalization_operations();
}

using NormalizationOps = OpList<LayerNorm, GroupNorm, BatchNorm, BatchNormInference>;

extern template struct detail::Runner<LayerNorm>;
extern template struct detail::Runner<GroupNorm>;
extern template struct detail::Runner<BatchNorm>;
extern template struct detail::Runner<BatchNormInference>;

}  // namespace xtape
