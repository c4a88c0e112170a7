// Losses, as values that can be called and passed on: nn::mse(model(x), y), train(model, nn::cross_entropy).
#pragma once

#include <xtape/autodiff/tensor.hpp>

namespace xtape::nn {

/// Mean over all elements of (prediction - target)^2. Nothing is broadcast: the shapes must be equal and not empty
/// (ShapeError).
struct MeanSquaredError {
    Tensor operator()(const Tensor& prediction, const Tensor& target, Location at = Location::current()) const;
    Tensor64 operator()(const Tensor64& prediction, const Tensor64& target, Location at = Location::current()) const;
};

/// Mean over rows of -ln softmax(logits)[label]; logits (N, C) before any softmax, labels (N) in 0 .. C-1.
/// Throws ShapeError when the shapes do not fit, DataError for a label out of range.
struct CrossEntropyLoss {
    Tensor operator()(const Tensor& logits, const IndexArray& labels, Location at = Location::current()) const;
    Tensor64 operator()(const Tensor64& logits, const IndexArray& labels, Location at = Location::current()) const;
};

inline constexpr MeanSquaredError mse{};
inline constexpr CrossEntropyLoss cross_entropy{};

}  // namespace xtape::nn
