// Systems of linear equations: solve triangular_solve inv. All take batches: leading axes broadcast.
#pragma once

#include <xtape/autodiff/ops/matrix.hpp>

namespace xtape {

struct SolveOptions {
    bool transpose = false;  ///< solve with the transposes of a's matrices
};

/// op(A) X = B by LU factors with row exchanges
struct Solve {
    SolveOptions options;

    static constexpr const char* name = "solve";
    static constexpr const char* signature = "solve(a, b, {.transpose})";
    static constexpr const char* formula = "X = A^-1 B;  dB = A^-T G;  dA = -dB X^T";
    static constexpr Keep keep = Keep::input(0) | Keep::output();
    static constexpr const char* domain =
        "A (..., n, n) invertible; DataError that names the matrix otherwise; NaN for one with NaN or infinity";

    Shape infer(Shapes x) const { return detail::solution_shape(name, *x[0], *x[1]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Solve>> samples();
    static Sample<Solve> random(sample::Draw& draw);
};

struct TriangularOptions {
    bool upper = false;          ///< a's upper triangle is read, not its lower one
    bool transpose = false;      ///< solve with the transposes of a's matrices
    bool unit_diagonal = false;  ///< a's diagonal counts as ones and is not read
};

/// op(A) X = B by substitution, A being one triangle of the first operand
struct TriangularSolve {
    TriangularOptions options;

    static constexpr const char* name = "triangular_solve";
    static constexpr const char* signature = "triangular_solve(a, b, {.upper, .transpose, .unit_diagonal})";
    static constexpr const char* formula = "X = A^-1 B;  dB = A^-T G;  dA = the triangle of -dB X^T";
    static constexpr Keep keep = Keep::input(0) | Keep::output();
    static constexpr const char* domain =
        "A (..., n, n) with no 0 on its diagonal; DataError that names the matrix otherwise";

    Shape infer(Shapes x) const { return detail::solution_shape(name, *x[0], *x[1]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<TriangularSolve>> samples();
    static Sample<TriangularSolve> random(sample::Draw& draw);
};

/// Y = inverse of X
struct Inverse {
    static constexpr const char* name = "inv";
    static constexpr const char* signature = "inv(x)";
    static constexpr const char* formula = "Y = X^-1;  dX = -Y^T G Y^T";
    static constexpr Keep keep = Keep::output();
    static constexpr const char* domain =
        "X (..., n, n) invertible; DataError that names the matrix otherwise; NaN for one with NaN or infinity";

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Inverse>> samples();
    static Sample<Inverse> random(sample::Draw& draw);
};

/// X with A X = B, for A (..., n, n) and B (..., n, k), or a vector b (n). Leading axes broadcast. ShapeError when the
/// shapes do not fit; DataError for a matrix with an exact zero pivot, which says which one; a matrix with NaN or
/// infinity gives NaN.
template <class A, class B>
requires Operands<A, B>
auto solve(const A& a, const B& b, SolveOptions options = {}, Location at = Location::current()) {
    return detail::call_located(Solve{options}, at, a, b);
}

/// The same for a triangular A: the other triangle is not read. DataError for a zero on a diagonal, which says where.
template <class A, class B>
requires Operands<A, B>
auto triangular_solve(const A& a, const B& b, TriangularOptions options = {}, Location at = Location::current()) {
    return detail::call_located(TriangularSolve{options}, at, a, b);
}

/// Inverses of matrices (..., n, n). To multiply by an inverse, solve is faster and more accurate. DataError for a
/// singular matrix, which says which one; a matrix with NaN or infinity gives NaN.
template <Node X>
auto inv(const X& x, Location at = Location::current()) {
    return detail::call_located(Inverse{}, at, x);
}

namespace detail {
/// t where a triangle (..., n, n) is not zero, 0 elsewhere, whatever stands there.
template <class T>
BasicTensor<T> triangle_part(const BasicTensor<T>& t, bool upper, bool strict);

std::vector<OperationInfo> solve_operations();
}  // namespace detail

using SolveOps = OpList<Solve, TriangularSolve, Inverse>;

extern template struct detail::Runner<Solve>;
extern template struct detail::Runner<TriangularSolve>;
extern template struct detail::Runner<Inverse>;

}  // namespace xtape
