#include <xtape/autodiff/ops/shaping.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/sample.hpp>

#include <numeric>

namespace xtape {

using namespace sample;
using detail::Steps;

namespace {

// Fills y by asking, for each of its indices, where the element comes from: the plain way references are written.
template <class F>
Array64 gather(const Shape& shape, F element) {
    Array64 y = empty_array<double>(shape);
    Shape index(shape.size(), 0);
    for (std::size_t n = 0; n < y.size(); ++n) {
        y.data()[n] = element(index);
        for (std::size_t i = shape.size(); i-- > 0;) {
            if (++index[i] < shape[i]) break;
            index[i] = 0;
        }
    }
    return y;
}

}  // namespace

Shape Reshape::infer(Shapes x) const {
    if (element_count(*x[0]) != element_count(shape)) {
        throw ShapeError("reshape: expected a shape with " + std::to_string(element_count(*x[0])) + " elements for " +
                         to_string(*x[0]) + ", got " + to_string(shape));
    }
    return shape;
}

template <class T>
BasicArray<T> Reshape::forward(Inputs<T> x) const {
    BasicArray<T> y = empty_array<T>(shape);
    std::copy(x[0]->data(), x[0]->data() + x[0]->size(), y.data());
    return y;
}

template <class T>
void Reshape::backward(Replay<T>& r) const {
    r.give(0, reshape(r.g(), r.shape(0)));
}

Array64 Reshape::reference(std::span<const Array64> x) const {
    std::size_t n = 0;
    return gather(shape, [&](const Shape&) { return x[0].data()[n++]; });
}

std::vector<Sample<Reshape>> Reshape::samples() {
    return {{Reshape{{3, 2}}, {uniform({2, 3}, 1)}}, {Reshape{{4}}, {uniform({2, 1, 2}, 2)}}, {Reshape{{}}, {uniform({1, 1}, 3)}}};
}

Shape Transpose::infer(Shapes x) const {
    const Shape& from = *x[0];
    std::vector<bool> used(from.size(), false);
    bool valid = order.size() == from.size();
    for (std::size_t i = 0; valid && i < order.size(); ++i) {
        valid = order[i] < from.size() && !used[order[i]];
        if (valid) used[order[i]] = true;
    }
    if (!valid) {
        throw ShapeError("transpose: expected an order of all " + std::to_string(from.size()) + " axes of " + to_string(from) +
                         ", got " + to_string(Shape(order.begin(), order.end())));
    }
    Shape shape;
    for (const std::size_t axis : order) shape.push_back(from[axis]);
    return shape;
}

template <class T>
BasicArray<T> Transpose::forward(Inputs<T> x) const {
    const Steps steps = detail::contiguous_steps(x[0]->shape());
    Shape shape;
    Steps from;
    for (const std::size_t axis : order) {
        shape.push_back(x[0]->shape()[axis]);
        from.push_back(steps[axis]);
    }
    BasicArray<T> y = empty_array<T>(shape);
    detail::copy_strided(shape, x[0]->data(), from, y.data(), detail::contiguous_steps(shape));
    return y;
}

template <class T>
void Transpose::backward(Replay<T>& r) const {
    std::vector<std::size_t> inverse(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) inverse[order[i]] = i;
    r.give(0, transpose(r.g(), inverse));
}

Array64 Transpose::reference(std::span<const Array64> x) const {
    const Shape& from = x[0].shape();
    Shape shape;
    for (const std::size_t axis : order) shape.push_back(from[axis]);
    return gather(shape, [&](const Shape& index) {
        Shape source(from.size(), 0);
        for (std::size_t i = 0; i < order.size(); ++i) source[order[i]] = index[i];
        std::size_t place = 0;
        for (std::size_t i = 0; i < from.size(); ++i) place = place * from[i] + source[i];
        return x[0].data()[place];
    });
}

std::vector<Sample<Transpose>> Transpose::samples() {
    return {{Transpose{{1, 0}}, {uniform({2, 3}, 1)}},
            {Transpose{{2, 0, 1}}, {uniform({2, 3, 4}, 2)}},
            {Transpose{{0, 2, 1}}, {uniform({2, 3, 2}, 3)}},
            {Transpose{{0}}, {uniform({3}, 4)}}};
}

std::vector<std::size_t> detail::swap_last_two(const Shape& shape, Location at) {
    if (shape.size() < 2) {
        throw ShapeError("transpose: expected at least two axes, got shape " + to_string(shape), at);
    }
    std::vector<std::size_t> order(shape.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::swap(order[order.size() - 1], order[order.size() - 2]);
    return order;
}

Shape BroadcastTo::infer(Shapes x) const {
    Shape wide;
    if (!broadcast_shapes(*x[0], shape, wide) || wide != shape) {
        throw ShapeError("broadcast_to: expected a shape that " + to_string(*x[0]) + " broadcasts to, got " + to_string(shape));
    }
    return shape;
}

template <class T>
BasicArray<T> BroadcastTo::forward(Inputs<T> x) const {
    const Shape& from = x[0]->shape();
    const Steps steps = detail::contiguous_steps(from);
    Steps repeated(shape.size(), 0);
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (from[i] != 1) repeated[i + shape.size() - from.size()] = steps[i];
    }
    BasicArray<T> y = empty_array<T>(shape);
    detail::copy_strided(shape, x[0]->data(), repeated, y.data(), detail::contiguous_steps(shape));
    return y;
}

template <class T>
void BroadcastTo::backward(Replay<T>& r) const {
    r.give(0, r.g());
}

Array64 BroadcastTo::reference(std::span<const Array64> x) const {
    const Shape& from = x[0].shape();
    return gather(shape, [&](const Shape& index) {
        std::size_t place = 0;
        for (std::size_t i = 0; i < from.size(); ++i) {
            place = place * from[i] + (from[i] == 1 ? 0 : index[i + index.size() - from.size()]);
        }
        return x[0].data()[place];
    });
}

std::vector<Sample<BroadcastTo>> BroadcastTo::samples() {
    return {{BroadcastTo{{4, 3}}, {uniform({3}, 1)}},
            {BroadcastTo{{2, 4, 3}}, {uniform({4, 1}, 2)}},
            {BroadcastTo{{2, 3}}, {uniform({}, 3)}}};
}

Shape Concat::infer(Shapes x) const {
    if (x.empty()) throw ShapeError("concat: expected at least one tensor, got none");
    Shape shape = *x[0];
    bool fits = axis < shape.size();
    for (std::size_t i = 1; fits && i < x.size(); ++i) {
        fits = x[i]->size() == shape.size();
        for (std::size_t k = 0; fits && k < shape.size(); ++k) fits = k == axis || (*x[i])[k] == shape[k];
        if (fits) shape[axis] += (*x[i])[axis];
    }
    if (!fits) {
        std::string got = to_string(*x[0]);
        for (std::size_t i = 1; i < x.size(); ++i) got += ", " + to_string(*x[i]);
        throw ShapeError("concat: expected shapes that agree in all axes but axis " + std::to_string(axis) + ", got " + got);
    }
    return shape;
}

template <class T>
BasicArray<T> Concat::forward(Inputs<T> x) const {
    Shape shape = x[0]->shape();
    for (std::size_t i = 1; i < x.size(); ++i) shape[axis] += x[i]->shape()[axis];
    BasicArray<T> y = empty_array<T>(shape);
    const Steps to = detail::contiguous_steps(shape);
    T* place = y.data();
    for (const BasicArray<T>* part : x) {
        detail::copy_strided(part->shape(), part->data(), detail::contiguous_steps(part->shape()), place, to);
        place += static_cast<std::ptrdiff_t>(part->shape()[axis]) * to[axis];
    }
    return y;
}

template <class T>
void Concat::backward(Replay<T>& r) const {
    std::ptrdiff_t start = 0;
    for (std::size_t i = 0; i < r.inputs(); ++i) {
        const auto length = static_cast<std::ptrdiff_t>(r.shape(i)[axis]);
        if (r.wants(i)) {
            std::vector<Range> ranges(axis + 1);
            ranges[axis] = {start, start + length, 1};
            r.give(i, slice(r.g(), ranges));
        }
        start += length;
    }
}

Array64 Concat::reference(std::span<const Array64> x) const {
    Shape shape = x[0].shape();
    for (std::size_t i = 1; i < x.size(); ++i) shape[axis] += x[i].shape()[axis];
    return gather(shape, [&](Shape index) {
        std::size_t part = 0;
        while (index[axis] >= x[part].shape()[axis]) index[axis] -= x[part++].shape()[axis];
        return x[part].element(index.begin(), index.end());
    });
}

std::vector<Sample<Concat>> Concat::samples() {
    return {{Concat{0}, {uniform({2, 3}, 1), uniform({1, 3}, 2)}},
            {Concat{1}, {uniform({2, 3}, 3), uniform({2, 1}, 4), uniform({2, 2}, 5)}},
            {Concat{0}, {uniform({3}, 6)}}};
}

namespace {

// A range made definite on an axis of `extent` elements.
struct Span {
    std::ptrdiff_t first = 0, count = 0, step = 1;
};

Span resolve(const Range& range, std::size_t extent) {
    const auto n = static_cast<std::ptrdiff_t>(extent);
    const bool up = range.step > 0;
    const auto clip = [&](std::ptrdiff_t position) {
        if (position < 0) position += n;
        return std::clamp(position, up ? std::ptrdiff_t{0} : std::ptrdiff_t{-1}, up ? n : n - 1);
    };
    const std::ptrdiff_t start = range.start == Range::open ? (up ? 0 : n - 1) : clip(range.start);
    const std::ptrdiff_t stop = range.stop == Range::open ? (up ? n : -1) : clip(range.stop);
    const std::ptrdiff_t reach = up ? stop - start : start - stop;
    if (reach <= 0) return {start, 0, 1};
    // A step past the end takes one element, whatever its size: then 1 does as well, and nothing overflows.
    const std::ptrdiff_t step = up ? std::min(range.step, reach) : std::max(range.step, -reach);
    return {start, (reach - 1) / (up ? step : -step) + 1, step};
}

std::vector<Span> resolve_all(const char* operation, const std::vector<Range>& ranges, const Shape& shape) {
    if (ranges.size() > shape.size()) {
        throw ShapeError(std::string(operation) + ": expected at most " + std::to_string(shape.size()) + " ranges for shape " +
                         to_string(shape) + ", got " + std::to_string(ranges.size()));
    }
    std::vector<Span> spans;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const Range range = i < ranges.size() ? ranges[i] : Range{};
        if (range.step == 0) {
            throw ShapeError(std::string(operation) + ": expected a step that is not 0, got 0 for axis " + std::to_string(i));
        }
        spans.push_back(resolve(range, shape[i]));
    }
    return spans;
}

Shape shape_of(const std::vector<Span>& spans) {
    Shape shape;
    for (const Span& span : spans) shape.push_back(static_cast<std::size_t>(span.count));
    return shape;
}

// Where a slice begins in a contiguous array, and its steps there.
std::pair<std::ptrdiff_t, Steps> walk(const std::vector<Span>& spans, const Shape& shape) {
    Steps steps = detail::contiguous_steps(shape);
    std::ptrdiff_t first = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        first += spans[i].first * steps[i];
        steps[i] *= spans[i].step;
    }
    return {first, steps};
}

}  // namespace

