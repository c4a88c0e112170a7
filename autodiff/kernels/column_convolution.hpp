// Convolution as matrix products through BLAS, for any shape.
#pragma once

#include <xtape/autodiff/kernels/convolution.hpp>

namespace xtape::detail {

/// As convolve, for at least one image.
template <class T>
void convolve_columns(const ConvolutionShape& shape, const T* x, const T* w, const T* bias, T* y);

/// As convolve_transposed, for at least one image.
template <class T>
void convolve_columns_transposed(const ConvolutionShape& shape, const T* y, const T* w, const T* bias, T* x);

/// As convolve_weight, for at least one image.
template <class T>
void convolve_columns_weight(const ConvolutionShape& shape, const T* x, const T* y, T* w);

}  // namespace xtape::detail
