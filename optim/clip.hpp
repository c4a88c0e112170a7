// Changing gradients between backward and step: clipping and scaling.
#pragma once

#include <xtape/autodiff/parameter.hpp>

namespace xtape::optim {

enum class NonFinite {
    error,  ///< AnomalyError; no gradient has changed
    keep,   ///< leave the gradients as they are, so that the caller can look at the norm and skip the step
};

struct ClipOptions {
    double order = 2;                         ///< of the norm: 2, or infinity for the largest magnitude
    NonFinite non_finite = NonFinite::error;  ///< what to do when the norm is NaN or infinite
};

/// Scales all gradients by max_norm / (norm + 1e-6) when their norm, taken over all of them together, exceeds max_norm.
/// Returns the norm before. Parameters without a gradient count as zeros; squares neither overflow nor vanish.
/// R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013, algorithm 1, as
/// PyTorch defines it (torch.nn.utils.clip_grad_norm_).
/// Throws ConfigError for a max_norm below 0 or another order, AnomalyError for a norm that is not finite.
double clip_grad_norm(const ParameterList& parameters, double max_norm, ClipOptions options = {},
                      Location at = Location::current());
double clip_grad_norm(const ParameterList64& parameters, double max_norm, ClipOptions options = {},
                      Location at = Location::current());

/// Moves every element of the gradients into [-limit, limit]; NaN stays NaN. Throws ConfigError for a limit below 0.
void clip_grad_value(const ParameterList& parameters, double limit, Location at = Location::current());
void clip_grad_value(const ParameterList64& parameters, double limit, Location at = Location::current());

/// Multiplies all gradients: 1 / n turns the sum over n backward passes into their mean. Throws ConfigError for a factor that
/// is not finite.
void scale_grad(const ParameterList& parameters, double factor, Location at = Location::current());
void scale_grad(const ParameterList64& parameters, double factor, Location at = Location::current());

}  // namespace xtape::optim
