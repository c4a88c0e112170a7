// Convolution layers: Conv1d Conv2d ConvTranspose1d ConvTranspose2d.
//
// Formulas and result sizes are those of the operations conv1d, conv2d, conv_transpose1d and conv_transpose2d; names,
// layouts and initial numbers are PyTorch's.
#pragma once

#include <xtape/autodiff/ops/per_axis.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/nn/module.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace xtape::nn {

/// `{.stride = 2, .padding = {2, 1}}`: one number for all axes, or the height's and the width's. Zeros are padded on both
/// sides. Strides and dilations are at least 1, paddings at least 0.
template <std::size_t D>
struct ConvLayerOptions {
    PerAxis<D> stride = 1;
    PerAxis<D> padding = 0;
    PerAxis<D> dilation = 1;
    std::ptrdiff_t groups = 1;  ///< channels are cut into that many groups, which do not see each other
    bool bias = true;
    /// With the standard one the bias too is uniform over +-1 / sqrt(fan_in), as in PyTorch; with any other it starts at 0.
    Init init = Init::standard;
};

template <std::size_t D>
struct ConvTransposeLayerOptions {
    PerAxis<D> stride = 1;
    PerAxis<D> padding = 0;         ///< taken off the result, on both sides
    PerAxis<D> output_padding = 0;  ///< added to the end of the result; less than the stride or the dilation
    PerAxis<D> dilation = 1;
    std::ptrdiff_t groups = 1;
    bool bias = true;
    Init init = Init::standard;
};

/// x (N, in, L) to (N, out, (L + 2 padding - dilation (kernel - 1) - 1) / stride + 1), and the same of images (N, in, H, W):
/// `nn::Conv2d{1, 16, 5, {.stride = 2, .padding = 2}}`, `nn::Conv2d{3, 8, {3, 5}}`.
template <class T, std::size_t D>
class BasicConv : public BasicModule<T> {
public:
    using Options = ConvLayerOptions<D>;

    /// Takes the next random stream for the weight, and with the standard initialisation one for the bias. Throws
    /// ConfigError for sizes below 1, options out of range, groups that do not divide both channel counts, and a weight
    /// that does not fit into memory.
    BasicConv(std::size_t in, std::size_t out, PerAxis<D> kernel, Options options = {}, Location at = Location::current());

    /// ShapeError for another rank or number of channels, and for a kernel larger than the padded input.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "Conv2d 1->16, kernel 5x5, stride 2, padding 2"

    const Options& options() const { return options_; }

    BasicParameter<T> weight;               ///< (out, in / groups, kernel...)
    std::optional<BasicParameter<T>> bias;  ///< (out)

private:
    Options options_;
};

/// What turns the shapes of BasicConv with the same options around: x (N, in, L) to (N, out, (L - 1) stride - 2 padding +
/// dilation (kernel - 1) + 1 + output_padding), and the same of images.
template <class T, std::size_t D>
class BasicConvTranspose : public BasicModule<T> {
public:
    using Options = ConvTransposeLayerOptions<D>;

    /// As for BasicConv.
    BasicConvTranspose(std::size_t in, std::size_t out, PerAxis<D> kernel, Options options = {},
                       Location at = Location::current());

    /// ShapeError for another rank or number of channels, and for a result that padding leaves empty.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "ConvTranspose2d 16->1, kernel 4x4, stride 2, padding 1"

    const Options& options() const { return options_; }

    BasicParameter<T> weight;               ///< (in, out / groups, kernel...)
    std::optional<BasicParameter<T>> bias;  ///< (out)

private:
    Options options_;
};

template <class T>
using BasicConv1d = BasicConv<T, 1>;
template <class T>
using BasicConv2d = BasicConv<T, 2>;
template <class T>
using BasicConvTranspose1d = BasicConvTranspose<T, 1>;
template <class T>
using BasicConvTranspose2d = BasicConvTranspose<T, 2>;

using Conv1d = BasicConv1d<float>;
using Conv1d64 = BasicConv1d<double>;
using Conv2d = BasicConv2d<float>;
using Conv2d64 = BasicConv2d<double>;
using ConvTranspose1d = BasicConvTranspose1d<float>;
using ConvTranspose1d64 = BasicConvTranspose1d<double>;
using ConvTranspose2d = BasicConvTranspose2d<float>;
using ConvTranspose2d64 = BasicConvTranspose2d<double>;

namespace detail {
/// ConfigError, named after the layer, for options and sizes that no input can fit.
template <std::size_t D>
void check_convolution(const char* layer, std::size_t in, std::size_t out, const PerAxis<D>& kernel,
                       const ConvLayerOptions<D>& options, Location at);
}  // namespace detail

extern template class BasicConv<float, 1>;
extern template class BasicConv<float, 2>;
extern template class BasicConv<double, 1>;
extern template class BasicConv<double, 2>;
extern template class BasicConvTranspose<float, 1>;
extern template class BasicConvTranspose<float, 2>;
extern template class BasicConvTranspose<double, 1>;
extern template class BasicConvTranspose<double, 2>;

}  // namespace xtape::nn
