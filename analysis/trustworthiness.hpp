// Whether neighbours in a picture are neighbours in the data.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <cstddef>

namespace xtape::analysis {

/// Trustworthiness of an embedding (N, d) of points (N, D):
///
///     1 - 2 / (N k (2 N - 3 k - 1)) sum over points i, and j among the k nearest to i in the embedding, of
///                                   max(0, rank of j among the neighbours of i in the data - k)
///
/// 1 when nothing stands beside i that is not also near it in the data (J. Venna, S. Kaski, "Neighborhood preservation in
/// nonlinear projection methods: an experimental study", ICANN 2001, eq. 1). Distances are Euclidean; of equal ones the lower
/// index comes first. Takes time N^2 D.
///
/// Throws ShapeError unless both are (N, ..) of one N and not empty, DataError for NaN and infinities, ConfigError unless 1 <=
/// neighbours < N / 2.
double trustworthiness(const Array& points, const Array& embedding, std::size_t neighbours = 5,
                       Location at = Location::current());
double trustworthiness(const Array64& points, const Array64& embedding, std::size_t neighbours = 5,
                       Location at = Location::current());

}  // namespace xtape::analysis
