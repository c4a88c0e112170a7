// Axes renamed, added, removed and merged: permute swapaxes moveaxis squeeze unsqueeze flatten expand stack.
#pragma once

#include <xtape/autodiff/ops/reduction.hpp>

#include <optional>

namespace xtape {

namespace detail {
/// Base of operations that only give x another shape; the elements keep their order.
template <class Op>
struct Relabelling {
    static constexpr Keep keep = Keep::nothing();

    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const {
        r.give(0, reshape(r.g(), r.shape(0)));
    }
    Array64 reference(std::span<const Array64> x) const;
};
}  // namespace detail

/// y's axis i is x's axis axes[i]
struct Permute {
    std::vector<int> axes;

    static constexpr const char* name = "permute";
    static constexpr const char* signature = "permute(x, axes)";
    static constexpr const char* formula = "y = x with its axes reordered;  dx = g with the inverse order";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Permute>> samples();
    static Sample<Permute> random(sample::Draw& draw);
};

/// y = x without axes of extent 1
struct Squeeze : detail::Relabelling<Squeeze> {
    std::optional<Axes> axes;  ///< none: every axis of extent 1

    static constexpr const char* name = "squeeze";
    static constexpr const char* signature = "squeeze(x, axes)";
    static constexpr const char* formula = "y = x without axes of extent 1;  dx = g with x's shape";

    explicit Squeeze(std::optional<Axes> which) : axes(std::move(which)) {}
    Shape infer(Shapes x) const;
    static std::vector<Sample<Squeeze>> samples();
    static Sample<Squeeze> random(sample::Draw& draw);
};

/// y = x with new axes of extent 1
struct Unsqueeze : detail::Relabelling<Unsqueeze> {
    std::vector<int> axes;  ///< their places in y

    static constexpr const char* name = "unsqueeze";
    static constexpr const char* signature = "unsqueeze(x, axes)";
    static constexpr const char* formula = "y = x with new axes of extent 1;  dx = g with x's shape";

    explicit Unsqueeze(std::vector<int> places) : axes(std::move(places)) {}
    Shape infer(Shapes x) const;
    static std::vector<Sample<Unsqueeze>> samples();
    static Sample<Unsqueeze> random(sample::Draw& draw);
};

/// y = x with the axes start .. end made one
struct Flatten : detail::Relabelling<Flatten> {
    int start = 0, end = -1;

    static constexpr const char* name = "flatten";
    static constexpr const char* signature = "flatten(x, start, end)";
    static constexpr const char* formula = "y = x with neighbouring axes made one;  dx = g with x's shape";

    explicit Flatten(int first, int last) : start(first), end(last) {}
    Shape infer(Shapes x) const;
    static std::vector<Sample<Flatten>> samples();
    static Sample<Flatten> random(sample::Draw& draw);
};

/// y = x repeated along axes of extent 1 and along new leading axes; an extent of -1 stays as it is
struct Expand {
    Extents extents;

    static constexpr const char* name = "expand";
    static constexpr const char* signature = "expand(x, shape)";
    static constexpr const char* formula = "y = x repeated to a shape;  dx = g summed over the repetitions";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Expand>> samples();
    static Sample<Expand> random(sample::Draw& draw);
};

/// y = the inputs, all of one shape, side by side along a new axis
struct Stack {
    int axis = 0;  ///< its place in y

    static constexpr const char* name = "stack";
    static constexpr const char* signature = "stack({x0, x1, ...}, axis)";
    static constexpr const char* formula = "y = x0, x1, ... along a new axis;  dxi = its part of g";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Stack>> samples();
    static Sample<Stack> random(sample::Draw& draw);
};

/// Axis i of the result is axis axes[i] of x; negative axes count from the last. ShapeError unless they are a permutation.
template <Node X>
auto permute(const X& x, std::vector<int> axes, Location at = Location::current()) {
    return detail::call(Permute{std::move(axes)}, at, x);
}

namespace detail {
std::vector<int> swapped_axes(const Shape& shape, int a, int b, Location at);
std::vector<int> moved_axis(const Shape& shape, int from, int to, Location at);
}  // namespace detail

/// Exchanges two axes. ShapeError for an axis out of range.
template <Node X>
auto swapaxes(const X& x, int a, int b, Location at = Location::current()) {
    return permute(x, detail::swapped_axes(x.shape(), a, b, at), at);
}
/// Moves an axis to another place; the others keep their order. ShapeError for an axis out of range.
template <Node X>
auto moveaxis(const X& x, int from, int to, Location at = Location::current()) {
    return permute(x, detail::moved_axis(x.shape(), from, to, at), at);
}

/// Without the axes of extent 1.
template <Node X>
auto squeeze(const X& x, Location at = Location::current()) {
    return detail::call(Squeeze{std::nullopt}, at, x);
}
/// Without these axes, which must have extent 1 (ShapeError).
template <Node X>
auto squeeze(const X& x, Axes axes, Location at = Location::current()) {
    return detail::call(Squeeze{std::move(axes)}, at, x);
}

/// With a new axis of extent 1, or several; `axes` are their places in the result. ShapeError when out of range or given twice.
template <Node X>
auto unsqueeze(const X& x, int axis, Location at = Location::current()) {
    return detail::call(Unsqueeze{{axis}}, at, x);
}
template <Node X>
auto unsqueeze(const X& x, std::vector<int> axes, Location at = Location::current()) {
    return detail::call(Unsqueeze{std::move(axes)}, at, x);
}

/// With the axes start .. end, both included, made one; a scalar becomes a vector. ShapeError for axes out of range or order.
template <Node X>
auto flatten(const X& x, int start = 0, int end = -1, Location at = Location::current()) {
    return detail::call(Flatten{start, end}, at, x);
}

/// broadcast_to a shape in which -1 keeps x's extent. ShapeError when it does not fit.
template <Node X>
auto expand(const X& x, Extents shape, Location at = Location::current()) {
    return detail::call(Expand{std::move(shape)}, at, x);
}

/// Tensors of one shape side by side along a new axis, whose place in the result is `axis`. ShapeError unless the shapes agree.
Tensor stack(const std::vector<Tensor>& x, int axis = 0, Location at = Location::current());
Tensor64 stack(const std::vector<Tensor64>& x, int axis = 0, Location at = Location::current());

namespace detail {
std::vector<OperationInfo> axes_operations();
}

using AxesOps = OpList<Permute, Squeeze, Unsqueeze, Flatten, Expand, Stack>;

extern template struct detail::Runner<Permute>;
extern template struct detail::Runner<Squeeze>;
extern template struct detail::Runner<Unsqueeze>;
extern template struct detail::Runner<Flatten>;
extern template struct detail::Runner<Expand>;
extern template struct detail::Runner<Stack>;

}  // namespace xtape
