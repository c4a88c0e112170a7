// Upsample: more places than there were, by repetition or by interpolation.
#pragma once

#include <xtape/autodiff/ops/per_axis.hpp>
#include <xtape/nn/module.hpp>

#include <cstddef>
#include <string>

namespace xtape::nn {

enum class UpsampleMode {
    nearest,   ///< each element so many times; x (N, C, L) or (N, C, H, W)
    linear,    ///< between neighbours; x (N, C, L)
    bilinear,  ///< the same along both axes; x (N, C, H, W)
};

struct UpsampleOptions {
    PerAxis<2> scale = 2;  ///< how many times the extents; of the width alone for x (N, C, L)
    UpsampleMode mode = UpsampleMode::nearest;
};

/// `nn::Upsample{{.scale = 2, .mode = nn::UpsampleMode::bilinear}}`.
///
/// Elements are the middles of cells of equal size, as in PyTorch with align_corners = false: along each axis
/// y(j) = (1 - w) x(i) + w x(i + 1), where i + w = max(0, (j + 1/2) / scale - 1/2), and x(i + 1) = x(i) at the end. In the
/// linear modes these are products with matrices of weights: an infinite element makes its whole row and column NaN.
template <class T>
class BasicUpsample : public BasicModule<T> {
public:
    /// ConfigError for a scale below 1.
    explicit BasicUpsample(UpsampleOptions options = {}, Location at = Location::current());

    /// ShapeError for a rank that the mode does not allow, for an empty C or extent, and for scales of two axes and one axis.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "Upsample by 2, bilinear"

private:
    UpsampleOptions options_;
};

using Upsample = BasicUpsample<float>;
using Upsample64 = BasicUpsample<double>;

extern template class BasicUpsample<float>;
extern template class BasicUpsample<double>;

}  // namespace xtape::nn
