#include <xtape/autodiff/kernels/convolution.hpp>

#include <xtape/autodiff/kernels/column_convolution.hpp>
#include <xtape/autodiff/kernels/direct_convolution.hpp>
#include <xtape/autodiff/kernels/pixel_convolution.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>

// Three ways, chosen by shape. Strides of 1 and many channels: registers of channels (direct_convolution). Otherwise registers of
// pixels (pixel_convolution). What neither suits, and much work on narrow registers: matrix products (column_convolution).
namespace xtape::detail {
namespace {

std::size_t pieces(std::size_t n, std::size_t length) { return (n + length - 1) / length; }

// The planes of a 1 x 1 convolution are rows, as long as enough of them are left to cut the work into.
ConvolutionShape flattened(ConvolutionShape s) {
    constexpr std::ptrdiff_t longest = 1024;
    const auto trivial = [](const ConvolutionAxis& a) {
        return a.kernel == 1 && a.stride == 1 && a.padding == 0 && a.input == a.output;
    };
    const std::ptrdiff_t plane = s.y.input * s.x.input;
    if (!trivial(s.y) || !trivial(s.x) || plane > longest) return s;
    s.y.input = s.y.output = 1;
    s.x.input = s.x.output = plane;
    return s;
}

// With a stride of 1 the adjoint is itself a convolution, with the channels exchanged and the kernel turned around.
ConvolutionShape turned(const ConvolutionShape& s) {
    const auto axis = [](const ConvolutionAxis& a) {
        return ConvolutionAxis{a.output, a.input, a.kernel, 1, a.dilation * (a.kernel - 1) - a.padding, a.dilation};
    };
    return {s.batch, s.groups, s.out, s.in, axis(s.y), axis(s.x)};
}

template <class T>
void convolve_turned(const ConvolutionShape& s, const T* y, const T* w, const T* bias, T* x) {
    const auto taps = static_cast<std::size_t>(s.y.kernel * s.x.kernel);
    BasicArray<T> kernel = empty_array<T>({s.groups * s.out * s.in * taps});
    T* to = kernel.data();
    for (std::size_t group = 0; group < s.groups; ++group) {
        for (std::size_t c = 0; c < s.in; ++c) {
            for (std::size_t o = 0; o < s.out; ++o, to += taps) {
                const T* from = w + ((group * s.out + o) * s.in + c) * taps;
                std::reverse_copy(from, from + taps, to);
            }
        }
    }
    convolve<T>(turned(s), y, kernel.data(), bias, x);
}

}  // namespace

std::size_t weight_parts(std::size_t batch, std::size_t blocks, std::size_t elements) {
    constexpr std::size_t wanted = 16, most_elements = std::size_t{1} << 22;
    const std::size_t parts = std::min(pieces(wanted, blocks), most_elements / elements + 1);
    // No part is empty.
    return pieces(batch, pieces(batch, std::min(parts, batch)));
}

template <class T>
void add_parts(const T* parts, std::size_t count, std::size_t elements, T* sum) {
    if (count == 0) return;
    parallel_for(elements, 16384, [&](std::size_t begin, std::size_t end) {
        for (std::size_t part = 0; part < count; ++part) {
            const T* from = parts + part * elements;
            for (std::size_t i = begin; i < end; ++i) sum[i] += from[i];
        }
    });
}

template <class T>
void convolve(const ConvolutionShape& shape, const T* x, const T* w, const T* bias, T* y) {
    const ConvolutionShape s = flattened(shape);
    if (s.batch == 0) return;
    if (direct_convolution_pays<T>(s)) {
        convolve_direct(s, x, w, bias, y);
    } else if (pixel_convolution_pays<T>(s)) {
        convolve_pixels(s, x, w, bias, y);
    } else {
        convolve_columns(s, x, w, bias, y);
    }
}

template <class T>
void convolve_transposed(const ConvolutionShape& shape, const T* y, const T* w, const T* bias, T* x) {
    const ConvolutionShape s = flattened(shape);
    if (s.batch == 0) return;
    const bool turns = s.y.stride == 1 && s.x.stride == 1;
    if (turns && direct_convolution_pays<T>(turned(s))) {
        convolve_turned(s, y, w, bias, x);
    } else if (pixel_convolution_pays<T>(s)) {
        convolve_pixels_transposed(s, y, w, bias, x);
    } else if (turns && s.in > s.out) {  // the fewer channels, the fewer columns
        convolve_turned(s, y, w, bias, x);
    } else {
        convolve_columns_transposed(s, y, w, bias, x);
    }
}

template <class T>
void convolve_weight(const ConvolutionShape& shape, const T* x, const T* y, T* w) {
    const ConvolutionShape s = flattened(shape);
    if (s.batch == 0) {
        std::fill_n(w, s.groups * s.out * s.in * static_cast<std::size_t>(s.y.kernel * s.x.kernel), T(0));
    } else if (direct_weight_pays<T>(s)) {
        convolve_weight_direct(s, x, y, w);
    } else if (pixel_convolution_pays<T>(s)) {
        convolve_pixels_weight(s, x, y, w);
    } else {
        convolve_columns_weight(s, x, y, w);
    }
}

template void convolve(const ConvolutionShape&, const float*, const float*, const float*, float*);
template void convolve(const ConvolutionShape&, const double*, const double*, const double*, double*);
template void convolve_transposed(const ConvolutionShape&, const float*, const float*, const float*, float*);
template void convolve_transposed(const ConvolutionShape&, const double*, const double*, const double*, double*);
template void convolve_weight(const ConvolutionShape&, const float*, const float*, float*);
template void convolve_weight(const ConvolutionShape&, const double*, const double*, double*);
template void add_parts(const float*, std::size_t, std::size_t, float*);
template void add_parts(const double*, std::size_t, std::size_t, double*);

}  // namespace xtape::detail
