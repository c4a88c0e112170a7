#include <xtape/autodiff/ops/extrema.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/sample.hpp>

#include <cmath>

namespace xtape {

using namespace sample;

template <class T>
BasicArray<T> Min::forward(Inputs<T> x) const {
    BasicArray<T> y = detail::reduce_axes(detail::ReduceKind::min, *x[0], axes.mask(name, x[0]->shape()));
    y.reshape(reduced_shape(name, x[0]->shape()));
    return y;
}

Array64 Min::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), INFINITY);
    detail::visit_reduced(x[0], axes.mask(name, x[0].shape()), [&](double v, std::size_t place) {
        if (!(v >= y.data()[place])) y.data()[place] = v;
    });
    return y;
}

std::vector<Sample<Min>> Min::samples() {
    return {{Min{{{}, false}}, {distinct({2, 3}, 1)}},
            {Min{{0, true}}, {distinct({4, 3}, 2)}},
            {Min{{{0, 2}, false}}, {distinct({2, 3, 4}, 3)}}};
}

Sample<Min> Min::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 1);
    return {Min{op}, {distinct(shape, draw.seed())}};
}

Shape detail::PositionOp::position_shape(const char* operation, const Shape& x) const {
    const int rank = static_cast<int>(x.size());
    const int index = axis ? (*axis < 0 ? *axis + rank : *axis) : 0;
    if (axis && (index < 0 || index >= rank)) {
        throw ShapeError(std::string(operation) + ": expected an axis of a tensor of rank " + std::to_string(rank) +
                         ", got axis " + std::to_string(*axis) + " for shape " + to_string(x));
    }
    return ReductionOp{axis ? Axes(index) : Axes(), keepdims}.reduced_shape_of_some(operation, x);
}

template <class T>
IndexArray detail::PositionOp::positions(const char* operation, const BasicArray<T>& x, bool of_largest) const {
    const Shape& shape = x.shape();
    IndexArray y = empty_array<std::int64_t>(position_shape(operation, shape));
    std::size_t outer = 1, count = 1, inner = 1;
    const std::size_t rank = shape.size();
    const std::size_t middle = !axis       ? rank
                               : *axis < 0 ? rank - static_cast<std::size_t>(-*axis)
                                           : static_cast<std::size_t>(*axis);
    for (std::size_t i = 0; i < rank; ++i) (!axis || i == middle ? count : i < middle ? outer : inner) *= shape[i];
    BasicArray<T> extreme = empty_array<T>(y.shape());
    const ReduceKind kind = of_largest ? ReduceKind::max : ReduceKind::min;
    reduce_middle(kind, x.data(), extreme.data(), outer, count, inner);
    find_first(x.data(), extreme.data(), y.data(), outer, count, inner);
    return y;
}

Array64 detail::PositionOp::position_reference(const Array64& x, bool of_largest) const {
    Array64 y(position_shape("argmax", x.shape()), 0.0), best = y, met = y;
    const Axes axes = axis ? Axes(*axis) : Axes();
    visit_reduced(x, axes.mask("argmax", x.shape()), [&](double v, std::size_t place) {
        const double b = best.data()[place];
        const bool better = of_largest ? v > b : v < b;
        if (met.data()[place] == 0 || better || (std::isnan(v) && !std::isnan(b))) {
            best.data()[place] = v;
            y.data()[place] = met.data()[place];
        }
        met.data()[place] += 1;
    });
    return y;
}

template <class T>
IndexArray detail::find_positions(const char* operation, bool of_largest, const PositionOp& op, const BasicTensor<T>& x,
                                  Location at) {
    try {
        return op.positions(operation, x.value(), of_largest);
    } catch (Error& error) {
        error.set_location(at);
        throw;
    }
}

template <class T>
BasicArray<T> ArgMax::forward(Inputs<T> x) const {
    return xt::cast<T>(positions(name, *x[0], true));
}

std::vector<Sample<ArgMax>> ArgMax::samples() {
    return {{ArgMax{{{}, false}}, {distinct({2, 3}, 1)}},
            {ArgMax{{0, false}}, {mask({4, 3}, 2)}},
            {ArgMax{{-1, true}}, {distinct({4, 3}, 3)}},
            {ArgMax{{1, false}}, {distinct({2, 3, 2}, 4)}}};
}

namespace {

std::pair<detail::PositionOp, Shape> random_position(Draw& draw) {
    Shape shape = draw.shape(0, 3);
    detail::PositionOp op{{}, draw.coin()};
    if (!shape.empty() && draw.coin()) {
        op.axis = draw.axis(shape.size());
        std::size_t& extent =
            shape[static_cast<std::size_t>(*op.axis < 0 ? *op.axis + static_cast<int>(shape.size()) : *op.axis)];
        extent = std::max<std::size_t>(extent, 1);
    } else {
        for (std::size_t& extent : shape) extent = std::max<std::size_t>(extent, 1);
    }
    return {op, shape};
}

}  // namespace

Sample<ArgMax> ArgMax::random(Draw& draw) {
    const auto [op, shape] = random_position(draw);
    return {ArgMax{op}, {draw.coin() ? mask(shape, draw.seed()) : distinct(shape, draw.seed())}};
}

template <class T>
BasicArray<T> ArgMin::forward(Inputs<T> x) const {
    return xt::cast<T>(positions(name, *x[0], false));
}

std::vector<Sample<ArgMin>> ArgMin::samples() {
    return {{ArgMin{{{}, false}}, {distinct({2, 3}, 1)}},
            {ArgMin{{0, false}}, {mask({4, 3}, 2)}},
            {ArgMin{{-1, true}}, {distinct({4, 3}, 3)}},
            {ArgMin{{1, false}}, {distinct({2, 3, 2}, 4)}}};
}

Sample<ArgMin> ArgMin::random(Draw& draw) {
    const auto [op, shape] = random_position(draw);
    return {ArgMin{op}, {draw.coin() ? mask(shape, draw.seed()) : distinct(shape, draw.seed())}};
}

template IndexArray detail::find_positions(const char*, bool, const PositionOp&, const BasicTensor<float>&, Location);
template IndexArray detail::find_positions(const char*, bool, const PositionOp&, const BasicTensor<double>&, Location);

template struct detail::Runner<Min>;
template struct detail::Runner<ArgMax>;
template struct detail::Runner<ArgMin>;

std::vector<OperationInfo> detail::extrema_operations() { return describe_family(ExtremaOps{}); }

}  // namespace xtape
