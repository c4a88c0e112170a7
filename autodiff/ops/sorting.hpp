// Order along an axis: sort argsort topk.
//
// Equal elements keep their order, in both directions. NaN is larger than every number: last when ascending, as in NumPy, and first
// when descending. The order is a constant for differentiation: where elements are equal, the gradient goes to the one chosen.
#pragma once

#include <xtape/autodiff/ops/indexing.hpp>

namespace xtape {

namespace detail {
/// Base of operations that take elements in an order found before: the result and its gradient are reads and writes at places.
struct Ordered {
    SharedIndices order;
    int axis = -1;
    bool descending = false;

    Shape taken_shape(const char* operation, const Shape& x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    /// The elements sorted without a look at `order`.
    Array64 reference(std::span<const Array64> x) const;
};
}  // namespace detail

/// y = x sorted along an axis
struct Sort : detail::Ordered {
    static constexpr const char* name = "sort";
    static constexpr const char* signature = "sort(x, axis, descending)";
    static constexpr const char* formula = "y = x[order];  dx[order] = g";
    static constexpr const char* kinks = "Equal elements keep their order, and so do their gradients; NaN is larger than every number.";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return taken_shape(name, *x[0]); }
    static std::vector<Sample<Sort>> samples();
    static Sample<Sort> random(sample::Draw& draw);
};

/// y = the k largest or smallest x along an axis, in order
struct TopK : detail::Ordered {
    static constexpr const char* name = "topk";
    static constexpr const char* signature = "topk(x, k, axis, largest)";
    static constexpr const char* formula = "y = x[first k of the order];  dx there = g, elsewhere 0";
    static constexpr const char* kinks =
        "Of equal elements those that come first are taken and get the gradient; NaN is larger than every number.";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return taken_shape(name, *x[0]); }
    static std::vector<Sample<TopK>> samples();
    static Sample<TopK> random(sample::Draw& draw);
};

/// What sort and topk find: the elements, and their places along the axis.
template <class T>
struct Sorted {
    BasicTensor<T> values;
    IndexArray indices;
};

namespace detail {
/// Places of the first `count` elements (default: all) along an axis of x. Throws ShapeError for an axis out of range and a count
/// greater than its extent.
template <class T>
IndexArray find_order(const char* operation, const BasicArray<T>& x, std::optional<std::size_t> count, int axis, bool descending,
                      Location at);
extern template IndexArray find_order(const char*, const Array&, std::optional<std::size_t>, int, bool, Location);
extern template IndexArray find_order(const char*, const Array64&, std::optional<std::size_t>, int, bool, Location);

template <class Op, class X>
auto ordered(const X& x, std::optional<std::size_t> count, int axis, bool descending, Location at) {
    using T = scalar_of<X>;
    const BasicTensor<T>& value = operand<T>(x);
    const SharedIndices order(find_order(Op::name, value.value(), count, axis, descending, at));
    return Sorted<T>{call(Op{{order, axis, descending}}, at, value), *order};
}
}  // namespace detail

/// x sorted along an axis (default: the last), and the places of its elements. ShapeError for an axis out of range.
template <Node X>
auto sort(const X& x, int axis = -1, bool descending = false, Location at = Location::current()) {
    return detail::ordered<Sort>(x, std::nullopt, axis, descending, at);
}

/// The places sort would give: x's shape, not differentiable.
template <Node X>
IndexArray argsort(const X& x, int axis = -1, bool descending = false, Location at = Location::current()) {
    return detail::find_order("argsort", x.value(), std::nullopt, axis, descending, at);
}

/// The k largest elements along an axis (default: the last) from the largest down, or the k smallest from the smallest up, and their
/// places. ShapeError for an axis out of range and for k greater than its extent.
template <Node X>
auto topk(const X& x, std::size_t k, int axis = -1, bool largest = true, Location at = Location::current()) {
    return detail::ordered<TopK>(x, k, axis, largest, at);
}

namespace detail {
std::vector<OperationInfo> sorting_operations();
}

using SortingOps = OpList<Sort, TopK>;

extern template struct detail::Runner<Sort>;
extern template struct detail::Runner<TopK>;

}  // namespace xtape
