#include <xtape/autodiff/ops/shaping.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/kernels/sweep.hpp>
#include <xtape/autodiff/ops/reference.hpp>
#include <xtape/autodiff/sample.hpp>

#include <numeric>

namespace xtape {

using namespace sample;
using detail::Steps;

Extents::Extents(std::initializer_list<Extent> extents) {
    for (const Extent& extent : extents) {
        if (extent.negative && negative_.empty()) negative_.resize(extents.size(), false);
        if (extent.negative) negative_[sizes_.size()] = true;
        sizes_.push_back(extent.size);
    }
}

std::string to_string(const Extents& extents) {
    std::string text = "(";
    for (std::size_t i = 0; i < extents.rank(); ++i) {
        text += (i ? ", " : "") + std::string(extents.negative(i) ? "-" : "") + std::to_string(extents[i]);
    }
    return text + ")";
}

Shape Extents::filled(const char* operation, const Shape& x, Location at) const {
    if (negative_.empty()) return sizes_;
    const auto fail = [&](const std::string& wanted) {
        throw ShapeError(std::string(operation) + ": expected " + wanted + ", got " + to_string(*this), at);
    };
    Shape shape = sizes_;
    const auto open = static_cast<std::size_t>(std::find(negative_.begin(), negative_.end(), true) - negative_.begin());
    if (std::count(negative_.begin(), negative_.end(), true) != 1 || !minus_one(open)) {
        fail("extents of at least 0, one of which may be -1");
    }
    const std::size_t count = element_count(x), rest = element_count(shape);
    if (rest == 0) fail("no extent of 0 beside -1");
    if (count % rest != 0) fail("a shape with " + std::to_string(count) + " elements for " + to_string(x));
    shape[open] = count / rest;
    return shape;
}

template <class T>
BasicArray<T> detail::reshaped(const BasicArray<T>& x, const Shape& shape) {
    BasicArray<T> y = empty_array<T>(shape);
    parallel_for(x.size(), elementwise_grain, [&](std::size_t begin, std::size_t end) {
        std::copy(x.data() + begin, x.data() + end, y.data() + begin);
    });
    return y;
}
template Array detail::reshaped(const Array&, const Shape&);
template Array64 detail::reshaped(const Array64&, const Shape&);

Shape Reshape::infer(Shapes x) const {
    if (element_count(*x[0]) != element_count(shape)) {
        throw ShapeError("reshape: expected a shape with " + std::to_string(element_count(*x[0])) + " elements for " +
                         to_string(*x[0]) + ", got " + to_string(shape));
    }
    return shape;
}

template <class T>
BasicArray<T> Reshape::forward(Inputs<T> x) const {
    return detail::reshaped(*x[0], shape);
}

template <class T>
void Reshape::backward(Replay<T>& r) const {
    r.give(0, reshape(r.g(), r.shape(0)));
}

Array64 Reshape::reference(std::span<const Array64> x) const {
    std::size_t n = 0;
    return detail::array_by_index(shape, [&](const Shape&) { return x[0].data()[n++]; });
}

std::vector<Sample<Reshape>> Reshape::samples() {
    return {{Reshape{{3, 2}}, {uniform({2, 3}, 1)}}, {Reshape{{4}}, {uniform({2, 1, 2}, 2)}}, {Reshape{{}}, {uniform({1, 1}, 3)}}};
}

Sample<Reshape> Reshape::random(Draw& draw) {
    const Shape part = draw.shape(0, 3);
    Shape from = part, to(part.rbegin(), part.rend());
    if (from.size() > 1 && draw.coin()) {
        to = Shape(part.begin() + 1, part.end());
        to[0] *= part[0];
    }
    return {Reshape{to}, {uniform(from, draw.seed())}};
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
    return detail::array_by_index(shape, [&](const Shape& index) {
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

Sample<Transpose> Transpose::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4, 0, 3);
    std::vector<std::size_t> axes(shape.size());
    std::iota(axes.begin(), axes.end(), std::size_t{0});
    for (std::size_t i = axes.size(); i > 1; --i) std::swap(axes[i - 1], axes[draw(0, i - 1)]);
    return {Transpose{axes}, {uniform(shape, draw.seed())}};
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
    return detail::array_by_index(shape, [&](const Shape& index) {
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

Sample<BroadcastTo> BroadcastTo::random(Draw& draw) {
    const Shape wide = draw.shape(0, 4, 0, 3);
    Shape from(wide.begin() + static_cast<std::ptrdiff_t>(draw(0, wide.size())), wide.end());
    for (std::size_t& extent : from) {
        if (draw.coin()) extent = 1;
    }
    return {BroadcastTo{wide}, {uniform(from, draw.seed())}};
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
    return detail::array_by_index(shape, [&](Shape index) {
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

Sample<Concat> Concat::random(Draw& draw) {
    Shape shape = draw.shape(1, 3, 0, 3);
    const std::size_t along = draw(0, shape.size() - 1);
    std::vector<Array64> parts;
    for (std::size_t i = draw(1, 4); i > 0; --i) {
        shape[along] = draw(0, 3);
        parts.push_back(uniform(shape, draw.seed()));
    }
    return {Concat{along}, parts};
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

// Other families move elements in the same way.
template Array Transpose::forward(Inputs<float>) const;
template Array64 Transpose::forward(Inputs<double>) const;
template Array BroadcastTo::forward(Inputs<float>) const;
template Array64 BroadcastTo::forward(Inputs<double>) const;
template struct detail::Runner<Reshape>;
template struct detail::Runner<Transpose>;
template struct detail::Runner<BroadcastTo>;
template struct detail::Runner<Concat>;

std::vector<OperationInfo> detail::shaping_operations() { return describe_family(ShapingOps{}); }

}  // namespace xtape
