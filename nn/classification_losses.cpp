#include <xtape/nn/classification_losses.hpp>

#include <xtape/nn/loss_checks.hpp>

#include <fmt/format.h>

namespace xtape::nn {
namespace {

CrossEntropyOptions operation_options(const CrossEntropyLossOptions& o) {
    return {.weights = o.weights,
            .ignore_index = o.ignore_index,
            .label_smoothing = o.label_smoothing,
            .reduction = o.reduction};
}

NllOptions operation_options(const NLLLossOptions& o) {
    return {.weights = o.weights, .ignore_index = o.ignore_index, .reduction = o.reduction};
}

}  // namespace

Tensor CrossEntropyLoss::operator()(const Tensor& logits, const IndexArray& labels, Location at) const {
    return softmax_cross_entropy(logits, labels, operation_options(options_), at);
}
Tensor64 CrossEntropyLoss::operator()(const Tensor64& logits, const IndexArray& labels, Location at) const {
    return softmax_cross_entropy(logits, labels, operation_options(options_), at);
}

template <class T>
BasicTensor<T> CrossEntropyLoss::against_targets(const BasicTensor<T>& logits, const BasicTensor<T>& targets,
                                                 Location at) const {
    if (targets.shape() != logits.shape()) {
        throw ShapeError(fmt::format("cross_entropy: expected a target for each logit, or labels in an IndexArray, got "
                                     "logits {} and targets {}",
                                     to_string(logits.shape()), to_string(targets.shape())),
                         at);
    }
    detail::require_probabilities("cross_entropy", targets.value(), at);
    return softmax_cross_entropy(logits, targets, operation_options(options_), at);
}

Tensor NLLLoss::operator()(const Tensor& log_probabilities, const IndexArray& labels, Location at) const {
    return nll_loss(log_probabilities, labels, operation_options(options_), at);
}
Tensor64 NLLLoss::operator()(const Tensor64& log_probabilities, const IndexArray& labels, Location at) const {
    return nll_loss(log_probabilities, labels, operation_options(options_), at);
}

template Tensor CrossEntropyLoss::against_targets(const Tensor&, const Tensor&, Location) const;
template Tensor64 CrossEntropyLoss::against_targets(const Tensor64&, const Tensor64&, Location) const;

}  // namespace xtape::nn