Shape Slice::infer(Shapes x) const { return shape_of(resolve_all(name, ranges, *x[0])); }

template <class T>
BasicArray<T> Slice::forward(Inputs<T> x) const {
    const std::vector<Span> spans = resolve_all(name, ranges, x[0]->shape());
    const Shape shape = shape_of(spans);
    BasicArray<T> y = empty_array<T>(shape);
    if (y.size() == 0) return y;
    const auto [first, steps] = walk(spans, x[0]->shape());
    detail::copy_strided(shape, x[0]->data() + first, steps, y.data(), detail::contiguous_steps(shape));
    return y;
}

template <class T>
void Slice::backward(Replay<T>& r) const {
    r.give(0, detail::call(PlaceSlice{r.shape(0), ranges}, Location{}, r.g()));
}

Array64 Slice::reference(std::span<const Array64> x) const {
    const std::vector<Span> spans = resolve_all(name, ranges, x[0].shape());
    return gather(shape_of(spans), [&](Shape index) {
        for (std::size_t i = 0; i < index.size(); ++i) {
            index[i] = static_cast<std::size_t>(spans[i].first + static_cast<std::ptrdiff_t>(index[i]) * spans[i].step);
        }
        return x[0].element(index.begin(), index.end());
    });
}

std::vector<Sample<Slice>> Slice::samples() {
    return {{Slice{{{1, 3, 1}}}, {uniform({4, 3}, 1)}},
            {Slice{{{}, {-2, Range::open, 1}}}, {uniform({2, 5}, 2)}},
            {Slice{{{Range::open, Range::open, -2}, {0, 4, 3}}}, {uniform({5, 4}, 3)}},
            {Slice{{{1, 2, 1}, {}, {3, 0, -1}}}, {uniform({2, 2, 4}, 4)}}};
}

