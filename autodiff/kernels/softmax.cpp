#include <xtape/autodiff/kernels/softmax.hpp>

#include <xtape/autodiff/kernels/reduce_terms.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <cmath>

namespace xtape::detail {
namespace {

// Calls f(lanes, store) over a row, the tail padded with `pad`; store(v) writes the result back.
template <class T, class F>
void over_row(const T* x, T* y, std::size_t width, Lanes<T> pad, F f) {
    using L = Lanes<T>;
    std::size_t i = 0;
    for (; i + L::width <= width; i += L::width) f(L::load(x + i), [y, i](L v) { v.store(y + i); });
    if (i == width) return;
    const std::size_t left = width - i;
    f(L::load_some(x + i, left, pad), [y, i, left](L v) { v.store_some(y + i, left); });
}

template <class T>
void softmax_row(const T* x, T* y, std::size_t width, bool logarithm) {
    using L = Lanes<T>;
    const L low(-std::numeric_limits<T>::infinity());
    // A NaN may get lost here, but not in the sum, which makes the whole row NaN.
    L top = low;
    over_row(x, y, width, low, [&](L v, auto) { top = larger_number(top, v); });
    const L shift(join_lanes<MaxOf<T>, T>(top));

    L total(0);
    if (logarithm) {
        over_row(x, y, width, low, [&](L v, auto) { total = total + exp(v - shift); });
        const L offset = shift + L(std::log(join_lanes<SumOf<T>, T>(total)));
        over_row(x, y, width, low, [&](L v, auto store) { store(v - offset); });
    } else {
        over_row(x, y, width, low, [&](L v, auto store) {
            const L e = exp(v - shift);
            total = total + e;
            store(e);
        });
        const L scale(T(1) / join_lanes<SumOf<T>, T>(total));
        over_row(y, y, width, L(0), [&](L v, auto store) { store(v * scale); });
    }
}

}  // namespace

template <class T>
void softmax_rows(const T* x, T* y, std::size_t rows, std::size_t width, bool logarithm) {
    const std::size_t grain = std::max<std::size_t>(1, 8192 / std::max<std::size_t>(1, width));
    parallel_for(rows, grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t r = begin; r < end; ++r) softmax_row(x + r * width, y + r * width, width, logarithm);
    });
}

template void softmax_rows(const float*, float*, std::size_t, std::size_t, bool);
template void softmax_rows(const double*, double*, std::size_t, std::size_t, bool);

}  // namespace xtape::detail
