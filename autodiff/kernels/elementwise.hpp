// Runs an elementwise formula over arrays: forward, and all wanted input gradients in one pass.
//
// The last register of a whole array may reach past its end: the pool keeps that line readable and writable. Inside an array, where
// the next row begins at once, the tail of a run goes through a small buffer instead.
#pragma once

#include <xtape/autodiff/kernels/lanes.hpp>
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

/// y[i] = f(x0[i], x1[i], ...) along one run. `whole` says that full registers may be used at the end.
template <unsigned Fixed, class T, std::size_t N, class F>
void forward_run(const std::array<const T*, N>& operands, T* y, std::size_t n, bool whole, const F& formula) {
    using L = Lanes<T>;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        // A store may alias whatever has an address: what the loop reads besides is copied to where nothing points.
        const std::array<const T*, N> x = operands;
        const F f = formula;
        const std::array<L, N> constant{(Fixed >> I & 1u ? L(*x[I]) : L(T(0)))...};
        T* const to = y;
        const std::size_t full = n - n % L::width;
        std::size_t i = 0;
        for (; i < full; i += L::width) {
            f((Fixed >> I & 1u ? constant[I] : L::load(x[I] + i))...).store(to + i);
        }
        if (i == n) return;
        if (whole) {
            f((Fixed >> I & 1u ? constant[I] : L::load(x[I] + i))...).store(to + i);
        } else {
            f((Fixed >> I & 1u ? constant[I] : L::load_some(x[I] + i, n - i))...).store_some(to + i, n - i);
        }
    }(std::make_index_sequence<N>());
}

/// y = f(x...) with NumPy's broadcasting; y has the broadcast shape and is overwritten.
template <class T, std::size_t N, class F>
void elementwise_forward(const ArrayPointers<T, N>& x, BasicArray<T>& y, const F& f) {
    std::array<const Shape*, N> shapes;
    for (std::size_t i = 0; i < N; ++i) shapes[i] = &x[i]->shape();
    unsigned fixed;
    const auto run = [&]<unsigned Fixed>(std::size_t to, const std::array<std::size_t, N>& from, std::size_t n, bool whole) {
        std::array<const T*, N> pointers;
        for (std::size_t i = 0; i < N; ++i) pointers[i] = x[i]->data() + from[i];
        forward_run<Fixed, T, N>(pointers, y.data() + to, n, whole, f);
    };
    if (covers_whole<N>(y.shape(), shapes, fixed)) {
        with_fixed<N>(fixed, [&]<unsigned Fixed>() {
            parallel_for(y.size(), elementwise_grain, [&](std::size_t begin, std::size_t end) {
                std::array<std::size_t, N> from;
                for (std::size_t i = 0; i < N; ++i) from[i] = (Fixed >> i & 1u) ? 0 : begin;
                run.template operator()<Fixed>(begin, from, end - begin, true);
            });
        });
        return;
    }
    const Sweep<N> sweep = make_sweep<N>(y.shape(), shapes);
    if (sweep.size == 0) return;
    with_fixed<N>(sweep.fixed, [&]<unsigned Fixed>() {
        for_each_run(sweep, [&](std::size_t to, const std::array<std::size_t, N>& from, std::size_t n) {
            run.template operator()<Fixed>(to, from, n, sweep.single());
        });
    });
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
void backward_run(const BackwardOperands<T, N>& o, std::size_t to, const std::array<std::size_t, N>& from, std::size_t n,
                  bool whole, const F& formula) {
    using L = Lanes<T>;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        // As in forward_run: nothing that the loop reads may be reachable through the pointers it stores to.
        const F f = formula;
        const L nan(std::numeric_limits<T>::quiet_NaN());
        const std::array<const T*, N> x{(o.x[I] ? o.x[I]->data() + from[I] : nullptr)...};
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
        for (; i < full; i += L::width) at(i, load, store);
        if (i == n) return;
        const std::size_t left = n - i;
        if (whole) {
            at(i, load, store);
        } else {
            at(i, [left](const T* p) { return L::load_some(p, left); }, [left](L v, T* p) { v.store_some(p, left); });
        }
    }(std::make_index_sequence<N>());
}

/// Evaluates f(g, y, x...) -> std::array<Lanes, N> everywhere and stores the wanted gradients, not yet summed over broadcast axes.
/// o.shapes may be null pointers when every input has the output's shape.
template <class T, std::size_t N, class F>
void elementwise_backward(const BackwardOperands<T, N>& o, const F& f) {
    if (!o.shapes[0]) {
        parallel_for(o.g->size(), elementwise_grain, [&](std::size_t begin, std::size_t end) {
            std::array<std::size_t, N> from;
            from.fill(begin);
            backward_run<0, T, N>(o, begin, from, end - begin, true, f);
        });
        return;
    }
    const Sweep<N> sweep = make_sweep<N>(o.g->shape(), o.shapes);
    if (sweep.size == 0) return;
    with_fixed<N>(sweep.fixed, [&]<unsigned Fixed>() {
        for_each_run(sweep, [&](std::size_t to, const std::array<std::size_t, N>& from, std::size_t n) {
            backward_run<Fixed, T, N>(o, to, from, n, sweep.single(), f);
        });
    });
}

}  // namespace xtape::detail
