#include <xtape/autodiff/ops/slicing.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/ops/reference.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;
using detail::Steps;

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

// Any start, stop and step, inside the axis and beyond.
std::vector<Range> random_ranges(Draw& draw, const Shape& shape) {
    const auto position = [&draw] { return draw(0, 3) == 0 ? Range::open : static_cast<std::ptrdiff_t>(draw(0, 12)) - 6; };
    std::vector<Range> ranges(draw(0, shape.size()));
    for (Range& range : ranges) {
        const auto step = static_cast<std::ptrdiff_t>(draw(1, 3));
        range = {position(), position(), draw.coin() ? step : -step};
    }
    return ranges;
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
    return detail::array_by_index(shape_of(spans), [&](Shape index) {
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

Sample<Slice> Slice::random(Draw& draw) {
    const Shape shape = draw.shape(0, 3, 0, 5);
    return {Slice{random_ranges(draw, shape)}, {uniform(shape, draw.seed())}};
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
    return detail::array_by_index(shape, [&](const Shape& index) {
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

Sample<PlaceSlice> PlaceSlice::random(Draw& draw) {
    const Shape whole = draw.shape(0, 3, 0, 5);
    const std::vector<Range> parts = random_ranges(draw, whole);
    const Shape part = shape_of(resolve_all(name, parts, whole));
    return {PlaceSlice{whole, parts}, {uniform(part, draw.seed())}};
}

namespace {

// Ranges that take a part of one axis and all of the others.
std::vector<Range> along(std::size_t axis, std::size_t begin, std::size_t end) {
    std::vector<Range> ranges(axis + 1);
    ranges[axis] = {static_cast<std::ptrdiff_t>(begin), static_cast<std::ptrdiff_t>(end), 1};
    return ranges;
}

}  // namespace

std::size_t detail::axis_place(const char* operation, int axis, const Shape& shape, Location at) {
    const int rank = static_cast<int>(shape.size());
    const int place = axis < 0 ? axis + rank : axis;
    if (place < 0 || place >= rank) {
        throw ShapeError(std::string(operation) + ": expected an axis of a tensor of rank " + std::to_string(rank) + ", got axis " +
                         std::to_string(axis) + " for shape " + to_string(shape), at);
    }
    return static_cast<std::size_t>(place);
}

std::vector<std::vector<Range>> detail::split_ranges(const Shape& shape, const std::vector<std::size_t>& sizes, int axis,
                                                     Location at) {
    const std::size_t place = detail::axis_place("split", axis, shape, at);
    std::vector<std::vector<Range>> parts;
    std::size_t begin = 0;
    bool fits = true;
    for (const std::size_t size : sizes) {
        fits = fits && size <= shape[place] - begin;
        if (!fits) break;
        parts.push_back(along(place, begin, begin + size));
        begin += size;
    }
    if (!fits || begin != shape[place]) {
        throw ShapeError("split: expected sizes that add up to " + std::to_string(shape[place]) + ", the extent of axis " +
                             std::to_string(place) + " of " + to_string(shape) + ", got " +
                             to_string(Shape(sizes.begin(), sizes.end())), at);
    }
    return parts;
}

std::vector<std::vector<Range>> detail::chunk_ranges(const Shape& shape, std::size_t count, int axis, Location at) {
    const std::size_t place = detail::axis_place("chunk", axis, shape, at);
    if (count == 0) throw ShapeError("chunk: expected at least one part, got 0", at);
    std::vector<std::vector<Range>> parts;
    const std::size_t extent = shape[place], size = extent / count + (extent % count != 0);
    if (extent == 0) parts.resize(count, along(place, 0, 0));
    for (std::size_t begin = 0; begin < extent; begin += size) parts.push_back(along(place, begin, std::min(extent, begin + size)));
    return parts;
}

template struct detail::Runner<Slice>;
template struct detail::Runner<PlaceSlice>;

std::vector<OperationInfo> detail::slicing_operations() {
    std::vector<OperationInfo> rows = describe_family(SlicingOps{});
    rows.push_back(describe_composition(
        "split", "split(x, sizes, axis)", "y[i] = part i of x along an axis;  dx = the parts of g joined", {{uniform({2, 5}, 1)}},
        [](const auto& x) { return split(x[0], {2, 3}, 1)[1]; },
        [](const std::vector<Array64>& x) {
            return array_by_index({2, 3}, [&](const Shape& index) { return element_at(x[0], index, 1, index[1] + 2); });
        }));
    rows.push_back(describe_composition(
        "chunk", "chunk(x, parts, axis)", "y[i] = part i of x along an axis;  dx = the parts of g joined", {{uniform({5, 2}, 1)}},
        [](const auto& x) { return chunk(x[0], 2)[1]; },
        [](const std::vector<Array64>& x) {
            return array_by_index({2, 2}, [&](const Shape& index) { return element_at(x[0], index, 0, index[0] + 3); });
        }));
    return rows;
}

}  // namespace xtape
