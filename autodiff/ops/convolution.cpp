#include <xtape/autodiff/ops/convolution.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/convolution.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;
using detail::check_number;
using detail::ConvolutionShape;
using detail::largest_number;

namespace {

template <std::size_t D>
constexpr const char* spatial_axes = D == 1 ? "L" : "H, W";
template <std::size_t D>
constexpr const char* kernel_axes = D == 1 ? "K" : "KH, KW";

template <std::size_t D>
PerAxis<D> spatial(const Shape& shape) {
    PerAxis<D> extents;
    for (std::size_t i = 0; i < D; ++i) extents[i] = static_cast<std::ptrdiff_t>(shape[2 + i]);
    return extents;
}

template <std::size_t D>
Shape with_spatial(std::size_t batch, std::size_t channels, const PerAxis<D>& extents) {
    Shape shape{batch, channels};
    for (std::size_t i = 0; i < D; ++i) shape.push_back(static_cast<std::size_t>(extents[i]));
    return shape;
}

// Elements that a kernel spans, dilated.
template <std::size_t D>
PerAxis<D> span(const ConvOptions<D>& o, const PerAxis<D>& kernel) {
    PerAxis<D> length;
    for (std::size_t i = 0; i < D; ++i) length[i] = o.dilation[i] * (kernel[i] - 1) + 1;
    return length;
}

template <std::size_t D>
void check_options(const char* operation, const ConvOptions<D>& o) {
    check_number(operation, "stride", o.stride, 1);
    check_number(operation, "padding", o.padding, 0);
    check_number(operation, "dilation", o.dilation, 1);
    if (o.groups < 1)
        throw ConfigError(std::string(operation) + ": expected at least one group, got " + std::to_string(o.groups));
}

// What is said of the operands in every error.
std::string got(const Shape& x, const Shape& w) {
    return ", got input " + to_string(x) + " and weight " + to_string(w);
}

// Ranks and extents; N alone may be 0.
template <std::size_t D>
void check_operands(const char* operation, const char* weight_axes, Shapes x) {
    const auto start = [&] { return std::string(operation) + ": expected "; };
    if (x[0]->size() != D + 2 || x[1]->size() != D + 2) {
        throw ShapeError(start() + "input (N, C, " + spatial_axes<D> + ") and weight (" + weight_axes + ", " +
                         kernel_axes<D> + ")" + got(*x[0], *x[1]));
    }
    const auto fits = [](std::size_t extent) { return extent >= 1 && extent <= std::size_t{largest_number}; };
    if (!std::all_of(x[0]->begin() + 1, x[0]->end(), fits) || !std::all_of(x[1]->begin(), x[1]->end(), fits)) {
        throw ShapeError(start() + "extents of at least 1 (N may be 0) and at most " + std::to_string(largest_number) +
                         got(*x[0], *x[1]));
    }
}

void check_bias(const char* operation, Shapes x, std::size_t channels) {
    if (x.size() < 3 || (x[2]->size() == 1 && (*x[2])[0] == channels)) return;
    throw ShapeError(std::string(operation) + ": expected bias (" + std::to_string(channels) +
                     "), one number an output channel, got " + to_string(*x[2]));
}

// Geometry of a convolution from the shapes of its input and output and the options; `kernel` as of the weight.
template <std::size_t D>
ConvolutionShape geometry(const ConvOptions<D>& o, const Shape& image, const Shape& result, const PerAxis<D>& kernel) {
    const auto groups = static_cast<std::size_t>(o.groups);
    ConvolutionShape s{image[0], groups, image[1] / groups, result[1] / groups, {}, {}};
    for (std::size_t i = 0; i < D; ++i) {
        detail::ConvolutionAxis& axis = i + 1 == D ? s.x : s.y;
        axis = detail::ConvolutionAxis{static_cast<std::ptrdiff_t>(image[2 + i]),
                                       static_cast<std::ptrdiff_t>(result[2 + i]),
                                       kernel[i],
                                       o.stride[i],
                                       o.padding[i],
                                       o.dilation[i]};
    }
    return s;
}

// The bilinear form term by term, by plain loops: f(place in y, place in w, place in x).
template <class F>
void each_product(const ConvolutionShape& s, F f) {
    const auto number = [](std::size_t n) { return static_cast<std::ptrdiff_t>(n); };
    const auto outputs = number(s.batch * s.groups * s.out) * s.y.output * s.x.output;
    for (std::ptrdiff_t at = 0; at < outputs; ++at) {
        const std::ptrdiff_t j = at % s.x.output, i = at / s.x.output % s.y.output,
                             plane = at / s.x.output / s.y.output;
        const std::ptrdiff_t o = plane % number(s.groups * s.out), group = o / number(s.out),
                             n = plane / number(s.groups * s.out);
        for (std::ptrdiff_t c = 0; c < number(s.in); ++c) {
            for (std::ptrdiff_t p = 0; p < s.y.kernel; ++p) {
                for (std::ptrdiff_t q = 0; q < s.x.kernel; ++q) {
                    const std::ptrdiff_t row = i * s.y.stride + p * s.y.dilation - s.y.padding;
                    const std::ptrdiff_t column = j * s.x.stride + q * s.x.dilation - s.x.padding;
                    if (row < 0 || row >= s.y.input || column < 0 || column >= s.x.input) continue;
                    const std::ptrdiff_t channel = (n * number(s.groups) + group) * number(s.in) + c;
                    f(at, ((o * number(s.in) + c) * s.y.kernel + p) * s.x.kernel + q,
                      (channel * s.y.input + row) * s.x.input + column);
                }
            }
        }
    }
}

// The bias, or zeros, in every place of a result.
Array64 biased(const Shape& shape, std::span<const Array64> x) {
    Array64 y(shape, 0.0);
    const std::size_t plane = element_count(Shape(shape.begin() + 2, shape.end()));
    for (std::size_t i = 0; x.size() > 2 && i < y.size(); ++i) y.data()[i] = x[2].data()[i / plane % shape[1]];
    return y;
}

// The gradient of a bias.
template <class T>
BasicTensor<T> sum_but_channels(const Replay<T>& r) {
    const BasicTensor<T>& g = r.g();
    if (r.recording()) return g.rank() == 3 ? sum(g, {0, 2}) : sum(g, {0, 2, 3});
    const std::size_t batch = g.shape()[0], channels = g.shape()[1], planes = batch * channels;
    BasicArray<T> of_planes = empty_array<T>({batch, channels}), y = empty_array<T>({channels});
    using detail::reduce_middle, detail::ReduceKind;
    reduce_middle(ReduceKind::sum, g.value().data(), of_planes.data(), planes, planes == 0 ? 0 : g.size() / planes, 1);
    reduce_middle(ReduceKind::sum, of_planes.data(), y.data(), 1, batch, channels);
    return BasicTensor<T>(std::move(y));
}

template <class Op>
Shape inferred(const Op& op, std::span<const Array64> x) {
    std::vector<Shape> shapes;
    std::vector<const Shape*> pointers;
    for (const Array64& input : x) shapes.push_back(input.shape());
    for (const Shape& shape : shapes) pointers.push_back(&shape);
    return op.infer(pointers);
}

template <class T>
Shape inferred(const auto& op, Inputs<T> x) {
    std::array<Shape, 3> shapes;
    std::array<const Shape*, 3> pointers;
    for (std::size_t i = 0; i < x.size(); ++i) {
        shapes[i] = x[i]->shape();
        pointers[i] = &shapes[i];
    }
    return op.infer(Shapes(pointers.data(), x.size()));
}

}  // namespace

