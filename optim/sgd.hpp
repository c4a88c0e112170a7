// Stochastic gradient descent.
#pragma once

#include <xtape/optim/optimizer.hpp>

namespace xtape::optim {

struct SGDOptions {
    double lr = 0.01;         ///< learning rate, at least 0
    double momentum = 0;      ///< at least 0
    double dampening = 0;     ///< finite
    double weight_decay = 0;  ///< at least 0; adds weight_decay * parameter to the gradient
    bool nesterov = false;    ///< needs a momentum and no dampening
};

/// PyTorch's definition (https://pytorch.org/docs/1.13/generated/torch.optim.SGD.html), with gradient g and parameter
/// x:
///     g = g + weight_decay x
///     b = g at the first update, then momentum b + (1 - dampening) g      (only with momentum)
///     x = x - lr b, with nesterov x = x - lr (g + momentum b), without momentum x = x - lr g
template <class T>
class BasicSGD final : public BasicOptimizer<T> {
public:
    /// Throws ConfigError for an option out of its range, an empty list, or a parameter that is in it twice.
    explicit BasicSGD(BasicParameterList<T> parameters, SGDOptions options = {}, Location at = Location::current());

private:
    using typename BasicOptimizer<T>::State;
    void update(BasicArray<T>& value, const BasicArray<T>& gradient, State& state) override;

    SGDOptions options_;
};

using SGD = BasicSGD<float>;
using SGD64 = BasicSGD<double>;

extern template class BasicSGD<float>;
extern template class BasicSGD<double>;

}  // namespace xtape::optim
