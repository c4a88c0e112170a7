// NAdam.
#pragma once

#include <xtape/optim/optimizer.hpp>

namespace xtape::optim {

struct NAdamOptions {
    double lr = 2e-3;              ///< learning rate, at least 0
    double beta1 = 0.9;            ///< memory of the mean of the gradient, in [0, 1)
    double beta2 = 0.999;          ///< memory of the mean of its square, in [0, 1)
    double epsilon = 1e-8;         ///< at least 0
    double weight_decay = 0;       ///< at least 0; adds weight_decay * parameter to the gradient
    double momentum_decay = 4e-3;  ///< at least 0; how fast the momentum rises to beta1
};

/// T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016, algorithm 2 and its schedule of the momentum, as
/// PyTorch's page has it (https://pytorch.org/docs/1.13/generated/torch.optim.NAdam.html):
///     g = g + weight_decay x
///     mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     m^ = mu_(t+1) m / (1 - mu_1 ... mu_(t+1)) + (1 - mu_t) g / (1 - mu_1 ... mu_t)
///     x = x - lr m^ / (sqrt(v / (1 - beta2^t)) + epsilon)
/// The code of PyTorch 1.13 multiplies mu_t into the first denominator a second time, against its own page; version 2 does not
/// any more, nor does this.
struct NAdamRule {
    using Options = NAdamOptions;
    static constexpr const char* name = "NAdam";
    static void check(const Options& options, Location at);
    static std::vector<std::string_view> slots(const Options& options);
    template <class T>
    static Update<T> update(const Options& options, double lr, std::uint64_t steps, double& carried);
};

template <class T>
using BasicNAdam = RuleOptimizer<T, NAdamRule>;
using NAdam = BasicNAdam<float>;
using NAdam64 = BasicNAdam<double>;

extern template class RuleOptimizer<float, NAdamRule>;
extern template class RuleOptimizer<double, NAdamRule>;

}  // namespace xtape::optim
