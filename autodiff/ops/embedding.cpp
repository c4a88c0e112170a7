#include <xtape/autodiff/ops/embedding.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/moments.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace xtape {

using namespace sample;

std::string detail::position_of(std::size_t n, const Shape& shape) {
    Shape place(shape.size());
    for (std::size_t i = shape.size(); i-- > 0; n /= shape[i]) place[i] = n % shape[i];
    return to_string(place);
}

namespace {

constexpr std::size_t block_elements = 32768;
constexpr std::size_t short_sum = 32;  // rows added one after the other before pairs are combined

using Padding = std::optional<std::int64_t>;

void check_indices(const char* operation, const IndexArray& indices, std::size_t rows, const Padding& padding) {
    const auto outside = [rows](std::int64_t i) { return i < 0 || static_cast<std::uint64_t>(i) >= rows; };
    if (padding && outside(*padding)) {
        throw ConfigError(fmt::format("{}: expected a padding row of the {} rows, got {}", operation, rows, *padding));
    }
    for (std::size_t n = 0; n < indices.size(); ++n) {
        if (!outside(indices.data()[n])) continue;
        throw DataError(fmt::format("{}: expected indices of the {} rows, got {} at {}", operation, rows, indices.data()[n],
                                    detail::position_of(n, indices.shape())));
    }
}

// Positions of the indices, ordered by index and then by position: those of row r stand from start[r] to start[r + 1].
struct Occurrences {
    std::vector<std::size_t, PoolAllocator<std::size_t>> start, position;

    Occurrences(const IndexArray& indices, std::size_t rows) : start(rows + 1, 0), position(indices.size()) {
        const std::int64_t* const index = indices.data();
        for (std::size_t n = 0; n < position.size(); ++n) ++start[static_cast<std::size_t>(index[n]) + 1];
        for (std::size_t r = 0; r < rows; ++r) start[r + 1] += start[r];
        auto next = start;
        for (std::size_t n = 0; n < position.size(); ++n) position[next[static_cast<std::size_t>(index[n])]++] = n;
    }
};

// y = sum of the rows of x at these positions, pairwise when there are many.
template <class T>
void sum_rows(const T* x, std::size_t width, const std::size_t* positions, std::size_t count, T* y) {
    if (count > short_sum) {
        const std::size_t half = (count / 2 + short_sum - 1) / short_sum * short_sum;
        std::vector<T, PoolAllocator<T>> right(width);
        sum_rows(x, width, positions, half, y);
        sum_rows(x, width, positions + half, count - half, right.data());
        for (std::size_t i = 0; i < width; ++i) y[i] += right[i];
        return;
    }
    std::copy(x + positions[0] * width, x + (positions[0] + 1) * width, y);
    for (std::size_t k = 1; k < count; ++k) {
        const T* const row = x + positions[k] * width;
        detail::for_registers<T>(width, [&](auto load, auto store, std::size_t i) { store(load(y + i) + load(row + i), y + i); });
    }
}

IndexArray random_indices(Draw& draw, std::size_t rows) {
    IndexArray indices = empty_array<std::int64_t>(draw.shape(0, 2));
    for (std::int64_t& i : indices) i = static_cast<std::int64_t>(draw(0, rows - 1));
    return indices;
}

Padding random_padding(Draw& draw, std::size_t rows) {
    return draw.coin() ? Padding() : Padding(static_cast<std::int64_t>(draw(0, rows - 1)));
}

Shape with_width(Shape shape, std::size_t width) {
    shape.push_back(width);
    return shape;
}

}  // namespace

Shape Embedding::infer(Shapes x) const {
    const Shape& weight = *x[0];
    if (weight.size() != 2) throw ShapeError("embedding: expected a weight (V, D), got " + to_string(weight));
    check_indices(name, *indices, weight[0], padding);
    return with_width(indices->shape(), weight[1]);
}

template <class T>
BasicArray<T> Embedding::forward(Inputs<T> x) const {
    const std::size_t width = x[0]->shape()[1];
    BasicArray<T> y = empty_array<T>(with_width(indices->shape(), width));
    const T* const weight = x[0]->data();
    T* const out = y.data();
    const std::int64_t* const index = indices->data();
    const std::int64_t blank = blank_padding && padding ? *padding : -1;
    parallel_for(indices->size(), std::max<std::size_t>(1, block_elements / (width + 1)), [&](std::size_t begin, std::size_t end) {
        for (std::size_t n = begin; n < end; ++n) {
            if (index[n] == blank) {
                std::fill(out + n * width, out + (n + 1) * width, T(0));
            } else {
                const T* const row = weight + static_cast<std::size_t>(index[n]) * width;
                std::copy(row, row + width, out + n * width);
            }
        }
    });
    return y;
}

