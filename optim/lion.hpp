// Lion.
#pragma once

#include <xtape/optim/optimizer.hpp>

namespace xtape::optim {

struct LionOptions {
    double lr = 1e-4;         ///< learning rate, at least 0
    double beta1 = 0.9;       ///< share of the memory in the direction, in [0, 1)
    double beta2 = 0.99;      ///< memory of the mean of the gradient, in [0, 1)
    double weight_decay = 0;  ///< at least 0; shrinks the parameter, past the gradient
};

/// X. Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023 (arXiv 2302.06675), algorithm 2, with sign(0) = 0:
///     x = x - lr (sign(beta1 m + (1 - beta1) g) + weight_decay x)
///     m = beta2 m + (1 - beta2) g
struct LionRule {
    using Options = LionOptions;
    static constexpr const char* name = "Lion";
    static void check(const Options& options, Location at);
    static std::vector<std::string_view> slots(const Options& options);
    template <class T>
    static Update<T> update(const Options& options, double lr, std::uint64_t steps, double& carried);
};

template <class T>
using BasicLion = RuleOptimizer<T, LionRule>;
using Lion = BasicLion<float>;
using Lion64 = BasicLion<double>;

extern template class RuleOptimizer<float, LionRule>;
extern template class RuleOptimizer<double, LionRule>;

}  // namespace xtape::optim
