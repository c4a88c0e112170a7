// What operations that move elements share: the plain way in which their references are written.
#pragma once

#include <xtape/autodiff/array.hpp>

namespace xtape::detail {

/// The array of that shape whose element at each index is element(index), asked for in row-major order.
template <class F>
Array64 array_by_index(const Shape& shape, F element) {
    Array64 y = empty_array<double>(shape);
    Shape index(shape.size(), 0);
    for (std::size_t n = 0; n < y.size(); ++n) {
        y.data()[n] = element(index);
        for (std::size_t i = shape.size(); i-- > 0;) {
            if (++index[i] < shape[i]) break;
            index[i] = 0;
        }
    }
    return y;
}

/// The element of x at an index, or of a copy of the index with one axis changed.
inline double element_at(const Array64& x, const Shape& index) { return x.element(index.begin(), index.end()); }
inline double element_at(const Array64& x, Shape index, std::size_t axis, std::size_t place) {
    index[axis] = place;
    return x.element(index.begin(), index.end());
}

}  // namespace xtape::detail
