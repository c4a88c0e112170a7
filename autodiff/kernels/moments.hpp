// Accurate sums over stretches of memory, for the normalisation kernels: registers take few terms, doubles gather what they hold.
#pragma once

#include <xtape/autodiff/kernels/lanes.hpp>

#include <algorithm>
#include <array>

namespace xtape::detail {

template <class T>
struct LoadLanes {
    Lanes<T> operator()(const T* p) const { return Lanes<T>::load(p); }
};

/// The sum of all lanes, in double.
template <class T>
double wide_sum(Lanes<T> v) {
    constexpr std::size_t width = Lanes<T>::width;
    alignas(64) T lane[width];
    v.store(lane);
    std::array<double, width> wide;
    for (std::size_t i = 0; i < width; ++i) wide[i] = static_cast<double>(lane[i]);
    for (std::size_t step = width / 2; step > 0; step /= 2) {
        for (std::size_t i = 0; i < step; ++i) wide[i] += wide[i + step];
    }
    return wide[0];
}

/// total[k] += sum over i < n of f(load, i)[k], f returning std::array<Lanes<T>, K>. No register takes more than 16 terms.
template <class T, std::size_t K, class F>
void sum_stretch(std::size_t n, std::array<double, K>& total, const F& f) {
    using L = Lanes<T>;
    constexpr std::size_t unrolled = 4, block = 16 * unrolled * L::width;
    std::size_t i = 0;
    while (i + L::width <= n) {
        const std::size_t end = std::min(n, i + block);
        std::array<std::array<L, K>, unrolled> part;
        for (auto& p : part) p.fill(L(0));
        const auto add = [&](std::size_t u) {
            const std::array<L, K> terms = f(LoadLanes<T>(), i);
            for (std::size_t k = 0; k < K; ++k) part[u][k] = part[u][k] + terms[k];
            i += L::width;
        };
        while (i + unrolled * L::width <= end) {
            for (std::size_t u = 0; u < unrolled; ++u) add(u);
        }
        while (i + L::width <= end) add(0);
        for (std::size_t k = 0; k < K; ++k) total[k] += wide_sum<T>((part[0][k] + part[1][k]) + (part[2][k] + part[3][k]));
    }
    if (i == n) return;
    const std::size_t left = n - i;
    const std::array<L, K> terms = f([left](const T* p) { return L::load_some(p, left); }, i);
    for (std::size_t k = 0; k < K; ++k) total[k] += wide_sum<T>(L::first_of(left, terms[k], L(0)));
}

/// f(load, store, i) for every register of a stretch; the last one is used as far as the stretch reaches.
template <class T, class F>
void for_registers(std::size_t n, const F& f) {
    using L = Lanes<T>;
    std::size_t i = 0;
    for (; i + L::width <= n; i += L::width) f(LoadLanes<T>(), [](L v, T* p) { v.store(p); }, i);
    if (i == n) return;
    const std::size_t left = n - i;
    f([left](const T* p) { return L::load_some(p, left); }, [left](L v, T* p) { v.store_some(p, left); }, i);
}

/// Count, mean and sum of squared deviations from it.
struct Moments {
    double count = 0, mean = 0, squares = 0;

    double variance() const { return squares / count; }
    /// Of both parts together: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
    friend Moments operator+(const Moments& a, const Moments& b) {
        if (a.count == 0) return b;
        if (b.count == 0) return a;
        const double all = a.count + b.count, step = b.mean - a.mean;
        return {all, a.mean + step * (b.count / all), a.squares + b.squares + step * step * (a.count * b.count / all)};
    }
};

/// A double as the sum of two T: x - center is (x - high) - low, which loses nothing where x is near the center.
template <class T>
struct Center {
    T high, low;

    explicit Center(double value) : high(static_cast<T>(value)), low(static_cast<T>(value - static_cast<double>(high))) {}
    template <class V>
    V from(V x) const { return (x - high) - low; }
};

/// Moments of numbers seen in two passes: `sum` calls sum_stretch on all of them with the formula it is given.
template <class T, class Sum>
Moments two_pass_moments(double count, const Sum& sum) {
    std::array<double, 1> total{};
    sum(total, [](auto x) { return std::array{x}; });
    // Deviations are taken from the rounded mean, and the rounding is undone.
    const T center = static_cast<T>(total[0] / count);
    std::array<double, 2> deviation{};
    sum(deviation, [center](auto x) {
        const auto d = x - center;
        return std::array{d, d * d};
    });
    const double squares = deviation[1] - deviation[0] * (deviation[0] / count);
    return {count, static_cast<double>(center) + deviation[0] / count, squares < 0 ? 0 : squares};
}

}  // namespace xtape::detail
