// Losses that compare every element of a prediction with one of a target: nn/losses.hpp says what all losses share.
#pragma once

#include <xtape/autodiff/ops/losses.hpp>
#include <xtape/autodiff/tensor.hpp>

#include <optional>
#include <utility>

namespace xtape::nn {

struct MSELossOptions {
    Reduction reduction = Reduction::mean;
};
struct L1LossOptions {
    Reduction reduction = Reduction::mean;
};
struct HuberLossOptions {
    Reduction reduction = Reduction::mean;
    double delta = 1;  ///< more than 0
};
struct SmoothL1LossOptions {
    Reduction reduction = Reduction::mean;
    double beta = 1;  ///< at least 0
};
struct BCELossOptions {
    Reduction reduction = Reduction::mean;
    std::optional<Array64> weight = {};  ///< multiplies the losses; broadcasts to their shape
};
struct BCEWithLogitsLossOptions {
    Reduction reduction = Reduction::mean;
    std::optional<Array64> weight = {};      ///< multiplies the losses; broadcasts to their shape
    std::optional<Array64> pos_weight = {};  ///< multiplies the part of positive targets; (C) for predictions (N, C)
};
struct KLDivLossOptions {
    Reduction reduction = Reduction::mean;
    bool log_target = false;  ///< targets are logarithms of probabilities too
    /// The mean is over the first axis: the divergence of a row, averaged over rows. PyTorch's "batchmean".
    bool batch_mean = false;
};

/// A loss on prediction and target of one shape (ShapeError otherwise).
template <class Options>
class ElementwiseLoss {
public:
    constexpr explicit ElementwiseLoss(Options options = {}) : options_(std::move(options)) {}

    Tensor operator()(const Tensor& prediction, const Tensor& target, Location at = Location::current()) const;
    Tensor64 operator()(const Tensor64& prediction, const Tensor64& target, Location at = Location::current()) const;

    constexpr const Options& options() const { return options_; }

private:
    Options options_;
};

/// (x - t)^2
using MSELoss = ElementwiseLoss<MSELossOptions>;
/// |x - t|
using L1Loss = ElementwiseLoss<L1LossOptions>;
/// d^2 / 2 where d = |x - t| <= delta, else delta (d - delta / 2). P. J. Huber, "Robust estimation of a location
/// parameter", 1964. ConfigError unless delta > 0.
using HuberLoss = ElementwiseLoss<HuberLossOptions>;
/// d^2 / (2 beta) where d = |x - t| < beta, else d - beta / 2: Huber's loss over beta. ConfigError unless beta >= 0.
using SmoothL1Loss = ElementwiseLoss<SmoothL1LossOptions>;
/// Binary cross-entropy -(t ln p + (1 - t) ln(1 - p)) of probabilities p, logarithms no less than -100, as PyTorch's.
/// Training on logits with bce_with_logits is better conditioned. DataError for p or t outside [0, 1].
using BCELoss = ElementwiseLoss<BCELossOptions>;
/// Binary cross-entropy of sigmoid(x), without overflow. DataError for t outside [0, 1].
using BCEWithLogitsLoss = ElementwiseLoss<BCEWithLogitsLossOptions>;
/// Kullback-Leibler divergence of t from exp(x), element by element: t (ln t - x), 0 where t = 0; x are logarithms of
/// probabilities, as log_softmax gives them. The mean is over all elements unless batch_mean says otherwise. DataError
/// for t outside [0, 1]; with log_target t are logarithms and any number goes.
using KLDivLoss = ElementwiseLoss<KLDivLossOptions>;

inline constexpr MSELoss mse{};
inline constexpr L1Loss l1{};
inline constexpr HuberLoss huber{};
inline constexpr SmoothL1Loss smooth_l1{};
inline const BCELoss bce{};
inline const BCEWithLogitsLoss bce_with_logits{};
inline constexpr KLDivLoss kl_div{};

extern template class ElementwiseLoss<MSELossOptions>;
extern template class ElementwiseLoss<L1LossOptions>;
extern template class ElementwiseLoss<HuberLossOptions>;
extern template class ElementwiseLoss<SmoothL1LossOptions>;
extern template class ElementwiseLoss<BCELossOptions>;
extern template class ElementwiseLoss<BCEWithLogitsLossOptions>;
extern template class ElementwiseLoss<KLDivLossOptions>;

}  // namespace xtape::nn