Shape PlaceSlice::infer(Shapes x) const {
    const Shape part = shape_of(resolve_all(name, ranges, shape));
    if (part != *x[0]) {
        throw ShapeError("place_slice: expected a part of shape " + to_string(part) + " of " + to_string(shape) + ", got " +
                         to_string(*x[0]));
    }
    return shape;
}

template <class T>
BasicArray<T> PlaceSlice::forward(Inputs<T> x) const {
    BasicArray<T> y(shape, T(0));
    if (x[0]->size() == 0) return y;
    const auto [first, steps] = walk(resolve_all(name, ranges, shape), shape);
    detail::copy_strided(x[0]->shape(), x[0]->data(), detail::contiguous_steps(x[0]->shape()), y.data() + first, steps);
    return y;
}

template <class T>
void PlaceSlice::backward(Replay<T>& r) const {
    r.give(0, slice(r.g(), ranges));
}

Array64 PlaceSlice::reference(std::span<const Array64> x) const {
    const std::vector<Span> spans = resolve_all(name, ranges, shape);
    return gather(shape, [&](const Shape& index) {
        Shape source;
        for (std::size_t i = 0; i < index.size(); ++i) {
            const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(index[i]) - spans[i].first;
            if (offset % spans[i].step != 0 || offset / spans[i].step < 0 || offset / spans[i].step >= spans[i].count) return 0.0;
            source.push_back(static_cast<std::size_t>(offset / spans[i].step));
        }
        return x[0].element(source.begin(), source.end());
    });
}

