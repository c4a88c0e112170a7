// Products of vectors, and the trace: dot outer trace.
#pragma once

#include <xtape/autodiff/op.hpp>

namespace xtape {

/// y = sum of a b over two vectors. Sums are made in double, whatever the scalar type.
struct Dot {
    static constexpr const char* name = "dot";
    static constexpr const char* signature = "dot(a, b)";
    static constexpr const char* formula = "y = sum of a b;  da = g b;  db = g a";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Dot>> samples();
    static Sample<Dot> random(sample::Draw& draw);
};

/// Y = a bᵀ for two vectors
struct Outer {
    static constexpr const char* name = "outer";
    static constexpr const char* signature = "outer(a, b)";
    static constexpr const char* formula = "Y = a b^T;  da = G b;  db = G^T a";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Outer>> samples();
    static Sample<Outer> random(sample::Draw& draw);
};

/// y = sum of the diagonal of every matrix (..., m, n)
struct Trace {
    static constexpr const char* name = "trace";
    static constexpr const char* signature = "trace(x)";
    static constexpr const char* formula = "y = sum of the diagonal of X;  dX = g on the diagonal, 0 elsewhere";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Trace>> samples();
    static Sample<Trace> random(sample::Draw& draw);
};

/// Inner product of two vectors of the same length: a scalar. ShapeError otherwise.
template <class A, class B>
requires Operands<A, B>
auto dot(const A& a, const B& b, Location at = Location::current()) { return detail::call(Dot{}, at, a, b); }

/// (m) and (n) give (m, n), every element of a times every one of b. ShapeError unless both are vectors.
template <class A, class B>
requires Operands<A, B>
auto outer(const A& a, const B& b, Location at = Location::current()) { return detail::call(Outer{}, at, a, b); }

/// Sums of the diagonals of matrices (..., m, n): (...). ShapeError for a rank below 2.
template <Node X>
auto trace(const X& x, Location at = Location::current()) {
    return detail::call(Trace{}, at, x);
}

namespace detail {
std::vector<OperationInfo> product_operations();
}

using ProductOps = OpList<Dot, Outer, Trace>;

extern template struct detail::Runner<Dot>;
extern template struct detail::Runner<Outer>;
extern template struct detail::Runner<Trace>;

}  // namespace xtape
