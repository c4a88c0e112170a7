// Losses that ask for a margin: nn/losses.hpp says what all losses share.
#pragma once

#include <xtape/autodiff/ops/cross_entropy.hpp>
#include <xtape/autodiff/tensor.hpp>

namespace xtape::nn {

struct HingeLossOptions {
    Reduction reduction = Reduction::mean;
    double margin = 1;
};
struct MultiMarginLossOptions {
    Reduction reduction = Reduction::mean;
    double margin = 1;
    int power = 1;  ///< 1 or 2
};
struct CosineEmbeddingLossOptions {
    Reduction reduction = Reduction::mean;
    double margin = 0;  ///< the cosine up to which unlike pairs cost nothing; between -1 and 1
};

/// max(0, margin - y s) for scores s and labels y of one shape, each -1 or 1: the support vector machine's. C. Cortes,
/// V. Vapnik, "Support-vector networks", 1995. Throws ShapeError for two shapes, DataError for another label.
class HingeLoss {
public:
    constexpr explicit HingeLoss(HingeLossOptions options = {}) : options_(options) {}

    Tensor operator()(const Tensor& scores, const Tensor& labels, Location at = Location::current()) const;
    Tensor64 operator()(const Tensor64& scores, const Tensor64& labels, Location at = Location::current()) const;

    constexpr const HingeLossOptions& options() const { return options_; }

private:
    HingeLossOptions options_;
};

/// Hinge loss of several classes: sum over the wrong classes j of max(0, margin - s[label] + s[j])^power, over C; scores
/// s (N, C), labels (N) in 0 .. C-1. J. Weston, C. Watkins, "Support vector machines for multi-class pattern
/// recognition", 1999; as PyTorch's MultiMarginLoss. Throws ShapeError when the shapes do not fit, DataError for a label
/// out of range, ConfigError for another power.
class MultiMarginLoss {
public:
    constexpr explicit MultiMarginLoss(MultiMarginLossOptions options = {}) : options_(options) {}

    Tensor operator()(const Tensor& scores, const IndexArray& labels, Location at = Location::current()) const;
    Tensor64 operator()(const Tensor64& scores, const IndexArray& labels, Location at = Location::current()) const;

    constexpr const MultiMarginLossOptions& options() const { return options_; }

private:
    MultiMarginLossOptions options_;
};

/// 1 - cos(a, b) for pairs labelled 1, max(0, cos(a, b) - margin) for pairs labelled -1: a and b (..., D), labels (...).
/// The cosine is sum(a b) / sqrt((sum(a^2) + 1e-12) (sum(b^2) + 1e-12)), as PyTorch's CosineEmbeddingLoss has it.
/// Throws ShapeError when the shapes do not fit, DataError for another label, ConfigError for a margin out of range.
class CosineEmbeddingLoss {
public:
    constexpr explicit CosineEmbeddingLoss(CosineEmbeddingLossOptions options = {}) : options_(options) {}

    Tensor operator()(const Tensor& a, const Tensor& b, const Tensor& labels, Location at = Location::current()) const;
    Tensor64 operator()(const Tensor64& a, const Tensor64& b, const Tensor64& labels,
                        Location at = Location::current()) const;

    constexpr const CosineEmbeddingLossOptions& options() const { return options_; }

private:
    CosineEmbeddingLossOptions options_;
};

inline constexpr HingeLoss hinge{};
inline constexpr MultiMarginLoss multi_margin{};
inline constexpr CosineEmbeddingLoss cosine_embedding{};

}  // namespace xtape::nn
