#include <xtape/nn/embedding.hpp>

#include <xtape/autodiff/ops/embedding.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/nn/weights.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape::nn {
namespace {

template <class T>
BasicArray<T> first_weight(std::size_t count, std::size_t dim, std::optional<std::int64_t> padding, Location at) {
    if (count == 0 || dim == 0) {
        throw ConfigError(fmt::format("Embedding: expected at least 1 row and 1 column, got {} and {}", count, dim),
                          at);
    }
    if (padding && (*padding < 0 || static_cast<std::size_t>(*padding) >= count)) {
        throw ConfigError(fmt::format("Embedding: expected a padding row of the {} rows, got {}", count, *padding), at);
    }
    BasicArray<T> weight = init::normal<T>(detail::weight_shape("Embedding", {count, dim}, sizeof(T), at), 0, 1);
    if (padding) std::fill_n(weight.data() + static_cast<std::size_t>(*padding) * dim, dim, T(0));
    return weight;
}

template <class T>
IndexArray whole_numbers(const BasicArray<T>& x) {
    IndexArray indices = empty_array<std::int64_t>(x.shape());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const T number = x.data()[i];
        // 2^62 is far beyond every row; what is larger does not fit into 64 bits.
        if (!(std::abs(number) <= T(0x1p62) && std::trunc(number) == number)) {
            throw DataError(fmt::format("Embedding: expected whole numbers, got {} at {}", number,
                                        xtape::detail::position_of(i, x.shape())));
        }
        indices.data()[i] = static_cast<std::int64_t>(number);
    }
    return indices;
}

}  // namespace

template <class T>
BasicEmbedding<T>::BasicEmbedding(std::size_t count, std::size_t dim, EmbeddingOptions options, Location at)
    : weight(first_weight<T>(count, dim, options.padding, at), "weight"), options_(options) {}

template <class T>
BasicTensor<T> BasicEmbedding<T>::call(const IndexArray& indices, Location at) {
    BasicTensor<T> y;
    this->run_as_layer([&] { y = embedding(weight, indices, {options_.padding}, Location{}); }, at);
    return y;
}

template <class T>
BasicTensor<T> BasicEmbedding<T>::forward(const BasicTensor<T>& indices) {
    return embedding(weight, whole_numbers(indices.value()), {options_.padding}, Location{});
}

template <class T>
void BasicEmbedding<T>::visit(BasicVisitor<T>& v) {
    v("weight", weight);
}

template <class T>
std::string BasicEmbedding<T>::describe() const {
    return fmt::format("Embedding {}x{}", weight.shape()[0], weight.shape()[1]);
}

template class BasicEmbedding<float>;
template class BasicEmbedding<double>;

}  // namespace xtape::nn
