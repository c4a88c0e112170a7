// Principal components: the directions along which points vary most.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <cstddef>

namespace xtape::analysis {

struct PcaOptions {
    std::size_t components = 0;  ///< how many, at most min(N, D); 0: that many
    bool whiten = false;         ///< transform() gives every component variance 1
};

/// Principal components of points (N, D) (K. Pearson, "On lines and planes of closest fit to systems of points in space",
/// Philosophical Magazine 2, 1901), found by pca().
template <class T>
struct BasicPca {
    BasicArray<T> mean;                 ///< (D)
    BasicArray<T> components;           ///< (K, D), orthonormal rows; the largest element of each, by size, is positive
    Array64 explained_variance;         ///< (K), of the points along each, with N - 1 as divisor, largest first
    Array64 explained_variance_ratio;   ///< (K), as parts of the sum over all features
    bool whiten = false;

    /// (x - mean) components^T, (N, K); divided by the square roots of explained_variance when whiten is set, where a
    /// component without variance gives 0. Throws ShapeError unless x is (N, D), DataError for NaN and infinities.
    BasicArray<T> transform(const BasicArray<T>& x, Location at = Location::current()) const;

    /// The points (N, D) with these coordinates z (N, K) and nothing along other directions: the projection of x onto the
    /// components for z = transform(x). Throws ShapeError unless z is (N, K), DataError for NaN and infinities.
    BasicArray<T> inverse_transform(const BasicArray<T>& z, Location at = Location::current()) const;
};

/// Computed in double, from the eigenvectors of the covariance matrix (D, D), or when N < D of the matrix of products of points
/// (N, N): variances below 1e-16 of the largest one are rounding errors. Same bits on any number of threads.
///
/// Throws ShapeError unless x is (N, D) with at least two points; DataError for NaN and infinities, and when LAPACK finds no
/// eigenvalues; ConfigError for more than min(N, D) components.
BasicPca<float> pca(const Array& x, const PcaOptions& options = {}, Location at = Location::current());
BasicPca<double> pca(const Array64& x, const PcaOptions& options = {}, Location at = Location::current());

using Pca = BasicPca<float>;
using Pca64 = BasicPca<double>;

extern template struct BasicPca<float>;
extern template struct BasicPca<double>;

}  // namespace xtape::analysis