template <class T>
void Embedding::backward(Replay<T>& r) const {
    r.give(0, detail::call(ScatterRows{indices, r.shape(0)[0], padding}, Location{}, r.g()));
}

Array64 Embedding::reference(std::span<const Array64> x) const {
    const std::size_t width = x[0].shape()[1];
    Array64 y = empty_array<double>(with_width(indices->shape(), width));
    for (std::size_t n = 0; n < y.size(); ++n) {
        const std::int64_t row = indices->data()[n / width];
        y.data()[n] = blank_padding && row == padding ? 0 : x[0](row, n % width);
    }
    return y;
}

std::vector<Sample<Embedding>> Embedding::samples() {
    using detail::SharedIndices;
    return {{Embedding{SharedIndices({2, 0, 2, 4})}, {uniform({5, 3}, 1)}},
            {Embedding{SharedIndices({{1, 0}, {1, 1}, {3, 1}}), {}}, {uniform({4, 2}, 2)}},
            {Embedding{SharedIndices({0, 1, 2}), 1, true}, {uniform({3, 17}, 3)}},
            {Embedding{SharedIndices(IndexArray(Shape{100}, 1))}, {uniform({2, 3}, 4)}}};
}

Sample<Embedding> Embedding::random(Draw& draw) {
    // A padding row has no gradient although the value depends on it, unless it reads as zeros.
    const std::size_t rows = draw(1, 5);
    const Padding padding = random_padding(draw, rows);
    return {Embedding{detail::SharedIndices(random_indices(draw, rows)), padding, padding.has_value()},
            {uniform({rows, draw(0, 4)}, draw.seed())}};
}

Shape ScatterRows::infer(Shapes x) const {
    const Shape& shape = *x[0];
    if (shape.empty() || Shape(shape.begin(), shape.end() - 1) != indices->shape()) {
        throw ShapeError("scatter_rows: expected rows (..., D) of the indices' shape " + to_string(indices->shape()) + ", got " +
                         to_string(shape));
    }
    check_indices(name, *indices, rows, padding);
    return {rows, shape.back()};
}

template <class T>
BasicArray<T> ScatterRows::forward(Inputs<T> x) const {
    const std::size_t width = x[0]->shape().back();
    BasicArray<T> y = empty_array<T>({rows, width});
    if (y.size() == 0) return y;
    const Occurrences occurrences(*indices, rows);
    const auto blank = padding ? static_cast<std::size_t>(*padding) : rows;
    // Rows that many indices name take long, so blocks are small.
    parallel_for(rows, std::max<std::size_t>(1, block_elements / 8 / width), [&](std::size_t begin, std::size_t end) {
        for (std::size_t r = begin; r < end; ++r) {
            const std::size_t first = occurrences.start[r], count = occurrences.start[r + 1] - first;
            if (count == 0 || r == blank) {
                std::fill(y.data() + r * width, y.data() + (r + 1) * width, T(0));
            } else {
                sum_rows(x[0]->data(), width, occurrences.position.data() + first, count, y.data() + r * width);
            }
        }
    });
    return y;
}

template <class T>
void ScatterRows::backward(Replay<T>& r) const {
    r.give(0, detail::call(Embedding{indices, padding, true}, Location{}, r.g()));
}

Array64 ScatterRows::reference(std::span<const Array64> x) const {
    const std::size_t width = x[0].shape().back();
    Array64 y(Shape{rows, width}, 0.0);
    for (std::size_t n = 0; n < x[0].size(); ++n) {
        const std::int64_t row = indices->data()[n / width];
        if (row != padding) y(row, n % width) += x[0].data()[n];
    }
    return y;
}

std::vector<Sample<ScatterRows>> ScatterRows::samples() {
    using detail::SharedIndices;
    return {{ScatterRows{SharedIndices({2, 0, 2, 4}), 5}, {uniform({4, 3}, 1)}},
            {ScatterRows{SharedIndices({{1, 0}, {1, 1}}), 2, 0}, {uniform({2, 2, 2}, 2)}},
            {ScatterRows{SharedIndices(IndexArray(Shape{100}, 1)), 3}, {uniform({100, 2}, 3)}}};
}

Sample<ScatterRows> ScatterRows::random(Draw& draw) {
    const std::size_t rows = draw(1, 5);
    const IndexArray indices = random_indices(draw, rows);
    const Shape shape = with_width(indices.shape(), draw(0, 4));
    return {ScatterRows{detail::SharedIndices(indices), rows, random_padding(draw, rows)}, {uniform(shape, draw.seed())}};
}

template struct detail::Runner<Embedding>;
template struct detail::Runner<ScatterRows>;

std::vector<OperationInfo> detail::embedding_operations() { return describe_family(EmbeddingOps{}); }

}  // namespace xtape
