// What losses check of their targets, and the reduction of those made of several operations.
#pragma once

#include <xtape/autodiff/ops/cross_entropy.hpp>
#include <xtape/autodiff/tensor.hpp>

namespace xtape::nn::detail {

/// Throws ShapeError "<loss>: expected prediction and target of one shape, got ..." unless a and b have one shape, and
/// "... at least one element to average ..." for a mean of nothing.
void require_one_shape(const char* loss, const Shape& a, const Shape& b, Reduction reduction, Location at);

/// Throws ShapeError for a mean over a shape without elements.
void require_elements(const char* loss, const Shape& shape, Reduction reduction, Location at);

/// Throws DataError with the place of the first target outside [0, 1]. What rounding leaves above 1 passes.
template <class T>
void require_probabilities(const char* loss, const BasicArray<T>& targets, Location at);

/// Throws DataError with the place of the first label that is neither -1 nor 1.
template <class T>
void require_signs(const char* loss, const BasicArray<T>& labels, Location at);

template <class T>
BasicTensor<T> reduced(const BasicTensor<T>& losses, Reduction reduction, Location at);

extern template void require_probabilities(const char*, const Array&, Location);
extern template void require_probabilities(const char*, const Array64&, Location);
extern template void require_signs(const char*, const Array&, Location);
extern template void require_signs(const char*, const Array64&, Location);
extern template Tensor reduced(const Tensor&, Reduction, Location);
extern template Tensor64 reduced(const Tensor64&, Reduction, Location);

}  // namespace xtape::nn::detail
