// Reductions of terms computed on the fly: sums of squares, of exponentials, of deviations, without an array of the
// terms.
//
// An array is seen as (outer, count, inner) and reduced over `count`. Work is cut by size only and combined in order,
// so the same bits come out on any number of threads. Sums and products are pairwise above 32 terms: their error grows
// with the logarithm of the length.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace xtape::detail {

template <class T>
struct SumOf {
    static T identity() { return 0; }
    static Lanes<T> join(Lanes<T> a, Lanes<T> b) { return a + b; }
    static T join(T a, T b) { return a + b; }
};

template <class T>
struct ProductOf {
    static T identity() { return 1; }
    static Lanes<T> join(Lanes<T> a, Lanes<T> b) { return a * b; }
    static T join(T a, T b) { return a * b; }
};

// NaN wins: it is neither greater nor less.
template <class T>
struct MaxOf {
    static T identity() { return -std::numeric_limits<T>::infinity(); }
    static Lanes<T> join(Lanes<T> a, Lanes<T> b) { return where(equal(a, a), larger_number(a, b), a); }
    static T join(T a, T b) { return a > b ? a : (b >= a ? b : a + b); }
};

template <class T>
struct MinOf {
    static T identity() { return std::numeric_limits<T>::infinity(); }
    static Lanes<T> join(Lanes<T> a, Lanes<T> b) { return where(equal(a, a), smaller_number(a, b), a); }
    static T join(T a, T b) { return a < b ? a : (b <= a ? b : a + b); }
};

/// An array seen as (outer, count, inner), with all its reduced axes in `count`. Reduced axes that do not stand side by
/// side are brought to the end by a copy; results are in the order of the other axes either way.
template <class T>
class Folded {
public:
    Folded(const BasicArray<T>& x, const AxisMask& reduced);
    Folded(const T* x, std::size_t outer, std::size_t count, std::size_t inner)
        : x_(x), outer_(outer), count_(count), inner_(inner) {}
    Folded(const Folded&) = delete;
    Folded& operator=(const Folded&) = delete;

    const T* data() const { return x_; }
    std::size_t outer() const { return outer_; }
    std::size_t count() const { return count_; }
    std::size_t inner() const { return inner_; }
    /// Whether a copy was made, in another order than x's.
    bool moved() const { return moved_; }

private:
    const T* x_;
    std::size_t outer_ = 1, count_ = 1, inner_ = 1;
    bool moved_ = false;
    BasicArray<T> copy_;
};

extern template class Folded<float>;
extern template class Folded<double>;

inline constexpr std::size_t reduce_block = 32768;  // work of one parallel block
inline constexpr std::size_t reduce_short = 32;     // terms joined one after the other before pairs are

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
template <class R, class T, class F>
Lanes<T> reduce_stretch(const T* x, std::size_t n, const F& term) {
    using L = Lanes<T>;
    constexpr std::size_t shortest = reduce_short * L::width;
    if (n > shortest) {
        const std::size_t half = (n / 2 + shortest - 1) / shortest * shortest;
        return R::join(reduce_stretch<R, T>(x, half, term), reduce_stretch<R, T>(x + half, n - half, term));
    }
    const L none(R::identity());
    std::array<L, 4> part{none, none, none, none};
    std::size_t i = 0;
    for (; i + 4 * L::width <= n; i += 4 * L::width) {
        for (std::size_t k = 0; k < 4; ++k) part[k] = R::join(part[k], term(L::load(x + i + k * L::width)));
    }
    for (; i + L::width <= n; i += L::width) part[0] = R::join(part[0], term(L::load(x + i)));
    if (i < n) {
        // Lanes without an element compute with the first one, so that no term is taken of a number that is not there.
        part[1] = R::join(part[1], L::first_of(n - i, term(L::load_some(x + i, n - i, L(x[i]))), none));
    }
    return R::join(R::join(part[0], part[1]), R::join(part[2], part[3]));
}

/// The term that is the element itself.
struct Itself {
    template <class L, std::size_t S>
    L operator()(L v, const std::array<L, S>&) const {
        return v;
    }
};

template <class R, class T>
T reduce_parts(const T* x, std::size_t n) {
    return join_lanes<R, T>(reduce_stretch<R, T>(x, n, [](Lanes<T> v) { return v; }));
}

