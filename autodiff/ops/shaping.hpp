// Changing shape: reshape transpose broadcast_to concat. No arithmetic happens here.
#pragma once

#include <xtape/autodiff/ops/slicing.hpp>

#include <concepts>
#include <initializer_list>

namespace xtape {

/// y = x's elements in the same order under another shape
struct Reshape {
    Shape shape;

    static constexpr const char* name = "reshape";
    static constexpr const char* signature = "reshape(x, shape)";
    static constexpr const char* formula = "y = x with another shape;  dx = g with x's shape";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Reshape>> samples();
    static Sample<Reshape> random(sample::Draw& draw);
};

/// y's axis i is x's axis order[i]
struct Transpose {
    std::vector<std::size_t> order;

    static constexpr const char* name = "transpose";
    static constexpr const char* signature = "transpose(x, order)";
    static constexpr const char* formula = "y = x with its axes reordered;  dx = g with the inverse order";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Transpose>> samples();
    static Sample<Transpose> random(sample::Draw& draw);
};

/// y = x repeated along axes of extent 1 and along new leading axes
struct BroadcastTo {
    Shape shape;

    static constexpr const char* name = "broadcast_to";
    static constexpr const char* signature = "broadcast_to(x, shape)";
    static constexpr const char* formula = "y = x repeated to a shape;  dx = g summed over the repetitions";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<BroadcastTo>> samples();
    static Sample<BroadcastTo> random(sample::Draw& draw);
};

/// y = the inputs one after the other along an axis
struct Concat {
    std::size_t axis = 0;

    static constexpr const char* name = "concat";
    static constexpr const char* signature = "concat({x0, x1, ...}, axis)";
    static constexpr const char* formula = "y = x0, x1, ... joined along an axis;  dxi = its part of g";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Concat>> samples();
    static Sample<Concat> random(sample::Draw& draw);
};

/// A shape as users write it, in which -1 may stand for an extent: `{-1, 4}`. A Shape is one, too.
class Extents {
public:
    struct Extent {
        template <std::integral N>
        Extent(N n) : size(n < 0 ? std::size_t{0} - static_cast<std::size_t>(n) : static_cast<std::size_t>(n)), negative(n < 0) {}

        std::size_t size;
        bool negative;
    };

    Extents() = default;
    Extents(Shape shape) : sizes_(std::move(shape)) {}
    Extents(std::initializer_list<Extent> extents);

    std::size_t rank() const { return sizes_.size(); }
    /// The extent, unless it is negative.
    std::size_t operator[](std::size_t axis) const { return sizes_[axis]; }
    bool negative(std::size_t axis) const { return !negative_.empty() && negative_[axis]; }
    bool minus_one(std::size_t axis) const { return negative(axis) && sizes_[axis] == 1; }

    /// The shape with its -1 replaced by what is left of `count` elements. Throws ShapeError, naming the operation, for any other
    /// negative extent, for two of them, and when the count is not to be had.
    Shape filled(const char* operation, const Shape& x, Location at) const;

private:
    Shape sizes_;
    std::vector<bool> negative_;  // empty: none is
};

/// "(-1, 4)"
std::string to_string(const Extents& extents);

namespace detail {

/// The shape rule of an operation with one input.
template <class Op>
Shape inferred(const Op& op, const Shape& x) {
    const Shape* const shapes[] = {&x};
    return op.infer(shapes);
}

/// A copy of x under a shape of as many elements.
template <class T>
BasicArray<T> reshaped(const BasicArray<T>& x, const Shape& shape);

}  // namespace detail

/// The same elements under another shape; one extent may be -1 and is then what is left. ShapeError unless the counts agree.
template <Node X>
auto reshape(const X& x, const Extents& shape, Location at = Location::current()) {
    return detail::call(Reshape{shape.filled("reshape", x.shape(), at)}, at, x);
}

namespace detail {
std::vector<std::size_t> swap_last_two(const Shape& shape, Location at);
}

/// Swaps the last two axes: the matrix transpose, of every matrix of a batch. ShapeError for a rank below 2.
template <Node X>
auto transpose(const X& x, Location at = Location::current()) {
    return detail::call(Transpose{detail::swap_last_two(x.shape(), at)}, at, x);
}
/// Axis i of the result is axis order[i] of x. ShapeError unless `order` is a permutation of x's axes.
template <Node X>
auto transpose(const X& x, std::vector<std::size_t> order, Location at = Location::current()) {
    return detail::call(Transpose{std::move(order)}, at, x);
}

/// x repeated to `shape` by NumPy's rules. ShapeError when it does not fit.
template <Node X>
auto broadcast_to(const X& x, Shape shape, Location at = Location::current()) {
    return detail::call(BroadcastTo{std::move(shape)}, at, x);
}

/// Joins tensors along an existing axis; negative axes count from the last. ShapeError unless all other extents agree.
Tensor concat(const std::vector<Tensor>& x, int axis = 0, Location at = Location::current());
Tensor64 concat(const std::vector<Tensor64>& x, int axis = 0, Location at = Location::current());

namespace detail {
std::vector<OperationInfo> shaping_operations();
}

using ShapingOps = OpList<Reshape, Transpose, BroadcastTo, Concat>;

extern template Array detail::reshaped(const Array&, const Shape&);
extern template Array64 detail::reshaped(const Array64&, const Shape&);
extern template struct detail::Runner<Reshape>;
extern template struct detail::Runner<Transpose>;
extern template struct detail::Runner<BroadcastTo>;
extern template struct detail::Runner<Concat>;

}  // namespace xtape
