// Running sums, products and recurrences along the middle axis of (outer, count, inner).
//
// All run in double, whatever the scalar type, and in an order that depends on the shape only: same bits on any number
// of threads.
#pragma once

#include <cstddef>

namespace xtape::detail {

/// y(o, c, i) = sum of x(o, 0 .. c, i), or of x(o, c .. count-1, i) when `backwards`. The error grows with the
/// logarithm of `count`. x and y may be the same array.
template <class T>
void running_sum(const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner, bool backwards);

/// y(o, c, i) = product of x(o, 0 .. c, i)
template <class T>
void running_product(const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner);

/// y_c = a_c y_(c-1) + b_c, where y_(-1) is 0 and a_0 is not read; or its transpose y_c = b_c + a_(c+1) y_(c+1).
template <class T>
void running_recurrence(const T* a, const T* b, T* y, std::size_t outer, std::size_t count, std::size_t inner,
                        bool transposed);

/// y_c = u_c v_(c-1), where v_(-1) is `before`
template <class T>
void times_previous(const T* u, const T* v, T before, T* y, std::size_t outer, std::size_t count, std::size_t inner);

/// y(o, c, i) = product of all x(o, d, i) with d != c, without a division
template <class T>
void product_of_others(const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner);

}  // namespace xtape::detail
