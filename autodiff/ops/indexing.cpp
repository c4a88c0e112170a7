#include <xtape/autodiff/ops/indexing.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/gather.hpp>
#include <xtape/autodiff/ops/reference.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;
using detail::AxisView;

namespace {

std::string place_of(const IndexArray& indices, std::size_t n) {
    Shape place = indices.shape();
    for (std::size_t i = place.size(); i-- > 0;) {
        const std::size_t extent = place[i];
        place[i] = n % extent;
        n /= extent;
    }
    return to_string(place);
}

std::optional<std::size_t> placed(const char* operation, std::optional<int> axis, const Shape& shape) {
    if (!axis) return std::nullopt;
    return detail::axis_place(operation, *axis, shape);
}

AxisView view_of(const Shape& shape, std::optional<std::size_t> axis) {
    return axis ? AxisView(shape, *axis) : AxisView(shape);
}

// x's shape with an axis replaced by the indices' shape.
Shape taken_shape(const Shape& x, const Shape& indices, std::optional<std::size_t> axis) {
    if (!axis) return indices;
    const auto place = static_cast<std::ptrdiff_t>(*axis);
    Shape shape(x.begin(), x.begin() + place);
    shape.insert(shape.end(), indices.begin(), indices.end());
    shape.insert(shape.end(), x.begin() + place + 1, x.end());
    return shape;
}

void check_along(const char* operation, const Shape& indices, const Shape& x, std::size_t axis) {
    Shape wanted = x;
    if (indices.size() == x.size()) wanted[axis] = indices[axis];
    if (indices != wanted) {
        throw ShapeError(std::string(operation) + ": expected indices of x's shape but for axis " + std::to_string(axis) + ", got " +
                         to_string(indices) + " for " + to_string(x));
    }
}

// The last input is added to the first one, or, when it is alone, to zeros.
template <class T>
BasicArray<T> start_of_sum(Inputs<T> x, const Shape& shape) {
    return x.size() == 1 ? BasicArray<T>(shape, T(0)) : detail::reshaped(*x[0], shape);
}

std::size_t wrapped(std::int64_t index, std::size_t extent) {
    return static_cast<std::size_t>(index < 0 ? index + static_cast<std::int64_t>(extent) : index);
}

// Any index of an axis of `extent` elements, counted from either end.
IndexArray random_indices(Draw& draw, const Shape& shape, std::size_t extent) {
    IndexArray indices = empty_array<std::int64_t>(shape);
    for (std::size_t i = 0; i < indices.size(); ++i) {
        indices.data()[i] = static_cast<std::int64_t>(draw(0, 2 * extent - 1)) - static_cast<std::int64_t>(extent);
    }
    return indices;
}

}  // namespace

void detail::check_indices(const char* operation, const IndexArray& indices, const Shape& shape, std::optional<std::size_t> axis) {
    const std::size_t extent = axis ? shape[*axis] : element_count(shape);
    const auto limit = static_cast<std::int64_t>(extent);
    std::int64_t low = 0, high = -1;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        low = std::min(low, indices.data()[i]);
        high = std::max(high, indices.data()[i]);
    }
    if (indices.size() == 0 || (extent > 0 && low >= -limit && high < limit)) return;
    std::size_t bad = 0;
    while (extent > 0 && indices.data()[bad] >= -limit && indices.data()[bad] < limit) ++bad;
    const std::string range = extent == 0 ? "no indices" : "indices in " + std::to_string(-limit) + " .. " + std::to_string(limit - 1);
    throw DataError(std::string(operation) + ": expected " + range + " for " + (axis ? "axis " + std::to_string(*axis) + " of " : "") +
                    to_string(shape) + ", got " + std::to_string(indices.data()[bad]) + " at " + place_of(indices, bad));
}

Shape Take::infer(Shapes x) const {
    const auto place = placed(name, axis, *x[0]);
    detail::check_indices(name, *indices, *x[0], place);
    return taken_shape(*x[0], indices->shape(), place);
}

