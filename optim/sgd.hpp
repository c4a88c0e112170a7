// Stochastic gradient descent.
#pragma once

#include <xtape/optim/optimizer.hpp>

namespace xtape::optim {

/// What momentum sums up.
enum class MomentumForm {
    sum,      ///< b = momentum b + (1 - dampening) g, from b = g at the first update: PyTorch's
    average,  ///< b = momentum b + (1 - momentum) g, from b = 0: the mean of past gradients, as many courses write it
};

struct SGDOptions {
    double lr = 0.01;         ///< learning rate, at least 0
    double momentum = 0;      ///< at least 0; with MomentumForm::average below 1
    double dampening = 0;     ///< finite
    double weight_decay = 0;  ///< at least 0; adds weight_decay * parameter to the gradient
    bool nesterov = false;    ///< needs a momentum, no dampening and MomentumForm::sum
    MomentumForm momentum_form = MomentumForm::sum;
};

/// PyTorch's definition (https://pytorch.org/docs/1.13/generated/torch.optim.SGD.html), with gradient g and parameter x:
///     g = g + weight_decay x
///     b = g at the first update, then momentum b + (1 - dampening) g      (only with momentum)
///     x = x - lr b, with nesterov x = x - lr (g + momentum b), without momentum x = x - lr g
/// With MomentumForm::average, b = momentum b + (1 - momentum) g from the first update on; the same path as the sum's would
/// need a learning rate 1 / (1 - momentum) times as large.
/// Nesterov's momentum as in I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum
/// in deep learning", ICML 2013, rewritten for gradients at x.
struct SGDRule {
    using Options = SGDOptions;
    static constexpr const char* name = "SGD";
    static void check(const Options& options, Location at);
    static std::vector<std::string_view> slots(const Options& options);
    template <class T>
    static Update<T> update(const Options& options, double lr, std::uint64_t steps, double& carried);
};

template <class T>
using BasicSGD = RuleOptimizer<T, SGDRule>;
using SGD = BasicSGD<float>;
using SGD64 = BasicSGD<double>;

extern template class RuleOptimizer<float, SGDRule>;
extern template class RuleOptimizer<double, SGDRule>;

}  // namespace xtape::optim
