#include <xtape/autodiff/kernels/strided_pooling.hpp>

#include <xtape/autodiff/kernels/direct_convolution.hpp>
#include <xtape/autodiff/kernels/phased_image.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <limits>

namespace xtape::detail {
namespace {

template <class T>
constexpr T lowest = -std::numeric_limits<T>::infinity();

// One plane's windows: where they read, and the padded rows of what belongs to them.
template <class T>
class PoolPlane {
public:
    PoolPlane(const PoolWindows& windows, const PoolRule& rows, const PoolRule& columns, T outside)
        : windows_(windows),
          rule_(rows),
          count_(signed_size(windows.rows.size())),
          width_(signed_size(windows.columns.size())),
          padded_(ceiling(width_, lanes<T>) * lanes<T>),
          image_(axis(rows, windows.height), axis(columns, windows.width), 1, count_, count_, padded_, outside),
          row_(static_cast<std::size_t>(padded_)),
          divisors_(row_.size(), T(1)),
          first_(row_.size()) {
        for (std::ptrdiff_t p = 0; p < rows.kernel; ++p) {
            for (std::ptrdiff_t q = 0; q < columns.kernel; ++q)
                offsets_.push_back(image_.offset(p - rows.padding, q - columns.padding));
        }
        columns_ = columns.kernel;
        for (std::ptrdiff_t j = 0; j < width_; ++j) {
            const auto at = static_cast<std::size_t>(j);
            divisors_[at] = static_cast<T>(windows.columns[at].count);
            first_[at] = static_cast<T>(std::max<std::ptrdiff_t>(0, columns.padding - j * columns.stride));
        }
    }

    // f(i, j, where tap 0 of the windows from (i, j) on reads), for a register of windows at a time.
    template <class F>
    void each(F f) const {
        for (std::ptrdiff_t i = 0; i < count_; ++i) {
            for (std::ptrdiff_t j = 0; j < padded_; j += lanes<T>) f(i, j, i * image_.row_step() + j);
        }
    }
    // Puts one register of results into row i of y.
    void put(Lanes<T> result, std::ptrdiff_t i, std::ptrdiff_t j, T* y) const {
        T* const to = y + i * width_ + j;
        if (width_ - j >= lanes<T>) return result.store(to);
        alignas(64) T buffer[lanes<T>];
        result.store(buffer);
        copy_pixels(buffer, width_ - j, to);
    }
    // The register of row i of g at column j.
    Lanes<T> get(const T* g, std::ptrdiff_t i, std::ptrdiff_t j) {
        const T* const from = g + i * width_ + j;
        if (width_ - j >= lanes<T>) return Lanes<T>::load(from);
        copy_pixels(from, width_ - j, row_.data());
        return Lanes<T>::load(row_.data());
    }
    Lanes<T> divisor(std::ptrdiff_t i, std::ptrdiff_t j) const {
        const auto count = static_cast<T>(windows_.rows[static_cast<std::size_t>(i)].count);
        return Lanes<T>(count) * Lanes<T>::load(divisors_.data() + j);
    }
    // Numbers of the first taps that lie inside the image.
    Lanes<T> first_tap(std::ptrdiff_t i, std::ptrdiff_t j) const {
        const std::ptrdiff_t row = std::max<std::ptrdiff_t>(0, rule_.padding - i * rule_.stride);
        return Lanes<T>(static_cast<T>(row * columns_)) + Lanes<T>::load(first_.data() + j);
    }
    PhasedImage<T>& image() { return image_; }
    const T* load(const T* x) {
        image_.load(x, 1, 0, count_);
        return image_.at(0, 0);
    }
    const Scratch<std::ptrdiff_t>& offsets() const { return offsets_; }

private:
    static SourceAxis axis(const PoolRule& rule, std::size_t extent) {
        return {signed_size(extent), rule.stride, -rule.padding, rule.kernel - 1 - rule.padding};
    }

    const PoolWindows& windows_;
    PoolRule rule_;
    std::ptrdiff_t count_, width_, padded_, columns_ = 1;
    PhasedImage<T> image_;
    Scratch<T> row_, divisors_, first_;
    Scratch<std::ptrdiff_t> offsets_;
};

// f(first plane, one behind the last) for blocks of planes of about 32768 elements.
template <class F>
void each_block(const PoolWindows& windows, std::size_t planes, F f) {
    parallel_for(planes, std::max<std::size_t>(1, 32768 / std::max<std::size_t>(1, windows.input())), f);
}

}  // namespace

std::optional<PoolRule> pool_rule(const Scratch<PoolWindow>& windows, std::size_t extent) {
    std::size_t longest = 0;
    for (const PoolWindow& w : windows) longest = std::max(longest, w.end - w.begin);
    if (windows.empty() || longest > 8) return std::nullopt;
    PoolRule rule{signed_size(longest), 1, signed_size(longest - windows[0].end)};
    if (windows[0].begin != 0 || windows[0].end > longest) return std::nullopt;
    if (windows.size() > 1) {
        const PoolWindow &a = windows[0], &b = windows[1];
        rule.stride = b.begin > 0 ? signed_size(b.begin) + rule.padding : signed_size(b.end) - signed_size(a.end);
    }
    if (rule.stride < 1 || rule.stride > rule.kernel) return std::nullopt;
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const std::ptrdiff_t begin = signed_size(i) * rule.stride - rule.padding;
        if (signed_size(windows[i].begin) != std::max<std::ptrdiff_t>(0, begin) ||
            signed_size(windows[i].end) != std::min(begin + rule.kernel, signed_size(extent)))
            return std::nullopt;
    }
    return rule;
}

