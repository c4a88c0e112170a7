#include "parity/layers.hpp"

#include <xtape/nn/embedding.hpp>

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("embeddings agree with PyTorch in value and gradient") {
    parity::check_layers("embedding_layers", {
        {"Embedding", []<class T>() { return nn::BasicEmbedding<T>{5, 3}; },
         [](auto& m, const auto&) { return m(IndexArray{{4, 0, 1}, {1, 1, 3}}); }},
        {"Embedding: padding", []<class T>() { return nn::BasicEmbedding<T>{4, 2, {.padding = 1}}; },
         [](auto& m, const auto&) { return m(IndexArray{3, 1, 1, 0, 3}); }},
        {"Embedding: evaluation", []<class T>() { return nn::BasicEmbedding<T>{3, 2}; },
         [](auto& m, const auto&) { return m(IndexArray(std::int64_t{2})); }},
    });
}
