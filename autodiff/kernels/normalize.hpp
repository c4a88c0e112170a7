// Normalisation by mean and variance: y = (x - mean) / sqrt(variance + eps) weight + bias, forward and backward.
//
// Statistics are doubles, found in two passes, so that a large mean does not swallow the variance. Work is cut by shape only.
#pragma once

#include <xtape/autodiff/array.hpp>

namespace xtape::detail {

/// One mean and one (biased) variance a group, and what stands under the root with the variance.
struct NormStatistics {
    double* mean;
    double* variance;
    double eps;
};

/// What there is to compute; null pointers are not wanted or not there.
template <class T>
struct NormBackward {
    const T* x;
    const T* weight;
    const T* g;
    T* dx;
    T* dweight;
    T* dbias;
};

/// Groups are rows of `width` elements; weight and bias have `width` elements or are null. Fills the statistics.
template <class T>
void normalize_rows(std::size_t rows, std::size_t width, const T* x, const T* weight, const T* bias, NormStatistics s, T* y);
template <class T>
void normalize_rows_backward(std::size_t rows, std::size_t width, const NormBackward<T>& o, NormStatistics s);

/// How (N, C, inner) splits into groups that are normalised together: `strips` stretches of `length` elements each.
struct NormLayout {
    std::size_t groups, strips, length;
    std::size_t group_step, strip_step;                     ///< in elements
    std::size_t channels;
    std::size_t period, channels_per_group, strip_channels; ///< channel = group % period * channels_per_group + strip * strip_channels

    std::size_t offset(std::size_t group, std::size_t strip) const { return group * group_step + strip * strip_step; }
    std::size_t channel(std::size_t group, std::size_t strip) const {
        return group % period * channels_per_group + strip * strip_channels;
    }
    std::size_t count() const { return strips * length; }

    /// Every channel over all samples.
    static NormLayout batch(std::size_t samples, std::size_t channels, std::size_t inner) {
        return {channels, samples, inner, inner, channels * inner, channels, channels, 1, 0};
    }
    /// Every sample's channels in `parts` equal parts.
    static NormLayout sample(std::size_t samples, std::size_t channels, std::size_t inner, std::size_t parts) {
        const std::size_t each = channels / parts;
        return {samples * parts, each, inner, each * inner, inner, channels, parts, each, 1};
    }
};

/// Weight and bias have one element a channel or are null. Fills the statistics, or takes them as they are when `given`: then they
/// are constants for the gradient too.
template <class T>
void normalize_groups(const NormLayout& layout, const T* x, const T* weight, const T* bias, NormStatistics s, bool given, T* y);
template <class T>
void normalize_groups_backward(const NormLayout& layout, const NormBackward<T>& o, NormStatistics s, bool given);

}  // namespace xtape::detail
