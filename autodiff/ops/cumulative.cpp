#include <xtape/autodiff/ops/cumulative.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/scan.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::size_t detail::running_axis(const char* operation, const Shape& shape, int axis, Location at) {
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

// An array seen as (outer, count, inner) around an axis.
struct Around {
    std::size_t outer = 1, count = 1, inner = 1;

    Around(const Shape& shape, std::size_t axis) {
        for (std::size_t i = 0; i < shape.size(); ++i) (i < axis ? outer : i == axis ? count : inner) *= shape[i];
    }
};

// z_i = x_(i-1) along an axis, z_0 = before.
template <class T>
BasicTensor<T> shifted(const BasicTensor<T>& x, std::size_t axis, T before) {
    Shape first = x.shape();
    if (first[axis] == 0) return x;
    const auto last = static_cast<std::ptrdiff_t>(first[axis]) - 1;
    std::vector<Range> ranges(axis + 1);
    ranges[axis] = {0, last};
    first[axis] = 1;
    return concat({BasicTensor<T>(BasicArray<T>(first, before)), slice(x, ranges)}, static_cast<int>(axis));
}

template <class T>
BasicTensor<T> recurrence(const BasicTensor<T>& a, const BasicTensor<T>& b, std::size_t axis, bool transposed) {
    return detail::call(LinearRecurrence{axis, transposed}, Location{}, a, b);
}

// Calls f(place, place of the one before or no_place) over x, the axis from its beginning.
constexpr std::size_t no_place = SIZE_MAX;
template <class F>
void visit_along(const Shape& shape, std::size_t axis, F f) {
    const Around x(shape, axis);
    for (std::size_t o = 0; o < x.outer; ++o) {
        for (std::size_t i = 0; i < x.inner; ++i) {
            for (std::size_t c = 0; c < x.count; ++c) {
                const std::size_t place = (o * x.count + c) * x.inner + i;
                f(place, c == 0 ? no_place : place - x.inner);
            }
        }
    }
}

}  // namespace

template <class T>
BasicTensor<T> detail::product_before(const BasicTensor<T>& x, std::size_t axis) {
    return shifted(detail::call(CumProd{axis}, Location{}, x), axis, T(1));
}

// With b = (0, ..., 0, 1) the transposed recurrence multiplies all that stand behind.
template <class T>
BasicTensor<T> detail::product_behind(const BasicTensor<T>& x, std::size_t axis) {
    BasicArray<T> last(x.shape(), T(0));
    const Around to(x.shape(), axis);
    for (std::size_t o = 0; to.count > 0 && o < to.outer; ++o) {
        T* const row = last.data() + ((o + 1) * to.count - 1) * to.inner;
        std::fill(row, row + to.inner, T(1));
    }
    return recurrence(x, BasicTensor<T>(std::move(last)), axis, true);
}

template <class T>
BasicArray<T> CumSum::forward(Inputs<T> x) const {
    const Around size(x[0]->shape(), axis);
    BasicArray<T> y = empty_array<T>(x[0]->shape());
    detail::running_sum(x[0]->data(), y.data(), size.outer, size.count, size.inner, backwards);
    return y;
}

template <class T>
void CumSum::backward(Replay<T>& r) const {
    r.give(0, detail::call(CumSum{axis, !backwards}, Location{}, r.g()));
}

Array64 CumSum::reference(std::span<const Array64> x) const {
    Array64 y(x[0].shape(), 0.0);
    // Every sum from its beginning.
    visit_along(x[0].shape(), axis, [&](std::size_t to, std::size_t) {
        const Around size(x[0].shape(), axis);
        const std::size_t at = to / size.inner % size.count, start = to - at * size.inner;
        for (std::size_t c = backwards ? at : 0; c < (backwards ? size.count : at + 1); ++c) {
            y.data()[to] += x[0].data()[start + c * size.inner];
        }
    });
    return y;
}

std::vector<Sample<CumSum>> CumSum::samples() {
    return {{CumSum{0}, {uniform({4, 3}, 1)}},
            {CumSum{1}, {uniform({2, 3, 2}, 2)}},
            {CumSum{1, true}, {uniform({2, 4}, 3)}}};
}

Sample<CumSum> CumSum::random(Draw& draw) {
    const Shape shape = draw.shape(1, 3);
    return {CumSum{draw(0, shape.size() - 1), draw.coin()}, {uniform(shape, draw.seed())}};
}

template <class T>
BasicArray<T> CumProd::forward(Inputs<T> x) const {
    const Around size(x[0]->shape(), axis);
    BasicArray<T> y = empty_array<T>(x[0]->shape());
    detail::running_product(x[0]->data(), y.data(), size.outer, size.count, size.inner);
    return y;
}

