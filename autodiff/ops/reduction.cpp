#include <xtape/autodiff/ops/reduction.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<bool> Axes::mask(const char* operation, const Shape& shape) const {
    std::vector<bool> marked(shape.size(), all_);
    const int rank = static_cast<int>(shape.size());
    for (const int axis : axes_) {
        const int index = axis < 0 ? axis + rank : axis;
        if (index < 0 || index >= rank) {
            throw ShapeError(std::string(operation) + ": expected axes of a tensor of rank " + std::to_string(rank) +
                             ", got axis " + std::to_string(axis) + " for shape " + to_string(shape));
        }
        if (marked[static_cast<std::size_t>(index)]) {
            throw ShapeError(std::string(operation) + ": axis " + std::to_string(axis) + " was given twice for shape " +
                             to_string(shape));
        }
        marked[static_cast<std::size_t>(index)] = true;
    }
    return marked;
}

Shape detail::ReductionOp::reduced_shape(const char* operation, const Shape& x) const {
    const std::vector<bool> reduced = axes.mask(operation, x);
    Shape shape;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!reduced[i]) {
            shape.push_back(x[i]);
        } else if (keepdims) {
            shape.push_back(1);
        }
    }
    return shape;
}

Shape detail::ReductionOp::kept_shape(const char* operation, const Shape& x) const {
    return ReductionOp{axes, true}.reduced_shape(operation, x);
}

namespace {

template <class T>
BasicArray<T> reduce_to(detail::Reduction kind, const BasicArray<T>& x, const std::vector<bool>& reduced, const Shape& shape) {
    BasicArray<T> y = detail::reduce_axes(kind, x, reduced);
    y.reshape(shape);
    return y;
}

// Over every element of x in order: f(value, place in the reduced result).
template <class F>
void visit_reduced(const Array64& x, const std::vector<bool>& reduced, F f) {
    const Shape& shape = x.shape();
    Shape index(shape.size(), 0);
    for (std::size_t n = 0; n < x.size(); ++n) {
        std::size_t place = 0;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            if (!reduced[i]) place = place * shape[i] + index[i];
        }
        f(x.data()[n], place);
        for (std::size_t i = shape.size(); i-- > 0;) {
            if (++index[i] < shape[i]) break;
            index[i] = 0;
        }
    }
}

}  // namespace

template <class T>
BasicArray<T> Sum::forward(Inputs<T> x) const {
    return reduce_to(detail::Reduction::sum, *x[0], axes.mask(name, x[0]->shape()), reduced_shape(name, x[0]->shape()));
}

template <class T>
void Sum::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    r.give(0, broadcast_to(reshape(r.g(), kept_shape(name, shape)), shape));
}

Array64 Sum::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), 0.0);
    visit_reduced(x[0], axes.mask(name, x[0].shape()), [&](double v, std::size_t place) { y.data()[place] += v; });
    return y;
}

std::vector<Sample<Sum>> Sum::samples() {
    return {{Sum{{{}, false}}, {uniform({2, 3}, 1)}},
            {Sum{{0, false}}, {uniform({4, 3}, 2)}},
            {Sum{{-1, true}}, {uniform({4, 3}, 3)}},
            {Sum{{{0, 2}, false}}, {uniform({2, 3, 4}, 4)}},
            {Sum{{{1}, true}}, {uniform({2, 3, 2}, 5)}}};
}

Shape Max::infer(Shapes x) const {
    const Shape& shape = *x[0];
    const std::vector<bool> reduced = axes.mask(name, shape);
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (reduced[i] && shape[i] == 0) {
            throw ShapeError("max: expected at least one element along axis " + std::to_string(i) + ", got shape " +
                             to_string(shape));
        }
    }
    return reduced_shape(name, shape);
}

template <class T>
BasicArray<T> Max::forward(Inputs<T> x) const {
    return reduce_to(detail::Reduction::max, *x[0], axes.mask(name, x[0]->shape()), reduced_shape(name, x[0]->shape()));
}

template <class T>
void Max::backward(Replay<T>& r) const {
    const Shape wide = kept_shape(name, r.shape(0));
    const BasicTensor<T> largest = equal(r.x(0), detach(reshape(r.y(), wide)));
    const BasicTensor<T> share = reshape(r.g(), wide) / sum(largest, axes, true);
    r.give(0, largest * share);
}

Array64 Max::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), -INFINITY);
    visit_reduced(x[0], axes.mask(name, x[0].shape()), [&](double v, std::size_t place) {
        if (!(v <= y.data()[place])) y.data()[place] = v;
    });
    return y;
}

std::vector<Sample<Max>> Max::samples() {
    return {{Max{{{}, false}}, {distinct({2, 3}, 1)}},
            {Max{{0, false}}, {distinct({4, 3}, 2)}},
            {Max{{-1, true}}, {distinct({4, 3}, 3)}},
            {Max{{{0, 2}, false}}, {distinct({2, 3, 4}, 4)}}};
}

namespace {

template <class T>
BasicTensor<T> sum_to_shape(const BasicTensor<T>& x, const Shape& shape, Location at) {
    const Shape& from = x.shape();
    if (from == shape) return x;
    Shape wide;
    if (!broadcast_shapes(shape, from, wide) || wide != from) {
        throw ShapeError("sum_to: expected a shape that broadcasts to " + to_string(from) + ", got " + to_string(shape), at);
    }
    const std::size_t extra = from.size() - shape.size();
    std::vector<int> axes;
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (i < extra || (shape[i - extra] == 1 && from[i] != 1)) axes.push_back(static_cast<int>(i));
    }
    const bool vanish = axes.size() == extra;
    const BasicTensor<T> total = sum(x, Axes(axes), !vanish, at);
    return vanish ? total : reshape(total, shape, at);
}

}  // namespace

Tensor sum_to(const Tensor& x, const Shape& shape, Location at) { return sum_to_shape(x, shape, at); }
Tensor64 sum_to(const Tensor64& x, const Shape& shape, Location at) { return sum_to_shape(x, shape, at); }

template struct detail::Runner<Sum>;
template struct detail::Runner<Max>;

std::vector<OperationInfo> detail::reduction_operations() { return describe_family(ReductionOps{}); }

}  // namespace xtape
