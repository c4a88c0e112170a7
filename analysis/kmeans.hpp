// k-means: points gathered around means.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/random.hpp>

#include <cstddef>

namespace xtape::analysis {

struct KMeansOptions {
    std::size_t clusters = 8;
    std::size_t restarts = 10;      ///< independent seedings, of which the best result is kept
    std::size_t iterations = 300;   ///< at most, for each
    double tolerance = 1e-4;        ///< of the features' mean variance: ends when the centers' squared moves sum to less
};

/// Centers and what they make of the points they were found for.
template <class T>
struct BasicKMeans {
    BasicArray<T> centers;       ///< (clusters, D)
    IndexArray labels;           ///< (N), the nearest center of each point, the lowest of equally near ones
    double inertia = 0;          ///< sum over points of the squared distance to the nearest center
    std::size_t iterations = 0;  ///< of the restart that was kept
    bool converged = false;      ///< whether that ended before the last iteration allowed

    /// Nearest center of each of the points (N, D). Throws ShapeError for other shapes, DataError for NaN and infinities.
    IndexArray predict(const BasicArray<T>& x, Location at = Location::current()) const;
};

/// Groups points (N, D): minimises the inertia by alternating nearest centers and means (S. P. Lloyd, "Least squares
/// quantization in PCM", IEEE Transactions on Information Theory 28, 1982). Centers begin at points drawn by k-means++ (D. Arthur,
/// S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007): each with a probability proportional to the
/// squared distance from those before, the best of 2 + ln(clusters) draws. A cluster that loses all its points begins anew
/// at the point that is farthest from its center. Sums are made in double, by cluster and in the points' order: same bits on
/// any number of threads.
///
/// Throws ShapeError unless x is (N, D) and not empty; DataError for NaN and infinities; ConfigError unless 1 <= clusters <=
/// N, restarts and iterations are at least 1 and tolerance is at least 0.
BasicKMeans<float> kmeans(const Array& x, const KMeansOptions& options = {},
                          random::Stream stream = random::next_stream(), Location at = Location::current());
BasicKMeans<double> kmeans(const Array64& x, const KMeansOptions& options = {},
                           random::Stream stream = random::next_stream(), Location at = Location::current());

using KMeans = BasicKMeans<float>;
using KMeans64 = BasicKMeans<double>;

extern template struct BasicKMeans<float>;
extern template struct BasicKMeans<double>;

}  // namespace xtape::analysis
