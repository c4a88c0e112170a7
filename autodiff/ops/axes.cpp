#include <xtape/autodiff/ops/axes.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/ops/reference.hpp>
#include <xtape/autodiff/sample.hpp>

#include <numeric>

namespace xtape {

using namespace sample;
using detail::axis_place;
using detail::Steps;

template <class Op>
template <class T>
BasicArray<T> detail::Relabelling<Op>::forward(Inputs<T> x) const {
    return reshaped(*x[0], inferred(static_cast<const Op&>(*this), x[0]->shape()));
}

template <class Op>
Array64 detail::Relabelling<Op>::reference(std::span<const Array64> x) const {
    std::size_t n = 0;
    return array_by_index(inferred(static_cast<const Op&>(*this), x[0].shape()), [&](const Shape&) { return x[0].data()[n++]; });
}

namespace {

std::string list(const std::vector<int>& numbers) {
    std::string text = "(";
    for (std::size_t i = 0; i < numbers.size(); ++i) text += (i ? ", " : "") + std::to_string(numbers[i]);
    return text + ")";
}

// Axes as places in a tensor of that rank; empty when one of them is out of range or given twice.
std::optional<std::vector<std::size_t>> places(const std::vector<int>& axes, std::size_t rank) {
    std::vector<std::size_t> result;
    std::vector<bool> used(rank, false);
    for (const int axis : axes) {
        const int place = axis < 0 ? axis + static_cast<int>(rank) : axis;
        if (place < 0 || place >= static_cast<int>(rank) || used[static_cast<std::size_t>(place)]) return std::nullopt;
        used[static_cast<std::size_t>(place)] = true;
        result.push_back(static_cast<std::size_t>(place));
    }
    return result;
}

std::vector<std::size_t> permutation(const std::vector<int>& axes, const Shape& shape) {
    const auto order = places(axes, shape.size());
    if (!order || order->size() != shape.size()) {
        throw ShapeError("permute: expected an order of all " + std::to_string(shape.size()) + " axes of " + to_string(shape) +
                         ", got " + list(axes));
    }
    return *order;
}

std::vector<int> counted(std::size_t rank) {
    std::vector<int> axes(rank);
    std::iota(axes.begin(), axes.end(), 0);
    return axes;
}

Shape with_axis(const Shape& shape, std::size_t place, std::size_t extent) {
    Shape wider;
    for (std::size_t i = 0; i <= shape.size(); ++i) {
        if (i == place) wider.push_back(extent);
        if (i < shape.size()) wider.push_back(shape[i]);
    }
    return wider;
}

// Axes counted from either end, as a user may.
int either(Draw& draw, std::size_t axis, std::size_t rank) {
    return static_cast<int>(axis) - (draw.coin() ? static_cast<int>(rank) : 0);
}

}  // namespace

Shape Permute::infer(Shapes x) const {
    Shape shape;
    for (const std::size_t axis : permutation(axes, *x[0])) shape.push_back((*x[0])[axis]);
    return shape;
}

template <class T>
BasicArray<T> Permute::forward(Inputs<T> x) const {
    return Transpose{permutation(axes, x[0]->shape())}.forward(x);
}

template <class T>
void Permute::backward(Replay<T>& r) const {
    const std::vector<std::size_t> order = permutation(axes, r.shape(0));
    std::vector<int> inverse(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) inverse[order[i]] = static_cast<int>(i);
    r.give(0, permute(r.g(), inverse));
}

Array64 Permute::reference(std::span<const Array64> x) const {
    const std::vector<std::size_t> order = permutation(axes, x[0].shape());
    return detail::array_by_index(detail::inferred(*this, x[0].shape()), [&](const Shape& index) {
        Shape from(index.size());
        for (std::size_t i = 0; i < order.size(); ++i) from[order[i]] = index[i];
        return detail::element_at(x[0], from);
    });
}

std::vector<Sample<Permute>> Permute::samples() {
    return {{Permute{{1, 0}}, {uniform({2, 3}, 1)}},
            {Permute{{-1, 0, 1}}, {uniform({2, 3, 4}, 2)}},
            {Permute{{0, 2, -1, 1}}, {uniform({2, 3, 1, 2}, 3)}}};
}

Sample<Permute> Permute::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4, 0, 3);
    std::vector<int> axes = counted(shape.size());
    for (std::size_t i = axes.size(); i > 1; --i) std::swap(axes[i - 1], axes[draw(0, i - 1)]);
    for (int& axis : axes) axis = either(draw, static_cast<std::size_t>(axis), shape.size());
    return {Permute{axes}, {uniform(shape, draw.seed())}};
}

