// Convolution over one or two axes: conv1d conv2d conv_transpose1d conv_transpose2d.
//
// "Convolution" is what neural networks call it: the kernel is not turned around. Inputs are (N, C, L) or (N, C, H, W).
// Convolution, its transpose and its weight gradient are linear in each operand, and each one's derivatives are the two
// others.
#pragma once

#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/ops/per_axis.hpp>

namespace xtape {

/// Padding is with zeros, on both sides. Strides and dilations are at least 1, paddings at least 0, all below 2^31.
template <std::size_t D>
struct ConvOptions {
    PerAxis<D> stride = 1;
    PerAxis<D> padding = 0;
    PerAxis<D> dilation = 1;
    std::ptrdiff_t groups =
        1;  ///< channels are cut into that many groups, which do not see each other; divides both channel counts
};
using Conv1dOptions = ConvOptions<1>;
using Conv2dOptions = ConvOptions<2>;

template <std::size_t D>
struct ConvTransposeOptions {
    PerAxis<D> stride = 1;
    PerAxis<D> padding = 0;
    PerAxis<D> output_padding =
        0;  ///< rows and columns more at the end of the result; less than the stride or the dilation
    PerAxis<D> dilation = 1;
    std::ptrdiff_t groups = 1;
};
using ConvTranspose1dOptions = ConvTransposeOptions<1>;
using ConvTranspose2dOptions = ConvTransposeOptions<2>;

/// y(n, o, i) = b(o) + sum over c, k of w(o, c, k) x(n, c, i stride + k dilation - padding); x (N, C, ...), w (O, C /
/// groups, ...)
template <std::size_t D>
struct Convolution {
    ConvOptions<D> options;
    PerAxis<D> size;  ///< of the result, when not as many as fit: a transposed convolution's derivative may need others

    static constexpr const char* name = D == 1 ? "conv1d" : "conv2d";
    static constexpr const char* signature = D == 1
                                                 ? "conv1d(x, weight, [bias], {.stride, .padding, .dilation, .groups})"
                                                 : "conv2d(x, weight, [bias], {.stride, .padding, .dilation, .groups})";
    static constexpr const char* formula =
        "y = w * x + b (correlation over the spatial axes, summed over channels);  "
        "dx = conv_transpose(g, w);  dw = correlation of x with g;  db = g summed over all but channels";
    static constexpr Keep keep = Keep::input(0) | Keep::input(1);

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    /// A multiplication and an addition for each weight of a channel of the result, at each of its places; and the bias.
    double flops(Shapes x) const {
        const auto weights = static_cast<double>(element_count(*x[1])) / static_cast<double>((*x[1])[0]);
        return static_cast<double>(element_count(infer(x))) * (2 * weights + (x.size() > 2 ? 1 : 0));
    }
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Convolution>> samples();
    static Sample<Convolution> random(sample::Draw& draw);
};

/// The adjoint of a convolution in its input: y (N, C, ...) of x (N, O, ...) and w (O, C / groups, ...), plus b(c)
template <std::size_t D>
struct ConvolutionTranspose {
    ConvOptions<D> options;
    PerAxis<D> output_padding = 0;
    PerAxis<D> size;  ///< of the result, when not by the options: the derivative of a convolution knows its input's

    static constexpr const char* name = D == 1 ? "conv_transpose1d" : "conv_transpose2d";
    static constexpr const char* signature =
        D == 1 ? "conv_transpose1d(x, weight, [bias], {.stride, .padding, .output_padding, .dilation, .groups})"
               : "conv_transpose2d(x, weight, [bias], {.stride, .padding, .output_padding, .dilation, .groups})";
    static constexpr const char* formula =
        "y = adjoint in x of convolution with w, applied to x, plus b;  dx = conv(g, w);  "
        "dw = correlation of g with x;  db = g summed over all but channels";
    static constexpr Keep keep = Keep::input(0) | Keep::input(1);

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    /// A multiplication and an addition for each weight of a channel of x, at each of its places; and the bias.
    double flops(Shapes x) const {
        const auto weights = static_cast<double>(element_count(*x[1])) / static_cast<double>((*x[1])[0]);
        const double bias = x.size() > 2 ? static_cast<double>(element_count(infer(x))) : 0;
        return 2 * weights * static_cast<double>(element_count(*x[0])) + bias;
    }
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<ConvolutionTranspose>> samples();
    static Sample<ConvolutionTranspose> random(sample::Draw& draw);
};

/// The adjoint of a convolution in its weight: w (O, C / groups, ...) of x (N, C, ...) and g (N, O, ...)
template <std::size_t D>
struct ConvolutionWeight {
    ConvOptions<D> options;
    PerAxis<D> kernel;  ///< spatial size of the result

