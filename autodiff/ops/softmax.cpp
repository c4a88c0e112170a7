#include <xtape/autodiff/ops/softmax.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/kernels/softmax.hpp>
#include <xtape/autodiff/ops/elementary.hpp>
#include <xtape/autodiff/sample.hpp>

#include <utility>

namespace xtape {

using namespace sample;

std::size_t detail::softmax_axis(const char* operation, const Shape& shape, int axis, Location at) {
    const int rank = static_cast<int>(shape.size());
    const int index = axis < 0 ? axis + rank : axis;
    if (index < 0 || index >= rank) {
        throw ShapeError(std::string(operation) + ": expected an axis of a tensor of rank " + std::to_string(rank) +
                             ", got axis " + std::to_string(axis) + " for shape " + to_string(shape),
                         at);
    }
    return static_cast<std::size_t>(index);
}

namespace {

Shape softmax_shape(const char* operation, std::size_t axis, const Shape& shape) {
    if (shape[axis] == 0) {
        throw ShapeError(std::string(operation) + ": expected at least one element along axis " + std::to_string(axis) +
                         ", got shape " + to_string(shape));
    }
    return shape;
}

template <class T>
BasicArray<T> softmax_along(const BasicArray<T>& x, std::size_t axis, bool logarithm) {
    const std::size_t rank = x.dimension(), width = x.shape()[axis];
    BasicArray<T> y = empty_array<T>(x.shape());
    if (axis + 1 == rank) {
        detail::softmax_rows(x.data(), y.data(), x.size() / width, width, logarithm);
        return y;
    }
    // The axis is brought to the end, where its elements stand together, and back.
    Shape turned = x.shape();
    detail::Steps steps = detail::contiguous_steps(turned);
    std::swap(turned[axis], turned[rank - 1]);
    std::swap(steps[axis], steps[rank - 1]);
    BasicArray<T> rows = empty_array<T>(turned);
    detail::copy_strided(turned, x.data(), steps, rows.data(), detail::contiguous_steps(turned));
    detail::softmax_rows(rows.data(), rows.data(), rows.size() / width, width, logarithm);
    detail::copy_strided(turned, rows.data(), detail::contiguous_steps(turned), y.data(), steps);
    return y;
}

Array64 softmax_reference(const Array64& x, std::size_t axis, bool logarithm) {
    Array64 y = x;
    std::size_t outer = 1, inner = 1;
    const std::size_t width = x.shape()[axis];
    for (std::size_t i = 0; i < x.dimension(); ++i)
        (i < axis ? outer : i > axis ? inner : outer) *= i == axis ? 1 : x.shape()[i];
    for (std::size_t o = 0; o < outer; ++o) {
        for (std::size_t i = 0; i < inner; ++i) {
            double total = 0;
            for (std::size_t c = 0; c < width; ++c) total += std::exp(x.data()[(o * width + c) * inner + i]);
            for (std::size_t c = 0; c < width; ++c) {
                double& value = y.data()[(o * width + c) * inner + i];
                value = logarithm ? value - std::log(total) : std::exp(value) / total;
            }
        }
    }
    return y;
}

// An axis of at least one element among any.
std::pair<std::size_t, Shape> random_rows(Draw& draw) {
    Shape shape = draw.shape(1, 3);
    const std::size_t axis = draw(0, shape.size() - 1);
    shape[axis] = std::max<std::size_t>(shape[axis], 1);
    return {axis, shape};
}

}  // namespace

Shape Softmax::infer(Shapes x) const { return softmax_shape(name, axis, *x[0]); }

template <class T>
BasicArray<T> Softmax::forward(Inputs<T> x) const {
    return softmax_along(*x[0], axis, false);
}

template <class T>
void Softmax::backward(Replay<T>& r) const {
    const BasicTensor<T> y = r.y();
    const BasicTensor<T> weighted = r.g() * y;
    r.give(0, weighted - y * sum(weighted, static_cast<int>(axis), true));
}

Array64 Softmax::reference(std::span<const Array64> x) const { return softmax_reference(x[0], axis, false); }

std::vector<Sample<Softmax>> Softmax::samples() {
    return {
        {Softmax{1}, {uniform({3, 4}, 1)}}, {Softmax{0}, {uniform({3, 4}, 2)}}, {Softmax{1}, {uniform({2, 3, 2}, 3)}}};
}

Sample<Softmax> Softmax::random(Draw& draw) {
    const auto [axis, shape] = random_rows(draw);
    return {Softmax{axis}, {uniform(shape, draw.seed())}};
}

Shape LogSoftmax::infer(Shapes x) const { return softmax_shape(name, axis, *x[0]); }

template <class T>
BasicArray<T> LogSoftmax::forward(Inputs<T> x) const {
    return softmax_along(*x[0], axis, true);
}

template <class T>
void LogSoftmax::backward(Replay<T>& r) const {
    r.give(0, r.g() - exp(r.y()) * sum(r.g(), static_cast<int>(axis), true));
}

Array64 LogSoftmax::reference(std::span<const Array64> x) const { return softmax_reference(x[0], axis, true); }

std::vector<Sample<LogSoftmax>> LogSoftmax::samples() {
    return {{LogSoftmax{1}, {uniform({3, 4}, 1)}},
            {LogSoftmax{0}, {uniform({3, 4}, 2)}},
            {LogSoftmax{1}, {uniform({2, 3, 2}, 3)}}};
}

Sample<LogSoftmax> LogSoftmax::random(Draw& draw) {
    const auto [axis, shape] = random_rows(draw);
    return {LogSoftmax{axis}, {uniform(shape, draw.seed())}};
}

template struct detail::Runner<Softmax>;
template struct detail::Runner<LogSoftmax>;

std::vector<OperationInfo> detail::softmax_operations() { return describe_family(SoftmaxOps{}); }

}  // namespace xtape
