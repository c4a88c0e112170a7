// Adam.
#pragma once

#include <xtape/optim/optimizer.hpp>

namespace xtape::optim {

struct AdamOptions {
    double lr = 1e-3;         ///< learning rate, at least 0
    double beta1 = 0.9;       ///< memory of the mean of the gradient, in [0, 1)
    double beta2 = 0.999;     ///< memory of the mean of its square, in [0, 1)
    double epsilon = 1e-8;    ///< at least 0
    double weight_decay = 0;  ///< at least 0; adds weight_decay * parameter to the gradient
};

/// D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1, as PyTorch defines it
/// (https://pytorch.org/docs/1.13/generated/torch.optim.Adam.html), with gradient g, parameter x and update number t:
///     g = g + weight_decay x
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     x = x - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
template <class T>
class BasicAdam final : public BasicOptimizer<T> {
public:
    /// Throws ConfigError for an option out of its range, an empty list, or a parameter that is in it twice.
    explicit BasicAdam(BasicParameterList<T> parameters, AdamOptions options = {}, Location at = Location::current());

private:
    using typename BasicOptimizer<T>::State;
    void update(BasicArray<T>& value, const BasicArray<T>& gradient, State& state) override;

    AdamOptions options_;
};

using Adam = BasicAdam<float>;
using Adam64 = BasicAdam<double>;

extern template class BasicAdam<float>;
extern template class BasicAdam<double>;

}  // namespace xtape::optim
