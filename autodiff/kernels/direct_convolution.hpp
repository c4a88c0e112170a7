// Convolution with a stride of 1 that reads the image where it is: a register holds the channels of a pixel.
#pragma once

#include <xtape/autodiff/kernels/convolution.hpp>
#include <xtape/autodiff/kernels/lanes.hpp>

#include <algorithm>
#include <cstring>

namespace xtape::detail {

template <class T>
constexpr std::ptrdiff_t lanes = static_cast<std::ptrdiff_t>(Lanes<T>::width);

template <class T>
constexpr bool wide_registers = sizeof(Lanes<T>) >= 32;

inline std::ptrdiff_t signed_size(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }
inline std::ptrdiff_t ceiling(std::ptrdiff_t a, std::ptrdiff_t b) { return (a + b - 1) / b; }

/// Output channels in pieces of one or two registers, the last piece filled up.
template <class T>
struct ChannelPieces {
    explicit ChannelPieces(std::size_t channels)
        : vectors(signed_size(channels) > lanes<T> ? 2 : 1),
          width(vectors * lanes<T>),
          count(ceiling(signed_size(channels), width)),
          all(signed_size(channels)) {}
    std::ptrdiff_t valid(std::ptrdiff_t piece) const { return std::min(width, all - piece * width); }

    std::ptrdiff_t vectors, width, count, all;
};

constexpr std::ptrdiff_t most_copied_pixels = 16;

/// Copies 1 <= n <= most_copied_pixels elements. Two blocks of eight that may overlap take less time than finding out how many
/// there are.
template <class T>
void copy_pixels(const T* from, std::ptrdiff_t n, T* to) {
    constexpr std::ptrdiff_t block = most_copied_pixels / 2;
    if (n >= block) {
        std::memcpy(to, from, block * sizeof(T));
        std::memcpy(to + n - block, from + n - block, block * sizeof(T));
    } else {
        for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = from[i];
    }
}

/// Whether convolve_direct can compute the shape: strides of 1.
bool direct_convolution_fits(const ConvolutionShape& shape);

/// Whether it does so in less time than matrix products take: it has enough output channels to fill registers, sums
/// long enough to pay for turning them, and registers of 32 bytes or more. BLAS finds out at run time what the
/// processor has, this code does not.
template <class T>
bool direct_convolution_pays(const ConvolutionShape& shape);

/// As convolve.
template <class T>
void convolve_direct(const ConvolutionShape& shape, const T* x, const T* w, const T* bias, T* y);

/// Whether convolve_weight_direct can compute the shape: strides of 1 and a horizontal dilation of 1.
bool direct_weight_fits(const ConvolutionShape& shape);

template <class T>
bool direct_weight_pays(const ConvolutionShape& shape);

/// As convolve_weight, for at least one image.
template <class T>
void convolve_weight_direct(const ConvolutionShape& shape, const T* x, const T* y, T* w);

/// Into how many parts a weight gradient cuts its batch, when it is cut into `blocks` blocks otherwise.
std::size_t weight_parts(std::size_t batch, std::size_t blocks, std::size_t elements);

/// sum += the parts, one after the other.
template <class T>
void add_parts(const T* parts, std::size_t count, std::size_t elements, T* sum);

}  // namespace xtape::detail
