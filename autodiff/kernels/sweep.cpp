#include <xtape/autodiff/kernels/sweep.hpp>

namespace xtape::detail {
namespace {

// Stride of an operand along each axis of the output: 0 where it is broadcast.
Shape broadcast_strides(const Shape& shape, std::size_t rank) {
    Shape strides(rank, 0);
    std::size_t step = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
        strides[i + rank - shape.size()] = shape[i] == 1 ? 0 : step;
        step *= shape[i];
    }
    return strides;
}

}  // namespace

template <std::size_t N>
Sweep<N> make_sweep(const Shape& output, const std::array<const Shape*, N>& shapes) {
    Sweep<N> sweep;
    sweep.size = element_count(output);
    sweep.run = sweep.size;
    bool same = true;
    for (std::size_t i = 0; i < N; ++i) {
        if (shapes[i]->size() == output.size() && *shapes[i] == output) continue;
        if (element_count(*shapes[i]) == 1 && sweep.size != 1) {
            sweep.fixed |= 1u << i;
        } else if (element_count(*shapes[i]) != sweep.size) {
            same = false;
        }
    }
    if (same || sweep.size == 0) return sweep;

    const std::size_t rank = output.size();
    std::array<Shape, N> strides;
    for (std::size_t i = 0; i < N; ++i) strides[i] = broadcast_strides(*shapes[i], rank);

    // Merge from the innermost axis outwards: an axis joins the group inside it when every operand goes on where that group ends.
    Shape extents;
    std::array<Shape, N> steps;
    for (std::size_t axis = rank; axis-- > 0;) {
        if (output[axis] == 1) continue;
        bool joins = !extents.empty();
        for (std::size_t i = 0; i < N && joins; ++i) {
            joins = strides[i][axis] == steps[i].back() * extents.back();
        }
        if (joins) {
            extents.back() *= output[axis];
        } else {
            extents.push_back(output[axis]);
            for (std::size_t i = 0; i < N; ++i) steps[i].push_back(strides[i][axis]);
        }
    }
    sweep.run = extents[0];
    sweep.fixed = 0;
    for (std::size_t i = 0; i < N; ++i) sweep.fixed |= steps[i][0] == 0 ? 1u << i : 0u;
    sweep.outer_rank = extents.size() - 1;
    for (std::size_t group = extents.size(); group-- > 1;) {
        sweep.extents.push_back(extents[group]);
        for (std::size_t i = 0; i < N; ++i) sweep.strides[i].push_back(steps[i][group]);
    }
    return sweep;
}

template Sweep<2> make_sweep(const Shape&, const std::array<const Shape*, 2>&);
template Sweep<3> make_sweep(const Shape&, const std::array<const Shape*, 3>&);
// The library has no operation with more operands, but programs may.
template Sweep<4> make_sweep(const Shape&, const std::array<const Shape*, 4>&);
template Sweep<5> make_sweep(const Shape&, const std::array<const Shape*, 5>&);
template Sweep<6> make_sweep(const Shape&, const std::array<const Shape*, 6>&);

}  // namespace xtape::detail
