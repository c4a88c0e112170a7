#include <xtape/autodiff/kernels/columns.hpp>

#include <xtape/autodiff/kernels/lanes.hpp>

#include <algorithm>

namespace xtape::detail {

template <class T>
PaddedRows<T>::PaddedRows(const ConvolutionShape& shape, std::size_t channels, std::ptrdiff_t rows,
                          std::ptrdiff_t slack)
    : axis_(shape.y), width_(shape.x.input), left_(shape.x.padding) {
    const ConvolutionAxis& x = shape.x;
    // The pitch covers the last tap of the last column, and the whole image row even where no tap reads it.
    const std::ptrdiff_t read = (x.output - 1) * x.stride + (x.kernel - 1) * x.dilation + 1 + slack;
    pitch_ = std::max(read, left_ + width_);
    height_ = std::min(shape.y.input, (rows - 1) * axis_.stride + (axis_.kernel - 1) * axis_.dilation + 1);
    // Zero once and for all: load() writes the same columns of a row each time.
    const Shape memory{channels, static_cast<std::size_t>(height_), static_cast<std::size_t>(pitch_)};
    rows_.assign(element_count(memory), T(0));
}

template <class T>
void PaddedRows<T>::load(const T* image, std::size_t channels, std::ptrdiff_t begin, std::ptrdiff_t end) {
    const std::ptrdiff_t height = axis_.input;
    first_ = std::clamp<std::ptrdiff_t>(begin * axis_.stride - axis_.padding, 0, height);
    last_ = std::clamp<std::ptrdiff_t>(
        (end - 1) * axis_.stride + (axis_.kernel - 1) * axis_.dilation + 1 - axis_.padding, first_, height);
    const std::ptrdiff_t skip = std::max<std::ptrdiff_t>(0, -left_), to = std::max<std::ptrdiff_t>(0, left_);
    if (skip >= width_) return;
    for (std::size_t c = 0; c < channels; ++c) {
        const T* from = image + (static_cast<std::ptrdiff_t>(c) * height + first_) * width_ + skip;
        T* row = rows_.data() + static_cast<std::ptrdiff_t>(c) * plane() + to;
        for (std::ptrdiff_t i = first_; i < last_; ++i, from += width_, row += pitch_)
            std::copy(from, from + (width_ - skip), row);
    }
}

template <class T>
void fill_columns(const ConvolutionShape& shape, const PaddedRows<T>& image, std::size_t channels, std::ptrdiff_t begin,
                  std::ptrdiff_t end, T* columns) {
    using L = Lanes<T>;
    constexpr auto width = static_cast<std::ptrdiff_t>(L::width);
    static_assert(width <= columns_slack<T>);
    const ConvolutionAxis &y = shape.y, &x = shape.x;
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::ptrdiff_t p = 0; p < y.kernel; ++p) {
            for (std::ptrdiff_t q = 0; q < x.kernel; ++q) {
                for (std::ptrdiff_t i = begin; i < end; ++i, columns += x.output) {
                    const T* from = image.row(c, i, p);
                    if (!from) {
                        std::fill(columns, columns + x.output, T(0));
                        continue;
                    }
                    from += q * x.dilation;
                    if (x.stride == 1) {
                        // Whole registers: what goes beyond the end is overwritten by the next row.
                        for (std::ptrdiff_t j = 0; j < x.output; j += width) L::load(from + j).store(columns + j);
                    } else {
                        for (std::ptrdiff_t j = 0; j < x.output; ++j) columns[j] = from[j * x.stride];
                    }
                }
            }
        }
    }
}

template <class T>
void add_columns(const ConvolutionShape& shape, const T* columns, std::size_t channels, std::ptrdiff_t begin,
                 std::ptrdiff_t end, T* image) {
    const ConvolutionAxis &y = shape.y, &x = shape.x;
    for (std::size_t c = 0; c < channels; ++c, image += y.input * x.input) {
        for (std::ptrdiff_t p = 0; p < y.kernel; ++p) {
            for (std::ptrdiff_t q = 0; q < x.kernel; ++q) {
                // Columns [low, high) of the output lie inside the image at this tap.
                const std::ptrdiff_t shift = q * x.dilation - x.padding;
                const std::ptrdiff_t low = shift >= 0 ? 0 : std::min(x.output, (-shift + x.stride - 1) / x.stride);
                const std::ptrdiff_t high =
                    x.input <= shift ? low : std::clamp((x.input - shift + x.stride - 1) / x.stride, low, x.output);
                for (std::ptrdiff_t i = begin; i < end; ++i, columns += x.output) {
                    const std::ptrdiff_t at = i * y.stride + p * y.dilation - y.padding;
                    if (at < 0 || at >= y.input) continue;
                    const std::ptrdiff_t to = at * x.input + shift;
                    if (x.stride == 1) {
                        for (std::ptrdiff_t j = low; j < high; ++j) image[to + j] += columns[j];
                    } else {
                        for (std::ptrdiff_t j = low; j < high; ++j) image[to + j * x.stride] += columns[j];
                    }
                }
            }
        }
    }
}

template class PaddedRows<float>;
template class PaddedRows<double>;
template void fill_columns(const ConvolutionShape&, const PaddedRows<float>&, std::size_t, std::ptrdiff_t,
                           std::ptrdiff_t, float*);
template void fill_columns(const ConvolutionShape&, const PaddedRows<double>&, std::size_t, std::ptrdiff_t,
                           std::ptrdiff_t, double*);
template void add_columns(const ConvolutionShape&, const float*, std::size_t, std::ptrdiff_t, std::ptrdiff_t, float*);
template void add_columns(const ConvolutionShape&, const double*, std::size_t, std::ptrdiff_t, std::ptrdiff_t, double*);

}  // namespace xtape::detail