    static constexpr const char* name = D == 1 ? "conv1d_weight_gradient" : "conv2d_weight_gradient";
    static constexpr const char* signature = D == 1 ? "none: a derivative of conv1d" : "none: a derivative of conv2d";
    static constexpr const char* formula =
        "y = correlation of a with b, summed over the batch;  da = conv_transpose(b, g);  "
        "db = conv(a, g)";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<ConvolutionWeight>> samples();
    static Sample<ConvolutionWeight> random(sample::Draw& draw);
};

/// x (N, C, L) with weight (O, C / groups, K) and bias (O) to (N, O, (L + 2 padding - dilation (K - 1) - 1) / stride +
/// 1). Only N may be 0. ShapeError when shapes do not fit or the kernel is larger than the padded input, ConfigError
/// for options out of range.
template <class X, class W>
requires Operands<X, W>
auto conv1d(const X& x, const W& weight, Conv1dOptions options = {}, Location at = Location::current()) {
    return detail::call(Convolution<1>{options, {}}, at, x, weight);
}
template <class X, class W, class B>
requires Operands<X, W, B>
auto conv1d(const X& x, const W& weight, const B& bias, Conv1dOptions options = {}, Location at = Location::current()) {
    return detail::call(Convolution<1>{options, {}}, at, x, weight, bias);
}

/// The same of images: `conv2d(x, weight, bias, {.stride = 2, .padding = {2, 1}})`, x (N, C, H, W), weight (O, C /
/// groups, KH, KW).
template <class X, class W>
requires Operands<X, W>
auto conv2d(const X& x, const W& weight, Conv2dOptions options = {}, Location at = Location::current()) {
    return detail::call(Convolution<2>{options, {}}, at, x, weight);
}
template <class X, class W, class B>
requires Operands<X, W, B>
auto conv2d(const X& x, const W& weight, const B& bias, Conv2dOptions options = {}, Location at = Location::current()) {
    return detail::call(Convolution<2>{options, {}}, at, x, weight, bias);
}

namespace detail {
template <std::size_t D>
ConvolutionTranspose<D> transposed(const ConvTransposeOptions<D>& o) {
    return {{o.stride, o.padding, o.dilation, o.groups}, o.output_padding, {}};
}
}  // namespace detail

/// x (N, C, L) with weight (C, O / groups, K) and bias (O) to (N, O, (L - 1) stride - 2 padding + dilation (K - 1) + 1
/// + output_padding): what turns the shapes of conv1d with the same options around. Errors as there; an empty result is
/// a ShapeError.
template <class X, class W>
requires Operands<X, W>
auto conv_transpose1d(const X& x, const W& weight, ConvTranspose1dOptions options = {},
                      Location at = Location::current()) {
    return detail::call(detail::transposed(options), at, x, weight);
}
template <class X, class W, class B>
requires Operands<X, W, B>
auto conv_transpose1d(const X& x, const W& weight, const B& bias, ConvTranspose1dOptions options = {},
                      Location at = Location::current()) {
    return detail::call(detail::transposed(options), at, x, weight, bias);
}

/// The same of images: x (N, C, H, W), weight (C, O / groups, KH, KW).
template <class X, class W>
requires Operands<X, W>
auto conv_transpose2d(const X& x, const W& weight, ConvTranspose2dOptions options = {},
                      Location at = Location::current()) {
    return detail::call(detail::transposed(options), at, x, weight);
}
template <class X, class W, class B>
requires Operands<X, W, B>
auto conv_transpose2d(const X& x, const W& weight, const B& bias, ConvTranspose2dOptions options = {},
                      Location at = Location::current()) {
    return detail::call(detail::transposed(options), at, x, weight, bias);
}

namespace detail {
std::vector<OperationInfo> convolution_operations();
}

using ConvolutionOps = OpList<Convolution<1>, Convolution<2>, ConvolutionTranspose<1>, ConvolutionTranspose<2>,
                              ConvolutionWeight<1>, ConvolutionWeight<2>>;

extern template struct Convolution<1>;
extern template struct Convolution<2>;
extern template struct ConvolutionTranspose<1>;
extern template struct ConvolutionTranspose<2>;
extern template struct ConvolutionWeight<1>;
extern template struct ConvolutionWeight<2>;
extern template struct detail::Runner<Convolution<1>>;
extern template struct detail::Runner<Convolution<2>>;
extern template struct detail::Runner<ConvolutionTranspose<1>>;
extern template struct detail::Runner<ConvolutionTranspose<2>>;
extern template struct detail::Runner<ConvolutionWeight<1>>;
extern template struct detail::Runner<ConvolutionWeight<2>>;

}  // namespace xtape
