// The value type: a genuine xtensor container with our allocator pinned, so that a program compiled with other flags than the
// library has the same type. Every xtensor header that xtape's own headers need is included here and nowhere else.
#pragma once

#include <xtape/autodiff/memory.hpp>

#include <xtensor/xarray.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace xtape {

/// Row-major n-dimensional array in 64-byte aligned pool memory.
template <class T>
using BasicArray = xt::xarray<T, xt::layout_type::row_major, PoolAllocator<T>>;

using Array = BasicArray<float>;
using Array64 = BasicArray<double>;
/// Class labels, row numbers, positions.
using IndexArray = BasicArray<std::int64_t>;

/// Extents, outermost first; () is a scalar. Any extent may be 0.
using Shape = Array::shape_type;

/// "(32, 784)"; a scalar is "()", a vector "(3)".
std::string to_string(const Shape& shape);

/// Product of the extents: 1 for a scalar.
std::size_t element_count(const Shape& shape);

/// The shape NumPy's broadcasting rules give to operands of shapes a and b; false when they do not fit.
bool broadcast_shapes(const Shape& a, const Shape& b, Shape& result);

/// An array of that shape whose elements are not initialised.
template <class T>
BasicArray<T> empty_array(const Shape& shape) {
    return BasicArray<T>::from_shape(shape);
}

}  // namespace xtape
