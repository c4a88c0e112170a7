#include <xtape/autodiff/ops/sorting.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/gather.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/kernels/order.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;
using detail::axis_place;
using detail::AxisView;

template <class T>
IndexArray detail::find_order(const char* operation, const BasicArray<T>& x, std::optional<std::size_t> count, int axis,
                              bool descending, Location at) {
    Shape shape = x.shape();
    const std::size_t place = axis_place(operation, axis, shape, at), extent = shape[place];
    if (count && *count > extent) {
        throw ShapeError(std::string(operation) + ": expected at most the " + std::to_string(extent) + " elements of axis " +
                             std::to_string(place) + " of " + to_string(shape) + ", got k = " + std::to_string(*count), at);
    }
    const AxisView view(shape, place);
    const std::size_t first = count.value_or(extent);
    shape[place] = first;
    IndexArray order = empty_array<std::int64_t>(shape);
    if (view.inner == 1) {
        sort_rows(x.data(), view.outer, extent, first, descending, order.data());
        return order;
    }
    // The axis is brought to the end, where its elements stand together, and the order back.
    const Shape turned{view.outer, view.inner, extent}, found{view.outer, view.inner, first};
    const auto step = static_cast<std::ptrdiff_t>(view.inner);
    BasicArray<T> rows = empty_array<T>(turned);
    copy_strided(turned, x.data(), {step * static_cast<std::ptrdiff_t>(extent), 1, step}, rows.data(), contiguous_steps(turned));
    IndexArray places = empty_array<std::int64_t>(found);
    sort_rows(rows.data(), view.outer * view.inner, extent, first, descending, places.data());
    copy_strided(found, places.data(), contiguous_steps(found), order.data(), {step * static_cast<std::ptrdiff_t>(first), 1, step});
    return order;
}
template IndexArray detail::find_order(const char*, const Array&, std::optional<std::size_t>, int, bool, Location);
template IndexArray detail::find_order(const char*, const Array64&, std::optional<std::size_t>, int, bool, Location);

Shape detail::Ordered::taken_shape(const char* operation, const Shape& x) const {
    const std::size_t place = axis_place(operation, axis, x);
    Shape wanted = x;
    if (order->dimension() == x.size()) wanted[place] = order->shape()[place];
    if (order->shape() != wanted) {
        throw ShapeError(std::string(operation) + ": expected an order of x's shape but for axis " + std::to_string(place) + ", got " +
                         to_string(order->shape()) + " for " + to_string(x));
    }
    check_indices(operation, *order, x, place);
    return order->shape();
}

template <class T>
BasicArray<T> detail::Ordered::forward(Inputs<T> x) const {
    return TakeAlongAxis{order, axis}.forward(x);
}

template <class T>
void detail::Ordered::backward(Replay<T>& r) const {
    r.give(0, call(ScatterAdd{order, axis, r.shape(0)}, Location{}, r.g()));
}

Array64 detail::Ordered::reference(std::span<const Array64> x) const {
    const std::size_t place = axis_place("sort", axis, x[0].shape());
    const AxisView view(x[0].shape(), place);
    Array64 y = empty_array<double>(order->shape());
    const std::size_t count = y.shape()[place];
    std::vector<double> column(view.extent);
    for (std::size_t o = 0; o < view.outer; ++o) {
        for (std::size_t i = 0; i < view.inner; ++i) {
            for (std::size_t k = 0; k < view.extent; ++k) column[k] = x[0].data()[(o * view.extent + k) * view.inner + i];
            std::sort(column.begin(), column.end());
            if (descending) std::reverse(column.begin(), column.end());
            for (std::size_t k = 0; k < count; ++k) y.data()[(o * count + k) * view.inner + i] = column[k];
        }
    }
    return y;
}

namespace {

template <class Op>
Sample<Op> ordered_sample(const Array64& x, std::optional<std::size_t> count, int axis, bool descending) {
    return {Op{{detail::find_order(Op::name, x, count, axis, descending, Location{}), axis, descending}}, {x}};
}

}  // namespace

std::vector<Sample<Sort>> Sort::samples() {
    return {ordered_sample<Sort>(distinct({5}, 1), std::nullopt, 0, false),
            ordered_sample<Sort>(distinct({2, 4}, 2), std::nullopt, -1, true),
            ordered_sample<Sort>(distinct({2, 3, 2}, 3), std::nullopt, 1, false)};
}

Sample<Sort> Sort::random(Draw& draw) {
    const Array64 x = distinct(draw.shape(1, 3), draw.seed());
    return ordered_sample<Sort>(x, std::nullopt, draw.axis(x.dimension()), draw.coin());
}

std::vector<Sample<TopK>> TopK::samples() {
    return {ordered_sample<TopK>(distinct({6}, 1), 3, 0, true), ordered_sample<TopK>(distinct({3, 4}, 2), 2, -1, false),
            ordered_sample<TopK>(distinct({4, 3}, 3), 1, 0, true)};
}

Sample<TopK> TopK::random(Draw& draw) {
    const Array64 x = distinct(draw.shape(1, 3), draw.seed());
    const int axis = draw.axis(x.dimension());
    const std::size_t count = draw(0, x.shape()[axis_place(name, axis, x.shape())]);
    return ordered_sample<TopK>(x, count, axis, draw.coin());
}

template struct detail::Runner<Sort>;
template struct detail::Runner<TopK>;

std::vector<OperationInfo> detail::sorting_operations() { return describe_family(SortingOps{}); }

}  // namespace xtape
