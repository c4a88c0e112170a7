// lint: what is wrong with a model before hours are spent on training it.
#pragma once

#include <xtape/nn/losses.hpp>
#include <xtape/nn/module.hpp>

#include <functional>
#include <iosfwd>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace xtape::nn {

enum class LintKind {
    evaluation_mode,     ///< a module that is not in training mode, unless all its parameters are frozen
    input_scale,         ///< inputs whose |mean| or deviation is above 5, or whose deviation is below 0.01
    non_finite,          ///< a NaN or infinity in a parameter, in an output made of finite inputs, in a gradient
    label_out_of_range,  ///< a label that is no class of the logits; nothing after the forward is looked at then
    initial_loss,        ///< a mean cross-entropy above ln C + 1 or below ln C / 2, where guessing costs ln C
    softmax_before_cross_entropy,  ///< logits that went through softmax, log_softmax or sigmoid already
    dead_relu,                     ///< many units of a relu are 0 for the whole batch, see LintOptions
    saturated,                     ///< many outputs of a tanh or sigmoid are within 0.01 of a limit, see LintOptions
    batch_of_one,                  ///< batch normalization by the statistics of a single example
    no_gradient,                   ///< a parameter that is not frozen and on which the loss does not depend
    zero_gradient,                 ///< a parameter whose gradient is exactly 0
};

struct LintOptions {
    /// The model has not been trained: its first loss is compared with that of guessing.
    bool untrained = true;
    /// Share of a relu's units that must be dead. A unit is a feature (N, F) or (N, T, F), or a channel (N, C, H, W),
    /// and is looked at when the batch has at least 8 values of it.
    double dead_share = 0.25;
    /// Share of a tanh's or sigmoid's outputs that must be saturated.
    double saturated_share = 0.5;
};

struct LintFinding {
    LintKind kind;
    std::string path;  ///< of the parameter or module; empty: the model, or what is computed around it
    std::string text;  ///< what is the matter, and what to do
};

struct LintReport {
    std::vector<LintFinding> findings;  ///< in the order of LintKind, within a kind in that of the model

    bool ok() const { return findings.empty(); }
    /// A line for each finding, or one that there is none; ends in a newline.
    std::string text() const;
};

std::ostream& operator<<(std::ostream& out, const LintReport& report);

/// A loss of a model's output.
template <class T>
using LintLoss = std::function<BasicTensor<T>(const BasicTensor<T>& output)>;

}  // namespace xtape::nn

namespace xtape::detail {

/// Labels, when there are any, to be looked at when the loss refuses them.
template <class T>
nn::LintReport lint(nn::BasicModule<T>& model, const BasicTensor<T>& x, const nn::LintLoss<T>& loss,
                    const IndexArray* labels, const nn::LintOptions& options, Location at);

extern template nn::LintReport lint(nn::BasicModule<float>&, const Tensor&, const nn::LintLoss<float>&,
                                    const IndexArray*, const nn::LintOptions&, Location);
extern template nn::LintReport lint(nn::BasicModule<double>&, const Tensor64&, const nn::LintLoss<double>&,
                                    const IndexArray*, const nn::LintOptions&, Location);

}  // namespace xtape::detail

namespace xtape::nn {

/// Runs one step, forward and backward, as training would, and tells what looks wrong in it. The model stays as it was:
/// parameters, gradients, modes, buffers; so do the random streams. Hooks that the model has are called.
///
/// x is the input, the batch first; the loss has one element. Throws what the model and the loss throw, and GraphError
/// for a loss of another shape; ConfigError as named_modules() does.
template <class T>
LintReport lint(BasicModule<T>& model, const std::type_identity_t<BasicTensor<T>>& x,
                const std::type_identity_t<LintLoss<T>>& loss, const LintOptions& options = {},
                Location at = Location::current()) {
    return xtape::detail::lint<T>(model, x, loss, nullptr, options, at);
}

/// The same for a classifier, whose loss is the cross-entropy of its logits (N, C) with labels (N) in 0 .. C-1.
template <class T>
LintReport lint(BasicModule<T>& model, const std::type_identity_t<BasicTensor<T>>& x, const IndexArray& labels,
                const LintOptions& options = {}, Location at = Location::current()) {
    const LintLoss<T> loss = [&](const BasicTensor<T>& y) -> BasicTensor<T> { return cross_entropy(y, labels, at); };
    return xtape::detail::lint<T>(model, x, loss, &labels, options, at);
}

/// The same for a batch of a data::Loader, input and target, and a loss of prediction and target:
/// `nn::lint(model, *loader.begin(), nn::cross_entropy)`.
template <class T, class Batch, class Loss>
requires requires(BasicTensor<T> y, const Batch& batch, const Loss& loss) {
    BasicTensor<T>(std::get<0>(batch));
    BasicTensor<T>(loss(y, std::get<1>(batch)));
}
LintReport lint(BasicModule<T>& model, const Batch& batch, const Loss& loss, const LintOptions& options = {},
                Location at = Location::current()) {
    const auto& target = std::get<1>(batch);
    const IndexArray* labels = nullptr;
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(target)>, IndexArray>) labels = &target;
    const LintLoss<T> of_output = [&](const BasicTensor<T>& y) -> BasicTensor<T> { return loss(y, target); };
    return xtape::detail::lint<T>(model, BasicTensor<T>(std::get<0>(batch)), of_output, labels, options, at);
}

}  // namespace xtape::nn
