#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("diagonals and triangles agree with PyTorch in value and gradient") {
    parity::check("triangle", {
        {"diagonal", [](const auto& x) { return diagonal(x[0], 1); }},
        {"diagonal: of batches", [](const auto& x) { return diagonal(x[0], -1, -2, -1); }},
        {"diag_embed", [](const auto& x) { return diag_embed(x[0], 1); }},
        {"tril", [](const auto& x) { return tril(x[0]); }},
        {"tril: above", [](const auto& x) { return tril(x[0], 1); }},
        {"triu", [](const auto& x) { return triu(x[0]); }},
        {"triu: below", [](const auto& x) { return triu(x[0], -1); }},
    });
}
