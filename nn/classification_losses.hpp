// Losses of classification: nn/losses.hpp says what all losses share.
//
// Classes stand on axis 1: predictions (N, C) with labels (N), or (N, C, d1, ...) with labels (N, d1, ...), each in
// 0 .. C-1. The mean is over all of N, d1, ..., weighted by the classes' weights.
#pragma once

#include <xtape/autodiff/operand.hpp>
#include <xtape/autodiff/ops/cross_entropy.hpp>
#include <xtape/autodiff/tensor.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>

namespace xtape::nn {

struct CrossEntropyLossOptions {
    Reduction reduction = Reduction::mean;
    double label_smoothing = 0;           ///< in [0, 1]: what is taken from the label and given to all classes
    std::optional<Array64> weights = {};  ///< (C), one a class
    std::optional<std::int64_t> ignore_index =
        {};  ///< labels with this value, which need not be a class, count for nothing
};
struct NLLLossOptions {
    Reduction reduction = Reduction::mean;
    std::optional<Array64> weights = {};            ///< (C), one a class
    std::optional<std::int64_t> ignore_index = {};  ///< labels with this value count for nothing
};

namespace detail {
/// A tensor, parameter or array of T; not labels.
template <class Y, class T>
concept Targets = (Node<Y> || Expression<Y>)&&xtape::detail::FitsScalar<T, Y> &&
                  !std::integral<typename xtape::detail::expression_scalar<Y>::type>;
}  // namespace detail

/// -ln softmax(logits)[label], from logits before any softmax; or, for targets that say a probability for each class,
/// -sum of target ln softmax(logits) over the classes.
///
/// Throws ShapeError when the shapes do not fit, DataError for a label out of range or a target outside [0, 1],
/// ConfigError for a smoothing outside [0, 1], or for an ignored label beside targets. That targets sum to 1 is not
/// checked.
class CrossEntropyLoss {
public:
    explicit CrossEntropyLoss(CrossEntropyLossOptions options = {}) : options_(std::move(options)) {}

    Tensor operator()(const Tensor& logits, const IndexArray& labels, Location at = Location::current()) const;
    Tensor64 operator()(const Tensor64& logits, const IndexArray& labels, Location at = Location::current()) const;

    /// Targets: a tensor, parameter or array of floating-point numbers. (An array converts to labels as well as to a
    /// tensor, so these cannot be plain functions.)
    template <class Y>
    requires detail::Targets<Y, float> Tensor operator()(const Tensor& logits, const Y& targets,
                                                         Location at = Location::current()) const {
        return against_targets(logits, Tensor(xtape::detail::operand<float>(targets)), at);
    }
    template <class Y>
    requires detail::Targets<Y, double> Tensor64 operator()(const Tensor64& logits, const Y& targets,
                                                            Location at = Location::current()) const {
        return against_targets(logits, Tensor64(xtape::detail::operand<double>(targets)), at);
    }

    const CrossEntropyLossOptions& options() const { return options_; }

private:
    template <class T>
    BasicTensor<T> against_targets(const BasicTensor<T>& logits, const BasicTensor<T>& targets, Location at) const;

    CrossEntropyLossOptions options_;
};

/// -x[label] for log-probabilities x, as log_softmax gives them: the same as cross_entropy of what it was given. Errors
/// as above.
class NLLLoss {
public:
    explicit NLLLoss(NLLLossOptions options = {}) : options_(std::move(options)) {}

    Tensor operator()(const Tensor& log_probabilities, const IndexArray& labels,
                      Location at = Location::current()) const;
    Tensor64 operator()(const Tensor64& log_probabilities, const IndexArray& labels,
                        Location at = Location::current()) const;

    const NLLLossOptions& options() const { return options_; }

private:
    NLLLossOptions options_;
};

inline const CrossEntropyLoss cross_entropy{};
inline const NLLLoss nll{};

extern template Tensor CrossEntropyLoss::against_targets(const Tensor&, const Tensor&, Location) const;
extern template Tensor64 CrossEntropyLoss::against_targets(const Tensor64&, const Tensor64&, Location) const;

}  // namespace xtape::nn
