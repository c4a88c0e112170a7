// Adadelta.
#pragma once

#include <xtape/optim/optimizer.hpp>

namespace xtape::optim {

struct AdadeltaOptions {
    double lr = 1;            ///< learning rate, at least 0
    double rho = 0.9;         ///< memory of the means of squares, in [0, 1)
    double epsilon = 1e-6;    ///< at least 0
    double weight_decay = 0;  ///< at least 0; adds weight_decay * parameter to the gradient
};

/// M. D. Zeiler, "ADADELTA: an adaptive learning rate method", 2012 (arXiv 1212.5701), algorithm 1, as PyTorch defines it
/// (https://pytorch.org/docs/1.13/generated/torch.optim.Adadelta.html):
///     g = g + weight_decay x
///     v = rho v + (1 - rho) g^2
///     d = g sqrt(u + epsilon) / sqrt(v + epsilon)
///     u = rho u + (1 - rho) d^2
///     x = x - lr d
struct AdadeltaRule {
    using Options = AdadeltaOptions;
    static constexpr const char* name = "Adadelta";
    static void check(const Options& options, Location at);
    static std::vector<std::string_view> slots(const Options& options);
    template <class T>
    static Update<T> update(const Options& options, double lr, std::uint64_t steps, double& carried);
};

template <class T>
using BasicAdadelta = RuleOptimizer<T, AdadeltaRule>;
using Adadelta = BasicAdadelta<float>;
using Adadelta64 = BasicAdadelta<double>;

extern template class RuleOptimizer<float, AdadeltaRule>;
extern template class RuleOptimizer<double, AdadeltaRule>;

}  // namespace xtape::optim
