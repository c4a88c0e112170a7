#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the embedding family agrees with PyTorch in value and gradient") {
    parity::check("embedding", {
        {"embedding", [](const auto& x) { return embedding(x[0], {{2, 0, 2}, {4, 2, 1}}); }},
        {"embedding: padding", [](const auto& x) { return embedding(x[0], {1, 0, 1, 3}, {.padding = 1}); }},
        {"scatter_rows", [](const auto& x) { return scatter_rows(x[0], {2, 0, 2, 3, 2}, 4); }},
    });
}
