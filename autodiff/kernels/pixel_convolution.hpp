// Convolution for any stride and few channels: a register holds neighbouring pixels of one channel of the result.
#pragma once

#include <xtape/autodiff/kernels/convolution.hpp>

namespace xtape::detail {

/// Whether these functions can compute the shape: short strides, and no span of a kernel far beyond the image.
bool pixel_convolution_fits(const ConvolutionShape& shape);

/// Whether they do so in less time than matrix products take: always, with registers of 32 bytes or more; without them BLAS,
/// which finds out at run time what the processor has, is ahead from about 8 output channels on.
template <class T>
bool pixel_convolution_pays(const ConvolutionShape& shape);

/// As convolve, for at least one image.
template <class T>
void convolve_pixels(const ConvolutionShape& shape, const T* x, const T* w, const T* bias, T* y);

/// As convolve_transposed, for at least one image. Every phase of a stride has its own taps; none multiplies by zeros.
template <class T>
void convolve_pixels_transposed(const ConvolutionShape& shape, const T* y, const T* w, const T* bias, T* x);

/// As convolve_weight, for at least one image.
template <class T>
void convolve_pixels_weight(const ConvolutionShape& shape, const T* x, const T* y, T* w);

}  // namespace xtape::detail
