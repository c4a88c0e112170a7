// Pooling layers: MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveAvgPool1d AdaptiveAvgPool2d.
//
// They are the operations of the same names in autodiff/ops/pooling.hpp, on x (N, C, L) or (N, C, H, W).
#pragma once

#include <xtape/autodiff/ops/pooling.hpp>
#include <xtape/nn/module.hpp>

#include <cstddef>
#include <string>

namespace xtape::nn {

/// The largest element of each window: `nn::MaxPool2d{2}`, `nn::MaxPool2d{{3, 2}, {.stride = 2, .padding = 1}}`. Without a
/// stride the windows lie side by side.
template <class T, std::size_t D>
class BasicMaxPool : public BasicModule<T> {
public:
    using Options = MaxPoolOptions<D>;

    /// ConfigError unless kernel and stride are at least 1 and the padding is 0 to half the kernel.
    explicit BasicMaxPool(PerAxis<D> kernel, Options options = {}, Location at = Location::current());

    /// ShapeError for another rank, an empty input and a kernel larger than the padded input.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "MaxPool2d 3x2, stride 2, padding 1"

private:
    PerAxis<D> kernel_;
    Options options_;
};

/// The mean of each window: `nn::AvgPool2d{2}`.
template <class T, std::size_t D>
class BasicAvgPool : public BasicModule<T> {
public:
    using Options = AvgPoolOptions<D>;

    /// As for BasicMaxPool.
    explicit BasicAvgPool(PerAxis<D> kernel, Options options = {}, Location at = Location::current());

    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "AvgPool2d 2x2"

private:
    PerAxis<D> kernel_;
    Options options_;
};

/// The means of `size` windows of about equal size, whatever the input's: `nn::AdaptiveAvgPool2d{1}` is the mean of each plane.
template <class T, std::size_t D>
class BasicAdaptiveAvgPool : public BasicModule<T> {
public:
    /// ConfigError unless the size is at least 1.
    explicit BasicAdaptiveAvgPool(PerAxis<D> size, Location at = Location::current());

    /// ShapeError for another rank and an empty input.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "AdaptiveAvgPool2d to 2x3"

private:
    PerAxis<D> size_;
};

template <class T>
using BasicMaxPool1d = BasicMaxPool<T, 1>;
template <class T>
using BasicMaxPool2d = BasicMaxPool<T, 2>;
template <class T>
using BasicAvgPool1d = BasicAvgPool<T, 1>;
template <class T>
using BasicAvgPool2d = BasicAvgPool<T, 2>;
template <class T>
using BasicAdaptiveAvgPool1d = BasicAdaptiveAvgPool<T, 1>;
template <class T>
using BasicAdaptiveAvgPool2d = BasicAdaptiveAvgPool<T, 2>;

using MaxPool1d = BasicMaxPool1d<float>;
using MaxPool1d64 = BasicMaxPool1d<double>;
using MaxPool2d = BasicMaxPool2d<float>;
using MaxPool2d64 = BasicMaxPool2d<double>;
using AvgPool1d = BasicAvgPool1d<float>;
using AvgPool1d64 = BasicAvgPool1d<double>;
using AvgPool2d = BasicAvgPool2d<float>;
using AvgPool2d64 = BasicAvgPool2d<double>;
using AdaptiveAvgPool1d = BasicAdaptiveAvgPool1d<float>;
using AdaptiveAvgPool1d64 = BasicAdaptiveAvgPool1d<double>;
using AdaptiveAvgPool2d = BasicAdaptiveAvgPool2d<float>;
using AdaptiveAvgPool2d64 = BasicAdaptiveAvgPool2d<double>;

extern template class BasicMaxPool<float, 1>;
extern template class BasicMaxPool<float, 2>;
extern template class BasicMaxPool<double, 1>;
extern template class BasicMaxPool<double, 2>;
extern template class BasicAvgPool<float, 1>;
extern template class BasicAvgPool<float, 2>;
extern template class BasicAvgPool<double, 1>;
extern template class BasicAvgPool<double, 2>;
extern template class BasicAdaptiveAvgPool<float, 1>;
extern template class BasicAdaptiveAvgPool<float, 2>;
extern template class BasicAdaptiveAvgPool<double, 1>;
extern template class BasicAdaptiveAvgPool<double, 2>;

}  // namespace xtape::nn
