#include <xtape/nn/convolution.hpp>

#include <xtape/autodiff/ops/convolution.hpp>
#include <xtape/nn/weights.hpp>

#include <algorithm>

namespace xtape::nn {
namespace {

template <std::size_t D>
constexpr const char* conv_name = D == 1 ? "Conv1d" : "Conv2d";
template <std::size_t D>
constexpr const char* transposed_name = D == 1 ? "ConvTranspose1d" : "ConvTranspose2d";

// (first, second, kernel...)
template <std::size_t D>
Shape kernel_shape(std::size_t first, std::size_t second, const PerAxis<D>& kernel) {
    Shape shape{first, second};
    for (std::size_t i = 0; i < D; ++i) shape.push_back(static_cast<std::size_t>(kernel[i]));
    return shape;
}

template <std::size_t D>
PerAxis<D> kernel_of(const Shape& weight) {
    PerAxis<D> kernel;
    for (std::size_t i = 0; i < D; ++i) kernel[i] = static_cast<std::ptrdiff_t>(weight[2 + i]);
    return kernel;
}

template <std::size_t D>
Shape conv_shape(std::size_t in, std::size_t out, const PerAxis<D>& kernel, const ConvLayerOptions<D>& o,
                 std::size_t number_bytes, Location at) {
    detail::check_convolution(conv_name<D>, in, out, kernel, o, at);
    const Shape shape = kernel_shape(out, in / static_cast<std::size_t>(o.groups), kernel);
    return detail::weight_shape(conv_name<D>, shape, number_bytes, at);
}

template <std::size_t D>
Shape transposed_shape(std::size_t in, std::size_t out, const PerAxis<D>& kernel, const ConvTransposeLayerOptions<D>& o,
                       std::size_t number_bytes, Location at) {
    const std::string layer = transposed_name<D>;
    detail::check_convolution<D>(transposed_name<D>, in, out, kernel, {o.stride, o.padding, o.dilation, o.groups}, at);
    for (std::size_t i = 0; i < D; ++i) {
        if (o.output_padding[i] >= 0 && o.output_padding[i] < std::max(o.stride[i], o.dilation[i])) continue;
        throw ConfigError(layer + ": expected an output_padding of at least 0 and below the stride " + to_string(o.stride) +
                              " or the dilation " + to_string(o.dilation) + ", got " + to_string(o.output_padding),
                          at);
    }
    const Shape shape = kernel_shape(in, out / static_cast<std::size_t>(o.groups), kernel);
    return detail::weight_shape(transposed_name<D>, shape, number_bytes, at);
}

template <std::size_t D>
void check_input(const char* layer, std::size_t channels, const Shape& x) {
    if (x.size() == D + 2 && x[1] == channels) return;
    throw ShapeError(std::string(layer) + ": expected input (N, " + std::to_string(channels) + (D == 1 ? ", L" : ", H, W") +
                     "), got " + to_string(x));
}

template <std::size_t D, class Options>
std::string text_of(const char* layer, std::size_t in, std::size_t out, const Shape& weight, const Options& o) {
    return std::string(layer) + " " + std::to_string(in) + "->" + std::to_string(out) + ", kernel " +
           detail::by(kernel_of<D>(weight)) + detail::unless<D>(1, "stride", o.stride) +
           detail::unless<D>(0, "padding", o.padding);
}

template <std::size_t D, class Options>
std::string end_of_text(const Options& o) {
    return detail::unless<D>(1, "dilation", o.dilation) +
           (o.groups == 1 ? "" : ", groups " + std::to_string(o.groups)) + (o.bias ? "" : ", no bias");
}

}  // namespace

template <std::size_t D>
void detail::check_convolution(const char* layer, std::size_t in, std::size_t out, const PerAxis<D>& kernel,
                               const ConvLayerOptions<D>& o, Location at) try {
    const std::string start = std::string(layer) + ": expected ";
    const std::string got = ", got " + std::to_string(in) + " and " + std::to_string(out);
    if (in == 0 || out == 0) throw ConfigError(start + "at least 1 input channel and 1 output channel" + got);
    xtape::detail::check_number(layer, "kernel", kernel, 1);
    xtape::detail::check_number(layer, "stride", o.stride, 1);
    xtape::detail::check_number(layer, "padding", o.padding, 0);
    xtape::detail::check_number(layer, "dilation", o.dilation, 1);
    if (o.groups < 1) throw ConfigError(start + "at least one group, got " + std::to_string(o.groups));
    const auto groups = static_cast<std::size_t>(o.groups);
    if (in % groups != 0 || out % groups != 0) {
        throw ConfigError(start + "channel counts that " + std::to_string(groups) + " groups divide" + got);
    }
} catch (Error& error) {
    error.set_location(at);
    throw;
}

template <class T, std::size_t D>
BasicConv<T, D>::BasicConv(std::size_t in, std::size_t out, PerAxis<D> kernel, Options options, Location at)
    : weight(options.init.template make<T>(conv_shape(in, out, kernel, options, sizeof(T), at)), "weight"), options_(options) {
    if (options.bias) bias.emplace(detail::initial_bias<T>(options.init, out, init::fans(weight.shape()).in), "bias");
}

template <class T, std::size_t D>
BasicTensor<T> BasicConv<T, D>::forward(const BasicTensor<T>& x) {
    check_input<D>(conv_name<D>, weight.shape()[1] * static_cast<std::size_t>(options_.groups), x.shape());
    const xtape::ConvOptions<D> o{options_.stride, options_.padding, options_.dilation, options_.groups};
    if constexpr (D == 1) {
        return bias ? conv1d(x, weight, *bias, o, Location{}) : conv1d(x, weight, o, Location{});
    } else {
        return bias ? conv2d(x, weight, *bias, o, Location{}) : conv2d(x, weight, o, Location{});
    }
}

template <class T, std::size_t D>
void BasicConv<T, D>::visit(BasicVisitor<T>& v) {
    v("weight", weight);
    if (bias) v("bias", *bias);
}

template <class T, std::size_t D>
std::string BasicConv<T, D>::describe() const {
    const Shape& w = weight.shape();
    const std::size_t in = w[1] * static_cast<std::size_t>(options_.groups);
    return text_of<D>(conv_name<D>, in, w[0], w, options_) + end_of_text<D>(options_);
}

template <class T, std::size_t D>
BasicConvTranspose<T, D>::BasicConvTranspose(std::size_t in, std::size_t out, PerAxis<D> kernel, Options options, Location at)
    : weight(options.init.template make<T>(transposed_shape(in, out, kernel, options, sizeof(T), at)), "weight"),
      options_(options) {
    if (options.bias) bias.emplace(detail::initial_bias<T>(options.init, out, init::fans(weight.shape()).in), "bias");
}

template <class T, std::size_t D>
BasicTensor<T> BasicConvTranspose<T, D>::forward(const BasicTensor<T>& x) {
    check_input<D>(transposed_name<D>, weight.shape()[0], x.shape());
    const xtape::ConvTransposeOptions<D> o{options_.stride, options_.padding, options_.output_padding, options_.dilation,
                                           options_.groups};
    if constexpr (D == 1) {
        return bias ? conv_transpose1d(x, weight, *bias, o, Location{}) : conv_transpose1d(x, weight, o, Location{});
    } else {
        return bias ? conv_transpose2d(x, weight, *bias, o, Location{}) : conv_transpose2d(x, weight, o, Location{});
    }
}

template <class T, std::size_t D>
void BasicConvTranspose<T, D>::visit(BasicVisitor<T>& v) {
    v("weight", weight);
    if (bias) v("bias", *bias);
}

template <class T, std::size_t D>
std::string BasicConvTranspose<T, D>::describe() const {
    const Shape& w = weight.shape();
    const std::size_t out = w[1] * static_cast<std::size_t>(options_.groups);
    return text_of<D>(transposed_name<D>, w[0], out, w, options_) +
           detail::unless<D>(0, "output_padding", options_.output_padding) + end_of_text<D>(options_);
}

template void detail::check_convolution(const char*, std::size_t, std::size_t, const PerAxis<1>&,
                                        const ConvLayerOptions<1>&, Location);
template void detail::check_convolution(const char*, std::size_t, std::size_t, const PerAxis<2>&,
                                        const ConvLayerOptions<2>&, Location);
template class BasicConv<float, 1>;
template class BasicConv<float, 2>;
template class BasicConv<double, 1>;
template class BasicConv<double, 2>;
template class BasicConvTranspose<float, 1>;
template class BasicConvTranspose<float, 2>;
template class BasicConvTranspose<double, 1>;
template class BasicConvTranspose<double, 2>;

}  // namespace xtape::nn
