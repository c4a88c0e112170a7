// Convolution over two axes, its gradients with respect to image and weight: three faces of one bilinear form.
//
//   sum over n, o, c, i, j, p, q of  y(n, o, i, j) w(o, c, p, q) x(n, c, i stride + p dilation - padding, ...)
//
// where x is 0 outside its extents. Each function gives the derivative with respect to the one factor it writes.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <cstddef>

namespace xtape::detail {

/// One spatial axis. Nothing ties `output` to the other numbers: what reaches outside the input reads zeros, whatever
/// is not reached stays without gradient. Only padding may be negative, which crops.
struct ConvolutionAxis {
    std::ptrdiff_t input = 1, output = 1, kernel = 1, stride = 1, padding = 0, dilation = 1;
};

/// x is (batch, groups in, y.input, x.input), w (groups out, in, y.kernel, x.kernel), y (batch, groups out, y.output,
/// x.output): `in` and `out` count the channels of one group. Only batch may be 0.
struct ConvolutionShape {
    std::size_t batch = 0, groups = 1, in = 1, out = 1;
    ConvolutionAxis y, x;
};

/// y = w convolved with x, plus bias (groups out) unless that is null.
template <class T>
void convolve(const ConvolutionShape& shape, const T* x, const T* w, const T* bias, T* y);

/// x = the adjoint of that in x, applied to y, plus bias (groups in) unless that is null.
template <class T>
void convolve_transposed(const ConvolutionShape& shape, const T* y, const T* w, const T* bias, T* x);

/// w = the adjoint of that in w, applied to x and y; the batch is summed in blocks that depend on the shape only.
template <class T>
void convolve_weight(const ConvolutionShape& shape, const T* x, const T* y, T* w);

}  // namespace xtape::detail
