// Reductions over the middle axis of (outer, count, inner); every reduction over any axes is a sequence of these.
#pragma once

#include <xtape/autodiff/array.hpp>


namespace xtape::detail {

enum class ReduceKind { sum, product, max, min };

/// y(o, i) = reduction over c of x(o, c, i). Sums and products are pairwise above 32 terms, so their error grows with
/// the logarithm of `count`. An extremum is NaN when any term is; count must then be at least 1. Work is cut by size
/// only: same bits on any thread count.
template <class T>
void reduce_middle(ReduceKind kind, const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner);

/// Reduces the axes marked true; they stay with extent 1.
template <class T>
BasicArray<T> reduce_axes(ReduceKind kind, const BasicArray<T>& x, const AxisMask& reduced);

/// at(o, i) = first c with x(o, c, i) = extreme(o, i), or with NaN there where the extreme is NaN. Each extreme must
/// occur.
template <class T>
void find_first(const T* x, const T* extreme, std::int64_t* at, std::size_t outer, std::size_t count,
                std::size_t inner);

}  // namespace xtape::detail