// y[0..width) = reduction of `count` rows that stand `stride` apart, halved until there are few.
template <class R, class T, std::size_t S, class F>
void reduce_rows(const T* x, std::size_t count, std::size_t stride, std::size_t width, T* y,
                 const std::array<const T*, S>& known, const F& term) {
    using L = Lanes<T>;
    if (count > reduce_short) {
        const std::size_t half = (count / 2 + reduce_short - 1) / reduce_short * reduce_short;
        std::vector<T, PoolAllocator<T>> right(width);
        reduce_rows<R, T, S>(x, half, stride, width, y, known, term);
        reduce_rows<R, T, S>(x + half * stride, count - half, stride, width, right.data(), known, term);
        for (std::size_t i = 0; i < width; ++i) y[i] = R::join(y[i], right[i]);
        return;
    }
    std::array<L, S> at{};
    std::size_t i = 0;
    for (; i + L::width <= width; i += L::width) {
        for (std::size_t k = 0; k < S; ++k) at[k] = L::load(known[k] + i);
        L total(R::identity());
        for (std::size_t c = 0; c < count; ++c) total = R::join(total, term(L::load(x + c * stride + i), at));
        total.store(y + i);
    }
    if (i == width) return;
    const std::size_t left = width - i;
    for (std::size_t k = 0; k < S; ++k) at[k] = L::load_some(known[k] + i, left);
    L total(R::identity());
    for (std::size_t c = 0; c < count; ++c) total = R::join(total, term(L::load_some(x + c * stride + i, left), at));
    total.store_some(y + i, left);
}

template <class R, class T, std::size_t S, class F>
void reduce_contiguous(const Folded<T>& x, T* y, const std::array<const T*, S>& known, const F& term) {
    using L = Lanes<T>;
    const std::size_t outer = x.outer(), count = x.count();
    const auto row = [&](std::size_t o, std::size_t first, std::size_t n) {
        std::array<L, S> at{};
        for (std::size_t k = 0; k < S; ++k) at[k] = L(known[k][o]);
        return join_lanes<R, T>(
            reduce_stretch<R, T>(x.data() + o * count + first, n, [&](L v) { return term(v, at); }));
    };
    if (count <= reduce_block) {
        const std::size_t grain = std::max<std::size_t>(1, reduce_block / std::max<std::size_t>(1, count));
        parallel_for(outer, grain, [&](std::size_t begin, std::size_t end) {
            for (std::size_t o = begin; o < end; ++o) y[o] = row(o, 0, count);
        });
        return;
    }
    const std::size_t blocks = (count + reduce_block - 1) / reduce_block;
    std::vector<T, PoolAllocator<T>> parts(outer * blocks);
    parallel_for(outer * blocks, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t b = begin; b < end; ++b) {
            const std::size_t first = b % blocks * reduce_block;
            parts[b] = row(b / blocks, first, std::min(reduce_block, count - first));
        }
    });
    for (std::size_t o = 0; o < outer; ++o) y[o] = reduce_parts<R, T>(parts.data() + o * blocks, blocks);
}

template <class R, class T, std::size_t S, class F>
void reduce_strided(const Folded<T>& x, T* y, const std::array<const T*, S>& known, const F& term) {
    const std::size_t outer = x.outer(), count = x.count(), inner = x.inner();
    const auto shifted = [&](std::size_t o) {
        std::array<const T*, S> at{};
        for (std::size_t k = 0; k < S; ++k) at[k] = known[k] + o * inner;
        return at;
    };
    const std::size_t rows = std::max<std::size_t>(reduce_short, reduce_block / inner / reduce_short * reduce_short);
    const std::size_t blocks = count == 0 ? 1 : (count + rows - 1) / rows;
    if (blocks == 1) {
        const std::size_t grain = std::max<std::size_t>(1, reduce_block / std::max<std::size_t>(1, count * inner));
        parallel_for(outer, grain, [&](std::size_t begin, std::size_t end) {
            for (std::size_t o = begin; o < end; ++o) {
                reduce_rows<R, T, S>(x.data() + o * count * inner, count, inner, inner, y + o * inner, shifted(o),
                                     term);
            }
        });
        return;
    }
    std::vector<T, PoolAllocator<T>> parts(outer * blocks * inner);
    parallel_for(outer * blocks, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t b = begin; b < end; ++b) {
            const std::size_t first = b % blocks * rows, o = b / blocks;
            reduce_rows<R, T, S>(x.data() + (o * count + first) * inner, std::min(rows, count - first), inner, inner,
                                 parts.data() + b * inner, shifted(o), term);
        }
    });
    for (std::size_t o = 0; o < outer; ++o) {
        reduce_rows<R, T, 0>(parts.data() + o * blocks * inner, blocks, inner, inner, y + o * inner, {}, Itself{});
    }
}

/// y(o, i) = R over c of term(x(o, c, i), {known_0(o, i), known_1(o, i), ...}), on Lanes; R's identity when count is 0.
/// y and the known arrays have outer * inner elements.
template <class R, class T, std::size_t S, class F>
void reduce_terms(const Folded<T>& x, T* y, const std::array<const T*, S>& known, const F& term) {
    if (x.outer() == 0 || x.inner() == 0) return;
    if (x.inner() == 1) {
        reduce_contiguous<R, T, S>(x, y, known, term);
    } else {
        reduce_strided<R, T, S>(x, y, known, term);
    }
}

}  // namespace xtape::detail
