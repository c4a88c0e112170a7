// Elements chosen by index or by mask: take take_along_axis masked_select one_hot, and index_add scatter_add, which put back.
//
// Indices are int64 arrays and constants for differentiation. Those below 0 count from the end; one out of range is a DataError.
#pragma once

#include <xtape/autodiff/ops/indices.hpp>
#include <xtape/autodiff/ops/shaping.hpp>

#include <optional>

namespace xtape {

namespace detail {
/// Throws DataError, naming the operation, the first index out of range and its place, unless all are in -extent .. extent - 1 of
/// that axis of `shape` (no axis: of all its elements).
void check_indices(const char* operation, const IndexArray& indices, const Shape& shape, std::optional<std::size_t> axis);
}  // namespace detail

/// y = x at indices of an axis, whose place in the shape the indices' shape takes; without an axis, of the flattened x
struct Take {
    detail::SharedIndices indices;
    std::optional<int> axis;

    static constexpr const char* name = "take";
    static constexpr const char* signature = "take(x, indices, axis)";
    static constexpr const char* formula = "y[k] = x[indices[k]];  dx = zeros with g[k] added at indices[k]";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Take>> samples();
    static Sample<Take> random(sample::Draw& draw);
};

/// y = x with v[k] added at index k of an axis; the reverse of take. Inputs x, v, or v alone to be added to zeros of `shape`
struct IndexAdd {
    detail::SharedIndices indices;
    std::optional<int> axis;
    Shape shape;  ///< used without x

    static constexpr const char* name = "index_add";
    static constexpr const char* signature = "index_add(x, indices, v, axis)";
    static constexpr const char* formula = "y = x with v[k] added at indices[k];  dx = g;  dv[k] = g[indices[k]]";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<IndexAdd>> samples();
    static Sample<IndexAdd> random(sample::Draw& draw);
};

/// y = for every place of the index array, x at that place but for the axis, where the index says; torch.gather
struct TakeAlongAxis {
    detail::SharedIndices indices;
    int axis = 0;

    static constexpr const char* name = "take_along_axis";
    static constexpr const char* signature = "take_along_axis(x, indices, axis)";
    static constexpr const char* formula = "y[k, i] = x[indices[k, i], i];  dx = zeros with g[k, i] added at [indices[k, i], i]";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<TakeAlongAxis>> samples();
    static Sample<TakeAlongAxis> random(sample::Draw& draw);
};

/// y = x with v[k, i] added at [indices[k, i], i]; the reverse of take_along_axis. Inputs x, v, or v alone to be added to zeros
struct ScatterAdd {
    detail::SharedIndices indices;
    int axis = 0;
    Shape shape;  ///< used without x

    static constexpr const char* name = "scatter_add";
    static constexpr const char* signature = "scatter_add(x, indices, v, axis)";
    static constexpr const char* formula =
        "y = x with v[k, i] added at [indices[k, i], i];  dx = g;  dv[k, i] = g[indices[k, i], i]";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<ScatterAdd>> samples();
    static Sample<ScatterAdd> random(sample::Draw& draw);
};

/// y = the elements of x at the places where a mask is not 0, in row-major order, as a vector
struct MaskedSelect {
    detail::SharedIndices places;  ///< in the flattened x

    static constexpr const char* name = "masked_select";
    static constexpr const char* signature = "masked_select(x, mask)";
    static constexpr const char* formula = "y = the x where mask != 0;  dx = zeros with g at these places";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<MaskedSelect>> samples();
    static Sample<MaskedSelect> random(sample::Draw& draw);
};

/// y = along a new last axis, 1 at the index and 0 elsewhere. There is no tensor among the inputs, so nothing to differentiate
struct OneHot {
    detail::SharedIndices indices;
    std::size_t classes = 0;

