#include <xtape/nn/elementwise_losses.hpp>

#include <xtape/autodiff/ops/exponential.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/nn/loss_checks.hpp>

namespace xtape::nn {
namespace {

template <class T>
BasicTensor<T> loss_of(const MSELossOptions& o, const BasicTensor<T>& x, const BasicTensor<T>& t, Location at) {
    return mse_loss(x, t, o.reduction, at);
}

template <class T>
BasicTensor<T> loss_of(const L1LossOptions& o, const BasicTensor<T>& x, const BasicTensor<T>& t, Location at) {
    return l1_loss(x, t, o.reduction, at);
}

template <class T>
BasicTensor<T> loss_of(const HuberLossOptions& o, const BasicTensor<T>& x, const BasicTensor<T>& t, Location at) {
    return huber_loss(x, t, {.delta = o.delta, .reduction = o.reduction}, at);
}

template <class T>
BasicTensor<T> loss_of(const SmoothL1LossOptions& o, const BasicTensor<T>& x, const BasicTensor<T>& t, Location at) {
    return smooth_l1_loss(x, t, {.beta = o.beta, .reduction = o.reduction}, at);
}

template <class T>
BasicTensor<T> loss_of(const BCELossOptions& o, const BasicTensor<T>& x, const BasicTensor<T>& t, Location at) {
    detail::require_probabilities("bce_loss", t.value(), at);
    return bce_loss(x, t, {.weight = o.weight, .reduction = o.reduction}, at);
}

template <class T>
BasicTensor<T> loss_of(const BCEWithLogitsLossOptions& o, const BasicTensor<T>& x, const BasicTensor<T>& t,
                       Location at) {
    detail::require_probabilities("bce_with_logits", t.value(), at);
    return xtape::bce_with_logits(x, t, {.weight = o.weight, .pos_weight = o.pos_weight, .reduction = o.reduction}, at);
}

template <class T>
BasicTensor<T> log_target_divergence(const BasicTensor<T>& x, const BasicTensor<T>& t, Reduction reduction,
                                     Location at) {
    detail::require_one_shape("kl_div_loss", x.shape(), t.shape(), reduction, at);
    // A logarithm of -inf is a probability of 0, which counts for nothing.
    const BasicTensor<T> p = exp(t, at), each = where(p > T(0), p * (t - x), T(0));
    return detail::reduced(each, reduction, at);
}

template <class T>
BasicTensor<T> loss_of(const KLDivLossOptions& o, const BasicTensor<T>& x, const BasicTensor<T>& t, Location at) {
    if (!o.log_target) detail::require_probabilities("kl_div_loss", t.value(), at);
    const auto divergence = [&](Reduction reduction) {
        return o.log_target ? log_target_divergence(x, t, reduction, at) : kl_div_loss(x, t, reduction, at);
    };
    if (!o.batch_mean || o.reduction != Reduction::mean) return divergence(o.reduction);
    detail::require_one_shape("kl_div_loss", x.shape(), t.shape(), Reduction::mean, at);
    const std::size_t rows = x.rank() == 0 ? 1 : x.shape()[0];
    return divergence(Reduction::sum) / static_cast<T>(rows);
}

}  // namespace

template <class Options>
Tensor ElementwiseLoss<Options>::operator()(const Tensor& prediction, const Tensor& target, Location at) const {
    return loss_of(options_, prediction, target, at);
}
template <class Options>
Tensor64 ElementwiseLoss<Options>::operator()(const Tensor64& prediction, const Tensor64& target, Location at) const {
    return loss_of(options_, prediction, target, at);
}

template class ElementwiseLoss<MSELossOptions>;
template class ElementwiseLoss<L1LossOptions>;
template class ElementwiseLoss<HuberLossOptions>;
template class ElementwiseLoss<SmoothL1LossOptions>;
template class ElementwiseLoss<BCELossOptions>;
template class ElementwiseLoss<BCEWithLogitsLossOptions>;
template class ElementwiseLoss<KLDivLossOptions>;

}  // namespace xtape::nn