template <std::size_t D>
Shape Convolution<D>::infer(Shapes x) const {
    check_options(name, options);
    check_operands<D>(name, "O, C / groups", x);
    const Shape &in = *x[0], &weight = *x[1];
    const auto groups = static_cast<std::size_t>(options.groups);
    const auto start = [&] { return std::string(name) + ": expected "; };
    if (in[1] % groups != 0 || weight[0] % groups != 0) {
        throw ShapeError(start() + "input and output channels divisible by " + std::to_string(groups) + " groups" +
                         got(in, weight));
    }
    if (weight[1] != in[1] / groups) {
        throw ShapeError(start() + "weight (O, " + std::to_string(in[1] / groups) + ", " + kernel_axes<D> +
                         ") for an input of " + std::to_string(in[1]) + " channels in " + std::to_string(groups) +
                         (groups == 1 ? " group" : " groups") + got(in, weight));
    }
    check_bias(name, x, weight[0]);
    const PerAxis<D> extents = spatial<D>(in), length = span(options, spatial<D>(weight));
    PerAxis<D> padded, result;
    bool fits = true;
    for (std::size_t i = 0; i < D; ++i) {
        padded[i] = extents[i] + 2 * options.padding[i];
        fits = fits && padded[i] >= length[i];
        result[i] = (padded[i] - length[i]) / options.stride[i] + 1;
    }
    if (size.given()) {
        check_number(name, "size", size, 1);
        return with_spatial(in[0], weight[0], size);
    }
    if (!fits) {
        throw ShapeError(start() + "a kernel within the padded input, which is " + to_string(padded) + ", but it spans " +
                         to_string(length) + got(in, weight));
    }
    return with_spatial(in[0], weight[0], result);
}

