// Reductions over axes: sum mean prod max.
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
    explicit Axes(const std::vector<int>& axes) : all_(false), axes_(axes) {}

    /// One flag an axis of `shape`. Throws ShapeError, naming the operation, for an axis out of range or given twice.
    AxisMask mask(const char* operation, const Shape& shape) const;

private:
    bool all_ = true;
    xt::svector<int, 4> axes_;  // most reductions run over few axes: no heap memory
};

namespace detail {
/// Base of reductions: attributes and shape rule. A reduced axis vanishes, or stays with extent 1 when `keepdims` is
/// set.
struct ReductionOp {
    Axes axes;
    bool keepdims = false;

    Shape reduced_shape(const char* operation, const Shape& x) const;
    /// The result's shape with keepdims, whatever `keepdims` says.
    Shape kept_shape(const char* operation, const Shape& x) const;
    /// The result's shape; ShapeError when a reduced axis has no elements.
    Shape reduced_shape_of_some(const char* operation, const Shape& x) const;
    /// How many elements of x go into one of the result.
    std::size_t count(const char* operation, const Shape& x) const;
};

/// Random axes of x, and x's shape; reduced axes have extents of `least` or more, and at least one axis is reduced if
/// `least` > 1.
std::pair<ReductionOp, Shape> random_reduction(sample::Draw& draw, std::size_t least);

/// Over every element of x in order: f(value, place in the reduced result). How references are written.
void visit_reduced(const Array64& x, const AxisMask& reduced,
                   const std::function<void(double, std::size_t)>& f);

/// Backward of max and min, whose record keeps input and output: elements equal to y share g evenly.
template <class T>
void share_among_extremes(const ReductionOp& op, const char* operation, Replay<T>& r);
}  // namespace detail

/// y = sum of x over axes; an empty sum is 0. Float sums are pairwise: the error does not grow linearly with the
/// length.
struct Sum : detail::ReductionOp {
    static constexpr const char* name = "sum";
    static constexpr const char* signature = "sum(x, axes, keepdims)";
    static constexpr const char* formula = "y = sum of x over axes;  dx = g, repeated along the axes";
    static constexpr const char* kinks = "A sum of nothing is 0.";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return reduced_shape(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Sum>> samples();
    static Sample<Sum> random(sample::Draw& draw);
};

/// y = sum of x over axes / number of them; NaN over none, as 0 / 0.
struct Mean : detail::ReductionOp {
    static constexpr const char* name = "mean";
    static constexpr const char* signature = "mean(x, axes, keepdims)";
    static constexpr const char* formula = "y = sum of n elements over axes / n;  dx = g / n, repeated along the axes";
    static constexpr const char* kinks = "A mean of nothing is NaN.";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return reduced_shape(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Mean>> samples();
    static Sample<Mean> random(sample::Draw& draw);
};

/// y = product of x over axes; an empty product is 1. The gradient is a product of the other elements, made without a
/// division, and so is right to any order when one or more of them are 0.
struct Prod : detail::ReductionOp {
    static constexpr const char* name = "prod";
    static constexpr const char* signature = "prod(x, axes, keepdims)";
    static constexpr const char* formula = "y = product of x over axes;  dx = g times the product of the others";
    static constexpr const char* kinks =
        "A product of nothing is 1. Elements of 0 need no special case: nothing is divided.";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const { return reduced_shape(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Prod>> samples();
    static Sample<Prod> random(sample::Draw& draw);
};

/// y = largest x over axes; NaN when any is. Equal largest elements share the gradient evenly. An empty axis is a
/// ShapeError.
struct Max : detail::ReductionOp {
    static constexpr const char* name = "max";
    static constexpr const char* signature = "max(x, axes, keepdims)";
    static constexpr const char* formula = "y = max of x over axes;  dx = g / (number of largest) where x = y, else 0";
    static constexpr const char* kinks =
        "Equal largest elements share the gradient evenly. NaN when any element is; its gradient is NaN.";
    static constexpr Keep keep = Keep::inputs() | Keep::output();

    Shape infer(Shapes x) const { return reduced_shape_of_some(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const {
        detail::share_among_extremes(*this, name, r);
    }
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Max>> samples();
    static Sample<Max> random(sample::Draw& draw);
};

/// `sum(x)`, `sum(x, 0)`, `sum(x, {0, -1}, true)`
template <Node X>
auto sum(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(Sum{{std::move(axes), keepdims}}, at, x);
}
/// Arithmetic mean over axes.
template <Node X>
auto mean(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(Mean{{std::move(axes), keepdims}}, at, x);
}
template <Node X>
auto prod(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(Prod{{std::move(axes), keepdims}}, at, x);
}
template <Node X>
auto max(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(Max{{std::move(axes), keepdims}}, at, x);
}

/// Sums x over the axes along which `shape` was broadcast to x's shape: the reverse of broadcasting.
/// ShapeError when `shape` does not broadcast to x's.
Tensor sum_to(const Tensor& x, const Shape& shape, Location at = Location::current());
Tensor64 sum_to(const Tensor64& x, const Shape& shape, Location at = Location::current());

namespace detail {
std::vector<OperationInfo> reduction_operations();

extern template void share_among_extremes(const ReductionOp&, const char*, Replay<float>&);
extern template void share_among_extremes(const ReductionOp&, const char*, Replay<double>&);
}  // namespace detail

using ReductionOps = OpList<Sum, Mean, Prod, Max>;

extern template struct detail::Runner<Sum>;
extern template struct detail::Runner<Mean>;
extern template struct detail::Runner<Prod>;
extern template struct detail::Runner<Max>;

}  // namespace xtape