std::vector<int> detail::swapped_axes(const Shape& shape, int a, int b, Location at) {
    std::vector<int> axes = counted(shape.size());
    std::swap(axes[axis_place("swapaxes", a, shape, at)], axes[axis_place("swapaxes", b, shape, at)]);
    return axes;
}

std::vector<int> detail::moved_axis(const Shape& shape, int from, int to, Location at) {
    std::vector<int> axes = counted(shape.size());
    const std::size_t source = axis_place("moveaxis", from, shape, at), target = axis_place("moveaxis", to, shape, at);
    axes.erase(axes.begin() + static_cast<std::ptrdiff_t>(source));
    axes.insert(axes.begin() + static_cast<std::ptrdiff_t>(target), static_cast<int>(source));
    return axes;
}

Shape Squeeze::infer(Shapes x) const {
    const Shape& from = *x[0];
    AxisMask dropped(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) dropped[i] = from[i] == 1;
    if (axes) dropped = axes->mask(name, from);
    Shape shape;
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (dropped[i] && from[i] != 1) {
            throw ShapeError("squeeze: expected extent 1 along axis " + std::to_string(i) + ", got shape " + to_string(from));
        }
        if (!dropped[i]) shape.push_back(from[i]);
    }
    return shape;
}

std::vector<Sample<Squeeze>> Squeeze::samples() {
    return {{Squeeze{std::nullopt}, {uniform({1, 3, 1, 2}, 1)}},
            {Squeeze{Axes{-2}}, {uniform({1, 1, 3}, 2)}},
            {Squeeze{Axes{0, 2}}, {uniform({1, 2, 1}, 3)}}};
}

Sample<Squeeze> Squeeze::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4, 0, 2);
    std::vector<int> ones;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == 1 && draw.coin()) ones.push_back(either(draw, i, shape.size()));
    }
    return {draw.coin() ? Squeeze{Axes(ones)} : Squeeze{std::nullopt}, {uniform(shape, draw.seed())}};
}

Shape Unsqueeze::infer(Shapes x) const {
    const std::size_t rank = x[0]->size() + axes.size();
    const auto added = places(axes, rank);
    if (!added) {
        throw ShapeError("unsqueeze: expected different axes of a result of rank " + std::to_string(rank) + ", got " + list(axes) +
                         " for shape " + to_string(*x[0]));
    }
    Shape shape(rank, 0);
    std::vector<bool> fresh(rank, false);
    for (const std::size_t place : *added) fresh[place] = true;
    for (std::size_t i = 0, from = 0; i < rank; ++i) shape[i] = fresh[i] ? 1 : (*x[0])[from++];
    return shape;
}

std::vector<Sample<Unsqueeze>> Unsqueeze::samples() {
    return {{Unsqueeze{{0}}, {uniform({3}, 1)}}, {Unsqueeze{{-1, 1}}, {uniform({2, 3}, 2)}}, {Unsqueeze{{0, 1}}, {uniform({}, 3)}}};
}

Sample<Unsqueeze> Unsqueeze::random(Draw& draw) {
    const Shape shape = draw.shape(0, 3, 0, 3);
    const std::size_t count = draw(0, 2), rank = shape.size() + count;
    std::vector<int> axes;
    for (std::size_t i = 0; i < count; ++i) axes.push_back(either(draw, i + (i > 0 ? shape.size() : 0), rank));
    return {Unsqueeze{axes}, {uniform(shape, draw.seed())}};
}

Shape Flatten::infer(Shapes x) const {
    const Shape& from = *x[0];
    const Shape lifted = from.empty() ? Shape{1} : from;
    const std::size_t first = axis_place(name, start, lifted), last = axis_place(name, end, lifted);
    if (first > last) {
        throw ShapeError("flatten: expected a first axis before the last, got " + std::to_string(start) + " and " +
                         std::to_string(end) + " for shape " + to_string(from));
    }
    const auto head = lifted.begin() + static_cast<std::ptrdiff_t>(first), tail = lifted.begin() + static_cast<std::ptrdiff_t>(last) + 1;
    Shape shape(lifted.begin(), head);
    shape.push_back(element_count(Shape(head, tail)));
    shape.insert(shape.end(), tail, lifted.end());
    return shape;
}

