#include <xtape/autodiff/ops/rearrange.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/gather.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/ops/reference.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;
using detail::axis_place;
using detail::AxisView;
using detail::Steps;

Shape Flip::infer(Shapes x) const {
    (void)axes.mask(name, *x[0]);
    return *x[0];
}

template <class T>
BasicArray<T> Flip::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    BasicArray<T> y = empty_array<T>(shape);
    if (y.size() == 0) return y;
    const AxisMask flipped = axes.mask(name, shape);
    const Steps to = detail::contiguous_steps(shape);
    Steps from = to;
    std::ptrdiff_t first = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (!flipped[i]) continue;
        first += static_cast<std::ptrdiff_t>(shape[i] - 1) * from[i];
        from[i] = -from[i];
    }
    detail::copy_strided(shape, x[0]->data() + first, from, y.data(), to);
    return y;
}

template <class T>
void Flip::backward(Replay<T>& r) const {
    r.give(0, flip(r.g(), axes));
}

Array64 Flip::reference(std::span<const Array64> x) const {
    const Shape& shape = x[0].shape();
    const AxisMask flipped = axes.mask(name, shape);
    return detail::array_by_index(shape, [&](Shape index) {
        for (std::size_t i = 0; i < index.size(); ++i) index[i] = flipped[i] ? shape[i] - 1 - index[i] : index[i];
        return detail::element_at(x[0], index);
    });
}

std::vector<Sample<Flip>> Flip::samples() {
    return {{Flip{}, {uniform({2, 3}, 1)}}, {Flip{-1}, {uniform({2, 3}, 2)}}, {Flip{{0, 2}}, {uniform({2, 2, 3}, 3)}}};
}

Sample<Flip> Flip::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4, 0, 3);
    std::vector<int> chosen;
    for (int i = 0; i < static_cast<int>(shape.size()); ++i) {
        if (draw.coin()) chosen.push_back(i);
    }
    return {Flip{Axes(chosen)}, {uniform(shape, draw.seed())}};
}

namespace {

// How far an axis of n > 0 elements turns: 0 .. n - 1.
std::size_t turn(std::ptrdiff_t shift, std::size_t n) {
    const std::ptrdiff_t rest = shift % static_cast<std::ptrdiff_t>(n);
    return static_cast<std::size_t>(rest < 0 ? rest + static_cast<std::ptrdiff_t>(n) : rest);
}

template <class T>
BasicArray<T> rolled(const BasicArray<T>& x, const AxisView& view, std::ptrdiff_t shift) {
    BasicArray<T> y = empty_array<T>(x.shape());
    if (y.size() == 0) return y;
    const std::size_t by = turn(shift, view.extent) * view.inner, whole = view.extent * view.inner;
    const Steps steps{static_cast<std::ptrdiff_t>(whole), 1};
    detail::copy_strided({view.outer, whole - by}, x.data(), steps, y.data() + by, steps);
    detail::copy_strided({view.outer, by}, x.data() + (whole - by), steps, y.data(), steps);
    return y;
}

}  // namespace

Shape Roll::infer(Shapes x) const {
    if (axes.empty() ? shifts.size() != 1 : shifts.size() != axes.size()) {
        throw ShapeError("roll: expected one shift an axis, got " + std::to_string(shifts.size()) + " shifts and " +
                         std::to_string(axes.size()) + " axes");
    }
    for (const int axis : axes) (void)axis_place(name, axis, *x[0]);
    return *x[0];
}

template <class T>
BasicArray<T> Roll::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    if (axes.empty()) return rolled(*x[0], AxisView(shape), shifts[0]);
    BasicArray<T> y = rolled(*x[0], AxisView(shape, axis_place(name, axes[0], shape)), shifts[0]);
    for (std::size_t i = 1; i < axes.size(); ++i) y = rolled(y, AxisView(shape, axis_place(name, axes[i], shape)), shifts[i]);
    return y;
}

template <class T>
void Roll::backward(Replay<T>& r) const {
    // Negated modulo the extent, which a shift at the end of its type survives.
    Roll back = *this;
    for (std::size_t i = 0; i < shifts.size(); ++i) {
        const Shape shape = r.shape(0);
        const std::size_t n = axes.empty() ? element_count(shape) : shape[axis_place(name, axes[i], shape)];
        back.shifts[i] = n == 0 ? 0 : -static_cast<std::ptrdiff_t>(turn(shifts[i], n));
    }
    r.give(0, detail::call(back, Location{}, r.g()));
}