template <class T>
BasicArray<T> Take::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    const auto place = placed(name, axis, shape);
    BasicArray<T> y = empty_array<T>(taken_shape(shape, indices->shape(), place));
    detail::take_rows(x[0]->data(), view_of(shape, place), indices->data(), indices->size(), y.data());
    return y;
}

template <class T>
void Take::backward(Replay<T>& r) const {
    r.give(0, detail::call(IndexAdd{indices, axis, r.shape(0)}, Location{}, r.g()));
}

Array64 Take::reference(std::span<const Array64> x) const {
    const Shape& shape = x[0].shape();
    const std::size_t rank = indices->dimension(), place = axis ? detail::axis_place(name, *axis, shape) : 0;
    return detail::array_by_index(detail::inferred(*this, shape), [&](const Shape& index) {
        const auto first = index.begin() + static_cast<std::ptrdiff_t>(place), last = first + static_cast<std::ptrdiff_t>(rank);
        const std::int64_t k = indices->element(first, last);
        if (!axis) return x[0].data()[wrapped(k, x[0].size())];
        Shape from(index.begin(), first);
        from.push_back(wrapped(k, shape[place]));
        from.insert(from.end(), last, index.end());
        return detail::element_at(x[0], from);
    });
}

std::vector<Sample<Take>> Take::samples() {
    return {{Take{IndexArray{2, 0, 2, -1}, 0}, {uniform({4, 3}, 1)}},
            {Take{IndexArray{{1, 0}, {-1, 1}, {2, 2}}, -1}, {uniform({2, 3}, 2)}},
            {Take{IndexArray{{5, 0, -1}}, std::nullopt}, {uniform({2, 3}, 3)}},
            {Take{IndexArray(std::int64_t{1}), 1}, {uniform({2, 3, 2}, 4)}}};
}

Sample<Take> Take::random(Draw& draw) {
    Shape shape = draw.shape(1, 3, 0, 3);
    const int axis = draw.axis(shape.size());
    std::size_t& extent = shape[detail::axis_place(name, axis, shape)];
    extent = draw(1, 4);
    return {Take{random_indices(draw, draw.shape(0, 2, 0, 3), extent), axis}, {uniform(shape, draw.seed())}};
}

Shape IndexAdd::infer(Shapes x) const {
    const Shape& whole = x.size() == 1 ? shape : *x[0];
    const auto place = placed(name, axis, whole);
    const Shape wanted = taken_shape(whole, indices->shape(), place);
    if (*x.back() != wanted) {
        throw ShapeError("index_add: expected values of shape " + to_string(wanted) + " for indices " + to_string(indices->shape()) +
                         " into " + to_string(whole) + ", got " + to_string(*x.back()));
    }
    detail::check_indices(name, *indices, whole, place);
    return whole;
}

template <class T>
BasicArray<T> IndexAdd::forward(Inputs<T> x) const {
    const Shape whole = x.size() == 1 ? shape : x[0]->shape();
    BasicArray<T> y = start_of_sum(x, whole);
    detail::add_rows(x.back()->data(), view_of(whole, placed(name, axis, whole)), indices->data(), indices->size(), y.data());
    return y;
}

template <class T>
void IndexAdd::backward(Replay<T>& r) const {
    const std::size_t values = r.inputs() - 1;
    if (values == 1) r.give(0, r.g());
    if (r.wants(values)) r.give(values, detail::call(Take{indices, axis}, Location{}, r.g()));
}