std::vector<Sample<Flatten>> Flatten::samples() {
    return {{Flatten{0, -1}, {uniform({2, 3}, 1)}},
            {Flatten{1, -1}, {uniform({2, 3, 2}, 2)}},
            {Flatten{-3, 1}, {uniform({2, 1, 3}, 3)}},
            {Flatten{0, -1}, {uniform({}, 4)}}};
}

Sample<Flatten> Flatten::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4, 0, 3);
    const std::size_t rank = std::max<std::size_t>(shape.size(), 1), first = draw(0, rank - 1), last = draw(first, rank - 1);
    return {Flatten{either(draw, first, rank), either(draw, last, rank)}, {uniform(shape, draw.seed())}};
}

Shape Expand::infer(Shapes x) const {
    const Shape& from = *x[0];
    Shape shape;
    bool fits = extents.rank() >= from.size();
    const std::size_t added = fits ? extents.rank() - from.size() : 0;
    for (std::size_t i = 0; fits && i < extents.rank(); ++i) {
        fits = !extents.negative(i) || (extents.minus_one(i) && i >= added);
        if (fits) shape.push_back(extents.negative(i) ? from[i - added] : extents[i]);
    }
    Shape wide;
    if (!fits || !broadcast_shapes(from, shape, wide) || wide != shape) {
        throw ShapeError("expand: expected a shape that " + to_string(from) + " broadcasts to, -1 where it keeps its extent, got " +
                         to_string(extents));
    }
    return shape;
}

template <class T>
BasicArray<T> Expand::forward(Inputs<T> x) const {
    return BroadcastTo{detail::inferred(*this, x[0]->shape())}.forward(x);
}

template <class T>
void Expand::backward(Replay<T>& r) const {
    r.give(0, r.g());
}

Array64 Expand::reference(std::span<const Array64> x) const {
    return detail::array_by_index(detail::inferred(*this, x[0].shape()), [&](const Shape& index) {
        Shape from(index.end() - static_cast<std::ptrdiff_t>(x[0].dimension()), index.end());
        for (std::size_t i = 0; i < from.size(); ++i) from[i] = x[0].shape()[i] == 1 ? 0 : from[i];
        return detail::element_at(x[0], from);
    });
}

std::vector<Sample<Expand>> Expand::samples() {
    return {{Expand{{4, 3}}, {uniform({3}, 1)}},
            {Expand{{2, -1, 3}}, {uniform({4, 1}, 2)}},
            {Expand{{-1, -1}}, {uniform({2, 2}, 3)}},
            {Expand{{2}}, {uniform({}, 4)}}};
}

Sample<Expand> Expand::random(Draw& draw) {
    const Sample<BroadcastTo> sample = BroadcastTo::random(draw);
    return {Expand{sample.op.shape}, sample.inputs};
}

Shape Stack::infer(Shapes x) const {
    if (x.empty()) throw ShapeError("stack: expected at least one tensor, got none");
    bool agree = true;
    for (const Shape* shape : x) agree = agree && *shape == *x[0];
    if (!agree) {
        std::string got = to_string(*x[0]);
        for (std::size_t i = 1; i < x.size(); ++i) got += ", " + to_string(*x[i]);
        throw ShapeError("stack: expected tensors of one shape, got " + got);
    }
    const std::size_t rank = x[0]->size() + 1;
    const auto place = places({axis}, rank);
    if (!place) {
        throw ShapeError("stack: expected an axis of a result of rank " + std::to_string(rank) + ", got axis " +
                         std::to_string(axis) + " for shape " + to_string(*x[0]));
    }
    return with_axis(*x[0], place->front(), x.size());
}

