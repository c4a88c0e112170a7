#include <xtape/autodiff/kernels/cross_entropy.hpp>

#include <xtape/autodiff/kernels/moments.hpp>
#include <xtape/autodiff/kernels/reduce_terms.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>

namespace xtape::detail {
namespace {

template <class T>
Lanes<T> if_zero(Lanes<T> q, Lanes<T> value) { return where(equal(q, Lanes<T>(0)), q, value); }

// Every register of a row, what lies past its end read as -inf.
template <class T, class F>
void each_register(const T* x, std::size_t width, const F& f) {
    using L = Lanes<T>;
    std::size_t i = 0;
    for (; i + L::width <= width; i += L::width) f(L::load(x + i));
    if (i == width) return;
    f(L::load_some(x + i, width - i, L(-std::numeric_limits<T>::infinity())));
}

// q at element i.
template <class T, class Load>
auto target_at(const RowTargets<T>& q, Load load, std::size_t i) {
    using V = decltype(load(static_cast<const T*>(nullptr)));
    V value(0);
    if (q.targets) {
        value = load(q.targets + i);
        if (q.scale) value = value * load(q.scale + i);
    }
    if (q.base) value = value + load(q.base + i);
    return value;
}

// The largest element of a row and the sum of exp(x - largest).
template <class T>
void row_sum(const T* x, std::size_t width, double& top, double& sum) {
    using L = Lanes<T>;
    // A NaN may get lost here, but not in the sum.
    L high(-std::numeric_limits<T>::infinity());
    each_register(x, width, [&](L v) { high = larger_number(high, v); });
    const T largest = join_lanes<MaxOf<T>, T>(high);
    L total(0);
    each_register(x, width, [&](L v) { total = total + exp(v - L(largest)); });
    top = static_cast<double>(largest);
    sum = wide_sum<T>(total);
}

// The same for short rows, up to a register full of them at a time: a lane is a row.
template <class T>
void short_row_sums(const T* x, std::size_t rows, std::size_t width, double* top, double* sum) {
    using L = Lanes<T>;
    alignas(64) T columns[longest_short_row<T> * L::width] = {};
    for (std::size_t first = 0; first < rows; first += L::width) {
        const std::size_t count = std::min(L::width, rows - first);
        const T* const from = x + first * width;
        for (std::size_t r = 0; r < count; ++r) {
            for (std::size_t c = 0; c < width; ++c) columns[c * L::width + r] = from[r * width + c];
        }
        L high(-std::numeric_limits<T>::infinity()), total(0);
        for (std::size_t c = 0; c < width; ++c) high = larger_number(high, L::load(columns + c * L::width));
        for (std::size_t c = 0; c < width; ++c) total = total + exp(L::load(columns + c * L::width) - high);
        alignas(64) T largest[L::width], totals[L::width];
        high.store(largest);
        total.store(totals);
        std::copy(largest, largest + count, top + first);
        std::copy(totals, totals + count, sum + first);
    }
}

}  // namespace

template <class T>
void row_normalizers(const T* x, std::size_t rows, std::size_t width, double* top, double* log_sum) {
    parallel_for(rows, std::max<std::size_t>(1, 8192 / std::max<std::size_t>(1, width)), [&](std::size_t begin, std::size_t end) {
        if (width <= longest_short_row<T>) {
            short_row_sums(x + begin * width, end - begin, width, top + begin, log_sum + begin);
        } else {
            for (std::size_t r = begin; r < end; ++r) row_sum(x + r * width, width, top[r], log_sum[r]);
        }
        for_registers<double>(end - begin, [&](auto load, auto store, std::size_t i) {
            store(log(load(log_sum + begin + i)), log_sum + begin + i);
        });
    });
}

template <class T>
double row_loss(const T* x, std::size_t width, const RowTargets<T>& q, double top, double log_sum) {
    const T high = static_cast<T>(top), rest = static_cast<T>(log_sum);
    std::array<double, 1> total{};
    sum_stretch<T>(width, total, [&](auto load, std::size_t i) {
        const auto weight = target_at(q, load, i);
        const auto surprise = (high - load(x + i)) + rest;
        return std::array{if_zero(weight, weight * surprise)};
    });
    return total[0];
}

template <class T>
double row_total(std::size_t width, const RowTargets<T>& q) {
    std::array<double, 1> total{};
    sum_stretch<T>(width, total, [&](auto load, std::size_t i) { return std::array{target_at(q, load, i)}; });
    return total[0];
}

template <class T>
void row_gradient(const T* x, std::size_t width, const RowTargets<T>& q, double top, double log_sum, T factor, T scale, T* dx) {
    const Lanes<T> high(top), rest(log_sum), f(factor), s(scale);
    const bool targets = q.targets || q.base;
    for_registers<T>(width, [&](auto load, auto store, std::size_t i) {
        Lanes<T> d = f * exp((load(x + i) - high) - rest);
        if (targets) d = d - s * target_at(q, load, i);
        store(d, dx + i);
    });
}

template <class T>
void short_row_probabilities(const T* x, std::size_t rows, std::size_t width, const double* top, const double* log_sum, T* y) {
    for (std::size_t r = 0; r < rows; ++r) {
        const T high = static_cast<T>(top[r]), rest = static_cast<T>(log_sum[r]);
        for (std::size_t c = 0; c < width; ++c) y[r * width + c] = (x[r * width + c] - high) - rest;
    }
    for_registers<T>(rows * width, [&](auto load, auto store, std::size_t i) { store(exp(load(y + i)), y + i); });
}

template <class T>
void row_target_gradient(const T* x, std::size_t width, const RowTargets<T>& q, double top, double log_sum, T factor, T* dt) {
    const Lanes<T> high(top), rest(log_sum), f(factor);
    for_registers<T>(width, [&](auto load, auto store, std::size_t i) {
        Lanes<T> d = f * ((high - load(x + i)) + rest);
        if (q.scale) d = d * load(q.scale + i);
        store(d, dt + i);
    });
}

template void row_normalizers(const float*, std::size_t, std::size_t, double*, double*);
template void row_normalizers(const double*, std::size_t, std::size_t, double*, double*);
template double row_loss(const float*, std::size_t, const RowTargets<float>&, double, double);
template double row_loss(const double*, std::size_t, const RowTargets<double>&, double, double);
template double row_total(std::size_t, const RowTargets<float>&);
template double row_total(std::size_t, const RowTargets<double>&);
template void row_gradient(const float*, std::size_t, const RowTargets<float>&, double, double, float, float, float*);
template void row_gradient(const double*, std::size_t, const RowTargets<double>&, double, double, double, double, double*);
template void short_row_probabilities(const float*, std::size_t, std::size_t, const double*, const double*, float*);
template void short_row_probabilities(const double*, std::size_t, std::size_t, const double*, const double*, double*);
template void row_target_gradient(const float*, std::size_t, const RowTargets<float>&, double, double, float, float*);
template void row_target_gradient(const double*, std::size_t, const RowTargets<double>&, double, double, double, double*);

}  // namespace xtape::detail
