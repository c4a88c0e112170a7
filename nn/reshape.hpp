// Layers that change shapes only: Flatten, Reshape, ZeroPad2d.
#pragma once

#include <xtape/autodiff/ops/shaping.hpp>
#include <xtape/nn/module.hpp>

#include <cstddef>
#include <string>

namespace xtape::nn {

/// Axes, both included; negative ones count from the last.
struct FlattenOptions {
    int start = 1;
    int end = -1;
};

/// The axes start .. end made one: by default (N, ...) to (N, the rest).
template <class T>
class BasicFlatten : public BasicModule<T> {
public:
    /// ConfigError when both axes are counted from the same side and the end comes before the start.
    explicit BasicFlatten(FlattenOptions options = {}, Location at = Location::current());

    /// ShapeError for axes that x does not have, or has in the other order.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "Flatten"; with other axes "Flatten axes 2 .. -1"

private:
    FlattenOptions options_;
};

/// Gives each sample another shape: (N, ...) to (N, shape...). `nn::Reshape{{8, 4, 4}}`; one extent may be -1 and is then
/// what is left.
template <class T>
class BasicReshape : public BasicModule<T> {
public:
    /// ConfigError for negative extents other than one -1, and for an extent of 0 beside it.
    explicit BasicReshape(Extents shape, Location at = Location::current());

    /// ShapeError unless a sample has as many elements as the shape.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "Reshape to (8, 4, 4)"

private:
    Extents shape_;
};

struct ZeroPad2dOptions {
    std::size_t left = 0, right = 0, top = 0, bottom = 0;
};

/// Zeros around images: x (N, C, H, W) to (N, C, top + H + bottom, left + W + right). `nn::ZeroPad2d{1}`,
/// `nn::ZeroPad2d{{.left = 1, .top = 2}}`.
template <class T>
class BasicZeroPad2d : public BasicModule<T> {
public:
    explicit BasicZeroPad2d(std::size_t every_side) : BasicZeroPad2d({every_side, every_side, every_side, every_side}) {}
    explicit BasicZeroPad2d(ZeroPad2dOptions options) : options_(options) {}

    /// ShapeError for another rank.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "ZeroPad2d left 1, right 0, top 2, bottom 0"

private:
    ZeroPad2dOptions options_;
};

using Flatten = BasicFlatten<float>;
using Flatten64 = BasicFlatten<double>;
using Reshape = BasicReshape<float>;
using Reshape64 = BasicReshape<double>;
using ZeroPad2d = BasicZeroPad2d<float>;
using ZeroPad2d64 = BasicZeroPad2d<double>;

extern template class BasicFlatten<float>;
extern template class BasicFlatten<double>;
extern template class BasicReshape<float>;
extern template class BasicReshape<double>;
extern template class BasicZeroPad2d<float>;
extern template class BasicZeroPad2d<double>;

}  // namespace xtape::nn
