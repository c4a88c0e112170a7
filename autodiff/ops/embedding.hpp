// Embedding: rows of a matrix looked up by number, and the reverse.
#pragma once

#include <xtape/autodiff/op.hpp>
#include <xtape/autodiff/ops/indices.hpp>

#include <optional>

namespace xtape {

/// Y[i...] = W[indices[i...]] for W (V, D) and indices of any shape; Y has D as one more axis
struct Embedding {
    detail::SharedIndices indices;
    std::optional<std::int64_t> padding = {};  ///< a row that gets no gradient
    bool blank_padding = false;                ///< and reads as zeros: the reverse of scatter_rows

    static constexpr const char* name = "embedding";
    static constexpr const char* signature = "embedding(weight, indices, {.padding = row})";
    static constexpr const char* formula = "y = W[indices];  dW[r] = sum of g where indices = r, 0 for the padding row";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Embedding>> samples();
    static Sample<Embedding> random(sample::Draw& draw);
};

/// Y (rows, D) = sums of the rows of x (..., D) that go to each row by their index. The order of the sum depends on the indices only.
struct ScatterRows {
    detail::SharedIndices indices;
    std::size_t rows = 0;
    std::optional<std::int64_t> padding = {};  ///< an index that goes nowhere

    static constexpr const char* name = "scatter_rows";
    static constexpr const char* signature = "scatter_rows(x, indices, rows)";
    static constexpr const char* formula = "Y[r] = sum of x where indices = r, 0 for the padding row;  dx = g[indices], 0 for padding";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<ScatterRows>> samples();
    static Sample<ScatterRows> random(sample::Draw& draw);
};

struct EmbeddingOptions {
    std::optional<std::int64_t> padding = {};  ///< a row whose gradient is 0, so that training leaves it as it is
};

/// Rows of weight (V, D): indices of any shape give (that shape, D). DataError for an index outside 0 .. V-1, ConfigError for such a
/// padding row, ShapeError unless weight is a matrix.
template <Node W>
auto embedding(const W& weight, IndexArray indices, EmbeddingOptions options = {}, Location at = Location::current()) {
    return detail::call(Embedding{detail::SharedIndices(std::move(indices)), options.padding}, at, weight);
}

/// Sums rows of x (shape of indices, D) into `rows` rows by their index. DataError for an index outside 0 .. rows-1.
template <Node X>
auto scatter_rows(const X& x, IndexArray indices, std::size_t rows, Location at = Location::current()) {
    return detail::call(ScatterRows{detail::SharedIndices(std::move(indices)), rows}, at, x);
}

namespace detail {
/// "(1, 2)", where element n of an array of that shape stands.
std::string position_of(std::size_t n, const Shape& shape);
std::vector<OperationInfo> embedding_operations();
}  // namespace detail

using EmbeddingOps = OpList<Embedding, ScatterRows>;

extern template struct detail::Runner<Embedding>;
extern template struct detail::Runner<ScatterRows>;

}  // namespace xtape
