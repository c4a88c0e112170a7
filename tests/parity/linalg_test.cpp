#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("linear algebra agrees with PyTorch in value and gradient") {
    const auto product = [](const auto& x) { return matmul(x[0], x[1]); };
    const auto system = [](const auto& x) { return solve(x[0], x[1]); };
    parity::check("linalg", {
        {"matmul", product},
        {"matmul: transposed", [](const auto& x) { return matmul(x[0], x[1], {.transpose_a = true, .transpose_b = true}); }},
        {"matmul: vector and vector", product},
        {"matmul: matrix and vector", product},
        {"matmul: vector and matrix", product},
        {"matmul: batch and vector", product},
        {"matmul: vector and batch", product},
        {"matmul: batch and matrix", product},
        {"matmul: batches that broadcast", product},
        {"linear", [](const auto& x) { return linear(x[0], x[1], x[2]); }},
        {"dot", [](const auto& x) { return dot(x[0], x[1]); }},
        {"outer", [](const auto& x) { return outer(x[0], x[1]); }},
        {"trace", [](const auto& x) { return trace(x[0]); }},
        {"trace: not square", [](const auto& x) { return trace(x[0]); }},
        {"einsum", [](const auto& x) { return einsum("ij,jk->ik", x[0], x[1]); }},
        {"einsum: implicit", [](const auto& x) { return einsum("ba,ca", x[0], x[1]); }},
        {"einsum: diagonal", [](const auto& x) { return einsum("ii->i", x[0]); }},
        {"einsum: trace", [](const auto& x) { return einsum("ii", x[0]); }},
        {"einsum: sum and permutation", [](const auto& x) { return einsum("abc->cb", x[0]); }},
        {"einsum: ellipsis", [](const auto& x) { return einsum("...ij,...jk->...ki", x[0], x[1]); }},
        {"einsum: attention", [](const auto& x) { return einsum("bqd,bkd->bqk", x[0], x[1]); }},
        {"einsum: bilinear", [](const auto& x) { return einsum("bi,oij,bj->bo", x[0], x[1], x[2]); }},
        {"solve", system},
        {"solve: vector", system},
        {"solve: transposed", [](const auto& x) { return solve(x[0], x[1], {.transpose = true}); }},
        {"solve: batches that broadcast", system},
        {"triangular_solve", [](const auto& x) { return triangular_solve(x[0], x[1]); }},
        {"triangular_solve: upper", [](const auto& x) { return triangular_solve(x[0], x[1], {.upper = true}); }},
        {"triangular_solve: transposed", [](const auto& x) { return triangular_solve(x[0], x[1], {.transpose = true}); }},
        {"triangular_solve: unit diagonal", [](const auto& x) { return triangular_solve(x[0], x[1], {.unit_diagonal = true}); }},
        {"inv", [](const auto& x) { return inv(x[0]); }},
        {"inv: batch", [](const auto& x) { return inv(x[0]); }},
        {"cholesky", [](const auto& x) { return cholesky(x[0]); }},
        {"cholesky: symmetric part", [](const auto& x) { return cholesky(x[0]); }},
        {"det", [](const auto& x) { return det(x[0]); }},
        {"det: batch", [](const auto& x) { return det(x[0]); }},
        {"logdet", [](const auto& x) { return logdet(x[0]); }},
        {"logabsdet", [](const auto& x) { return slogdet(x[0]).logabsdet; }},
        {"det_sign", [](const auto& x) { return slogdet(x[0]).sign; }},
    });
}
