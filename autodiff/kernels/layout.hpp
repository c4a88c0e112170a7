// Moving elements between layouts: transposition, broadcasting, slicing and concatenation are all one strided copy.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <cstddef>
#include <vector>

namespace xtape::detail {

/// Steps between neighbours along each axis, in elements; may be 0 (repeat) on the reading side and negative (flip) on both.
using Steps = std::vector<std::ptrdiff_t>;

/// Steps of a contiguous row-major array of that shape.
Steps contiguous_steps(const Shape& shape);

/// to[index . to_steps] = from[index . from_steps] for every index below `extents`. The places written must be distinct.
template <class T>
void copy_strided(const Shape& extents, const T* from, const Steps& from_steps, T* to, const Steps& to_steps);

}  // namespace xtape::detail
