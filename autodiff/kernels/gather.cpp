#include <xtape/autodiff/kernels/gather.hpp>

#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace xtape::detail {
namespace {

constexpr std::size_t block_elements = 32768;
constexpr std::size_t strip = 64;        // elements of a row that are summed at a time
constexpr std::size_t pairwise_from = 32;
constexpr std::size_t columns = 16;      // a cache line of floats

template <class V>
using PoolVector = std::vector<V, PoolAllocator<V>>;

std::size_t place(std::int64_t index, std::size_t extent) {
    return static_cast<std::size_t>(index < 0 ? index + static_cast<std::int64_t>(extent) : index);
}

std::size_t grain_for(std::size_t elements) { return std::max<std::size_t>(1, block_elements / std::max<std::size_t>(1, elements)); }

// Which indices meet at each place: order[starts[p]] .. order[starts[p + 1] - 1], in order.
struct Groups {
    PoolVector<std::size_t> starts, order;

    Groups(const std::int64_t* indices, std::size_t count, std::size_t extent) : starts(extent + 1, 0), order(count) {
        for (std::size_t k = 0; k < count; ++k) ++starts[place(indices[k], extent) + 1];
        for (std::size_t p = 0; p < extent; ++p) starts[p + 1] += starts[p];
        PoolVector<std::size_t> next(starts.begin(), starts.end() - 1);
        for (std::size_t k = 0; k < count; ++k) order[next[place(indices[k], extent)]++] = k;
    }
};

// sum[i] = v[order[0] * step + i] + v[order[1] * step + i] + ...
template <class T>
void sum_rows(const T* v, std::size_t step, const std::size_t* order, std::size_t count, std::size_t width, T* sum) {
    if (count <= pairwise_from) {
        std::copy(v + order[0] * step, v + order[0] * step + width, sum);
        for (std::size_t k = 1; k < count; ++k) {
            const T* const row = v + order[k] * step;
            for (std::size_t i = 0; i < width; ++i) sum[i] += row[i];
        }
        return;
    }
    std::array<T, strip> half;
    sum_rows(v, step, order, count / 2, width, sum);
    sum_rows(v, step, order + count / 2, count - count / 2, width, half.data());
    for (std::size_t i = 0; i < width; ++i) sum[i] += half[i];
}

}  // namespace

AxisView::AxisView(const Shape& shape, std::size_t axis) : extent(shape[axis]) {
    outer = element_count(Shape(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis)));
    inner = element_count(Shape(shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, shape.end()));
}

template <class T>
void take_rows(const T* x, const AxisView& view, const std::int64_t* indices, std::size_t count, T* y) {
    if (view.outer == 0 || view.inner == 0) return;
    parallel_for(view.outer * count, grain_for(view.inner), [&](std::size_t begin, std::size_t end) {
        const std::size_t width = view.inner;
        std::size_t o = begin / count, k = begin % count;
        for (std::size_t row = begin; row < end; ++row) {
            const T* const from = x + (o * view.extent + place(indices[k], view.extent)) * width;
            if (width == 1) {
                y[row] = *from;
            } else {
                std::copy(from, from + width, y + row * width);
            }
            if (++k == count) k = 0, ++o;
        }
    });
}

template <class T>
void add_rows(const T* v, const AxisView& view, const std::int64_t* indices, std::size_t count, T* y) {
    if (view.outer == 0 || view.inner == 0 || count == 0) return;
    const Groups groups(indices, count, view.extent);
    const std::size_t width = view.inner;
    const std::size_t grain = grain_for(width * (count / view.extent + 1));
    parallel_for(view.outer * view.extent, grain, [&](std::size_t begin, std::size_t end) {
        std::array<T, strip> sum;
        for (std::size_t row = begin; row < end; ++row) {
            const std::size_t o = row / view.extent, p = row % view.extent;
            const std::size_t met = groups.starts[p + 1] - groups.starts[p];
            if (met == 0) continue;
            const std::size_t* const order = groups.order.data() + groups.starts[p];
            for (std::size_t i = 0; i < width; i += strip) {
                const std::size_t part = std::min(strip, width - i);
                sum_rows(v + o * count * width + i, width, order, met, part, sum.data());
                for (std::size_t j = 0; j < part; ++j) y[row * width + i + j] += sum[j];
            }
        }
    });
}

template <class T>
void take_along(const T* x, const AxisView& view, const std::int64_t* indices, std::size_t count, T* y) {
    if (view.outer == 0 || view.inner == 0) return;
    parallel_for(view.outer * count, grain_for(view.inner), [&](std::size_t begin, std::size_t end) {
        const std::size_t width = view.inner;
        for (std::size_t row = begin; row < end; ++row) {
            const T* const from = x + row / count * view.extent * width;
            for (std::size_t i = 0; i < width; ++i) {
                y[row * width + i] = from[place(indices[row * width + i], view.extent) * width + i];
            }
        }
    });
}

template <class T>
void add_along(const T* v, const AxisView& view, const std::int64_t* indices, std::size_t count, T* y) {
    if (view.outer == 0 || view.inner == 0 || count == 0) return;
    // A lone column leaves no columns to share between threads; as rows its elements are shared.
    if (view.outer == 1 && view.inner == 1) return add_rows(v, view, indices, count, y);
    const std::size_t width = view.inner, blocks = (width - 1) / columns + 1;
    const std::size_t grain = grain_for((count + view.extent) * std::min(width, columns));
    parallel_for(view.outer * blocks, grain, [&](std::size_t begin, std::size_t end) {
        PoolVector<double> sums(view.extent * std::min(width, columns));
        for (std::size_t unit = begin; unit < end; ++unit) {
            const std::size_t o = unit / blocks, first = unit % blocks * columns, part = std::min(columns, width - first);
            std::fill(sums.begin(), sums.end(), 0.0);
            for (std::size_t k = 0; k < count; ++k) {
                const std::size_t row = (o * count + k) * width + first;
                for (std::size_t i = 0; i < part; ++i) {
                    sums[place(indices[row + i], view.extent) * part + i] += static_cast<double>(v[row + i]);
                }
            }
            for (std::size_t p = 0; p < view.extent; ++p) {
                T* const to = y + (o * view.extent + p) * width + first;
                for (std::size_t i = 0; i < part; ++i) to[i] = static_cast<T>(static_cast<double>(to[i]) + sums[p * part + i]);
            }
        }
    });
}

template void take_rows(const float*, const AxisView&, const std::int64_t*, std::size_t, float*);
template void take_rows(const double*, const AxisView&, const std::int64_t*, std::size_t, double*);
template void add_rows(const float*, const AxisView&, const std::int64_t*, std::size_t, float*);
template void add_rows(const double*, const AxisView&, const std::int64_t*, std::size_t, double*);
template void take_along(const float*, const AxisView&, const std::int64_t*, std::size_t, float*);
template void take_along(const double*, const AxisView&, const std::int64_t*, std::size_t, double*);
template void add_along(const float*, const AxisView&, const std::int64_t*, std::size_t, float*);
template void add_along(const double*, const AxisView&, const std::int64_t*, std::size_t, double*);

}  // namespace xtape::detail
