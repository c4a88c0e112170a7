// Pieces of images laid out for convolution kernels.
#pragma once

#include <xtape/autodiff/kernels/convolution.hpp>
#include <xtape/autodiff/memory.hpp>

#include <vector>

namespace xtape::detail {

/// Memory of a kernel, from the pool.
template <class T>
using Scratch = std::vector<T, PoolAllocator<T>>;

/// Rows of a few planes with zeros at both sides, so that every tap of a kernel reads inside: column j is the image's j
/// - padding.
template <class T>
class PaddedRows {
public:
    /// For `channels` planes and up to `rows` rows of output. Reads of up to `slack` elements behind the last tap stay
    /// inside.
    PaddedRows(const ConvolutionShape& shape, std::size_t channels, std::ptrdiff_t rows, std::ptrdiff_t slack);

    /// Takes what output rows [begin, end) need from the first `channels` planes that begin at `image`.
    void load(const T* image, std::size_t channels, std::ptrdiff_t begin, std::ptrdiff_t end);

    /// Row p of the kernel under output row i of channel c, from its first column on; null when it lies outside the
    /// image.
    const T* row(std::size_t c, std::ptrdiff_t i, std::ptrdiff_t p) const {
        const std::ptrdiff_t at = i * axis_.stride + p * axis_.dilation - axis_.padding;
        if (at < first_ || at >= last_) return nullptr;
        return rows_.data() + (static_cast<std::ptrdiff_t>(c) * height_ + at - first_) * pitch_;
    }
    /// From one channel's row to the next one's.
    std::ptrdiff_t plane() const { return height_ * pitch_; }
    std::ptrdiff_t pitch() const { return pitch_; }

private:
    ConvolutionAxis axis_;
    std::ptrdiff_t width_, left_, pitch_, height_, first_ = 0, last_ = 0;
    Scratch<T> rows_;
};

/// Elements that fill_columns may write behind the last column.
template <class T>
constexpr std::ptrdiff_t columns_slack = 64 / static_cast<std::ptrdiff_t>(sizeof(T));

/// columns((c, p, q), (i, j)) = the element that tap (p, q) of output (i, j) reads in channel c, for output rows
/// [begin, end).
template <class T>
void fill_columns(const ConvolutionShape& shape, const PaddedRows<T>& image, std::size_t channels, std::ptrdiff_t begin,
                  std::ptrdiff_t end, T* columns);

/// The adjoint: adds each element of `columns` to the place of the planes where fill_columns would read it.
template <class T>
void add_columns(const ConvolutionShape& shape, const T* columns, std::size_t channels, std::ptrdiff_t begin,
                 std::ptrdiff_t end, T* image);

}  // namespace xtape::detail
