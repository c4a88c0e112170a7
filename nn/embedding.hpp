// Embedding: a learned row of numbers for each of `count` things.
#pragma once

#include <xtape/nn/module.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace xtape::nn {

struct EmbeddingOptions {
    /// A row that starts at 0 and gets no gradient: for the places that fill short sequences up.
    std::optional<std::int64_t> padding = {};
};

/// The rows of the weight whose numbers are given: indices of any shape give (that shape, dim).
template <class T>
class BasicEmbedding : public BasicModule<T> {
public:
    /// The weight starts with normal numbers of mean 0 and deviation 1, out of the next random stream. Throws
    /// ConfigError unless count and dim are at least 1 and the padding row is one of the rows.
    BasicEmbedding(std::size_t count, std::size_t dim, EmbeddingOptions options = {},
                   Location at = Location::current());

    /// Throws DataError for an index outside 0 .. count-1.
    template <std::same_as<IndexArray> I>
    BasicTensor<T> operator()(const I& indices, Location at = Location::current()) {
        return call(indices, at);
    }
    using BasicModule<T>::operator();

    /// Whole numbers kept as floating-point ones, as tables read from files have them. No gradient flows into them.
    /// Throws DataError also for a number that is not whole.
    BasicTensor<T> forward(const BasicTensor<T>& indices) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "Embedding 1000x64"

    BasicParameter<T> weight;  ///< (count, dim)

private:
    BasicTensor<T> call(const IndexArray& indices, Location at);

    EmbeddingOptions options_;
};

using Embedding = BasicEmbedding<float>;
using Embedding64 = BasicEmbedding<double>;

extern template class BasicEmbedding<float>;
extern template class BasicEmbedding<double>;

}  // namespace xtape::nn
