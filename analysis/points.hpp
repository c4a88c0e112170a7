// Points (N, D): what all of analysis/ asks of them, and their distances.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <cstddef>

namespace xtape::analysis::detail {

/// Throws ShapeError unless x is (N, D) with at least one point and one feature, DataError for NaN and infinities.
template <class T>
void check_points(const char* caller, const BasicArray<T>& x, Location at);

/// to[r] = |from - row r|^2 for `count` rows (count, features) at `rows`, from differences, on the calling thread.
template <class T>
void squared_distances(const T* from, const T* rows, std::size_t count, std::size_t features, T* to);

/// The k nearest other points of each point, nearest first; of equal distances the lower index first.
template <class T>
struct Neighbours {
    IndexArray index;       ///< (N, k)
    BasicArray<T> squared;  ///< (N, k), their squared distances
};

/// Of points (N, D), 1 <= k < N. Candidates are found by matrix products: two points that are equally far within rounding
/// may change places at the end of the list.
template <class T>
Neighbours<T> nearest(const BasicArray<T>& x, std::size_t k);

}  // namespace xtape::analysis::detail
