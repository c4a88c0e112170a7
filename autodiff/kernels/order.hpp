// Sorting rows by index.
#pragma once

#include <cstddef>
#include <cstdint>

namespace xtape::detail {

/// order(r, 0 .. count-1) = places of the first `count` elements of row r of x (rows, extent) when it is sorted. Equal elements keep
/// their order in both directions; NaN is larger than every number.
template <class T>
void sort_rows(const T* x, std::size_t rows, std::size_t extent, std::size_t count, bool descending, std::int64_t* order);

}  // namespace xtape::detail
