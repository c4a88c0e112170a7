// Changing shape: reshape transpose broadcast_to concat slice. No arithmetic happens here.
#pragma once

#include <xtape/autodiff/ops/arithmetic.hpp>

#include <limits>

namespace xtape {

/// y = x's elements in the same order under another shape
struct Reshape {
    Shape shape;

    static constexpr const char* name = "reshape";
    static constexpr const char* formula = "y = x with another shape;  dx = g with x's shape";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Reshape>> samples();
};

/// y's axis i is x's axis order[i]
struct Transpose {
    std::vector<std::size_t> order;

    static constexpr const char* name = "transpose";
    static constexpr const char* formula = "y = x with its axes reordered;  dx = g with the inverse order";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Transpose>> samples();
};

/// y = x repeated along axes of extent 1 and along new leading axes
struct BroadcastTo {
    Shape shape;

    static constexpr const char* name = "broadcast_to";
    static constexpr const char* formula = "y = x repeated to a shape;  dx = g summed over the repetitions";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<BroadcastTo>> samples();
};

/// y = the inputs one after the other along an axis
struct Concat {
    std::size_t axis = 0;

    static constexpr const char* name = "concat";
    static constexpr const char* formula = "y = x0, x1, ... joined along an axis;  dxi = its part of g";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Concat>> samples();
};

/// The part of an axis that a slice takes: `start`, `start + step`, ... up to but without `stop`. Negative positions count from the
/// end, positions outside are clipped, a negative step walks backwards, as in NumPy.
struct Range {
    static constexpr std::ptrdiff_t open = std::numeric_limits<std::ptrdiff_t>::max();

    std::ptrdiff_t start = open;  ///< open: from the first element the step meets
    std::ptrdiff_t stop = open;   ///< open: to the last
    std::ptrdiff_t step = 1;      ///< not 0
};

/// y = x(range of axis 0, range of axis 1, ...); axes beyond the ranges are taken whole
struct Slice {
    std::vector<Range> ranges;

    static constexpr const char* name = "slice";
    static constexpr const char* formula = "y = part of x;  dx = g placed in zeros of x's shape";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Slice>> samples();
};

/// y = zeros of `shape` with x where Slice{ranges} would read: the reverse of a slice
struct PlaceSlice {
    Shape shape;
    std::vector<Range> ranges;

    static constexpr const char* name = "place_slice";
    static constexpr const char* formula = "y = zeros with x placed at a slice;  dx = that slice of g";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<PlaceSlice>> samples();
};

/// The same elements under another shape; ShapeError unless the counts agree.
template <Node X>
auto reshape(const X& x, Shape shape, Location at = Location::current()) {
    return detail::call(Reshape{std::move(shape)}, at, x);
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

/// `slice(x, {{2, 5}, {}, {.step = -1}})`: rows 2 to 4, all columns, the third axis reversed.
template <Node X>
auto slice(const X& x, std::vector<Range> ranges, Location at = Location::current()) {
    return detail::call(Slice{std::move(ranges)}, at, x);
}

namespace detail {
std::vector<OperationInfo> shaping_operations();
}

using ShapingOps = OpList<Reshape, Transpose, BroadcastTo, Concat, Slice, PlaceSlice>;

extern template struct detail::Runner<Reshape>;
extern template struct detail::Runner<Transpose>;
extern template struct detail::Runner<BroadcastTo>;
extern template struct detail::Runner<Concat>;
extern template struct detail::Runner<Slice>;
extern template struct detail::Runner<PlaceSlice>;

}  // namespace xtape