Array64 Roll::reference(std::span<const Array64> x) const {
    const Shape& shape = x[0].shape();
    const auto before = [](std::size_t i, std::ptrdiff_t shift, std::size_t n) {
        for (; shift > 0; --shift) i = i == 0 ? n - 1 : i - 1;
        for (; shift < 0; ++shift) i = i + 1 == n ? 0 : i + 1;
        return i;
    };
    std::size_t place = 0;
    return detail::array_by_index(shape, [&](Shape index) {
        if (axes.empty()) return x[0].data()[before(place++, shifts[0], x[0].size())];
        for (std::size_t i = 0; i < axes.size(); ++i) {
            const std::size_t axis = axis_place(name, axes[i], shape);
            index[axis] = before(index[axis], shifts[i], shape[axis]);
        }
        return detail::element_at(x[0], index);
    });
}

std::vector<Sample<Roll>> Roll::samples() {
    return {{Roll{{2}, {}}, {uniform({2, 3}, 1)}},
            {Roll{{-1}, {1}}, {uniform({2, 4}, 2)}},
            {Roll{{1, 5, -7}, {0, -1, 1}}, {uniform({2, 2, 3}, 3)}}};
}

Sample<Roll> Roll::random(Draw& draw) {
    const Shape shape = draw.shape(1, 3);
    const auto shift = [&draw] { return static_cast<std::ptrdiff_t>(draw(0, 20)) - 10; };
    if (draw.coin()) return {Roll{{shift()}, {}}, {uniform(shape, draw.seed())}};
    return {Roll{{shift(), shift()}, {draw.axis(shape.size()), draw.axis(shape.size())}}, {uniform(shape, draw.seed())}};
}

namespace {

// x's extents and the counts, both filled up with leading ones.
struct Tiling {
    Shape extents, counts;

    Tiling(const std::vector<std::size_t>& c, const Shape& x) {
        const std::size_t rank = std::max(c.size(), x.size());
        for (std::size_t i = 0; i < rank; ++i) {
            extents.push_back(i < rank - x.size() ? 1 : x[i - (rank - x.size())]);
            counts.push_back(i < rank - c.size() ? 1 : c[i - (rank - c.size())]);
        }
    }
    Shape result() const {
        Shape shape;
        for (std::size_t i = 0; i < extents.size(); ++i) shape.push_back(element_count({counts[i], extents[i]}));
        return shape;
    }
    // Count and extent of each axis as two axes.
    Shape apart() const {
        Shape shape;
        for (std::size_t i = 0; i < extents.size(); ++i) {
            shape.push_back(counts[i]);
            shape.push_back(extents[i]);
        }
        return shape;
    }
};

}  // namespace

Shape Tile::infer(Shapes x) const { return Tiling(counts, *x[0]).result(); }

template <class T>
BasicArray<T> Tile::forward(Inputs<T> x) const {
    const Tiling tiling(counts, x[0]->shape());
    const Steps steps = detail::contiguous_steps(tiling.extents);
    const Shape apart = tiling.apart();
    Steps from(apart.size(), 0);
    for (std::size_t i = 0; i < steps.size(); ++i) from[2 * i + 1] = steps[i];
    BasicArray<T> y = empty_array<T>(tiling.result());
    detail::copy_strided(apart, x[0]->data(), from, y.data(), detail::contiguous_steps(apart));
    return y;
}

template <class T>
void Tile::backward(Replay<T>& r) const {
    const Tiling tiling(counts, r.shape(0));
    std::vector<int> copies;
    for (std::size_t i = 0; i < tiling.counts.size(); ++i) copies.push_back(static_cast<int>(2 * i));
    r.give(0, reshape(sum(reshape(r.g(), tiling.apart()), Axes(copies)), r.shape(0)));
}

Array64 Tile::reference(std::span<const Array64> x) const {
    const Tiling tiling(counts, x[0].shape());
    return detail::array_by_index(tiling.result(), [&](const Shape& index) {
        Shape from(index.end() - static_cast<std::ptrdiff_t>(x[0].dimension()), index.end());
        for (std::size_t i = 0; i < from.size(); ++i) from[i] %= x[0].shape()[i];
        return detail::element_at(x[0], from);
    });
}

