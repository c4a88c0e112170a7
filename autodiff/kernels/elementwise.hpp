// Runs an elementwise formula over arrays: forward, and all wanted input gradients in one pass.
//
// The last register of a whole array may reach past its end: the pool keeps that line readable and writable. Inside an array, where
// the next row begins at once, the last register of a run is read and written as far as the run reaches.
#pragma once

#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/autodiff/kernels/short_rows.hpp>
#include <xtape/autodiff/kernels/sweep.hpp>

#include <tuple>
#include <utility>

namespace xtape::detail {

template <class T, std::size_t N>
using ArrayPointers = std::array<const BasicArray<T>*, N>;

/// Whether every operand has the output's shape or is a scalar, and which are scalars: then no sweep is needed.
template <std::size_t N>
bool covers_whole(const Shape& output, const std::array<const Shape*, N>& shapes, unsigned& fixed) {
    fixed = 0;
    for (std::size_t i = 0; i < N; ++i) {
        if (*shapes[i] == output) continue;
        if (!shapes[i]->empty()) return false;
        fixed |= 1u << i;
    }
    return true;
}

/// Calls body.template operator()<Fixed>() with the run-time bit set as a constant, so that the inner loop has no branches.
template <std::size_t N, class Body>
void with_fixed(unsigned fixed, const Body& body) {
    [&]<std::size_t... F>(std::index_sequence<F...>) {
        (void)((fixed == F ? (body.template operator()<static_cast<unsigned>(F)>(), true) : false) || ...);
    }(std::make_index_sequence<(std::size_t{1} << N)>());
}

/// How a run is written: its last register whole, or only as far as it reaches; streamed when it is part of a large array.
enum class Writing { exact, whole, streamed };

/// Bytes of an output from which on it is streamed: caches hold nothing of it when it is read again.
inline constexpr std::size_t streamed_bytes = std::size_t{32} << 20;

/// How runs are written that begin at multiples of whole registers and end with the array.
template <class T>
Writing whole_writing(std::size_t size) { return size >= streamed_bytes / sizeof(T) ? Writing::streamed : Writing::whole; }

/// y[i] = f(x0[i], x1[i], ...) along one run.
template <unsigned Fixed, class T, std::size_t N, class F>
void forward_run(const std::array<const T*, N>& operands, T* y, std::size_t n, Writing writing, const F& formula) {
    using L = Lanes<T>;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        // A store may alias whatever has an address: what the loop reads besides is copied to where nothing points.
        const std::array<const T*, N> x = operands;
        const F f = formula;
        const std::array<L, N> constant{(Fixed >> I & 1u ? L(*x[I]) : L(T(0)))...};
        T* const to = y;
        const std::size_t full = n - n % L::width;
        std::size_t i = 0;
        if (writing == Writing::streamed) {
            for (; i < full; i += L::width) f((Fixed >> I & 1u ? constant[I] : L::load(x[I] + i))...).stream(to + i);
            L::stream_end();
        }
        for (; i < full; i += L::width) f((Fixed >> I & 1u ? constant[I] : L::load(x[I] + i))...).store(to + i);
        if (i == n) return;
        if (writing != Writing::exact) {
            f((Fixed >> I & 1u ? constant[I] : L::load(x[I] + i))...).store(to + i);
        } else {
            f((Fixed >> I & 1u ? constant[I] : L::load_some(x[I] + i, n - i))...).store_some(to + i, n - i);
        }
    }(std::make_index_sequence<N>());
}

/// y = f(x...) with NumPy's broadcasting; y has the broadcast shape, which a single operand has itself, and is overwritten.
template <class T, std::size_t N, class F>
void elementwise_forward(const ArrayPointers<T, N>& x, BasicArray<T>& y, const F& f) {
    const auto run = [&]<unsigned Fixed>(std::size_t to, const std::array<std::size_t, N>& from, std::size_t n,
                                              Writing writing) {
        std::array<const T*, N> pointers;
        for (std::size_t i = 0; i < N; ++i) pointers[i] = x[i]->data() + from[i];
        forward_run<Fixed, T, N>(pointers, y.data() + to, n, writing, f);
    };
    const auto whole = [&]<unsigned Fixed>() {
        parallel_for(y.size(), elementwise_grain, [&](std::size_t begin, std::size_t end) {
            std::array<std::size_t, N> from;
            for (std::size_t i = 0; i < N; ++i) from[i] = (Fixed >> i & 1u) ? 0 : begin;
            run.template operator()<Fixed>(begin, from, end - begin, whole_writing<T>(y.size()));
        });
    };
    if constexpr (N == 1) {
        whole.template operator()<0>();
    } else {
        std::array<const Shape*, N> shapes;
        for (std::size_t i = 0; i < N; ++i) shapes[i] = &x[i]->shape();
        unsigned fixed;
        if (covers_whole<N>(y.shape(), shapes, fixed)) return with_fixed<N>(fixed, whole);
        const Sweep<N> sweep = make_sweep<N>(y.shape(), shapes);
        if (sweep.size == 0) return;
        if (ShortRows<T, N>::fit(sweep)) {
            std::array<const T*, N> pointers;
            for (std::size_t i = 0; i < N; ++i) pointers[i] = x[i]->data();
            ShortRows<T, N>(sweep, pointers).for_each([&](std::size_t to, const std::array<const T*, N>& at, std::size_t n) {
                forward_run<0, T, N>(at, y.data() + to, n, Writing::exact, f);
            });
            return;
        }
        with_fixed<N>(sweep.fixed, [&]<unsigned Fixed>() {
            for_each_run(sweep, [&](std::size_t to, const std::array<std::size_t, N>& from, std::size_t n) {
                run.template operator()<Fixed>(to, from, n, sweep.single() ? Writing::whole : Writing::exact);
            });
        });
    }
}