    static constexpr const char* name = "one_hot";
    static constexpr const char* signature = "one_hot(indices, classes)";
    static constexpr const char* formula = "y[k, c] = 1 if c = indices[k] else 0;  no gradient";
    static constexpr bool not_differentiable = true;

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<OneHot>> samples();
    static Sample<OneHot> random(sample::Draw& draw);
};

/// `take(w, {2, 0, 2}, 0)`: rows 2, 0 and 2 of w. The shape is x's with the axis replaced by the indices' shape.
template <Node X>
auto take(const X& x, IndexArray indices, int axis, Location at = Location::current()) {
    return detail::call(Take{std::move(indices), axis}, at, x);
}
/// Elements of the flattened x; the shape is the indices'.
template <Node X>
auto take(const X& x, IndexArray indices, Location at = Location::current()) {
    return detail::call(Take{std::move(indices), std::nullopt}, at, x);
}

/// x with values added at indices of an axis; what take would read there has the values' shape. Indices may repeat: then all are
/// added, in order, on any number of threads to the same bits. ShapeError when the shapes do not fit.
template <class X, class V>
    requires Operands<X, V>
auto index_add(const X& x, IndexArray indices, const V& values, int axis, Location at = Location::current()) {
    return detail::call(IndexAdd{std::move(indices), axis, {}}, at, x, values);
}

/// y(i, k) = x(i, indices(i, k)), here for axis 1 of a matrix: numpy.take_along_axis, torch.gather. ShapeError unless the indices have
/// x's extents in all axes but this one.
template <Node X>
auto take_along_axis(const X& x, IndexArray indices, int axis, Location at = Location::current()) {
    return detail::call(TakeAlongAxis{std::move(indices), axis}, at, x);
}

/// x with values added where take_along_axis would read: torch.Tensor.scatter_add. Indices may repeat, see index_add. ShapeError unless
/// the values have the indices' shape, and these x's extents in all axes but this one.
template <class X, class V>
    requires Operands<X, V>
auto scatter_add(const X& x, IndexArray indices, const V& values, int axis, Location at = Location::current()) {
    return detail::call(ScatterAdd{std::move(indices), axis, {}}, at, x, values);
}

/// Places of the elements that are not 0 (NaN is not 0), in the flattened x, ascending.
IndexArray flatnonzero(const Array& x);
IndexArray flatnonzero(const Array64& x);
template <Node X>
IndexArray flatnonzero(const X& x) {
    return flatnonzero(x.value());
}

namespace detail {
/// Where a mask that broadcasts to `shape` is not 0. Throws ShapeError.
template <class T>
IndexArray masked_places(const BasicTensor<T>& mask, const Shape& shape, Location at);
extern template IndexArray masked_places(const Tensor&, const Shape&, Location);
extern template IndexArray masked_places(const Tensor64&, const Shape&, Location);
}  // namespace detail

/// The elements of x where the mask, which broadcasts to x's shape (ShapeError), is not 0: a vector. The mask is a constant for
/// differentiation.
template <class X, class M>
    requires(Node<X> && Operands<X, M>)
auto masked_select(const X& x, const M& mask, Location at = Location::current()) {
    return detail::call(MaskedSelect{detail::masked_places(detail::operand<detail::scalar_of<X>>(mask), x.shape(), at)}, at, x);
}

/// 1 at each index along a new last axis of `classes` elements. DataError for an index outside 0 .. classes - 1.
template <class T = float>
BasicTensor<T> one_hot(IndexArray indices, std::size_t classes, Location at = Location::current()) {
    return detail::Runner<OneHot>::run(OneHot{std::move(indices), classes}, std::span<const BasicTensor<T>* const>(), at);
}

namespace detail {
std::vector<OperationInfo> indexing_operations();
}

using IndexingOps = OpList<Take, IndexAdd, TakeAlongAxis, ScatterAdd, MaskedSelect, OneHot>;

extern template struct detail::Runner<Take>;
extern template struct detail::Runner<IndexAdd>;
extern template struct detail::Runner<TakeAlongAxis>;
extern template struct detail::Runner<ScatterAdd>;
extern template struct detail::Runner<MaskedSelect>;
extern template struct detail::Runner<OneHot>;

}  // namespace xtape
