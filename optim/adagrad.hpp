// Adagrad.
#pragma once

#include <xtape/optim/optimizer.hpp>

namespace xtape::optim {

struct AdagradOptions {
    double lr = 0.01;         ///< learning rate, at least 0
    double lr_decay = 0;      ///< at least 0; update t uses lr / (1 + (t - 1) lr_decay)
    double weight_decay = 0;  ///< at least 0; adds weight_decay * parameter to the gradient
    double initial_sum = 0;   ///< at least 0; what the sums of squares begin with
    double epsilon = 1e-10;   ///< at least 0
};

/// J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 2011,
/// figure 1 with diagonal matrices, as PyTorch defines it (https://pytorch.org/docs/1.13/generated/torch.optim.Adagrad.html):
///     g = g + weight_decay x
///     s = s + g^2, from s = initial_sum
///     x = x - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + epsilon)
struct AdagradRule {
    using Options = AdagradOptions;
    static constexpr const char* name = "Adagrad";
    static void check(const Options& options, Location at);
    static std::vector<std::string_view> slots(const Options& options);
    template <class T>
    static Update<T> update(const Options& options, double lr, std::uint64_t steps, double& carried);
};

template <class T>
using BasicAdagrad = RuleOptimizer<T, AdagradRule>;
using Adagrad = BasicAdagrad<float>;
using Adagrad64 = BasicAdagrad<double>;

extern template class RuleOptimizer<float, AdagradRule>;
extern template class RuleOptimizer<double, AdagradRule>;

}  // namespace xtape::optim
