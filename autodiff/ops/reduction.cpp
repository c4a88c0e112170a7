#include <xtape/autodiff/ops/reduction.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/elementwise.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/kernels/reduce_terms.hpp>
#include <xtape/autodiff/kernels/scan.hpp>
#include <xtape/autodiff/ops/cumulative.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/sample.hpp>

#include <numeric>

namespace xtape {

using namespace sample;

AxisMask Axes::mask(const char* operation, const Shape& shape) const {
    AxisMask marked(shape.size(), all_);
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
    const AxisMask reduced = axes.mask(operation, x);
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

Shape detail::ReductionOp::reduced_shape_of_some(const char* operation, const Shape& x) const {
    const AxisMask reduced = axes.mask(operation, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (reduced[i] && x[i] == 0) {
            throw ShapeError(std::string(operation) + ": expected at least one element along axis " +
                             std::to_string(i) + ", got shape " + to_string(x));
        }
    }
    return reduced_shape(operation, x);
}

std::size_t detail::ReductionOp::count(const char* operation, const Shape& x) const {
    const AxisMask reduced = axes.mask(operation, x);
    std::size_t n = 1;
    for (std::size_t i = 0; i < x.size(); ++i) n *= reduced[i] ? x[i] : 1;
    return n;
}

std::pair<detail::ReductionOp, Shape> detail::random_reduction(Draw& draw, std::size_t least) {
    ReductionOp op{{}, draw.coin()};
    Shape shape = draw.shape(least > 1 ? 1 : 0, 3);
    const int rank = static_cast<int>(shape.size());
    AxisMask reduced(shape.size(), true);
    if (draw.coin()) {
        std::vector<int> axes;
        for (int i = 0; i < rank; ++i) {
            const bool wanted = draw.coin() || (least > 1 && i + 1 == rank && axes.empty());
            reduced[static_cast<std::size_t>(i)] = wanted;
            if (wanted) axes.push_back(draw.coin() ? i : i - rank);
        }
        op.axes = Axes(axes);
    }
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (reduced[i]) shape[i] = std::max(shape[i], least);
    }
    return {op, shape};
}

void detail::visit_reduced(const Array64& x, const AxisMask& reduced,
                           const std::function<void(double, std::size_t)>& f) {
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

namespace {

template <class T>
BasicArray<T> reduce_to(detail::ReduceKind kind, const BasicArray<T>& x, const AxisMask& reduced,
                        const Shape& shape) {
    BasicArray<T> y = detail::reduce_axes(kind, x, reduced);
    y.reshape(shape);
    return y;
}

}  // namespace

template <class T>
void detail::share_among_extremes(const ReductionOp& op, const char* operation, Replay<T>& r) {
    const Shape shape = r.shape(0), wide = op.kept_shape(operation, shape);
    const BasicTensor<T> y = detach(reshape(r.y(), wide)), g = reshape(r.g(), wide);
    if (r.recording()) {
        const BasicTensor<T> extreme = equal(r.x(0), y);
        r.give(0, extreme * (g / sum(extreme, op.axes, true)));
        return;
    }
    using L = Lanes<T>;
    const BasicArray<T>& x = *r.x_array(0);
    BasicArray<T> share = empty_array<T>(wide);
    const auto same = [](L v, L wanted) { return where(equal(v, wanted), L(1), L(0)); };
    reduce_terms<SumOf<T>, T, 1>(Folded<T>(x, op.axes.mask(operation, shape)), share.data(), {y.value().data()},
                                 [&](L v, const std::array<L, 1>& known) { return same(v, known[0]); });
    elementwise_forward<T, 2>({&g.value(), &share}, share, [](L a, L number) { return a / number; });
    BasicArray<T> dx = empty_array<T>(shape);
    elementwise_forward<T, 3>({&x, &y.value(), &share}, dx,
                              [&](L v, L wanted, L part) { return same(v, wanted) * part; });
    r.give(0, BasicTensor<T>(std::move(dx)));
}

template <class T>
BasicArray<T> Sum::forward(Inputs<T> x) const {
    return reduce_to(detail::ReduceKind::sum, *x[0], axes.mask(name, x[0]->shape()), reduced_shape(name, x[0]->shape()));
}

template <class T>
void Sum::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    r.give(0, broadcast_to(reshape(r.g(), kept_shape(name, shape)), shape));
}

Array64 Sum::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), 0.0);
    detail::visit_reduced(x[0], axes.mask(name, x[0].shape()),
                          [&](double v, std::size_t place) { y.data()[place] += v; });
    return y;
}

std::vector<Sample<Sum>> Sum::samples() {
    return {{Sum{{{}, false}}, {uniform({2, 3}, 1)}},
            {Sum{{0, false}}, {uniform({4, 3}, 2)}},
            {Sum{{-1, true}}, {uniform({4, 3}, 3)}},
            {Sum{{{0, 2}, false}}, {uniform({2, 3, 4}, 4)}},
            {Sum{{{1}, true}}, {uniform({2, 3, 2}, 5)}}};
}

Sample<Sum> Sum::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 0);
    return {Sum{op}, {uniform(shape, draw.seed())}};
}

