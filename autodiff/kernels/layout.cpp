#include <xtape/autodiff/kernels/layout.hpp>

#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace xtape::detail {
namespace {

constexpr std::size_t block_elements = 32768;  // what a thread takes at a time
constexpr std::size_t near_elements = 4096;    // what stays in the cache while it is passed over again
constexpr std::size_t transposed_run = 256;    // rows read side by side: as many pages and cache lines as may wait for their rest
constexpr std::size_t short_run = 16;          // shorter runs cost more to begin than to copy

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
void copy_run(const Axis& axis, std::size_t n, const T* from, T* to) {
    if (axis.from == 1 && axis.to == 1) {
        std::copy(from, from + n, to);
    } else if (axis.from == 0 && axis.to == 1) {
        std::fill(to, to + n, *from);
    } else if (axis.from == -1 && axis.to == 1) {
        std::reverse_copy(from - static_cast<std::ptrdiff_t>(n) + 1, from + 1, to);
    } else {
        for (std::size_t i = 0; i < n; ++i, from += axis.from, to += axis.to) *to = *from;
    }
}

// Vectors of the compilers themselves, because xsimd 8 shuffles only within their halves.
template <class T>
struct Vector {
    typedef T Lanes __attribute__((vector_size(32)));
    Lanes v;
};

template <class T>
constexpr std::size_t lanes = 32 / sizeof(T);

template <class T>
void interleave(const Vector<T>& a, const Vector<T>& b, Vector<T>& low, Vector<T>& high) {
    if constexpr (lanes<T> == 8) {
        low.v = __builtin_shufflevector(a.v, b.v, 0, 8, 1, 9, 2, 10, 3, 11);
        high.v = __builtin_shufflevector(a.v, b.v, 4, 12, 5, 13, 6, 14, 7, 15);
    } else {
        low.v = __builtin_shufflevector(a.v, b.v, 0, 4, 1, 5);
        high.v = __builtin_shufflevector(a.v, b.v, 2, 6, 3, 7);
    }
}

// A square of as many rows as a vector has elements. Interleaving row i with row i + N/2 once for every halving of N transposes it.
template <class T>
void transpose_square(const T* from, std::ptrdiff_t from_step, T* to, std::ptrdiff_t to_step) {
    constexpr std::size_t N = lanes<T>;
    std::array<Vector<T>, N> rows, next;
    for (std::size_t i = 0; i < N; ++i) std::memcpy(&rows[i], from + static_cast<std::ptrdiff_t>(i) * from_step, sizeof rows[i]);
    for (std::size_t round = 1; round < N; round *= 2) {
        for (std::size_t i = 0; i < N / 2; ++i) interleave<T>(rows[i], rows[i + N / 2], next[2 * i], next[2 * i + 1]);
        rows = next;
    }
    for (std::size_t i = 0; i < N; ++i) std::memcpy(to + static_cast<std::ptrdiff_t>(i) * to_step, &rows[i], sizeof rows[i]);
}

// Rows that lie side by side in `from` (row.from = 1) and are each contiguous in `to` (run.to = 1).
template <class T>
void copy_transposed(const Axis& row, std::size_t rows, const Axis& run, std::size_t n, const T* from, T* to) {
    constexpr std::size_t N = lanes<T>, line = 2 * N;
    const auto copy = [&](std::size_t row_begin, std::size_t row_end, std::size_t begin, std::size_t end) {
        for (std::size_t p = row_begin; p < row_end; ++p) {
            const T* const source = from + static_cast<std::ptrdiff_t>(p);
            T* const target = to + static_cast<std::ptrdiff_t>(p) * row.to;
            for (std::size_t q = begin; q < end; ++q) target[q] = source[static_cast<std::ptrdiff_t>(q) * run.from];
        }
    };
    const std::size_t whole = n - n % N;
    for (std::size_t p = 0; p < rows; p += line) {
        // Two squares a cache line: both halves are read while it is there.
        const std::size_t last = std::min(rows, p + line), squares = (last - p) / N;
        for (std::size_t q = 0; q < whole; q += N) {
            for (std::size_t i = 0; i < squares; ++i) {
                const auto at = static_cast<std::ptrdiff_t>(p + i * N), along = static_cast<std::ptrdiff_t>(q);
                transpose_square(from + at + along * run.from, run.from, to + at * row.to + along, row.to);
            }
        }
        copy(p + squares * N, last, 0, whole);
        copy(p, last, whole, n);
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

// A short innermost axis changes places with the longest one: any order of the axes copies the same.
void lengthen_runs(std::vector<Axis>& axes) {
    if (axes.back().extent >= short_run) return;
    const auto longest =
        std::max_element(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) { return a.extent < b.extent; });
    if (longest->extent >= 2 * axes.back().extent) std::rotate(longest, longest + 1, axes.end());
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
    while (axes.size() < 2) axes.insert(axes.begin(), {1, 1, 1});
    lengthen_runs(axes);
    // The two innermost axes are a plane, which is cut into parts; the others count planes.
    const std::size_t outer_rank = axes.size() - 2;
    const Axis row = axes[outer_rank], run = axes[outer_rank + 1];
    const bool transposed = row.from == 1 && run.to == 1 && run.from != 1 && run.from != 0 && row.extent >= lanes<T>;
    const std::size_t run_part = std::min(run.extent, transposed ? transposed_run : block_elements);
    const std::size_t rows = std::max<std::size_t>(1, (transposed ? block_elements : near_elements) / run_part);
    const std::size_t row_part = std::min(row.extent, transposed ? (rows + 15) / 16 * 16 : rows);
    const std::size_t run_parts = (run.extent - 1) / run_part + 1, row_parts = (row.extent - 1) / row_part + 1;
    std::size_t parts = run_parts * row_parts;
    for (std::size_t i = 0; i < outer_rank; ++i) parts *= axes[i].extent;
    parallel_for(parts, std::max<std::size_t>(1, block_elements / (run_part * row_part)), [&](std::size_t begin, std::size_t end) {
        for (std::size_t part = begin; part < end; ++part) {
            const std::size_t p = part / run_parts % row_parts * row_part, q = part % run_parts * run_part;
            const std::size_t height = std::min(row_part, row.extent - p), width = std::min(run_part, run.extent - q);
            const auto at = offsets(axes, outer_rank, part / run_parts / row_parts);
            const auto first = static_cast<std::ptrdiff_t>(p), along = static_cast<std::ptrdiff_t>(q);
            const T* source = from + at[0] + first * row.from + along * run.from;
            T* target = to + at[1] + first * row.to + along * run.to;
            if (transposed) {
                copy_transposed(row, height, run, width, source, target);
                continue;
            }
            for (std::size_t i = 0; i < height; ++i, source += row.from, target += row.to) copy_run(run, width, source, target);
        }
    });
}

template void copy_strided(const Shape&, const float*, const Steps&, float*, const Steps&);
template void copy_strided(const Shape&, const double*, const Steps&, double*, const Steps&);
template void copy_strided(const Shape&, const std::int64_t*, const Steps&, std::int64_t*, const Steps&);

}  // namespace xtape::detail
