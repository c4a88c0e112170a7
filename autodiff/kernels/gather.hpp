// Reading and adding at indices along an axis of (outer, extent, inner). Indices below 0 count from the end; all are in range.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <cstddef>
#include <cstdint>

namespace xtape::detail {

/// A shape seen from one of its axes.
struct AxisView {
    std::size_t outer = 1, extent = 1, inner = 1;

    AxisView() = default;
    AxisView(const Shape& shape, std::size_t axis);
    /// All elements as one axis.
    explicit AxisView(const Shape& shape) : extent(element_count(shape)) {}
};

/// y(o, k, i) = x(o, indices[k], i)
template <class T>
void take_rows(const T* x, const AxisView& view, const std::int64_t* indices, std::size_t count, T* y);

/// y(o, indices[k], i) += v(o, k, i) for every k. What meets at one element is summed pairwise in the order of k, whatever the number of
/// threads: they share the elements of y, not the indices.
template <class T>
void add_rows(const T* v, const AxisView& view, const std::int64_t* indices, std::size_t count, T* y);

/// y(o, k, i) = x(o, indices(o, k, i), i)
template <class T>
void take_along(const T* x, const AxisView& view, const std::int64_t* indices, std::size_t count, T* y);

/// y(o, indices(o, k, i), i) += v(o, k, i), in the order of k; float sums are carried in double.
template <class T>
void add_along(const T* v, const AxisView& view, const std::int64_t* indices, std::size_t count, T* y);

}  // namespace xtape::detail
