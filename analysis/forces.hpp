// What pulls and pushes the points of a t-SNE picture.
//
// With w_ij = 1 / (1 + |y_i - y_j|^2) and Z = sum over all pairs of w, the gradient of the Kullback-Leibler divergence is (van der
// Maaten and Hinton 2008, eq. 5)
//
//     4 sum_j p_ij w_ij (y_i - y_j)  -  4 / Z sum_j w_ij^2 (y_i - y_j)   =   4 (pull_i - push_i / Z).
#pragma once

#include <xtape/analysis/affinities.hpp>

#include <array>
#include <cstddef>
#include <vector>

namespace xtape::analysis::detail {

/// Places in the plane: x coordinates, then y coordinates.
template <class T>
using Plane = std::array<std::vector<T, PoolAllocator<T>>, 2>;

template <class T>
struct Forces {
    Plane<T> pull, push;
    double z = 0;

    explicit Forces(std::size_t points) {
        for (auto* plane : {&pull, &push}) {
            for (auto& axis : *plane) axis.resize(points);
        }
    }
};

/// Both forces of all pairs, each exactly.
template <class T>
void exact_forces(const DenseAffinities<T>& p, const Plane<T>& y, Forces<T>& forces);

/// Pull of the pairs in p, and the push of all points from a quadtree (J. Barnes, P. Hut, "A hierarchical O(N log N)
/// force-calculation algorithm", Nature 324, 1986; van der Maaten 2014, section 4.2): a cell whose side is less than `angle`
/// times its distance counts as one point.
template <class T>
void tree_forces(const SparseAffinities<T>& p, const Plane<T>& y, double angle, Forces<T>& forces);

/// Sum of p_ij ln(1 + |y_i - y_j|^2).
template <class T>
double spread(const DenseAffinities<T>& p, const Plane<T>& y);
template <class T>
double spread(const SparseAffinities<T>& p, const Plane<T>& y);

}  // namespace xtape::analysis::detail
