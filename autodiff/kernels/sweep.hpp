// How an elementwise kernel walks over operands of different shapes.
//
// A sweep covers the output in runs: stretches along which every operand either advances by one element or stays on the same
// one. Same-shape operands give a single run over everything; a row vector, a column vector and a scalar each give runs in which
// the broadcast operand stays or advances. Axes are merged as far as all operands allow, so runs are as long as they can be.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <array>
#include <cstddef>

namespace xtape::detail {

/// Elements below which a sweep stays on the calling thread, and the size of a block above it.
inline constexpr std::size_t elementwise_grain = 32768;

template <std::size_t N>
struct Sweep {
    std::size_t size = 0;            ///< elements of the output
    std::size_t run = 0;             ///< elements of a run
    unsigned fixed = 0;              ///< bit i: operand i stays on one element during a run
    std::size_t outer_rank = 0;      ///< axes outside the runs
    Shape extents;                   ///< of the outer axes, outermost first
    std::array<Shape, N> strides;    ///< of each operand along the outer axes, in elements

    bool single() const { return run == size; }
};

/// The sweep over `output` (the operands' broadcast shape).
template <std::size_t N>
Sweep<N> make_sweep(const Shape& output, const std::array<const Shape*, N>& shapes);

extern template Sweep<2> make_sweep(const Shape&, const std::array<const Shape*, 2>&);
extern template Sweep<3> make_sweep(const Shape&, const std::array<const Shape*, 3>&);

/// Calls body(output offset, operand offsets, length) for pieces of runs that cover the output, in parallel blocks.
template <std::size_t N, class Body>
void for_each_run(const Sweep<N>& sweep, const Body& body) {
    using Offsets = std::array<std::size_t, N>;
    if (sweep.single()) {
        parallel_for(sweep.size, elementwise_grain, [&](std::size_t begin, std::size_t end) {
            Offsets at;
            for (std::size_t i = 0; i < N; ++i) at[i] = (sweep.fixed >> i & 1u) ? 0 : begin;
            body(begin, at, end - begin);
        });
        return;
    }
    const std::size_t runs = sweep.size / sweep.run;
    const std::size_t grain = std::max<std::size_t>(1, elementwise_grain / sweep.run);
    parallel_for(runs, grain, [&](std::size_t begin, std::size_t end) {
        Shape index(sweep.outer_rank, 0);
        Offsets at{};
        for (std::size_t axis = sweep.outer_rank, rest = begin; axis-- > 0; rest /= sweep.extents[axis]) {
            index[axis] = rest % sweep.extents[axis];
            for (std::size_t i = 0; i < N; ++i) at[i] += index[axis] * sweep.strides[i][axis];
        }
        for (std::size_t r = begin; r < end; ++r) {
            body(r * sweep.run, at, sweep.run);
            for (std::size_t axis = sweep.outer_rank; axis-- > 0;) {
                for (std::size_t i = 0; i < N; ++i) at[i] += sweep.strides[i][axis];
                if (++index[axis] < sweep.extents[axis]) break;
                for (std::size_t i = 0; i < N; ++i) at[i] -= sweep.extents[axis] * sweep.strides[i][axis];
                index[axis] = 0;
            }
        }
    });
}

}  // namespace xtape::detail
