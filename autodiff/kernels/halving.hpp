// Pooling over windows of 2 x 2 side by side: a register holds neighbouring windows.
//
// Planes stand one after the other, so all of them together are `rows` rows of `width` windows, two rows of 2 width elements each.
#pragma once

#include <cstddef>

namespace xtape::detail {

/// y = the largest of each window: the first of equal ones, NaN if there is one.
template <class T>
void halve_max(const T* x, std::size_t rows, std::size_t width, T* y);

/// dx = g at the place of each window's largest element, 0 elsewhere.
template <class T>
void halve_max_gradient(const T* x, const T* g, std::size_t rows, std::size_t width, T* dx);

/// y = the mean of each window.
template <class T>
void halve_mean(const T* x, std::size_t rows, std::size_t width, T* y);

/// dx = g / 4 in all elements of each window.
template <class T>
void halve_spread(const T* g, std::size_t rows, std::size_t width, T* dx);

}  // namespace xtape::detail