template <std::size_t D>
template <class T>
BasicArray<T> Convolution<D>::forward(Inputs<T> x) const {
    BasicArray<T> y = empty_array<T>(inferred<T>(*this, x));
    detail::convolve<T>(geometry(options, x[0]->shape(), y.shape(), spatial<D>(x[1]->shape())), x[0]->data(),
                        x[1]->data(), x.size() > 2 ? x[2]->data() : nullptr, y.data());
    return y;
}

template <std::size_t D>
template <class T>
void Convolution<D>::backward(Replay<T>& r) const {
    if (r.wants(0)) {
        r.give(0, detail::call(ConvolutionTranspose<D>{options, 0, spatial<D>(r.shape(0))}, Location{}, r.g(), r.x(1)));
    }
    if (r.wants(1))
        r.give(1, detail::call(ConvolutionWeight<D>{options, spatial<D>(r.shape(1))}, Location{}, r.x(0), r.g()));
    if (r.inputs() > 2 && r.wants(2)) r.give(2, sum_but_channels(r));
}

template <std::size_t D>
Array64 Convolution<D>::reference(std::span<const Array64> x) const {
    Array64 y = biased(inferred(*this, x), x);
    each_product(geometry(options, x[0].shape(), y.shape(), spatial<D>(x[1].shape())),
                 [&](auto to, auto w, auto from) { y.data()[to] += x[1].data()[w] * x[0].data()[from]; });
    return y;
}

template <std::size_t D>
Shape ConvolutionTranspose<D>::infer(Shapes x) const {
    check_options(name, options);
    check_operands<D>(name, "C, O / groups", x);
    const Shape &in = *x[0], &weight = *x[1];
    const auto groups = static_cast<std::size_t>(options.groups);
    const auto start = [&] { return std::string(name) + ": expected "; };
    if (in[1] % groups != 0) {
        throw ShapeError(start() + "input channels divisible by " + std::to_string(groups) + " groups" + got(in, weight));
    }
    if (weight[0] != in[1]) {
        throw ShapeError(start() + "weight (" + std::to_string(in[1]) + ", O / groups, " + kernel_axes<D> +
                         ") for an input of " + std::to_string(in[1]) + " channels" + got(in, weight));
    }
    std::size_t channels = 0;
    if (__builtin_mul_overflow(weight[1], groups, &channels) || channels > std::size_t{largest_number}) {
        throw ShapeError(start() + "at most " + std::to_string(largest_number) + " output channels in " +
                         std::to_string(groups) + " groups" + got(in, weight));
    }
    check_bias(name, x, channels);
    if (size.given()) {
        check_number(name, "size", size, 1);
        return with_spatial(in[0], channels, size);
    }
    const PerAxis<D> extents = spatial<D>(in), length = span(options, spatial<D>(weight));
    PerAxis<D> result;
    bool fits = true, exists = true;
    for (std::size_t i = 0; i < D; ++i) {
        const std::ptrdiff_t extra = output_padding[i];
        fits = fits && extra >= 0 && extra < std::max(options.stride[i], options.dilation[i]);
        if (!fits) break;
        result[i] = (extents[i] - 1) * options.stride[i] - 2 * options.padding[i] + length[i] + extra;
        exists = exists && result[i] >= 1;
    }
    if (!fits) {
        throw ConfigError(start() + "an output_padding of at least 0 and below the stride " + to_string(options.stride) +
                          " or the dilation " + to_string(options.dilation) + ", got " + to_string(output_padding));
    }
    if (!exists) {
        throw ShapeError(start() + "a result of at least 1 along every axis, but it would be " + to_string(result) +
                         got(in, weight));
    }
    return with_spatial(in[0], channels, result);
}

