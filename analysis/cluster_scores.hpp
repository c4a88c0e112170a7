// How well a clustering agrees with known classes.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

namespace xtape::analysis {

/// Share of the points that belong to the commonest class of their cluster (C. D. Manning, P. Raghavan, H. Schuetze,
/// "Introduction to Information Retrieval", 2008, eq. 16.1). Labels and clusters (N) are any numbers; only which are equal
/// counts. NaN for N = 0. Throws ShapeError unless both have one shape (N).
double purity(const IndexArray& labels, const IndexArray& clusters, Location at = Location::current());

/// Mutual information over the mean of both entropies, I(L, C) / ((H(L) + H(C)) / 2): 1 for the same partition, 0 for
/// independent ones; as scikit-learn's normalized_mutual_info_score (arithmetic average). 1 when neither is divided at all.
/// Not corrected for chance. Throws ShapeError unless both have one shape (N).
double normalized_mutual_information(const IndexArray& labels, const IndexArray& clusters,
                                     Location at = Location::current());

/// Share of the pairs of points on which both agree (together or apart), rescaled so that chance gives 0 on average and
/// the same partition 1 (L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2, 1985, eq. 5). 1 for N <
/// 2. Throws ShapeError unless both have one shape (N).
double adjusted_rand_index(const IndexArray& labels, const IndexArray& clusters, Location at = Location::current());

}  // namespace xtape::analysis