Array64 IndexAdd::reference(std::span<const Array64> x) const {
    const Shape whole = x.size() == 1 ? shape : x[0].shape();
    const AxisView view = view_of(whole, placed(name, axis, whole));
    Array64 y = x.size() == 1 ? Array64(shape, 0.0) : x[0];
    for (std::size_t o = 0; o < view.outer; ++o) {
        for (std::size_t k = 0; k < indices->size(); ++k) {
            for (std::size_t i = 0; i < view.inner; ++i) {
                const std::size_t place = wrapped(indices->data()[k], view.extent);
                y.data()[(o * view.extent + place) * view.inner + i] += x.back().data()[(o * indices->size() + k) * view.inner + i];
            }
        }
    }
    return y;
}

std::vector<Sample<IndexAdd>> IndexAdd::samples() {
    return {{IndexAdd{IndexArray{2, 0, 2, -1}, 0, {}}, {uniform({4, 3}, 1), uniform({4, 3}, 2)}},
            {IndexAdd{IndexArray{1, 1}, 1, {2, 3}}, {uniform({2, 2}, 3)}},
            {IndexAdd{IndexArray{{5, 0, 5}}, std::nullopt, {2, 3}}, {uniform({1, 3}, 4)}}};
}

Sample<IndexAdd> IndexAdd::random(Draw& draw) {
    const Sample<Take> sample = Take::random(draw);
    const Shape from = sample.inputs[0].shape(), part = detail::inferred(sample.op, from);
    if (draw.coin()) return {IndexAdd{sample.op.indices, sample.op.axis, from}, {uniform(part, draw.seed())}};
    return {IndexAdd{sample.op.indices, sample.op.axis, {}}, {sample.inputs[0], uniform(part, draw.seed())}};
}

Shape TakeAlongAxis::infer(Shapes x) const {
    const std::size_t place = detail::axis_place(name, axis, *x[0]);
    check_along(name, indices->shape(), *x[0], place);
    detail::check_indices(name, *indices, *x[0], place);
    return indices->shape();
}

template <class T>
BasicArray<T> TakeAlongAxis::forward(Inputs<T> x) const {
    const std::size_t place = detail::axis_place(name, axis, x[0]->shape());
    BasicArray<T> y = empty_array<T>(indices->shape());
    detail::take_along(x[0]->data(), AxisView(x[0]->shape(), place), indices->data(), indices->shape()[place], y.data());
    return y;
}

template <class T>
void TakeAlongAxis::backward(Replay<T>& r) const {
    r.give(0, detail::call(ScatterAdd{indices, axis, r.shape(0)}, Location{}, r.g()));
}

Array64 TakeAlongAxis::reference(std::span<const Array64> x) const {
    const std::size_t place = detail::axis_place(name, axis, x[0].shape());
    return detail::array_by_index(indices->shape(), [&](const Shape& index) {
        return detail::element_at(x[0], index, place, wrapped(indices->element(index.begin(), index.end()), x[0].shape()[place]));
    });
}

std::vector<Sample<TakeAlongAxis>> TakeAlongAxis::samples() {
    return {{TakeAlongAxis{IndexArray{{2, 0}, {-1, 2}}, 1}, {uniform({2, 3}, 1)}},
            {TakeAlongAxis{IndexArray{{2, 0, 1}, {0, 0, -1}}, 0}, {uniform({3, 3}, 2)}},
            {TakeAlongAxis{IndexArray{{{1, 0}}, {{1, 1}}}, -2}, {uniform({2, 2, 2}, 3)}}};
}

Sample<TakeAlongAxis> TakeAlongAxis::random(Draw& draw) {
    Shape shape = draw.shape(1, 3, 0, 3);
    const int axis = draw.axis(shape.size());
    const std::size_t place = detail::axis_place(name, axis, shape);
    shape[place] = draw(1, 4);
    Shape part = shape;
    part[place] = draw(0, 3);
    return {TakeAlongAxis{random_indices(draw, part, shape[place]), axis}, {uniform(shape, draw.seed())}};
}

