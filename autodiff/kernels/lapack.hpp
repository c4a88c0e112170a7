// Factorisations of batches of row-major matrices through LAPACK. One matrix is one task, and LAPACK works on one
// thread in it: the bits do not depend on the number of threads.
//
// LAPACK counts in columns, so what it reads is the transpose of what we mean. Nothing is transposed for it:
// A^T = P L U in its eyes is A = U^T L^T P^T in ours, and the solvers below apply these three.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <vector>

namespace xtape::detail {

/// How a factorisation went. A positive number k: pivot or leading minor k (counted from 1) failed, as LAPACK says it.
using Outcome = int;
constexpr Outcome factored = 0;
constexpr Outcome not_finite = -1;  ///< NaN or infinity in the matrix; nothing was computed

/// LU factors, with row exchanges, of `count` matrices (n, n). Exact zero pivots alone make a matrix singular.
template <class T>
class Lu {
public:
    Lu(const T* a, std::size_t count, std::size_t n, const char* operation);

    const std::vector<Outcome>& outcomes() const { return outcomes_; }

    /// Overwrites b (n, columns) by the solution of A X = B, or A^T X = B; by NaN when matrix `i` was not finite.
    void solve(std::size_t i, bool transpose, T* b, std::size_t columns) const;
    /// Writes the inverse of every matrix to y (count, n, n); NaN for one that was not finite. None may be singular.
    void invert(T* y) const;

    /// Sign (-1, 0, 1) and logarithm of the absolute value of the determinant: -inf for a singular matrix, NaN for one
    /// not finite.
    struct SignLog {
        double sign, log;
    };
    SignLog sign_log(std::size_t i) const;
    /// The determinant: 0 for a singular matrix, NaN for one not finite. Intermediate products neither overflow nor
    /// vanish.
    double determinant(std::size_t i) const;

private:
    const int* pivots(std::size_t i) const { return pivots_.data() + i * n_; }

    std::size_t n_;
    int order_;
    BasicArray<T> factors_;
    std::vector<int> pivots_;
    std::vector<Outcome> outcomes_;
};

/// Factors (A + A^T) / 2 = L L^T: L (n, n) replaces each of `count` matrices at a, zeros above its diagonal. After a
/// failure its place holds anything.
template <class T>
std::vector<Outcome> cholesky(T* a, std::size_t count, std::size_t n);

struct Triangle {
    bool upper = false;          ///< which triangle of A is read
    bool transpose = false;      ///< solve A^T X = B
    bool unit_diagonal = false;  ///< take the diagonal for ones, and do not read it
};

/// Overwrites b (n, columns) by the solution of A X = B for a triangular A (n, n) with no zero on its diagonal.
template <class T>
void solve_triangular(const Triangle& triangle, const T* a, std::size_t n, T* b, std::size_t columns,
                      const char* operation);

/// Makes the rows of a (rows, columns) orthonormal: each becomes its part across the rows before it, divided by its
/// length, as Gram and Schmidt do it, computed by Householder's reflections. rows <= columns; numbers are finite.
template <class T>
void orthonormalize_rows(T* a, std::size_t rows, std::size_t columns, const char* operation);

/// How many problems of `work` multiply-adds make one task.
inline std::size_t problems_per_task(std::size_t work) {
    return std::max<std::size_t>(1, (std::size_t{1} << 18) / std::max<std::size_t>(1, work));
}

extern template class Lu<float>;
extern template class Lu<double>;

}  // namespace xtape::detail
