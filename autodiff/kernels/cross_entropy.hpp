// Cross-entropy over contiguous rows of logits: normalisers, losses and gradients, each in one pass once the normalisers are known.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/kernels/lanes.hpp>

namespace xtape::detail {

/// For each row the largest element and ln sum exp(x - largest): -ln softmax(x)[c] = (top - x[c]) + log_sum, of which neither part
/// loses digits when all logits are large. NaN in a row makes its normalisers NaN.
template <class T>
void row_normalizers(const T* x, std::size_t rows, std::size_t width, double* top, double* log_sum);

/// What a row's targets are made of: q[c] = targets[c] scale[c] + base[c]. Null: absent; targets absent: q = base.
template <class T>
struct RowTargets {
    const T* targets;
    const T* scale;
    const T* base;
};

/// sum over c of q[c] ((top - x[c]) + log_sum); terms with q = 0 are 0 even where the logit is infinite.
template <class T>
double row_loss(const T* x, std::size_t width, const RowTargets<T>& q, double top, double log_sum);

/// sum over c of q[c]
template <class T>
double row_total(std::size_t width, const RowTargets<T>& q);

/// dx[c] = factor exp((x[c] - top) - log_sum) - scale q[c]
template <class T>
void row_gradient(const T* x, std::size_t width, const RowTargets<T>& q, double top, double log_sum, T factor, T scale, T* dx);

/// Rows of so few elements take less time together than one by one.
template <class T>
constexpr std::size_t longest_short_row = Lanes<T>::width / 2;

/// y[c] = exp((x[c] - top) - log_sum) for all of some short rows
template <class T>
void short_row_probabilities(const T* x, std::size_t rows, std::size_t width, const double* top, const double* log_sum, T* y);

/// dt[c] = factor q.scale[c] ((top - x[c]) + log_sum)
template <class T>
void row_target_gradient(const T* x, std::size_t width, const RowTargets<T>& q, double top, double log_sum, T factor, T* dt);

}  // namespace xtape::detail
