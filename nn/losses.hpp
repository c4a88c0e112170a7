// Losses, as values that can be called and passed on: nn::mse(model(x), y), train::fit(model, nn::cross_entropy, ...).
// Options make another value of the same class: nn::HuberLoss{{.delta = 0.5}}.
//
// All of them: the options' `reduction` says whether the mean over all losses is given (one number, a ShapeError when
// there is none), their sum, or each. Shapes must be as stated, since nothing is broadcast; a prediction may be a tensor
// or anything that converts to one. Gradients of any order flow to the prediction, and to a target that is a tensor of
// numbers.
#pragma once

#include <xtape/nn/classification_losses.hpp>
#include <xtape/nn/elementwise_losses.hpp>
#include <xtape/nn/margin_losses.hpp>