Shape ScatterAdd::infer(Shapes x) const {
    const Shape& whole = x.size() == 1 ? shape : *x[0];
    const std::size_t place = detail::axis_place(name, axis, whole);
    check_along(name, indices->shape(), whole, place);
    if (*x.back() != indices->shape()) {
        throw ShapeError("scatter_add: expected values of the indices' shape " + to_string(indices->shape()) + ", got " +
                         to_string(*x.back()));
    }
    detail::check_indices(name, *indices, whole, place);
    return whole;
}

template <class T>
BasicArray<T> ScatterAdd::forward(Inputs<T> x) const {
    const Shape whole = x.size() == 1 ? shape : x[0]->shape();
    const std::size_t place = detail::axis_place(name, axis, whole);
    BasicArray<T> y = start_of_sum(x, whole);
    detail::add_along(x.back()->data(), AxisView(whole, place), indices->data(), indices->shape()[place], y.data());
    return y;
}

template <class T>
void ScatterAdd::backward(Replay<T>& r) const {
    const std::size_t values = r.inputs() - 1;
    if (values == 1) r.give(0, r.g());
    if (r.wants(values)) r.give(values, detail::call(TakeAlongAxis{indices, axis}, Location{}, r.g()));
}

Array64 ScatterAdd::reference(std::span<const Array64> x) const {
    Array64 y = x.size() == 1 ? Array64(shape, 0.0) : x[0];
    const std::size_t place = detail::axis_place(name, axis, y.shape());
    (void)detail::array_by_index(indices->shape(), [&](Shape index) {
        const double value = detail::element_at(x.back(), index);
        index[place] = wrapped(indices->element(index.begin(), index.end()), y.shape()[place]);
        return y.element(index.begin(), index.end()) += value;
    });
    return y;
}

std::vector<Sample<ScatterAdd>> ScatterAdd::samples() {
    return {{ScatterAdd{IndexArray{{2, 0}, {-1, 2}}, 1, {}}, {uniform({2, 3}, 1), uniform({2, 2}, 2)}},
            {ScatterAdd{IndexArray{{2, 0, 1}, {0, 0, -1}}, 0, {3, 3}}, {uniform({2, 3}, 3)}},
            {ScatterAdd{IndexArray{1, 1, 0}, 0, {}}, {uniform({2}, 4), uniform({3}, 5)}}};
}

Sample<ScatterAdd> ScatterAdd::random(Draw& draw) {
    const Sample<TakeAlongAxis> sample = TakeAlongAxis::random(draw);
    const Shape from = sample.inputs[0].shape(), part = sample.op.indices->shape();
    if (draw.coin()) return {ScatterAdd{sample.op.indices, sample.op.axis, from}, {uniform(part, draw.seed())}};
    return {ScatterAdd{sample.op.indices, sample.op.axis, {}}, {sample.inputs[0], uniform(part, draw.seed())}};
}

Shape MaskedSelect::infer(Shapes x) const {
    detail::check_indices(name, *places, *x[0], std::nullopt);
    return places->shape();
}

template <class T>
BasicArray<T> MaskedSelect::forward(Inputs<T> x) const {
    return Take{places, std::nullopt}.forward(x);
}

template <class T>
void MaskedSelect::backward(Replay<T>& r) const {
    r.give(0, detail::call(IndexAdd{places, std::nullopt, r.shape(0)}, Location{}, r.g()));
}

Array64 MaskedSelect::reference(std::span<const Array64> x) const {
    return Take{places, std::nullopt}.reference(x);
}

std::vector<Sample<MaskedSelect>> MaskedSelect::samples() {
    return {{MaskedSelect{IndexArray{0, 3, 4}}, {uniform({2, 3}, 1)}}, {MaskedSelect{flatnonzero(mask({4}, 2))}, {uniform({4}, 3)}}};
}

Sample<MaskedSelect> MaskedSelect::random(Draw& draw) {
    const Shape shape = draw.shape(0, 3);
    return {MaskedSelect{flatnonzero(mask(shape, draw.seed()))}, {uniform(shape, draw.seed())}};
}

