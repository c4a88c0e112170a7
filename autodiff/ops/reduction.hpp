// Reductions over axes: sum mean max.
#pragma once

#include <xtape/autodiff/ops/shaping.hpp>

#include <initializer_list>

namespace xtape {

/// Which axes a reduction runs over; negative axes count from the last. No list means all of them.
class Axes {
public:
    Axes() = default;
    Axes(int axis) : all_(false), axes_{axis} {}
    Axes(std::initializer_list<int> axes) : all_(false), axes_(axes) {}
    explicit Axes(std::vector<int> axes) : all_(false), axes_(std::move(axes)) {}

    /// One flag an axis of `shape`. Throws ShapeError, naming the operation, for an axis out of range or given twice.
    std::vector<bool> mask(const char* operation, const Shape& shape) const;

private:
    bool all_ = true;
    std::vector<int> axes_;
};

namespace detail {
/// Base of reductions: attributes and shape rule. A reduced axis vanishes, or stays with extent 1 when `keepdims` is set.
struct ReductionOp {
    Axes axes;
    bool keepdims = false;

    Shape reduced_shape(const char* operation, const Shape& x) const;
    /// The result's shape with keepdims, whatever `keepdims` says.
    Shape kept_shape(const char* operation, const Shape& x) const;
};
}  // namespace detail

/// y = sum of x over axes; an empty sum is 0. Float sums are pairwise: the error does not grow linearly with the length.
struct Sum : detail::ReductionOp {
    static constexpr const char* name = "sum";
    static constexpr const char* formula = "y = sum of x over axes;  dx = g, repeated along the axes";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return reduced_shape(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Sum>> samples();
};

/// y = largest x over axes; NaN when any is. Equal largest elements share the gradient evenly. An empty axis is a ShapeError.
struct Max : detail::ReductionOp {
    static constexpr const char* name = "max";
    static constexpr const char* formula = "y = max of x over axes;  dx = g / (number of largest) where x = y, else 0";
    static constexpr Keep keep = Keep::inputs() | Keep::output();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Max>> samples();
};

/// `sum(x)`, `sum(x, 0)`, `sum(x, {0, -1}, true)`
template <Node X>
auto sum(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(Sum{{std::move(axes), keepdims}}, at, x);
}
template <Node X>
auto max(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(Max{{std::move(axes), keepdims}}, at, x);
}

/// Arithmetic mean over axes; NaN over none, as 0 / 0.
template <Node X>
auto mean(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    using T = detail::scalar_of<X>;
    const BasicTensor<T>& value = detail::operand<T>(x);
    const auto total = sum(value, std::move(axes), keepdims, at);
    const double count = total.size() == 0 ? 1 : static_cast<double>(value.size()) / static_cast<double>(total.size());
    return total / count;
}

/// Sums x over the axes along which `shape` was broadcast to x's shape: the reverse of broadcasting.
/// ShapeError when `shape` does not broadcast to x's.
Tensor sum_to(const Tensor& x, const Shape& shape, Location at = Location::current());
Tensor64 sum_to(const Tensor64& x, const Shape& shape, Location at = Location::current());

namespace detail {
std::vector<OperationInfo> reduction_operations();
}

using ReductionOps = OpList<Sum, Max>;

extern template struct detail::Runner<Sum>;
extern template struct detail::Runner<Max>;

}  // namespace xtape
