// Pooling over windows that follow each other at a fixed stride: a register holds neighbouring results.
#pragma once

#include <xtape/autodiff/kernels/pooling.hpp>

#include <optional>

namespace xtape::detail {

/// Windows [i * stride - padding, i * stride - padding + kernel), cut at both ends of the axis.
struct PoolRule {
    std::ptrdiff_t kernel = 1, stride = 1, padding = 0;
    friend bool operator==(const PoolRule&, const PoolRule&) = default;
};

/// The rule that gives these windows of an axis; none if there is none, or if strided pooling does not pay for it: windows of more
/// than 8 elements, or with gaps between them.
std::optional<PoolRule> pool_rule(const Scratch<PoolWindow>& windows, std::size_t extent);

/// As the functions of pooling.hpp, for windows by these rules. Sums are taken in T.
template <class T>
void strided_pool_max(const PoolWindows& windows, const PoolRule& rows, const PoolRule& columns, const T* x,
                      std::size_t planes, T* y);
template <class T>
void strided_pool_max_gradient(const PoolWindows& windows, const PoolRule& rows, const PoolRule& columns, const T* x,
                               const T* g, std::size_t planes, T* dx);
template <class T>
void strided_pool_mean(const PoolWindows& windows, const PoolRule& rows, const PoolRule& columns, const T* x,
                       std::size_t planes, T* y);
template <class T>
void strided_pool_spread(const PoolWindows& windows, const PoolRule& rows, const PoolRule& columns, const T* g,
                         std::size_t planes, T* dx);

}  // namespace xtape::detail
