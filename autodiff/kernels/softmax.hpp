// Softmax over contiguous rows; the largest entry is subtracted first, so exp cannot overflow.
#pragma once

#include <xtape/autodiff/array.hpp>

namespace xtape::detail {

/// y = softmax of each row of x, or its logarithm. x and y are (rows, width); width >= 1. They may be the same array.
template <class T>
void softmax_rows(const T* x, T* y, std::size_t rows, std::size_t width, bool logarithm);

}  // namespace xtape::detail
