// Eigenvalues of symmetric matrices through LAPACK.
#pragma once

#include <xtape/autodiff/kernels/lapack.hpp>

namespace xtape::detail {

/// Eigenvalues (n), largest first, of the symmetric matrix a (n, n), whose row k becomes the eigenvector of values[k]: the
/// rows are orthonormal, their signs are LAPACK's. LAPACK works on one thread: the bits do not depend on their number.
/// After another outcome than `factored` both hold anything.
Outcome symmetric_eigen(double* a, std::size_t n, double* values, const char* operation);

}  // namespace xtape::detail
