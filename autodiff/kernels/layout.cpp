#include <xtape/autodiff/kernels/layout.hpp>

#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <array>

namespace xtape::detail {
namespace {

constexpr std::size_t block_elements = 32768;
constexpr std::size_t tile = 16;  // 16 x 16 floats: 16 cache lines each way

struct Axis {
    std::size_t extent;
    std::ptrdiff_t from, to;
};

// Axes of extent 1 vanish; neighbours along which both sides simply go on become one.
std::vector<Axis> merged(const Shape& extents, const Steps& from, const Steps& to) {
    std::vector<Axis> axes;
    for (std::size_t i = 0; i < extents.size(); ++i) {
        if (extents[i] == 1) continue;
        const Axis axis{extents[i], from[i], to[i]};
        const auto n = static_cast<std::ptrdiff_t>(axis.extent);
        if (!axes.empty() && axes.back().from == axis.from * n && axes.back().to == axis.to * n) {
            axes.back() = {axes.back().extent * axis.extent, axis.from, axis.to};
        } else {
            axes.push_back(axis);
        }
    }
    return axes;
}

template <class T>
void copy_run(const Axis& axis, const T* from, T* to) {
    const std::size_t n = axis.extent;
    if (axis.from == 1 && axis.to == 1) {
        std::copy(from, from + n, to);
    } else if (axis.from == 0 && axis.to == 1) {
        std::fill(to, to + n, *from);
    } else {
        for (std::size_t i = 0; i < n; ++i, from += axis.from, to += axis.to) *to = *from;
    }
}

template <class T>
void copy_tiled(const Axis& outer, const Axis& inner, const T* from, T* to) {
    for (std::size_t i = 0; i < outer.extent; i += tile) {
        for (std::size_t j = 0; j < inner.extent; j += tile) {
            for (std::size_t p = i; p < std::min(outer.extent, i + tile); ++p) {
                const auto row = static_cast<std::ptrdiff_t>(p);
                for (std::size_t q = j; q < std::min(inner.extent, j + tile); ++q) {
                    const auto column = static_cast<std::ptrdiff_t>(q);
                    to[row * outer.to + column * inner.to] = from[row * outer.from + column * inner.from];
                }
            }
        }
    }
}

// Offsets of the n-th combination of the outer axes.
std::array<std::ptrdiff_t, 2> offsets(const std::vector<Axis>& axes, std::size_t rank, std::size_t n) {
    std::array<std::ptrdiff_t, 2> at{0, 0};
    for (std::size_t axis = rank; axis-- > 0; n /= axes[axis].extent) {
        const auto index = static_cast<std::ptrdiff_t>(n % axes[axis].extent);
        at[0] += index * axes[axis].from;
        at[1] += index * axes[axis].to;
    }
    return at;
}

}  // namespace

Steps contiguous_steps(const Shape& shape) {
    Steps steps(shape.size());
    std::ptrdiff_t step = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
        steps[i] = step;
        step *= static_cast<std::ptrdiff_t>(shape[i]);
    }
    return steps;
}

template <class T>
void copy_strided(const Shape& extents, const T* from, const Steps& from_steps, T* to, const Steps& to_steps) {
    if (element_count(extents) == 0) return;
    std::vector<Axis> axes = merged(extents, from_steps, to_steps);
    if (axes.empty()) axes.push_back({1, 1, 1});
    // A transposed pair of innermost axes is copied in tiles; large ones are first cut into strips for the threads.
    const std::size_t last = axes.size() - 1;
    const bool tiled = last >= 1 && axes[last].from != 1 && axes[last].from != 0 && axes[last - 1].from == 1;
    if (tiled && axes[last - 1].extent > tile && axes[last].extent * axes[last - 1].extent > block_elements &&
        axes[last - 1].extent % tile == 0) {
        const Axis wide = axes[last - 1];
        const auto step = static_cast<std::ptrdiff_t>(tile);
        axes[last - 1] = {wide.extent / tile, wide.from * step, wide.to * step};
        axes.insert(axes.end() - 1, {tile, wide.from, wide.to});
    }
    const std::size_t outer_rank = tiled ? axes.size() - 2 : axes.size() - 1;
    std::size_t runs = 1, run = 1;
    for (std::size_t i = 0; i < axes.size(); ++i) (i < outer_rank ? runs : run) *= axes[i].extent;
    parallel_for(runs, std::max<std::size_t>(1, block_elements / run), [&](std::size_t begin, std::size_t end) {
        for (std::size_t r = begin; r < end; ++r) {
            const auto at = offsets(axes, outer_rank, r);
            if (tiled) {
                copy_tiled(axes[outer_rank], axes[outer_rank + 1], from + at[0], to + at[1]);
            } else {
                copy_run(axes[outer_rank], from + at[0], to + at[1]);
            }
        }
    });
}

template void copy_strided(const Shape&, const float*, const Steps&, float*, const Steps&);
template void copy_strided(const Shape&, const double*, const Steps&, double*, const Steps&);
template void copy_strided(const Shape&, const std::int64_t*, const Steps&, std::int64_t*, const Steps&);

}  // namespace xtape::detail
