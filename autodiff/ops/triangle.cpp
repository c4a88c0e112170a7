#include <xtape/autodiff/ops/triangle.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/ops/reference.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;
using detail::axis_place;
using detail::DiagonalOf;
using detail::Steps;

namespace {

// A diagonal of a contiguous array: the shape it has alone, where it begins, and its steps.
struct Walk {
    Shape shape;
    std::ptrdiff_t first = 0;
    Steps steps;
    std::size_t axis1 = 0, axis2 = 0, row = 0, column = 0;  // where it begins on its two axes
};

Walk walk(const char* operation, const DiagonalOf& which, const Shape& shape) {
    Walk w;
    w.axis1 = axis_place(operation, which.axis1, shape);
    w.axis2 = axis_place(operation, which.axis2, shape);
    if (w.axis1 == w.axis2) {
        throw ShapeError(std::string(operation) + ": expected two different axes, got axes " + std::to_string(which.axis1) + " and " +
                         std::to_string(which.axis2) + " for shape " + to_string(shape));
    }
    const auto offset = static_cast<std::ptrdiff_t>(which.offset);
    w.row = static_cast<std::size_t>(std::max<std::ptrdiff_t>(-offset, 0));
    w.column = static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0));
    const Steps steps = detail::contiguous_steps(shape);
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (i == w.axis1 || i == w.axis2) continue;
        w.shape.push_back(shape[i]);
        w.steps.push_back(steps[i]);
    }
    const std::size_t rows = shape[w.axis1], columns = shape[w.axis2];
    w.shape.push_back(w.row < rows && w.column < columns ? std::min(rows - w.row, columns - w.column) : 0);
    w.steps.push_back(steps[w.axis1] + steps[w.axis2]);
    w.first = static_cast<std::ptrdiff_t>(w.row) * steps[w.axis1] + static_cast<std::ptrdiff_t>(w.column) * steps[w.axis2];
    return w;
}

DiagonalOf random_diagonal(Draw& draw, const Shape& shape) {
    const std::size_t axis1 = draw(0, shape.size() - 1), axis2 = (axis1 + draw(1, shape.size() - 1)) % shape.size();
    return {static_cast<int>(draw(0, 6)) - 3, static_cast<int>(axis1) - (draw.coin() ? static_cast<int>(shape.size()) : 0),
            static_cast<int>(axis2)};
}

}  // namespace

Shape Diagonal::infer(Shapes x) const { return walk(name, which, *x[0]).shape; }

template <class T>
BasicArray<T> Diagonal::forward(Inputs<T> x) const {
    const Walk w = walk(name, which, x[0]->shape());
    BasicArray<T> y = empty_array<T>(w.shape);
    if (y.size() > 0) detail::copy_strided(w.shape, x[0]->data() + w.first, w.steps, y.data(), detail::contiguous_steps(w.shape));
    return y;
}

template <class T>
void Diagonal::backward(Replay<T>& r) const {
    r.give(0, place_diagonal(r.g(), r.shape(0), which.offset, which.axis1, which.axis2));
}

Array64 Diagonal::reference(std::span<const Array64> x) const {
    const Walk w = walk(name, which, x[0].shape());
    return detail::array_by_index(w.shape, [&](const Shape& index) {
        Shape from(x[0].dimension());
        for (std::size_t i = 0, next = 0; i < from.size(); ++i) {
            from[i] = i == w.axis1 ? w.row + index.back() : i == w.axis2 ? w.column + index.back() : index[next++];
        }
        return detail::element_at(x[0], from);
    });
}

std::vector<Sample<Diagonal>> Diagonal::samples() {
    return {{Diagonal{}, {uniform({3, 3}, 1)}},
            {Diagonal{{1, 0, 1}}, {uniform({3, 4}, 2)}},
            {Diagonal{{-1, -2, -1}}, {uniform({2, 3, 2}, 3)}},
            {Diagonal{{0, 2, 0}}, {uniform({2, 2, 3}, 4)}}};
}

Sample<Diagonal> Diagonal::random(Draw& draw) {
    const Shape shape = draw.shape(2, 3);
    return {Diagonal{random_diagonal(draw, shape)}, {uniform(shape, draw.seed())}};
}

Shape PlaceDiagonal::infer(Shapes x) const {
    const Shape part = walk(name, which, shape).shape;
    if (part != *x[0]) {
        throw ShapeError("place_diagonal: expected a diagonal of shape " + to_string(part) + " for " + to_string(shape) + ", got " +
                         to_string(*x[0]));
    }
    return shape;
}

template <class T>
BasicArray<T> PlaceDiagonal::forward(Inputs<T> x) const {
    const Walk w = walk(name, which, shape);
    BasicArray<T> y(shape, T(0));
    if (x[0]->size() > 0) detail::copy_strided(w.shape, x[0]->data(), detail::contiguous_steps(w.shape), y.data() + w.first, w.steps);
    return y;
}

template <class T>
void PlaceDiagonal::backward(Replay<T>& r) const {
    r.give(0, diagonal(r.g(), which.offset, which.axis1, which.axis2));
}

Array64 PlaceDiagonal::reference(std::span<const Array64> x) const {
    const Walk w = walk(name, which, shape);
    return detail::array_by_index(shape, [&](const Shape& index) {
        Shape from;
        for (std::size_t i = 0; i < index.size(); ++i) {
            if (i != w.axis1 && i != w.axis2) from.push_back(index[i]);
        }
        if (index[w.axis1] < w.row || index[w.axis1] - w.row + w.column != index[w.axis2]) return 0.0;
        from.push_back(index[w.axis1] - w.row);
        return detail::element_at(x[0], from);
    });
}

