// Transposition of small matrices in registers.
#pragma once

#include <cstddef>

namespace xtape::detail {

/// to(j, i) = from(i, j) for `rows` x `columns` elements; rows of `from` stand `from_step` apart, those of `to` `to_step`. Quick
/// where both counts are multiples of 8.
template <class T>
void turn(const T* from, std::ptrdiff_t from_step, std::ptrdiff_t rows, std::ptrdiff_t columns, T* to,
          std::ptrdiff_t to_step);

/// The same, with zeros in columns [rows, to_step) of `to`.
template <class T>
void turn_padded(const T* from, std::ptrdiff_t from_step, std::ptrdiff_t rows, std::ptrdiff_t columns, T* to,
                 std::ptrdiff_t to_step);

}  // namespace xtape::detail
