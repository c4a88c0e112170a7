// LazyLinear LazyConv1d LazyConv2d: layers that learn from their first input how many inputs they have.
#pragma once

#include <xtape/autodiff/random.hpp>
#include <xtape/nn/convolution.hpp>
#include <xtape/nn/linear.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace xtape::nn {

/// A layer that is made by the first forward pass, which may be one of zeros: `net(Array(Shape{1, 1, 28, 28}, 0.f))`. Until
/// then it has no parameters, and whatever asks a model for its parameters (an optimizer, save, parameter_count) is refused
/// with a ConfigError that names the layer, since it would silently miss them. From then on it is the layer, under the same
/// names. Its random streams are reserved when it is declared: it starts from the numbers that the layer would have had in
/// its place, and a copy made before the first pass starts from the same.
template <class T, class Layer>
class BasicLazy : public BasicModule<T> {
public:
    /// The layer. Throws ConfigError before the first forward pass.
    Layer& layer(Location at = Location::current());
    bool ready() const { return layer_.has_value(); }

    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "LazyLinear ?->10", then "Linear 784->10"

protected:
    /// Reserves one random stream for the weight and, when the layer will take one, one for the bias.
    explicit BasicLazy(bool random_bias);

private:
    /// The layer for this input, which has another rank than it can have: ShapeError.
    virtual Layer make(const Shape& x) const = 0;
    virtual std::string name() const = 0;
    virtual std::size_t outputs() const = 0;

    random::State streams_;
    std::optional<Layer> layer_;
};

/// Linear whose number of inputs is the last extent of its first input: `nn::LazyLinear{10}`.
template <class T>
class BasicLazyLinear : public BasicLazy<T, BasicLinear<T>> {
public:
    /// Throws ConfigError without outputs.
    explicit BasicLazyLinear(std::size_t out, LinearOptions options = {}, Location at = Location::current());

private:
    BasicLinear<T> make(const Shape& x) const override;
    std::string name() const override { return "LazyLinear"; }
    std::size_t outputs() const override { return out_; }

    std::size_t out_;
    LinearOptions options_;
};

/// Convolution whose number of input channels is that of its first input: `nn::LazyConv2d{16, 5, {.padding = 2}}`.
template <class T, std::size_t D>
class BasicLazyConv : public BasicLazy<T, BasicConv<T, D>> {
public:
    /// Throws ConfigError for what no number of input channels can fit; whether groups divide it shows in the first pass.
    BasicLazyConv(std::size_t out, PerAxis<D> kernel, ConvLayerOptions<D> options = {}, Location at = Location::current());

private:
    BasicConv<T, D> make(const Shape& x) const override;
    std::string name() const override { return D == 1 ? "LazyConv1d" : "LazyConv2d"; }
    std::size_t outputs() const override { return out_; }

    std::size_t out_;
    PerAxis<D> kernel_;
    ConvLayerOptions<D> options_;
};

template <class T>
using BasicLazyConv1d = BasicLazyConv<T, 1>;
template <class T>
using BasicLazyConv2d = BasicLazyConv<T, 2>;

using LazyLinear = BasicLazyLinear<float>;
using LazyLinear64 = BasicLazyLinear<double>;
using LazyConv1d = BasicLazyConv1d<float>;
using LazyConv1d64 = BasicLazyConv1d<double>;
using LazyConv2d = BasicLazyConv2d<float>;
using LazyConv2d64 = BasicLazyConv2d<double>;

extern template class BasicLazy<float, BasicLinear<float>>;
extern template class BasicLazy<double, BasicLinear<double>>;
extern template class BasicLazy<float, BasicConv<float, 1>>;
extern template class BasicLazy<double, BasicConv<double, 1>>;
extern template class BasicLazy<float, BasicConv<float, 2>>;
extern template class BasicLazy<double, BasicConv<double, 2>>;
extern template class BasicLazyLinear<float>;
extern template class BasicLazyLinear<double>;
extern template class BasicLazyConv<float, 1>;
extern template class BasicLazyConv<double, 1>;
extern template class BasicLazyConv<float, 2>;
extern template class BasicLazyConv<double, 2>;

}  // namespace xtape::nn
