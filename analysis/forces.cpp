#include <xtape/analysis/forces.hpp>

#include <xtape/analysis/quadtree.hpp>
#include <xtape/autodiff/kernels/reduce_terms.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

namespace xtape::analysis::detail {
namespace {

using xtape::detail::join_lanes;
using xtape::detail::SumOf;

constexpr std::size_t row_block = 32, point_block = 256;

// Forces on R points at once: what is loaded of the others serves all of them.
template <std::size_t R, class T>
struct Pairs {
    using L = Lanes<T>;
    std::array<L, R> x, y, pull_x, pull_y, push_x, push_y, z;

    Pairs(const Plane<T>& at, std::size_t i) {
        for (std::size_t r = 0; r < R; ++r) {
            x[r] = L(at[0][i + r]);
            y[r] = L(at[1][i + r]);
            pull_x[r] = pull_y[r] = push_x[r] = push_y[r] = z[r] = L(T(0));
        }
    }

    // `kept` is 1 where there is a point; beyond the last one 0, as p is.
    template <bool All>
    [[gnu::always_inline]] void meet(L other_x, L other_y, const T* p, std::size_t stride, L kept) {
        for (std::size_t r = 0; r < R; ++r) {
            const L dx = x[r] - other_x, dy = y[r] - other_y;
            L w = L(T(1)) / multiply_add(dx, dx, multiply_add(dy, dy, L(T(1))));
            if constexpr (!All) w = w * kept;
            const L pulled = L::load(p + r * stride) * w, pushed = w * w;
            z[r] = z[r] + w;
            pull_x[r] = multiply_add(pulled, dx, pull_x[r]);
            pull_y[r] = multiply_add(pulled, dy, pull_y[r]);
            push_x[r] = multiply_add(pushed, dx, push_x[r]);
            push_y[r] = multiply_add(pushed, dy, push_y[r]);
        }
    }
};

template <std::size_t R, class T>
double forces_on(const DenseAffinities<T>& p, const Plane<T>& at, std::size_t i, Forces<T>& forces) {
    using L = Lanes<T>;
    const std::size_t n = p.points, full = n - n % L::width;
    Pairs<R, T> pairs(at, i);
    const T* const row = p.p.data() + i * p.stride;
    const T* const x = at[0].data();
    const T* const y = at[1].data();
    for (std::size_t j = 0; j < full; j += L::width) {
        pairs.template meet<true>(L::load(x + j), L::load(y + j), row + j, p.stride, L(T(1)));
    }
    if (full < n) {
        const std::size_t left = n - full;
        pairs.template meet<false>(L::load_some(x + full, left), L::load_some(y + full, left), row + full, p.stride,
                                   L::first_of(left, L(T(1)), L(T(0))));
    }
    double z = 0;
    for (std::size_t r = 0; r < R; ++r) {
        const auto sum = [](const L& v) { return join_lanes<SumOf<T>, T>(v); };
        forces.pull[0][i + r] = sum(pairs.pull_x[r]);
        forces.pull[1][i + r] = sum(pairs.pull_y[r]);
        forces.push[0][i + r] = sum(pairs.push_x[r]);
        forces.push[1][i + r] = sum(pairs.push_y[r]);
        z += static_cast<double>(sum(pairs.z[r])) - 1;  // the point itself
    }
    return z;
}

template <class T>
T weight(const Plane<T>& y, std::size_t i, std::size_t j, T& dx, T& dy) {
    dx = y[0][i] - y[0][j];
    dy = y[1][i] - y[1][j];
    return 1 / (1 + dx * dx + dy * dy);
}

}  // namespace

template <class T>
void exact_forces(const DenseAffinities<T>& p, const Plane<T>& y, Forces<T>& forces) {
    constexpr std::size_t together = xtape::detail::many_registers<T> ? 4 : 2;
    forces.z = parallel_reduce(
        p.points, row_block, 0.0,
        [&](std::size_t i, std::size_t end) {
            double z = 0;
            for (; i + together <= end; i += together) z += forces_on<together>(p, y, i, forces);
            for (; i < end; ++i) z += forces_on<1>(p, y, i, forces);
            return z;
        },
        std::plus<>());
}

template <class T>
void tree_forces(const SparseAffinities<T>& p, const Plane<T>& y, double angle, Forces<T>& forces) {
    const Quadtree<T> tree(y);
    const T squared_angle = static_cast<T>(angle * angle);
    // In the tree's order, because points that are near each other walk through the same cells.
    forces.z = parallel_reduce(
        tree.order().size(), point_block, 0.0,
        [&](std::size_t begin, std::size_t end) {
            double z = 0;
            for (std::size_t o = begin; o < end; ++o) {
                const std::size_t i = tree.order()[o];
                const auto push = tree.push(y[0][i], y[1][i], squared_angle);
                forces.push[0][i] = push.x;
                forces.push[1][i] = push.y;
                z += static_cast<double>(push.z) - 1;  // the point itself
                T pull_x = 0, pull_y = 0;
                for (std::size_t m = p.first[i]; m < p.first[i + 1]; ++m) {
                    T dx, dy;
                    const T pulled = p.p[m] * weight(y, i, p.other[m], dx, dy);
                    pull_x += pulled * dx;
                    pull_y += pulled * dy;
                }
                forces.pull[0][i] = pull_x;
                forces.pull[1][i] = pull_y;
            }
            return z;
        },
        std::plus<>());
}

template <class T>
double spread(const DenseAffinities<T>& p, const Plane<T>& y) {
    using L = Lanes<T>;
    const std::size_t n = p.points, full = n - n % L::width;
    return parallel_reduce(
        n, row_block, 0.0,
        [&](std::size_t begin, std::size_t end) {
            double total = 0;
            for (std::size_t i = begin; i < end; ++i) {
                const T* const row = p.p.data() + i * p.stride;
                const L x(y[0][i]), z(y[1][i]);
                L sum(T(0));
                const auto meet = [&](L other_x, L other_z, L weight) {
                    const L dx = x - other_x, dz = z - other_z;
                    sum = multiply_add(weight, log1p(multiply_add(dx, dx, dz * dz)), sum);
                };
                for (std::size_t j = 0; j < full; j += L::width) {
                    meet(L::load(y[0].data() + j), L::load(y[1].data() + j), L::load(row + j));
                }
                if (full < n) {
                    meet(L::load_some(y[0].data() + full, n - full), L::load_some(y[1].data() + full, n - full),
                         L::load(row + full));
                }
                total += static_cast<double>(join_lanes<SumOf<T>, T>(sum));
            }
            return total;
        },
        std::plus<>());
}

template <class T>
double spread(const SparseAffinities<T>& p, const Plane<T>& y) {
    return parallel_reduce(
        p.first.size() - 1, point_block, 0.0,
        [&](std::size_t begin, std::size_t end) {
            double total = 0;
            for (std::size_t i = begin; i < end; ++i) {
                for (std::size_t m = p.first[i]; m < p.first[i + 1]; ++m) {
                    T dx, dy;
                    total -= static_cast<double>(p.p[m]) * std::log(static_cast<double>(weight(y, i, p.other[m], dx, dy)));
                }
            }
            return total;
        },
        std::plus<>());
}

template void exact_forces(const DenseAffinities<float>&, const Plane<float>&, Forces<float>&);
template void exact_forces(const DenseAffinities<double>&, const Plane<double>&, Forces<double>&);
template void tree_forces(const SparseAffinities<float>&, const Plane<float>&, double, Forces<float>&);
template void tree_forces(const SparseAffinities<double>&, const Plane<double>&, double, Forces<double>&);
template double spread(const DenseAffinities<float>&, const Plane<float>&);
template double spread(const DenseAffinities<double>&, const Plane<double>&);
template double spread(const SparseAffinities<float>&, const Plane<float>&);
template double spread(const SparseAffinities<double>&, const Plane<double>&);

}  // namespace xtape::analysis::detail
