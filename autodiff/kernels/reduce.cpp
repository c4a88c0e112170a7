#include <xtape/autodiff/kernels/reduce.hpp>

#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <cstring>

namespace xtape::detail {
namespace {

constexpr std::size_t block_elements = 32768;  // work of one parallel block
constexpr std::size_t short_rows = 32;         // terms added one after the other before pairs are combined

template <class T>
struct SumOf {
    static Lanes<T> identity() { return Lanes<T>(0); }
    static Lanes<T> join(Lanes<T> a, Lanes<T> b) { return a + b; }
    static T join(T a, T b) { return a + b; }
};

template <class T>
struct MaxOf {
    static Lanes<T> identity() { return Lanes<T>(-std::numeric_limits<T>::infinity()); }
    // NaN wins: it is neither greater nor less.
    static Lanes<T> join(Lanes<T> a, Lanes<T> b) { return where(a > b, a, where(b >= a, b, a + b)); }
    static T join(T a, T b) { return a > b ? a : (b >= a ? b : a + b); }
};

template <class R, class T>
T join_lanes(Lanes<T> v) {
    constexpr std::size_t width = Lanes<T>::width;
    alignas(64) T lane[width];
    v.store(lane);
    for (std::size_t step = width / 2; step > 0; step /= 2) {
        for (std::size_t i = 0; i < step; ++i) lane[i] = R::join(lane[i], lane[i + step]);
    }
    return lane[0];
}

// A contiguous stretch, halved until it is short.
template <class R, class T>
Lanes<T> reduce_stretch(const T* x, std::size_t n) {
    using L = Lanes<T>;
    constexpr std::size_t shortest = short_rows * L::width;
    if (n > shortest) {
        const std::size_t half = (n / 2 + shortest - 1) / shortest * shortest;
        return R::join(reduce_stretch<R, T>(x, half), reduce_stretch<R, T>(x + half, n - half));
    }
    std::array<L, 4> part{R::identity(), R::identity(), R::identity(), R::identity()};
    std::size_t i = 0;
    for (; i + 4 * L::width <= n; i += 4 * L::width) {
        for (std::size_t k = 0; k < 4; ++k) part[k] = R::join(part[k], L::load(x + i + k * L::width));
    }
    for (; i + L::width <= n; i += L::width) part[0] = R::join(part[0], L::load(x + i));
    if (i < n) {
        alignas(64) T rest[L::width];
        R::identity().store(rest);
        std::copy(x + i, x + n, rest);
        part[1] = R::join(part[1], L::load(rest));
    }
    return R::join(R::join(part[0], part[1]), R::join(part[2], part[3]));
}

template <class R, class T>
T reduce_row(const T* x, std::size_t n) {
    return join_lanes<R, T>(reduce_stretch<R, T>(x, n));
}

// y[0..width) = reduction of `count` rows that stand `stride` apart, halved until there are few.
template <class R, class T>
void reduce_rows(const T* x, std::size_t count, std::size_t stride, std::size_t width, T* y) {
    using L = Lanes<T>;
    if (count > short_rows) {
        const std::size_t half = (count / 2 + short_rows - 1) / short_rows * short_rows;
        std::vector<T, PoolAllocator<T>> right(width);
        reduce_rows<R, T>(x, half, stride, width, y);
        reduce_rows<R, T>(x + half * stride, count - half, stride, width, right.data());
        for (std::size_t i = 0; i < width; ++i) y[i] = R::join(y[i], right[i]);
        return;
    }
    std::size_t i = 0;
    for (; i + L::width <= width; i += L::width) {
        L sum = R::identity();
        for (std::size_t c = 0; c < count; ++c) sum = R::join(sum, L::load(x + c * stride + i));
        sum.store(y + i);
    }
    if (i == width) return;
    const std::size_t left = width - i;
    L sum = R::identity();
    for (std::size_t c = 0; c < count; ++c) sum = R::join(sum, L::load_some(x + c * stride + i, left));
    sum.store_some(y + i, left);
}

template <class R, class T>
void reduce_contiguous(const T* x, T* y, std::size_t outer, std::size_t count) {
    if (count <= block_elements) {
        const std::size_t grain = std::max<std::size_t>(1, block_elements / std::max<std::size_t>(1, count));
        parallel_for(outer, grain, [&](std::size_t begin, std::size_t end) {
            for (std::size_t o = begin; o < end; ++o) y[o] = reduce_row<R, T>(x + o * count, count);
        });
        return;
    }
    const std::size_t blocks = (count + block_elements - 1) / block_elements;
    std::vector<T, PoolAllocator<T>> parts(outer * blocks);
    parallel_for(outer * blocks, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t b = begin; b < end; ++b) {
            const std::size_t first = b % blocks * block_elements;
            parts[b] = reduce_row<R, T>(x + b / blocks * count + first, std::min(block_elements, count - first));
        }
    });
    for (std::size_t o = 0; o < outer; ++o) y[o] = reduce_row<R, T>(parts.data() + o * blocks, blocks);
}

