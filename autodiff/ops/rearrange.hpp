// Elements reordered and repeated: flip roll tile repeat.
#pragma once

#include <xtape/autodiff/ops/indexing.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

namespace xtape {

/// y = x with the order of the elements reversed along axes
struct Flip {
    Axes axes;

    static constexpr const char* name = "flip";
    static constexpr const char* signature = "flip(x, axes)";
    static constexpr const char* formula = "y[i] = x[n - 1 - i];  dx = flip(g)";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Flip>> samples();
    static Sample<Flip> random(sample::Draw& draw);
};

/// y = x with its elements moved on along axes, or in the flattened x; what leaves at the end comes back at the start
struct Roll {
    std::vector<std::ptrdiff_t> shifts;
    std::vector<int> axes;  ///< as many; none: one shift of the flattened x

    static constexpr const char* name = "roll";
    static constexpr const char* signature = "roll(x, shift, axis)";
    static constexpr const char* formula = "y[(i + shift) mod n] = x[i];  dx = roll(g, -shift)";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Roll>> samples();
    static Sample<Roll> random(sample::Draw& draw);
};

/// y = x beside copies of itself, so many along each axis
struct Tile {
    std::vector<std::size_t> counts;  ///< of the last axes; more than x has axes add leading ones

    static constexpr const char* name = "tile";
    static constexpr const char* signature = "tile(x, counts)";
    static constexpr const char* formula = "y[i] = x[i mod n];  dx = g summed over the copies";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Tile>> samples();
    static Sample<Tile> random(sample::Draw& draw);
};

/// y = x with every element repeated beside itself along an axis
struct Repeat {
    std::size_t count = 1;
    int axis = 0;

    static constexpr const char* name = "repeat";
    static constexpr const char* signature = "repeat(x, count, axis)";
    static constexpr const char* formula = "y[i] = x[i / count];  dx = g summed over the repetitions";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Repeat>> samples();
    static Sample<Repeat> random(sample::Draw& draw);
};

/// Reverses axes; no list means all. ShapeError for an axis out of range or given twice.
template <Node X>
auto flip(const X& x, Axes axes = {}, Location at = Location::current()) {
    return detail::call(Flip{std::move(axes)}, at, x);
}

/// Moves the elements `shift` places on in the flattened x, back when negative.
template <Node X>
auto roll(const X& x, std::ptrdiff_t shift, Location at = Location::current()) {
    return detail::call(Roll{{shift}, {}}, at, x);
}
/// Moves the elements along an axis, or along several. ShapeError for an axis out of range and for unequal numbers of both.
template <Node X>
auto roll(const X& x, std::ptrdiff_t shift, int axis, Location at = Location::current()) {
    return detail::call(Roll{{shift}, {axis}}, at, x);
}
template <Node X>
auto roll(const X& x, std::vector<std::ptrdiff_t> shifts, std::vector<int> axes, Location at = Location::current()) {
    return detail::call(Roll{std::move(shifts), std::move(axes)}, at, x);
}

/// `tile(x, {2, 3})`: x twice along the last axis but one, three times along the last; numpy.tile.
template <Node X>
auto tile(const X& x, std::vector<std::size_t> counts, Location at = Location::current()) {
    return detail::call(Tile{std::move(counts)}, at, x);
}

/// Every element `count` times along an axis, beside itself: numpy.repeat, torch.repeat_interleave. ShapeError for an axis out of range.
template <Node X>
auto repeat(const X& x, std::size_t count, int axis, Location at = Location::current()) {
    return detail::call(Repeat{count, axis}, at, x);
}

namespace detail {
IndexArray repeated_indices(const IndexArray& counts, const Shape& shape, int axis, Location at);
}

/// Element i of an axis counts[i] times. ShapeError unless there is one count an element, DataError for a negative one.
template <Node X>
auto repeat(const X& x, const IndexArray& counts, int axis, Location at = Location::current()) {
    return take(x, detail::repeated_indices(counts, x.shape(), axis, at), axis, at);
}

namespace detail {
std::vector<OperationInfo> rearrange_operations();
}

using RearrangeOps = OpList<Flip, Roll, Tile, Repeat>;

extern template struct detail::Runner<Flip>;
extern template struct detail::Runner<Roll>;
extern template struct detail::Runner<Tile>;
extern template struct detail::Runner<Repeat>;

}  // namespace xtape
