#include <xtape/autodiff/kernels/phased_image.hpp>

#include <xtape/autodiff/kernels/direct_convolution.hpp>

#include <algorithm>

namespace xtape::detail {

template <class T>
void copy_row(const T* from, std::ptrdiff_t n, T* to) {
    using L = Lanes<T>;
    if (n < lanes<T>) {
        for (std::ptrdiff_t j = 0; j < n; ++j) to[j] = from[j];
        return;
    }
    for (std::ptrdiff_t j = 0; j + lanes<T> < n; j += lanes<T>) L::load(from + j).store(to + j);
    L::load(from + n - lanes<T>).store(to + n - lanes<T>);
}

template <class T>
PhasedImage<T>::PhasedImage(const SourceAxis& y, const SourceAxis& x, std::size_t channels, std::ptrdiff_t height,
                            std::ptrdiff_t rows, std::ptrdiff_t columns, T outside)
    : y_(y), x_(x), outside_(outside) {
    direct_ = outside == 0 && x.step == 1 && x.low >= 0 && columns - 1 + x.high < x.extent && y.low >= 0 &&
              (height - 1) * y.step + y.high < y.extent;
    phase_ = direct_ ? x.extent : columns + (x.high - x.low) / x.step;
    phases_ = std::min(x.step, x.high - x.low + 1);
    pitch_ = direct_ ? x.extent : phases_ * phase_;
    const std::ptrdiff_t source_rows = (rows - 1) * y.step + y.high - y.low + 1;
    plane_ = direct_ ? y.extent * x.extent : source_rows * pitch_;
    for (std::ptrdiff_t f = 0; f < phases_; ++f) {
        const std::ptrdiff_t start = x.low + f, begin = start >= 0 ? 0 : ceiling(-start, x.step);
        const std::ptrdiff_t end = x.extent <= start ? 0 : std::min(phase_, ceiling(x.extent - start, x.step));
        inside_.push_back({start, std::min(begin, end), end});
    }
    // Once and for all: load() writes the same columns of a row each time.
    if (!direct_) rows_.assign(channels * static_cast<std::size_t>(plane_), outside);
}

template <class T>
void PhasedImage<T>::load_row(const T* from, T* to) const {
    const std::ptrdiff_t step = x_.step;
    for (const auto& [start, begin, end] : inside_) {
        if (step == 1) {
            copy_row(from + (start + begin), end - begin, to + begin);
        } else if (step == 2) {
            for (std::ptrdiff_t k = begin; k < end; ++k) to[k] = from[start + 2 * k];
        } else {
            for (std::ptrdiff_t k = begin; k < end; ++k) to[k] = from[start + step * k];
        }
        to += phase_;
    }
}

template <class T>
void PhasedImage<T>::load(const T* image, std::size_t channels, std::ptrdiff_t begin, std::ptrdiff_t rows) {
    const std::ptrdiff_t first = begin * y_.step + y_.low, count = (rows - 1) * y_.step + y_.high - y_.low + 1;
    if (direct_) {
        first_ = image + first * x_.extent + x_.low;
        return;
    }
    first_ = rows_.data();
    for (std::ptrdiff_t c = 0; c < signed_size(channels); ++c) {
        T* to = rows_.data() + c * plane_;
        const T* const plane = image + c * y_.extent * x_.extent;
        for (std::ptrdiff_t i = first; i < first + count; ++i, to += pitch_) {
            if ((i - first) % y_.step > y_.high - y_.low) continue;  // no tap reads it
            if (i < 0 || i >= y_.extent) {
                std::fill_n(to, pitch_, outside_);
            } else {
                load_row(plane + i * x_.extent, to);
            }
        }
    }
}

template <class T>
T* PhasedImage<T>::clear() {
    rows_.assign(static_cast<std::size_t>(plane_), T(0));
    return rows_.data();
}

template <class T>
void PhasedImage<T>::store(T* image) const {
    const std::ptrdiff_t source_rows = plane_ / pitch_, step = x_.step;
    const bool covered = phases_ == step && x_.extent - x_.low <= phase_ * step;
    for (std::ptrdiff_t i = 0; i < y_.extent; ++i, image += x_.extent) {
        const std::ptrdiff_t at = i - y_.low;
        if (at < 0 || at >= source_rows || !covered) std::fill_n(image, x_.extent, T(0));
        if (at < 0 || at >= source_rows) continue;
        const T* from = rows_.data() + at * pitch_;
        if (step == 1) {
            const auto& [start, begin, end] = inside_[0];
            copy_row(from + begin, end - begin, image + (start + begin));
            continue;
        }
        if (phases_ == 2 && step == 2) {
            // Both phases at once where both have a column, which becomes SIMD.
            const Stretch &a = inside_[0], &b = inside_[1];
            const std::ptrdiff_t begin = std::max(a.begin, b.begin), end = std::min(a.end, b.end);
            if (a.begin < begin) image[a.start + 2 * a.begin] = from[a.begin];
            if (b.begin < begin) image[b.start + 2 * b.begin] = from[phase_ + b.begin];
            for (std::ptrdiff_t k = begin; k < end; ++k) {
                image[a.start + 2 * k] = from[k];
                image[a.start + 2 * k + 1] = from[phase_ + k];
            }
            if (a.end > end) image[a.start + 2 * end] = from[end];
            if (b.end > end) image[b.start + 2 * end] = from[phase_ + end];
            continue;
        }
        for (const auto& [start, begin, end] : inside_) {
            for (std::ptrdiff_t k = begin; k < end; ++k) image[start + k * step] = from[k];
            from += phase_;
        }
    }
}

template <class T>
std::ptrdiff_t PhasedImage<T>::offset(std::ptrdiff_t row_shift, std::ptrdiff_t column_shift) const {
    const std::ptrdiff_t column = column_shift - x_.low;
    return (row_shift - y_.low) * pitch_ + column % x_.step * phase_ + column / x_.step;
}

template void copy_row(const float*, std::ptrdiff_t, float*);
template void copy_row(const double*, std::ptrdiff_t, double*);
template class PhasedImage<float>;
template class PhasedImage<double>;

}  // namespace xtape::detail