std::vector<Sample<PlaceDiagonal>> PlaceDiagonal::samples() {
    return {{PlaceDiagonal{{3, 3}, {}}, {uniform({3}, 1)}},
            {PlaceDiagonal{{2, 3, 2}, {-1, -2, -1}}, {uniform({2, 2}, 2)}},
            {PlaceDiagonal{{4, 2}, {1, 1, 0}}, {uniform({2}, 3)}}};
}

Sample<PlaceDiagonal> PlaceDiagonal::random(Draw& draw) {
    const Shape shape = draw.shape(2, 3);
    const DiagonalOf which = random_diagonal(draw, shape);
    return {PlaceDiagonal{shape, which}, {uniform(walk(name, which, shape).shape, draw.seed())}};
}

Shape detail::embedded_shape(const Shape& x, int offset, Location at) {
    if (x.empty()) throw ShapeError("diag_embed: expected at least one axis, got shape ()", at);
    Shape shape(x.begin(), x.end() - 1);
    const std::size_t extent = x.back() + static_cast<std::size_t>(std::abs(static_cast<std::ptrdiff_t>(offset)));
    shape.push_back(extent);
    shape.push_back(extent);
    return shape;
}

namespace {

Shape triangle_shape(const char* operation, const Shape& shape) {
    if (shape.size() < 2) {
        throw ShapeError(std::string(operation) + ": expected at least two axes, got shape " + to_string(shape));
    }
    return shape;
}

// Row i keeps its elements before or from i + offset on.
template <class T>
BasicArray<T> triangle(const BasicArray<T>& x, std::ptrdiff_t offset, bool lower) {
    const Shape& shape = x.shape();
    const std::size_t rows = shape[shape.size() - 2], columns = shape[shape.size() - 1];
    BasicArray<T> y = empty_array<T>(shape);
    if (y.size() == 0) return y;
    parallel_for(y.size() / columns, std::max<std::size_t>(1, 32768 / columns), [&](std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row) {
            const std::ptrdiff_t diagonal = static_cast<std::ptrdiff_t>(row % rows) + offset + (lower ? 1 : 0);
            const auto cut = std::clamp<std::ptrdiff_t>(diagonal, 0, static_cast<std::ptrdiff_t>(columns));
            const T* const from = x.data() + row * columns;
            T* const to = y.data() + row * columns;
            if (lower) {
                std::fill(std::copy(from, from + cut, to), to + columns, T(0));
            } else {
                std::fill(to, to + cut, T(0));
                std::copy(from + cut, from + columns, to + cut);
            }
        }
    });
    return y;
}

Array64 triangle_reference(const Array64& x, std::ptrdiff_t offset, bool lower) {
    return detail::array_by_index(x.shape(), [&](const Shape& index) {
        const auto i = static_cast<std::ptrdiff_t>(index[index.size() - 2]), j = static_cast<std::ptrdiff_t>(index.back());
        return (lower ? j <= i + offset : j >= i + offset) ? detail::element_at(x, index) : 0.0;
    });
}

template <class Op>
Sample<Op> random_triangle(Draw& draw) {
    return {Op{static_cast<int>(draw(0, 8)) - 4}, {uniform(draw.shape(2, 3), draw.seed())}};
}

}  // namespace

Shape Tril::infer(Shapes x) const { return triangle_shape(name, *x[0]); }

template <class T>
BasicArray<T> Tril::forward(Inputs<T> x) const {
    return triangle(*x[0], offset, true);
}

template <class T>
void Tril::backward(Replay<T>& r) const {
    r.give(0, tril(r.g(), offset));
}

Array64 Tril::reference(std::span<const Array64> x) const { return triangle_reference(x[0], offset, true); }

std::vector<Sample<Tril>> Tril::samples() {
    return {{Tril{0}, {uniform({3, 3}, 1)}}, {Tril{1}, {uniform({2, 3, 4}, 2)}}, {Tril{-1}, {uniform({4, 2}, 3)}}};
}

Sample<Tril> Tril::random(Draw& draw) { return random_triangle<Tril>(draw); }

Shape Triu::infer(Shapes x) const { return triangle_shape(name, *x[0]); }

template <class T>
BasicArray<T> Triu::forward(Inputs<T> x) const {
    return triangle(*x[0], offset, false);
}

template <class T>
void Triu::backward(Replay<T>& r) const {
    r.give(0, triu(r.g(), offset));
}

Array64 Triu::reference(std::span<const Array64> x) const { return triangle_reference(x[0], offset, false); }

std::vector<Sample<Triu>> Triu::samples() {
    return {{Triu{0}, {uniform({3, 3}, 1)}}, {Triu{1}, {uniform({2, 3, 4}, 2)}}, {Triu{-2}, {uniform({4, 2}, 3)}}};
}

Sample<Triu> Triu::random(Draw& draw) { return random_triangle<Triu>(draw); }

template struct detail::Runner<Diagonal>;
template struct detail::Runner<PlaceDiagonal>;
template struct detail::Runner<Tril>;
template struct detail::Runner<Triu>;

std::vector<OperationInfo> detail::triangle_operations() {
    std::vector<OperationInfo> rows = describe_family(TriangleOps{});
    rows.push_back(describe_composition(
        "diag_embed", "diag_embed(x, offset)", "y = matrices with x on a diagonal, else 0;  dx = the diagonal of g", {{uniform({2, 3}, 1)}},
        [](const auto& x) { return diag_embed(x[0], 1); },
        [](const std::vector<Array64>& x) {
            return array_by_index({2, 4, 4}, [&](const Shape& i) { return i[2] == i[1] + 1 ? element_at(x[0], {i[0], i[1]}) : 0.0; });
        }));
    return rows;
}

}  // namespace xtape
