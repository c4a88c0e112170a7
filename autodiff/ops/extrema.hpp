// Smallest elements over axes, and where the largest and smallest stand: min argmax argmin.
#pragma once

#include <xtape/autodiff/ops/reduction.hpp>

#include <optional>

namespace xtape {

/// y = smallest x over axes; NaN when any is. Equal smallest elements share the gradient evenly. An empty axis is a
/// ShapeError.
struct Min : detail::ReductionOp {
    static constexpr const char* name = "min";
    static constexpr const char* signature = "min(x, axes, keepdims)";
    static constexpr const char* formula = "y = min of x over axes;  dx = g / (number of smallest) where x = y, else 0";
    static constexpr const char* kinks =
        "Equal smallest elements share the gradient evenly. NaN when any element is; its gradient is NaN.";
    static constexpr Keep keep = Keep::inputs() | Keep::output();

    Shape infer(Shapes x) const { return reduced_shape_of_some(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const {
        detail::share_among_extremes(*this, name, r);
    }
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Min>> samples();
    static Sample<Min> random(sample::Draw& draw);
};

namespace detail {
/// Base of argmax and argmin: over one axis, or over all elements, counted in row-major order.
struct PositionOp {
    std::optional<int> axis;
    bool keepdims = false;

    Shape position_shape(const char* operation, const Shape& x) const;
    template <class T>
    IndexArray positions(const char* operation, const BasicArray<T>& x, bool of_largest) const;
    Array64 position_reference(const Array64& x, bool of_largest) const;
};

template <class T>
IndexArray find_positions(const char* operation, bool of_largest, const PositionOp& op, const BasicTensor<T>& x,
                          Location at);
}  // namespace detail

/// y = index of the largest x along an axis, as a number
struct ArgMax : detail::PositionOp {
    static constexpr const char* name = "argmax";
    static constexpr const char* signature = "argmax(x, axis, keepdims)";
    static constexpr const char* formula = "y = index of the largest x along axis, or of all elements;  no gradient";
    static constexpr const char* kinks = "The first of equal ones; the first NaN when there is one.";
    static constexpr bool not_differentiable = true;

    Shape infer(Shapes x) const { return position_shape(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    Array64 reference(std::span<const Array64> x) const { return position_reference(x[0], true); }
    static std::vector<Sample<ArgMax>> samples();
    static Sample<ArgMax> random(sample::Draw& draw);
};

/// y = index of the smallest x along an axis, as a number
struct ArgMin : detail::PositionOp {
    static constexpr const char* name = "argmin";
    static constexpr const char* signature = "argmin(x, axis, keepdims)";
    static constexpr const char* formula = "y = index of the smallest x along axis, or of all elements;  no gradient";
    static constexpr const char* kinks = "The first of equal ones; the first NaN when there is one.";
    static constexpr bool not_differentiable = true;

    Shape infer(Shapes x) const { return position_shape(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    Array64 reference(std::span<const Array64> x) const { return position_reference(x[0], false); }
    static std::vector<Sample<ArgMin>> samples();
    static Sample<ArgMin> random(sample::Draw& draw);
};

template <Node X>
auto min(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(Min{{std::move(axes), keepdims}}, at, x);
}

/// Index of the largest element: along an axis an IndexArray of x's shape without the axis (extent 1 with `keepdims`),
/// without an axis a scalar one, the place in row-major order. The first of equal ones; the first NaN when there is
/// one. ShapeError for an axis out of range and where there is nothing to choose from.
template <Node X>
IndexArray argmax(const X& x, std::optional<int> axis = {}, bool keepdims = false, Location at = Location::current()) {
    using T = detail::scalar_of<X>;
    return detail::find_positions<T>(ArgMax::name, true, {axis, keepdims}, detail::operand<T>(x), at);
}
/// Index of the smallest element, as argmax.
template <Node X>
IndexArray argmin(const X& x, std::optional<int> axis = {}, bool keepdims = false, Location at = Location::current()) {
    using T = detail::scalar_of<X>;
    return detail::find_positions<T>(ArgMin::name, false, {axis, keepdims}, detail::operand<T>(x), at);
}

namespace detail {
std::vector<OperationInfo> extrema_operations();

extern template IndexArray find_positions(const char*, bool, const PositionOp&, const BasicTensor<float>&, Location);
extern template IndexArray find_positions(const char*, bool, const PositionOp&, const BasicTensor<double>&, Location);
}  // namespace detail

using ExtremaOps = OpList<Min, ArgMax, ArgMin>;

extern template struct detail::Runner<Min>;
extern template struct detail::Runner<ArgMax>;
extern template struct detail::Runner<ArgMin>;

}  // namespace xtape
