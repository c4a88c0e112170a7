// t-SNE's view of the data: how much each point counts another one as its neighbour.
//
// Conditional: p(j|i) proportional to exp(-b_i |x_i - x_j|^2), with b_i such that the entropy is ln(perplexity); joint: p_ij =
// (p(j|i) + p(i|j)) / (2 N) (L. van der Maaten, G. Hinton, "Visualizing data using t-SNE", JMLR 9, 2008, eqs. 1 and 2 and section
// 3.1; the search for b_i by halving, section 2).
#pragma once

#include <xtape/autodiff/array.hpp>

#include <cstddef>
#include <vector>

namespace xtape::analysis::detail {

/// Joint probabilities of all pairs: row i at i * stride, a multiple of a register's width, zeros behind its N numbers and on
/// the diagonal. Sums to 1.
template <class T>
struct DenseAffinities {
    std::size_t points = 0, stride = 0;
    std::vector<T, PoolAllocator<T>> p;
};

/// Joint probabilities of pairs one of which is among the other's nearest: those of point i at first[i] .. first[i + 1].
template <class T>
struct SparseAffinities {
    std::vector<std::size_t> first;
    std::vector<std::uint32_t> other;
    std::vector<T> p;
};

/// Turns squared distances (count) into probabilities of that perplexity, which is below `count`; equal ones when all
/// distances are equal. The entropy is met within 1e-5.
void perplexed(const double* squared, std::size_t count, double perplexity, double* p);

template <class T>
DenseAffinities<T> dense_affinities(const BasicArray<T>& x, double perplexity);

/// Of the 3 perplexity + 1 nearest of each point (L. van der Maaten, "Accelerating t-SNE using tree-based algorithms", JMLR
/// 15, 2014, section 4.1).
template <class T>
SparseAffinities<T> sparse_affinities(const BasicArray<T>& x, double perplexity);

/// Sum of p ln p.
template <class T>
double negative_entropy(const T* p, std::size_t count);

}  // namespace xtape::analysis::detail