std::vector<Sample<PlaceSlice>> PlaceSlice::samples() {
    return {{PlaceSlice{{4, 3}, {{1, 3, 1}}}, {uniform({2, 3}, 1)}},
            {PlaceSlice{{5, 4}, {{Range::open, Range::open, -2}, {0, 4, 3}}}, {uniform({3, 2}, 2)}}};
}

namespace {

template <class T>
BasicTensor<T> concat_all(const std::vector<BasicTensor<T>>& x, int axis, Location at) {
    const int rank = x.empty() ? 1 : static_cast<int>(x[0].rank());
    const int index = axis < 0 ? axis + rank : axis;
    if (index < 0 || index >= rank) {
        throw ShapeError("concat: expected an axis of a tensor of rank " + std::to_string(rank) + ", got axis " +
                             std::to_string(axis), at);
    }
    std::vector<const BasicTensor<T>*> inputs;
    for (const BasicTensor<T>& part : x) inputs.push_back(&part);
    return detail::Runner<Concat>::run(Concat{static_cast<std::size_t>(index)}, std::span<const BasicTensor<T>* const>(inputs), at);
}

}  // namespace

Tensor concat(const std::vector<Tensor>& x, int axis, Location at) { return concat_all(x, axis, at); }
Tensor64 concat(const std::vector<Tensor64>& x, int axis, Location at) { return concat_all(x, axis, at); }

template struct detail::Runner<Reshape>;
template struct detail::Runner<Transpose>;
template struct detail::Runner<BroadcastTo>;
template struct detail::Runner<Concat>;
template struct detail::Runner<Slice>;
template struct detail::Runner<PlaceSlice>;

std::vector<OperationInfo> detail::shaping_operations() { return describe_family(ShapingOps{}); }

}  // namespace xtape