template <class T>
void strided_pool_max(const PoolWindows& windows, const PoolRule& rows, const PoolRule& columns, const T* x,
                      std::size_t planes, T* y) {
    using L = Lanes<T>;
    each_block(windows, planes, [&](std::size_t begin, std::size_t end) {
        PoolPlane<T> plane(windows, rows, columns, lowest<T>);
        for (std::size_t n = begin; n < end; ++n) {
            const T* const from = plane.load(x + n * windows.input());
            plane.each([&](std::ptrdiff_t i, std::ptrdiff_t j, std::ptrdiff_t at) {
                L best(lowest<T>);
                for (const std::ptrdiff_t offset : plane.offsets()) {
                    const L v = L::load(from + at + offset);
                    best = where(v > best, v, where(equal(v, v), best, v));
                }
                plane.put(best, i, j, y + n * windows.output());
            });
        }
    });
}

template <class T>
void strided_pool_max_gradient(const PoolWindows& windows, const PoolRule& rows, const PoolRule& columns, const T* x,
                               const T* g, std::size_t planes, T* dx) {
    using L = Lanes<T>;
    each_block(windows, planes, [&](std::size_t begin, std::size_t end) {
        PoolPlane<T> plane(windows, rows, columns, lowest<T>), sums(windows, rows, columns, lowest<T>);
        for (std::size_t n = begin; n < end; ++n) {
            const T* const from = plane.load(x + n * windows.input());
            T* const to = sums.image().clear();
            plane.each([&](std::ptrdiff_t i, std::ptrdiff_t j, std::ptrdiff_t at) {
                // What is outside the image never wins, not even where all inside is -infinity too.
                L best(lowest<T>), tap = plane.first_tap(i, j), number(0);
                for (const std::ptrdiff_t offset : plane.offsets()) {
                    const L v = L::load(from + at + offset);
                    const auto wins = v > best, is = equal(v, v);
                    best = where(wins, v, where(is, best, v));
                    tap = where(wins, number, where(is, tap, number));
                    number = number + 1;
                }
                const L arriving = plane.get(g + n * windows.output(), i, j), none(0);
                number = none;
                for (const std::ptrdiff_t offset : plane.offsets()) {
                    T* const sum = to + at + offset;
                    (L::load(sum) + where(equal(tap, number), arriving, none)).store(sum);
                    number = number + 1;
                }
            });
            sums.image().store(dx + n * windows.input());
        }
    });
}

template <class T>
void strided_pool_mean(const PoolWindows& windows, const PoolRule& rows, const PoolRule& columns, const T* x,
                       std::size_t planes, T* y) {
    using L = Lanes<T>;
    each_block(windows, planes, [&](std::size_t begin, std::size_t end) {
        PoolPlane<T> plane(windows, rows, columns, T(0));
        for (std::size_t n = begin; n < end; ++n) {
            const T* const from = plane.load(x + n * windows.input());
            plane.each([&](std::ptrdiff_t i, std::ptrdiff_t j, std::ptrdiff_t at) {
                L sum(0);
                for (const std::ptrdiff_t offset : plane.offsets()) sum = sum + L::load(from + at + offset);
                plane.put(sum / plane.divisor(i, j), i, j, y + n * windows.output());
            });
        }
    });
}

template <class T>
void strided_pool_spread(const PoolWindows& windows, const PoolRule& rows, const PoolRule& columns, const T* g,
                         std::size_t planes, T* dx) {
    using L = Lanes<T>;
    each_block(windows, planes, [&](std::size_t begin, std::size_t end) {
        PoolPlane<T> sums(windows, rows, columns, lowest<T>);
        for (std::size_t n = begin; n < end; ++n) {
            T* const to = sums.image().clear();
            sums.each([&](std::ptrdiff_t i, std::ptrdiff_t j, std::ptrdiff_t at) {
                const L share = sums.get(g + n * windows.output(), i, j) / sums.divisor(i, j);
                for (const std::ptrdiff_t offset : sums.offsets())
                    (L::load(to + at + offset) + share).store(to + at + offset);
            });
            sums.image().store(dx + n * windows.input());
        }
    });
}

template void strided_pool_max(const PoolWindows&, const PoolRule&, const PoolRule&, const float*, std::size_t, float*);
template void strided_pool_max(const PoolWindows&, const PoolRule&, const PoolRule&, const double*, std::size_t,
                               double*);
template void strided_pool_max_gradient(const PoolWindows&, const PoolRule&, const PoolRule&, const float*,
                                        const float*, std::size_t, float*);
template void strided_pool_max_gradient(const PoolWindows&, const PoolRule&, const PoolRule&, const double*,
                                        const double*, std::size_t, double*);
template void strided_pool_mean(const PoolWindows&, const PoolRule&, const PoolRule&, const float*, std::size_t,
                                float*);
template void strided_pool_mean(const PoolWindows&, const PoolRule&, const PoolRule&, const double*, std::size_t,
                                double*);
template void strided_pool_spread(const PoolWindows&, const PoolRule&, const PoolRule&, const float*, std::size_t,
                                  float*);
template void strided_pool_spread(const PoolWindows&, const PoolRule&, const PoolRule&, const double*, std::size_t,
                                  double*);

}  // namespace xtape::detail