template <class T>
BasicArray<T> Mean::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    BasicArray<T> y = reduce_to(detail::ReduceKind::sum, *x[0], axes.mask(name, shape), reduced_shape(name, shape));
    const Lanes<T> n(count(name, shape));
    detail::elementwise_forward<T, 1>({&y}, y, [n](Lanes<T> total) { return total / n; });
    return y;
}

template <class T>
void Mean::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    r.give(0, broadcast_to(reshape(r.g() / count(name, shape), kept_shape(name, shape)), shape));
}

Array64 Mean::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), 0.0), n = y;
    detail::visit_reduced(x[0], axes.mask(name, x[0].shape()), [&](double v, std::size_t place) {
        y.data()[place] += v;
        n.data()[place] += 1;
    });
    for (std::size_t i = 0; i < y.size(); ++i) y.data()[i] /= n.data()[i];
    return y;
}

std::vector<Sample<Mean>> Mean::samples() {
    return {{Mean{{{}, false}}, {uniform({2, 3}, 1)}},
            {Mean{{0, true}}, {uniform({4, 3}, 2)}},
            {Mean{{{0, 2}, false}}, {uniform({2, 3, 4}, 3)}}};
}

Sample<Mean> Mean::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 1);
    return {Mean{op}, {uniform(shape, draw.seed())}};
}

template <class T>
BasicArray<T> Prod::forward(Inputs<T> x) const {
    return reduce_to(detail::ReduceKind::product, *x[0], axes.mask(name, x[0]->shape()),
                     reduced_shape(name, x[0]->shape()));
}

template <class T>
void Prod::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0), wide = kept_shape(name, shape);
    const AxisMask reduced = axes.mask(name, shape);
    const std::size_t n = count(name, shape), rows = element_count(wide);
    const BasicTensor<T> g = reshape(r.g(), wide);
    if (n == 0 || rows == 0) return r.give(0, BasicTensor<T>(BasicArray<T>(shape, T(0))));
    if (!r.recording()) {
        const detail::Folded<T> x(*r.x_array(0), reduced);
        if (!x.moved()) {
            BasicArray<T> dx = empty_array<T>(shape);
            detail::product_of_others(x.data(), dx.data(), x.outer(), x.count(), x.inner());
            detail::elementwise_forward<T, 2>({&dx, &g.value()}, dx,
                                              [](Lanes<T> others, Lanes<T> arriving) { return others * arriving; });
            return r.give(0, BasicTensor<T>(std::move(dx)));
        }
    }
    // The reduced axes go to the end and become one, along which the products of all before and of all behind run.
    std::vector<std::size_t> order, back(shape.size());
    for (const bool wanted : {false, true}) {
        for (std::size_t i = 0; i < shape.size(); ++i) {
            if (reduced[i] == wanted) order.push_back(i);
        }
    }
    for (std::size_t i = 0; i < order.size(); ++i) back[order[i]] = i;
    const BasicTensor<T> turned = transpose(r.x(0), order), flat = reshape(turned, {rows, n});
    const BasicTensor<T> others = detail::product_before(flat, 1) * detail::product_behind(flat, 1);
    r.give(0, transpose(reshape(others, turned.shape()), back) * g);
}

Array64 Prod::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), 1.0);
    detail::visit_reduced(x[0], axes.mask(name, x[0].shape()),
                          [&](double v, std::size_t place) { y.data()[place] *= v; });
    return y;
}

std::vector<Sample<Prod>> Prod::samples() {
    return {{Prod{{{}, false}}, {uniform({2, 3}, 1)}},
            {Prod{{0, true}}, {uniform({4, 3}, 2)}},
            {Prod{{{0, 2}, false}}, {uniform({2, 3, 2}, 3)}},
            {Prod{{1, false}}, {{{0.0, 2.0, 3.0}, {0.0, -1.0, 0.0}, {0.0, 0.0, 0.0}}}}};
}

Sample<Prod> Prod::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 0);
    return {Prod{op}, {uniform(shape, draw.seed())}};
}

template <class T>
BasicArray<T> Max::forward(Inputs<T> x) const {
    return reduce_to(detail::ReduceKind::max, *x[0], axes.mask(name, x[0]->shape()), reduced_shape(name, x[0]->shape()));
}

Array64 Max::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), -INFINITY);
    detail::visit_reduced(x[0], axes.mask(name, x[0].shape()), [&](double v, std::size_t place) {
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

Sample<Max> Max::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 1);
    return {Max{op}, {distinct(shape, draw.seed())}};
}

namespace {

template <class T>
BasicTensor<T> sum_to_shape(const BasicTensor<T>& x, const Shape& shape, Location at) {
    const Shape& from = x.shape();
    if (from == shape) return x;
    Shape wide;
    if (!broadcast_shapes(shape, from, wide) || wide != from) {
        throw ShapeError("sum_to: expected a shape that broadcasts to " + to_string(from) + ", got " + to_string(shape),
                         at);
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

template void detail::share_among_extremes(const ReductionOp&, const char*, Replay<float>&);
template void detail::share_among_extremes(const ReductionOp&, const char*, Replay<double>&);

template struct detail::Runner<Sum>;
template struct detail::Runner<Mean>;
template struct detail::Runner<Prod>;
template struct detail::Runner<Max>;

std::vector<OperationInfo> detail::reduction_operations() { return describe_family(ReductionOps{}); }

}  // namespace xtape