template <class T>
BasicArray<T> Stack::forward(Inputs<T> x) const {
    const Shape& part = x[0]->shape();
    const std::size_t place = places({axis}, part.size() + 1)->front();
    const Shape shape = with_axis(part, place, x.size());
    BasicArray<T> y = empty_array<T>(shape);
    Steps to = detail::contiguous_steps(shape);
    const std::ptrdiff_t next = to[place];
    to.erase(to.begin() + static_cast<std::ptrdiff_t>(place));
    for (std::size_t i = 0; i < x.size(); ++i) {
        detail::copy_strided(part, x[i]->data(), detail::contiguous_steps(part), y.data() + static_cast<std::ptrdiff_t>(i) * next, to);
    }
    return y;
}

template <class T>
void Stack::backward(Replay<T>& r) const {
    const std::size_t place = places({axis}, r.shape(0).size() + 1)->front();
    for (std::size_t i = 0; i < r.inputs(); ++i) {
        if (!r.wants(i)) continue;
        std::vector<Range> ranges(place + 1);
        ranges[place] = {static_cast<std::ptrdiff_t>(i), static_cast<std::ptrdiff_t>(i) + 1, 1};
        r.give(i, reshape(slice(r.g(), ranges), r.shape(i)));
    }
}

Array64 Stack::reference(std::span<const Array64> x) const {
    const std::size_t place = places({axis}, x[0].dimension() + 1)->front();
    return detail::array_by_index(with_axis(x[0].shape(), place, x.size()), [&](Shape index) {
        const Array64& part = x[index[place]];
        index.erase(index.begin() + static_cast<std::ptrdiff_t>(place));
        return detail::element_at(part, index);
    });
}

std::vector<Sample<Stack>> Stack::samples() {
    return {{Stack{0}, {uniform({2, 3}, 1), uniform({2, 3}, 2)}},
            {Stack{-1}, {uniform({2, 2}, 3), uniform({2, 2}, 4), uniform({2, 2}, 5)}},
            {Stack{1}, {uniform({3}, 6)}},
            {Stack{0}, {uniform({}, 7), uniform({}, 8)}}};
}

Sample<Stack> Stack::random(Draw& draw) {
    const Shape shape = draw.shape(0, 3, 0, 3);
    std::vector<Array64> parts;
    for (std::size_t i = draw(1, 4); i > 0; --i) parts.push_back(uniform(shape, draw.seed()));
    return {Stack{draw.axis(shape.size() + 1)}, parts};
}

namespace {

template <class T>
BasicTensor<T> stack_all(const std::vector<BasicTensor<T>>& x, int axis, Location at) {
    std::vector<const BasicTensor<T>*> inputs;
    for (const BasicTensor<T>& part : x) inputs.push_back(&part);
    return detail::Runner<Stack>::run(Stack{axis}, std::span<const BasicTensor<T>* const>(inputs), at);
}

}  // namespace

Tensor stack(const std::vector<Tensor>& x, int axis, Location at) { return stack_all(x, axis, at); }
Tensor64 stack(const std::vector<Tensor64>& x, int axis, Location at) { return stack_all(x, axis, at); }

template struct detail::Runner<Permute>;
template struct detail::Runner<Squeeze>;
template struct detail::Runner<Unsqueeze>;
template struct detail::Runner<Flatten>;
template struct detail::Runner<Expand>;
template struct detail::Runner<Stack>;

std::vector<OperationInfo> detail::axes_operations() {
    std::vector<OperationInfo> rows = describe_family(AxesOps{});
    rows.push_back(describe_composition(
        "swapaxes", "swapaxes(x, a, b)", "y = x with two axes exchanged;  dx = g with them exchanged", {{uniform({2, 3, 2}, 1)}},
        [](const auto& x) { return swapaxes(x[0], 0, 1); },
        [](const std::vector<Array64>& x) {
            return array_by_index({3, 2, 2}, [&](const Shape& i) { return element_at(x[0], {i[1], i[0], i[2]}); });
        }));
    rows.push_back(describe_composition(
        "moveaxis", "moveaxis(x, from, to)", "y = x with an axis at another place;  dx = g with it moved back", {{uniform({2, 3, 4}, 1)}},
        [](const auto& x) { return moveaxis(x[0], 0, -1); },
        [](const std::vector<Array64>& x) {
            return array_by_index({3, 4, 2}, [&](const Shape& i) { return element_at(x[0], {i[2], i[0], i[1]}); });
        }));
    return rows;
}

}  // namespace xtape