template <class T>
void CumProd::backward(Replay<T>& r) const {
    const BasicTensor<T> rest = recurrence(r.x(0), r.g(), axis, true);
    if (r.recording()) return r.give(0, shifted(r.y(), axis, T(1)) * rest);
    const Around size(rest.shape(), axis);
    BasicArray<T> dx = empty_array<T>(rest.shape());
    detail::times_previous(rest.value().data(), r.y_array()->data(), T(1), dx.data(), size.outer, size.count,
                           size.inner);
    r.give(0, BasicTensor<T>(std::move(dx)));
}

Array64 CumProd::reference(std::span<const Array64> x) const {
    Array64 y = x[0];
    visit_along(y.shape(), axis, [&](std::size_t to, std::size_t before) {
        if (before != no_place) y.data()[to] *= y.data()[before];
    });
    return y;
}

std::vector<Sample<CumProd>> CumProd::samples() {
    return {{CumProd{0}, {uniform({4, 3}, 1)}},
            {CumProd{1}, {uniform({2, 3, 2}, 2)}},
            {CumProd{1}, {{{0.0, 2.0, 3.0}, {1.5, 0.0, 0.0}, {2.0, 3.0, 0.0}}}}};
}

Sample<CumProd> CumProd::random(Draw& draw) {
    const Shape shape = draw.shape(1, 3);
    return {CumProd{draw(0, shape.size() - 1)}, {uniform(shape, draw.seed())}};
}

Shape LinearRecurrence::infer(Shapes x) const {
    if (*x[0] != *x[1]) {
        throw ShapeError("linear_recurrence: expected a and b of the same shape, got " + to_string(*x[0]) + " and " +
                         to_string(*x[1]));
    }
    return *x[0];
}

template <class T>
BasicArray<T> LinearRecurrence::forward(Inputs<T> x) const {
    const Around size(x[0]->shape(), axis);
    BasicArray<T> y = empty_array<T>(x[0]->shape());
    detail::running_recurrence(x[0]->data(), x[1]->data(), y.data(), size.outer, size.count, size.inner, transposed);
    return y;
}

template <class T>
void LinearRecurrence::backward(Replay<T>& r) const {
    const BasicTensor<T> s = recurrence(r.x(0), r.g(), axis, !transposed);
    r.give(1, s);
    if (!r.wants(0)) return;
    if (r.recording()) return r.give(0, transposed ? shifted(s, axis, T(0)) * r.y() : s * shifted(r.y(), axis, T(0)));
    const Around size(s.shape(), axis);
    BasicArray<T> da = empty_array<T>(s.shape());
    const T* const own = transposed ? r.y_array()->data() : s.value().data();
    const T* const previous = transposed ? s.value().data() : r.y_array()->data();
    detail::times_previous(own, previous, T(0), da.data(), size.outer, size.count, size.inner);
    r.give(0, BasicTensor<T>(std::move(da)));
}

Array64 LinearRecurrence::reference(std::span<const Array64> x) const {
    Array64 y(x[0].shape(), 0.0);
    const Around size(x[0].shape(), axis);
    // Every term of every sum: b_c times the a's between.
    visit_along(y.shape(), axis, [&](std::size_t to, std::size_t) {
        const std::size_t at = to / size.inner % size.count, start = to - at * size.inner;
        for (std::size_t c = transposed ? at : 0; c < (transposed ? size.count : at + 1); ++c) {
            double term = x[1].data()[start + c * size.inner];
            for (std::size_t k = std::min(at, c) + 1; k <= std::max(at, c); ++k)
                term *= x[0].data()[start + k * size.inner];
            y.data()[to] += term;
        }
    });
    return y;
}

std::vector<Sample<LinearRecurrence>> LinearRecurrence::samples() {
    return {{LinearRecurrence{0}, {uniform({4, 3}, 1), uniform({4, 3}, 2)}},
            {LinearRecurrence{1, true}, {uniform({2, 4}, 3), uniform({2, 4}, 4)}},
            {LinearRecurrence{1}, {uniform({2, 3, 2}, 5), uniform({2, 3, 2}, 6)}}};
}

Sample<LinearRecurrence> LinearRecurrence::random(Draw& draw) {
    const Shape shape = draw.shape(1, 3);
    const LinearRecurrence op{draw(0, shape.size() - 1), draw.coin()};
    return {op, {uniform(shape, draw.seed()), uniform(shape, draw.seed())}};
}

template BasicTensor<float> detail::product_before(const BasicTensor<float>&, std::size_t);
template BasicTensor<double> detail::product_before(const BasicTensor<double>&, std::size_t);
template BasicTensor<float> detail::product_behind(const BasicTensor<float>&, std::size_t);
template BasicTensor<double> detail::product_behind(const BasicTensor<double>&, std::size_t);

template struct detail::Runner<CumSum>;
template struct detail::Runner<CumProd>;
template struct detail::Runner<LinearRecurrence>;

std::vector<OperationInfo> detail::cumulative_operations() { return describe_family(CumulativeOps{}); }

}  // namespace xtape
