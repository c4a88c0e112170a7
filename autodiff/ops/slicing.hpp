// Parts of a tensor: slice, its reverse, split and chunk.
#pragma once

#include <xtape/autodiff/ops/arithmetic.hpp>

#include <limits>

namespace xtape {

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
    static constexpr const char* signature = "slice(x, {{start, stop, step}, ...})";
    static constexpr const char* formula = "y = part of x;  dx = g placed in zeros of x's shape";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Slice>> samples();
    static Sample<Slice> random(sample::Draw& draw);
};

/// y = zeros of `shape` with x where Slice{ranges} would read: the reverse of a slice
struct PlaceSlice {
    Shape shape;
    std::vector<Range> ranges;

    static constexpr const char* name = "place_slice";
    static constexpr const char* signature = "place_slice(x, shape, {{start, stop, step}, ...})";
    static constexpr const char* formula = "y = zeros with x placed at a slice;  dx = that slice of g";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<PlaceSlice>> samples();
    static Sample<PlaceSlice> random(sample::Draw& draw);
};

/// `slice(x, {{2, 5}, {}, {.step = -1}})`: rows 2 to 4, all columns, the third axis reversed.
template <Node X>
auto slice(const X& x, std::vector<Range> ranges, Location at = Location::current()) {
    return detail::call(Slice{std::move(ranges)}, at, x);
}

/// Zeros of `shape` with x where `slice(y, ranges)` would read. ShapeError unless x has that slice's shape.
template <Node X>
auto place_slice(const X& x, Shape shape, std::vector<Range> ranges, Location at = Location::current()) {
    return detail::call(PlaceSlice{std::move(shape), std::move(ranges)}, at, x);
}

namespace detail {
/// Place of an axis that may count from the last. Throws ShapeError, naming the operation, when the shape has no such axis.
std::size_t axis_place(const char* operation, int axis, const Shape& shape, Location at = {});
/// The slices that cut an axis into parts of those sizes, or into that many parts.
std::vector<std::vector<Range>> split_ranges(const Shape& shape, const std::vector<std::size_t>& sizes, int axis, Location at);
std::vector<std::vector<Range>> chunk_ranges(const Shape& shape, std::size_t parts, int axis, Location at);

template <class X>
auto slices(const X& x, const std::vector<std::vector<Range>>& parts, Location at) {
    std::vector<BasicTensor<scalar_of<X>>> result;
    for (const std::vector<Range>& ranges : parts) result.push_back(slice(x, ranges, at));
    return result;
}
}  // namespace detail

/// The parts of an axis of those sizes, which must add up to its extent (ShapeError): what concat would join again.
template <Node X>
auto split(const X& x, const std::vector<std::size_t>& sizes, int axis = 0, Location at = Location::current()) {
    return detail::slices(x, detail::split_ranges(x.shape(), sizes, axis, at), at);
}
/// An axis cut into parts of extent / parts elements, rounded up; the last is shorter, and there are fewer of them, when it does not
/// work out, as in PyTorch. ShapeError for 0 parts.
template <Node X>
auto chunk(const X& x, std::size_t parts, int axis = 0, Location at = Location::current()) {
    return detail::slices(x, detail::chunk_ranges(x.shape(), parts, axis, at), at);
}

namespace detail {
std::vector<OperationInfo> slicing_operations();
}

using SlicingOps = OpList<Slice, PlaceSlice>;

extern template struct detail::Runner<Slice>;
extern template struct detail::Runner<PlaceSlice>;

}  // namespace xtape
