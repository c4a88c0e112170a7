// What the operations on square matrices share: shape rules, the texts of their errors, naive references and
// well-conditioned samples.
#pragma once

#include <xtape/autodiff/kernels/lapack.hpp>
#include <xtape/autodiff/op.hpp>

#include <functional>

namespace xtape::detail {

/// Runs an operation whose value can fail on its numbers, and says where in the program the failing call stands.
template <class Op, class... X>
auto call_located(const Op& op, Location at, const X&... x) {
    try {
        return call(op, at, x...);
    } catch (Error& error) {
        error.set_location(at);
        throw;
    }
}

/// The shape without its last `drop` axes.
Shape leading(const Shape& shape, std::size_t drop);

/// The shape of a batch of (rows, columns) matrices.
Shape with_matrix(Shape batch, std::size_t rows, std::size_t columns);

/// ShapeError unless x is (..., n, n).
void check_square(const char* operation, const Shape& x);

/// Shape of the solution of A X = B for A (..., n, n) and B (n) or (..., n, k), whose leading axes broadcast;
/// ShapeError otherwise.
Shape solution_shape(const char* operation, const Shape& a, const Shape& b);

/// "matrix 3 of shape (5, 4, 4)", "matrix (0, 2) of shape (2, 3, 4, 4)", or "shape (4, 4)" for a single one.
std::string matrix_of(const Shape& shape, std::size_t index);

/// DataError that names the first singular matrix of a batch of shape `shape`, if there is one.
void check_regular(const char* operation, const Shape& shape, const std::vector<Outcome>& outcomes);

/// y (..., n, columns) = f(A, B) for each matrix of the broadcast batch axes of a and b, f solving in place: f(matrix
/// of A, place in y).
template <class T>
BasicArray<T> solve_each(const Shape& a, const BasicArray<T>& b, const Shape& shape,
                         const std::function<void(std::size_t matrix, T* y, std::size_t columns)>& f);

/// The gradient of A in op(A) X = B, given that of B and X: minus a product of the two.
template <class T>
BasicTensor<T> system_gradient(const BasicTensor<T>& gb, const BasicTensor<T>& x, bool transposed);

/// Determinant of a row-major matrix by expansion along its first row: what determinants are checked against.
long double naive_determinant(const std::vector<long double>& a, std::size_t n);

/// Solution of A x = b by Cramer's rule, element (row, column) of each matrix of the batch; transposed reads A^T.
Array64 naive_solution(const Array64& a, const Array64& b, bool transposed, const Shape& shape);

}  // namespace xtape::detail

namespace xtape::sample {

/// Shape (..., n, n) of random square matrices.
Shape squares(Draw& draw);

/// (..., n, n) with a dominant diagonal: R / 2 + (n + 1) I, R uniform over [-2, 2].
Array64 dominant(const Shape& shape, std::uint64_t seed);
/// The same with its rows in reverse, so that a factorisation has to exchange them.
Array64 exchanged(const Shape& shape, std::uint64_t seed);
/// Symmetric positive definite: R R^T / 2 + I.
Array64 positive_definite(const Shape& shape, std::uint64_t seed);

}  // namespace xtape::sample