std::vector<Sample<Tile>> Tile::samples() {
    return {{Tile{{3}}, {uniform({2}, 1)}},
            {Tile{{2, 3}}, {uniform({2, 2}, 2)}},
            {Tile{{2}}, {uniform({2, 3}, 3)}},
            {Tile{{2, 1, 2}}, {uniform({3}, 4)}}};
}

Sample<Tile> Tile::random(Draw& draw) {
    std::vector<std::size_t> counts(draw(0, 3));
    for (std::size_t& count : counts) count = draw(0, 3);
    return {Tile{counts}, {uniform(draw.shape(0, 3, 0, 3), draw.seed())}};
}

namespace {

// The repetitions of an axis as an axis of their own, behind it.
Shape repetitions_apart(const Shape& shape, std::size_t axis, std::size_t count) {
    Shape apart;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        apart.push_back(shape[i]);
        if (i == axis) apart.push_back(count);
    }
    return apart;
}

}  // namespace

Shape Repeat::infer(Shapes x) const {
    Shape shape = *x[0];
    std::size_t& extent = shape[axis_place(name, axis, shape)];
    extent = element_count({extent, count});
    return shape;
}

template <class T>
BasicArray<T> Repeat::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    const std::size_t place = axis_place(name, axis, shape);
    const Shape apart = repetitions_apart(shape, place, count);
    Steps from;
    for (const std::ptrdiff_t step : detail::contiguous_steps(shape)) {
        from.push_back(step);
        if (from.size() == place + 1) from.push_back(0);
    }
    BasicArray<T> y = empty_array<T>(detail::inferred(*this, shape));
    detail::copy_strided(apart, x[0]->data(), from, y.data(), detail::contiguous_steps(apart));
    return y;
}

template <class T>
void Repeat::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    const std::size_t place = axis_place(name, axis, shape);
    r.give(0, sum(reshape(r.g(), repetitions_apart(shape, place, count)), static_cast<int>(place) + 1));
}

Array64 Repeat::reference(std::span<const Array64> x) const {
    const std::size_t place = axis_place(name, axis, x[0].shape());
    return detail::array_by_index(detail::inferred(*this, x[0].shape()), [&](const Shape& index) {
        return detail::element_at(x[0], index, place, index[place] / count);
    });
}

std::vector<Sample<Repeat>> Repeat::samples() {
    return {{Repeat{2, 0}, {uniform({3}, 1)}}, {Repeat{3, -1}, {uniform({2, 2}, 2)}}, {Repeat{2, 1}, {uniform({2, 3, 2}, 3)}}};
}

Sample<Repeat> Repeat::random(Draw& draw) {
    const Shape shape = draw.shape(1, 3);
    return {Repeat{draw(0, 3), draw.axis(shape.size())}, {uniform(shape, draw.seed())}};
}

IndexArray detail::repeated_indices(const IndexArray& counts, const Shape& shape, int axis, Location at) {
    const std::size_t extent = shape[axis_place("repeat", axis, shape, at)];
    if (counts.dimension() != 1 || counts.size() != extent) {
        throw ShapeError("repeat: expected counts of shape " + to_string(Shape{extent}) + " for axis " + std::to_string(axis) + " of " +
                             to_string(shape) + ", got " + to_string(counts.shape()), at);
    }
    std::size_t total = 0;
    for (std::size_t i = 0; i < extent; ++i) {
        if (counts(i) < 0) {
            throw DataError("repeat: expected counts of at least 0, got " + std::to_string(counts(i)) + " at (" + std::to_string(i) + ")",
                            at);
        }
        total += static_cast<std::size_t>(counts(i));
        // What no memory could hold is left to fail here, before it wraps around.
        (void)element_count({total, sizeof(std::int64_t) * 2});
    }
    IndexArray indices = empty_array<std::int64_t>({total});
    std::int64_t* to = indices.data();
    for (std::size_t i = 0; i < extent; ++i) to = std::fill_n(to, counts(i), static_cast<std::int64_t>(i));
    return indices;
}

template struct detail::Runner<Flip>;
template struct detail::Runner<Roll>;
template struct detail::Runner<Tile>;
template struct detail::Runner<Repeat>;

std::vector<OperationInfo> detail::rearrange_operations() { return describe_family(RearrangeOps{}); }

}  // namespace xtape
