// Diagonals and triangles of matrices: diagonal place_diagonal diag_embed tril triu.
#pragma once

#include <xtape/autodiff/ops/shaping.hpp>

namespace xtape {

namespace detail {
/// Which diagonal: that of the matrices that two axes span, `offset` places above the main one (below, when negative).
struct DiagonalOf {
    int offset = 0, axis1 = 0, axis2 = 1;
};
}  // namespace detail

/// y = x(i, i + offset) of two axes, which vanish; the diagonal is y's last axis
struct Diagonal {
    detail::DiagonalOf which;

    static constexpr const char* name = "diagonal";
    static constexpr const char* signature = "diagonal(x, offset, axis1, axis2)";
    static constexpr const char* formula = "y[i] = x[i, i + offset];  dx = zeros with g on the diagonal";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Diagonal>> samples();
    static Sample<Diagonal> random(sample::Draw& draw);
};

/// y = zeros of `shape` with x where Diagonal would read: the reverse of diagonal
struct PlaceDiagonal {
    Shape shape;
    detail::DiagonalOf which;

    static constexpr const char* name = "place_diagonal";
    static constexpr const char* signature = "place_diagonal(x, shape, offset, axis1, axis2)";
    static constexpr const char* formula = "y = zeros with y[i, i + offset] = x[i];  dx = the diagonal of g";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<PlaceDiagonal>> samples();
    static Sample<PlaceDiagonal> random(sample::Draw& draw);
};

/// y = x on and below a diagonal of its last two axes, 0 above
struct Tril {
    int offset = 0;

    static constexpr const char* name = "tril";
    static constexpr const char* signature = "tril(x, offset)";
    static constexpr const char* formula = "y[i, j] = x[i, j] if j <= i + offset else 0;  dx = tril(g)";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Tril>> samples();
    static Sample<Tril> random(sample::Draw& draw);
};

/// y = x on and above a diagonal of its last two axes, 0 below
struct Triu {
    int offset = 0;

    static constexpr const char* name = "triu";
    static constexpr const char* signature = "triu(x, offset)";
    static constexpr const char* formula = "y[i, j] = x[i, j] if j >= i + offset else 0;  dx = triu(g)";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Triu>> samples();
    static Sample<Triu> random(sample::Draw& draw);
};

/// The diagonal of the matrices that two axes span, as the last axis; empty when the offset lies outside. ShapeError for axes out of
/// range or equal.
template <Node X>
auto diagonal(const X& x, int offset = 0, int axis1 = 0, int axis2 = 1, Location at = Location::current()) {
    return detail::call(Diagonal{{offset, axis1, axis2}}, at, x);
}

/// Zeros of `shape` with x where `diagonal(y, offset, axis1, axis2)` would read. ShapeError unless x has that diagonal's shape.
template <Node X>
auto place_diagonal(const X& x, Shape shape, int offset = 0, int axis1 = 0, int axis2 = 1, Location at = Location::current()) {
    return detail::call(PlaceDiagonal{std::move(shape), {offset, axis1, axis2}}, at, x);
}

namespace detail {
Shape embedded_shape(const Shape& x, int offset, Location at);
}

/// Square matrices with the vectors of x's last axis on a diagonal and 0 elsewhere. ShapeError for a scalar.
template <Node X>
auto diag_embed(const X& x, int offset = 0, Location at = Location::current()) {
    return place_diagonal(x, detail::embedded_shape(x.shape(), offset, at), offset, -2, -1, at);
}

/// Lower triangle of every matrix of x, up to the diagonal `offset` places above the main one. ShapeError for a rank below 2.
template <Node X>
auto tril(const X& x, int offset = 0, Location at = Location::current()) {
    return detail::call(Tril{offset}, at, x);
}
/// Upper triangle of every matrix of x, from the diagonal `offset` places above the main one on. ShapeError for a rank below 2.
template <Node X>
auto triu(const X& x, int offset = 0, Location at = Location::current()) {
    return detail::call(Triu{offset}, at, x);
}

namespace detail {
std::vector<OperationInfo> triangle_operations();
}

using TriangleOps = OpList<Diagonal, PlaceDiagonal, Tril, Triu>;

extern template struct detail::Runner<Diagonal>;
extern template struct detail::Runner<PlaceDiagonal>;
extern template struct detail::Runner<Tril>;
extern template struct detail::Runner<Triu>;

}  // namespace xtape