/// What a backward sweep reads and writes. Null inputs were not kept and read as NaN; null outputs are not wanted.
template <class T, std::size_t N>
struct BackwardOperands {
    const BasicArray<T>* g;          ///< gradient arriving, of the output's shape
    const BasicArray<T>* y;          ///< output, or null
    ArrayPointers<T, N> x;           ///< inputs, or null
    std::array<const Shape*, N> shapes;
    std::array<T*, N> dx;            ///< one array of the output's shape each, or null
};

template <unsigned Fixed, class T, std::size_t N, class F>
void backward_run(const BackwardOperands<T, N>& o, std::size_t to, const std::array<const T*, N>& operands, std::size_t n,
                  Writing writing, const F& formula) {
    using L = Lanes<T>;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        // As in forward_run: nothing that the loop reads may be reachable through the pointers it stores to.
        const F f = formula;
        const L nan(std::numeric_limits<T>::quiet_NaN());
        const std::array<const T*, N> x = operands;
        const std::array<T*, N> dx{(o.dx[I] ? o.dx[I] + to : nullptr)...};
        const std::array<L, N> constant{(x[I] && (Fixed >> I & 1u) ? L(*x[I]) : nan)...};
        const T* const g = o.g->data() + to;
        const T* const y = o.y ? o.y->data() + to : nullptr;
        const auto at = [&](std::size_t i, auto load, auto store) {
            const auto d = f(load(g + i), y ? load(y + i) : nan,
                             (!(Fixed >> I & 1u) && x[I] ? load(x[I] + i) : constant[I])...);
            ((dx[I] ? store(d[I], dx[I] + i) : void()), ...);
        };
        const auto load = [](const T* p) { return L::load(p); };
        const auto store = [](L v, T* p) { v.store(p); };
        const std::size_t full = n - n % L::width;
        std::size_t i = 0;
        if (writing == Writing::streamed) {
            for (; i < full; i += L::width) at(i, load, [](L v, T* p) { v.stream(p); });
            L::stream_end();
        }
        for (; i < full; i += L::width) at(i, load, store);
        if (i == n) return;
        const std::size_t left = n - i;
        if (writing != Writing::exact) {
            at(i, load, store);
        } else {
            at(i, [left](const T* p) { return L::load_some(p, left); }, [left](L v, T* p) { v.store_some(p, left); });
        }
    }(std::make_index_sequence<N>());
}

/// Evaluates f(g, y, x...) -> std::array<Lanes, N> everywhere and stores the wanted gradients, not yet summed over broadcast axes.
/// o.shapes may be null pointers when every input has the output's shape, as a single one always has.
template <class T, std::size_t N, class F>
void elementwise_backward(const BackwardOperands<T, N>& o, const F& f) {
    using Pointers = std::array<const T*, N>;
    const auto shifted = [&](const std::array<std::size_t, N>& from) {
        Pointers x;
        for (std::size_t i = 0; i < N; ++i) x[i] = o.x[i] ? o.x[i]->data() + from[i] : nullptr;
        return x;
    };
    if (N == 1 || !o.shapes[0]) {
        parallel_for(o.g->size(), elementwise_grain, [&](std::size_t begin, std::size_t end) {
            std::array<std::size_t, N> from;
            from.fill(begin);
            backward_run<0, T, N>(o, begin, shifted(from), end - begin, whole_writing<T>(o.g->size()), f);
        });
        return;
    }
    if constexpr (N > 1) {
        const Sweep<N> sweep = make_sweep<N>(o.g->shape(), o.shapes);
        if (sweep.size == 0) return;
        if (ShortRows<T, N>::fit(sweep)) {
            ShortRows<T, N>(sweep, shifted({})).for_each([&](std::size_t to, const Pointers& at, std::size_t n) {
                backward_run<0, T, N>(o, to, at, n, Writing::exact, f);
            });
            return;
        }
        with_fixed<N>(sweep.fixed, [&]<unsigned Fixed>() {
            for_each_run(sweep, [&](std::size_t to, const std::array<std::size_t, N>& from, std::size_t n) {
                backward_run<Fixed, T, N>(o, to, shifted(from), n, sweep.single() ? Writing::whole : Writing::exact, f);
            });
        });
    }
}

}  // namespace xtape::detail
