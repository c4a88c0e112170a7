// Pooling over planes: the largest or the mean of each window.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/kernels/columns.hpp>

#include <cstddef>
#include <cstdint>

namespace xtape::detail {

/// Elements [begin, end) of an axis, never empty, that one output element sees; `count` is what a mean divides by.
struct PoolWindow {
    std::size_t begin = 0, end = 1, count = 1;
    friend bool operator==(const PoolWindow&, const PoolWindow&) = default;
};

/// The windows of both axes of a plane; a window of the plane is the product of one of each.
struct PoolWindows {
    std::size_t height = 1, width = 1;  ///< of the input's planes
    Scratch<PoolWindow> rows, columns;

    std::size_t input() const { return height * width; }
    std::size_t output() const { return rows.size() * columns.size(); }
    /// 2 x 2, side by side, without a remainder.
    bool halving() const;
};

/// y = the largest of each window: the first of equal ones, NaN if there is one.
template <class T>
void pool_max(const PoolWindows& windows, const T* x, std::size_t planes, T* y);

/// dx = g at the place of each window's largest element, 0 elsewhere.
template <class T>
void pool_max_gradient(const PoolWindows& windows, const T* x, const T* g, std::size_t planes, T* dx);

/// Those places within their planes: the last NaN if there is one, or else the first of the largest.
template <class T>
void pool_max_places(const PoolWindows& windows, const T* x, std::size_t planes, std::int64_t* places);

/// y = the sum of each window divided by its count.
template <class T>
void pool_mean(const PoolWindows& windows, const T* x, std::size_t planes, T* y);

/// The adjoint: dx = the sum of g / count over the windows that see the element.
template <class T>
void pool_spread(const PoolWindows& windows, const T* g, std::size_t planes, T* dx);

/// y(plane, i) = x(plane, places(plane, i)); planes of x have `from` elements, those of y `to`.
template <class T>
void take_places(const T* x, const std::int64_t* places, std::size_t planes, std::size_t from, std::size_t to, T* y);

/// y(plane, places(plane, i)) += x(plane, i) in zeros; planes of x have `from` elements, those of y `to`.
template <class T>
void put_places(const T* x, const std::int64_t* places, std::size_t planes, std::size_t from, std::size_t to, T* y);

}  // namespace xtape::detail