namespace {

template <class T>
IndexArray places_of_nonzero(const BasicArray<T>& x) {
    const auto count = static_cast<std::size_t>(std::count_if(x.data(), x.data() + x.size(), [](T v) { return v != 0; }));
    IndexArray places = empty_array<std::int64_t>({count});
    for (std::size_t i = 0, n = 0; n < count; ++i) {
        if (x.data()[i] != 0) places.data()[n++] = static_cast<std::int64_t>(i);
    }
    return places;
}

}  // namespace

IndexArray flatnonzero(const Array& x) { return places_of_nonzero(x); }
IndexArray flatnonzero(const Array64& x) { return places_of_nonzero(x); }

template <class T>
IndexArray detail::masked_places(const BasicTensor<T>& mask, const Shape& shape, Location at) {
    if (mask.shape() == shape) return flatnonzero(mask.value());
    Shape wide;
    if (!broadcast_shapes(mask.shape(), shape, wide) || wide != shape) {
        throw ShapeError("masked_select: expected a mask that broadcasts to " + to_string(shape) + ", got " + to_string(mask.shape()),
                         at);
    }
    const BasicArray<T>* const input[] = {&mask.value()};
    return flatnonzero(BroadcastTo{shape}.forward(Inputs<T>(input)));
}
template IndexArray detail::masked_places(const Tensor&, const Shape&, Location);
template IndexArray detail::masked_places(const Tensor64&, const Shape&, Location);

Shape OneHot::infer(Shapes) const {
    for (std::size_t i = 0; i < indices->size(); ++i) {
        const std::int64_t index = indices->data()[i];
        if (index < 0 || static_cast<std::uint64_t>(index) >= classes) {
            throw DataError("one_hot: expected " + (classes == 0 ? "no index" : "indices in 0 .. " + std::to_string(classes - 1)) +
                            ", got " + std::to_string(index) + " at " + place_of(*indices, i));
        }
    }
    Shape shape = indices->shape();
    shape.push_back(classes);
    return shape;
}

template <class T>
BasicArray<T> OneHot::forward(Inputs<T>) const {
    Shape shape = indices->shape();
    shape.push_back(classes);
    BasicArray<T> y(shape, T(0));
    for (std::size_t i = 0; i < indices->size(); ++i) y.data()[i * classes + static_cast<std::size_t>(indices->data()[i])] = 1;
    return y;
}

Array64 OneHot::reference(std::span<const Array64>) const {
    return detail::array_by_index(infer({}), [&](const Shape& index) {
        return indices->element(index.begin(), index.end() - 1) == static_cast<std::int64_t>(index.back()) ? 1.0 : 0.0;
    });
}

std::vector<Sample<OneHot>> OneHot::samples() {
    return {{OneHot{IndexArray{2, 0, 1}, 3}, {}}, {OneHot{IndexArray{{3, 0}, {1, 3}}, 5}, {}}};
}

Sample<OneHot> OneHot::random(Draw& draw) {
    const std::size_t classes = draw(1, 4);
    IndexArray indices = empty_array<std::int64_t>(draw.shape(0, 2));
    for (std::size_t i = 0; i < indices.size(); ++i) indices.data()[i] = static_cast<std::int64_t>(draw(0, classes - 1));
    return {OneHot{indices, classes}, {}};
}

// Other families move elements in the same way.
template Array TakeAlongAxis::forward(Inputs<float>) const;
template Array64 TakeAlongAxis::forward(Inputs<double>) const;
template struct detail::Runner<Take>;
template struct detail::Runner<IndexAdd>;
template struct detail::Runner<TakeAlongAxis>;
template struct detail::Runner<ScatterAdd>;
template struct detail::Runner<MaskedSelect>;
template struct detail::Runner<OneHot>;

std::vector<OperationInfo> detail::indexing_operations() { return describe_family(IndexingOps{}); }

}  // namespace xtape