template <std::size_t D>
template <class T>
BasicArray<T> ConvolutionTranspose<D>::forward(Inputs<T> x) const {
    BasicArray<T> y = empty_array<T>(inferred<T>(*this, x));
    detail::convolve_transposed<T>(geometry(options, y.shape(), x[0]->shape(), spatial<D>(x[1]->shape())), x[0]->data(),
                                   x[1]->data(), x.size() > 2 ? x[2]->data() : nullptr, y.data());
    return y;
}

template <std::size_t D>
template <class T>
void ConvolutionTranspose<D>::backward(Replay<T>& r) const {
    if (r.wants(0)) r.give(0, detail::call(Convolution<D>{options, spatial<D>(r.shape(0))}, Location{}, r.g(), r.x(1)));
    if (r.wants(1))
        r.give(1, detail::call(ConvolutionWeight<D>{options, spatial<D>(r.shape(1))}, Location{}, r.g(), r.x(0)));
    if (r.inputs() > 2 && r.wants(2)) r.give(2, sum_but_channels(r));
}

template <std::size_t D>
Array64 ConvolutionTranspose<D>::reference(std::span<const Array64> x) const {
    Array64 y = biased(inferred(*this, x), x);
    each_product(geometry(options, y.shape(), x[0].shape(), spatial<D>(x[1].shape())),
                 [&](auto from, auto w, auto to) { y.data()[to] += x[1].data()[w] * x[0].data()[from]; });
    return y;
}

template <std::size_t D>
Shape ConvolutionWeight<D>::infer(Shapes x) const {
    check_options(name, options);
    check_number(name, "kernel", kernel, 1);
    const Shape &in = *x[0], &g = *x[1];
    const auto groups = static_cast<std::size_t>(options.groups);
    const auto positive = [](std::size_t extent) { return extent >= 1 && extent <= std::size_t{largest_number}; };
    if (in.size() != D + 2 || g.size() != D + 2 || in[0] != g[0] || !std::all_of(in.begin() + 1, in.end(), positive) ||
        !std::all_of(g.begin() + 1, g.end(), positive) || in[1] % groups != 0 || g[1] % groups != 0) {
        throw ShapeError(std::string(name) + ": expected (N, C, " + spatial_axes<D> + ") and (N, O, " +
                         spatial_axes<D> + ") with channels divisible by " + std::to_string(groups) +
                         (groups == 1 ? " group" : " groups") + ", got " + to_string(in) + " and " + to_string(g));
    }
    return with_spatial(g[1], in[1] / groups, kernel);
}

template <std::size_t D>
template <class T>
BasicArray<T> ConvolutionWeight<D>::forward(Inputs<T> x) const {
    BasicArray<T> w = empty_array<T>(inferred<T>(*this, x));
    detail::convolve_weight<T>(geometry(options, x[0]->shape(), x[1]->shape(), kernel), x[0]->data(), x[1]->data(),
                               w.data());
    return w;
}

template <std::size_t D>
template <class T>
void ConvolutionWeight<D>::backward(Replay<T>& r) const {
    if (r.wants(0)) {
        r.give(0, detail::call(ConvolutionTranspose<D>{options, 0, spatial<D>(r.shape(0))}, Location{}, r.x(1), r.g()));
    }
    if (r.wants(1)) r.give(1, detail::call(Convolution<D>{options, spatial<D>(r.shape(1))}, Location{}, r.x(0), r.g()));
}

template <std::size_t D>
Array64 ConvolutionWeight<D>::reference(std::span<const Array64> x) const {
    Array64 w(inferred(*this, x), 0.0);
    each_product(geometry(options, x[0].shape(), x[1].shape(), kernel),
                 [&](auto y, auto to, auto from) { w.data()[to] += x[1].data()[y] * x[0].data()[from]; });
    return w;
}

template struct Convolution<1>;
template struct Convolution<2>;
template struct ConvolutionTranspose<1>;
template struct ConvolutionTranspose<2>;
template struct ConvolutionWeight<1>;
template struct ConvolutionWeight<2>;
template struct detail::Runner<Convolution<1>>;
template struct detail::Runner<Convolution<2>>;
template struct detail::Runner<ConvolutionTranspose<1>>;
template struct detail::Runner<ConvolutionTranspose<2>>;
template struct detail::Runner<ConvolutionWeight<1>>;
template struct detail::Runner<ConvolutionWeight<2>>;

std::vector<OperationInfo> detail::convolution_operations() { return describe_family(ConvolutionOps{}); }

}  // namespace xtape