template <class R, class T>
void reduce_strided(const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner) {
    const std::size_t rows = std::max<std::size_t>(short_rows, block_elements / inner / short_rows * short_rows);
    const std::size_t blocks = count == 0 ? 1 : (count + rows - 1) / rows;
    if (blocks == 1) {
        const std::size_t grain = std::max<std::size_t>(1, block_elements / std::max<std::size_t>(1, count * inner));
        parallel_for(outer, grain, [&](std::size_t begin, std::size_t end) {
            for (std::size_t o = begin; o < end; ++o) {
                reduce_rows<R, T>(x + o * count * inner, count, inner, inner, y + o * inner);
            }
        });
        return;
    }
    std::vector<T, PoolAllocator<T>> parts(outer * blocks * inner);
    parallel_for(outer * blocks, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t b = begin; b < end; ++b) {
            const std::size_t first = b % blocks * rows;
            reduce_rows<R, T>(x + (b / blocks * count + first) * inner, std::min(rows, count - first), inner, inner,
                              parts.data() + b * inner);
        }
    });
    for (std::size_t o = 0; o < outer; ++o) {
        reduce_rows<R, T>(parts.data() + o * blocks * inner, blocks, inner, inner, y + o * inner);
    }
}

template <class R, class T>
void reduce(const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner) {
    if (outer == 0 || inner == 0) return;
    if (inner == 1) {
        reduce_contiguous<R, T>(x, y, outer, count);
    } else {
        reduce_strided<R, T>(x, y, outer, count, inner);
    }
}

}  // namespace

template <class T>
void reduce_middle(Reduction kind, const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner) {
    if (kind == Reduction::sum) {
        reduce<SumOf<T>, T>(x, y, outer, count, inner);
    } else {
        reduce<MaxOf<T>, T>(x, y, outer, count, inner);
    }
}

template <class T>
BasicArray<T> reduce_axes(Reduction kind, const BasicArray<T>& x, const std::vector<bool>& reduced) {
    Shape shape = x.shape();
    const BasicArray<T>* from = &x;
    BasicArray<T> result;
    // Neighbouring reduced axes go together; from the last group to the first, so that each pass leaves less for the next.
    for (std::size_t end = shape.size(); end > 0;) {
        if (!reduced[end - 1]) {
            --end;
            continue;
        }
        std::size_t begin = end;
        while (begin > 0 && reduced[begin - 1]) --begin;
        std::size_t outer = 1, count = 1, inner = 1;
        for (std::size_t i = 0; i < shape.size(); ++i) (i < begin ? outer : i < end ? count : inner) *= shape[i];
        for (std::size_t i = begin; i < end; ++i) shape[i] = 1;
        BasicArray<T> next = empty_array<T>(shape);
        reduce_middle<T>(kind, from->data(), next.data(), outer, count, inner);
        result = std::move(next);
        from = &result;
        end = begin;
    }
    if (from == &x) return x;
    return result;
}

template void reduce_middle<float>(Reduction, const float*, float*, std::size_t, std::size_t, std::size_t);
template void reduce_middle<double>(Reduction, const double*, double*, std::size_t, std::size_t, std::size_t);
template BasicArray<float> reduce_axes(Reduction, const BasicArray<float>&, const std::vector<bool>&);
template BasicArray<double> reduce_axes(Reduction, const BasicArray<double>&, const std::vector<bool>&);

}  // namespace xtape::detail
