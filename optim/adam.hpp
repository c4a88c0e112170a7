// Adam and AdamW.
#pragma once

#include <xtape/optim/optimizer.hpp>

namespace xtape::optim {

struct AdamOptions {
    double lr = 1e-3;         ///< learning rate, at least 0
    double beta1 = 0.9;       ///< memory of the mean of the gradient, in [0, 1)
    double beta2 = 0.999;     ///< memory of the mean of its square, in [0, 1)
    double epsilon = 1e-8;    ///< at least 0
    double weight_decay = 0;  ///< at least 0; adds weight_decay * parameter to the gradient
    bool amsgrad = false;     ///< divide by the largest mean of squares so far
};

/// D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1, as PyTorch defines it
/// (https://pytorch.org/docs/1.13/generated/torch.optim.Adam.html), with gradient g, parameter x and update number t:
///     g = g + weight_decay x
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     x = x - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
/// With amsgrad the largest v so far stands in v's place in the last line: S. J. Reddi, S. Kale, S. Kumar, "On the
/// convergence of Adam and beyond", ICLR 2018, algorithm 2, with the corrections that PyTorch keeps.
struct AdamRule {
    using Options = AdamOptions;
    static constexpr const char* name = "Adam";
    static void check(const Options& options, Location at);
    static std::vector<std::string_view> slots(const Options& options);
    template <class T>
    static Update<T> update(const Options& options, double lr, std::uint64_t steps, double& carried);
};

struct AdamWOptions {
    double lr = 1e-3;            ///< learning rate, at least 0
    double beta1 = 0.9;          ///< memory of the mean of the gradient, in [0, 1)
    double beta2 = 0.999;        ///< memory of the mean of its square, in [0, 1)
    double epsilon = 1e-8;       ///< at least 0
    double weight_decay = 1e-2;  ///< at least 0; shrinks the parameter, past the gradient
    bool amsgrad = false;        ///< divide by the largest mean of squares so far
};

/// I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2 with the decay multiplied by the
/// learning rate, as PyTorch does (https://pytorch.org/docs/1.13/generated/torch.optim.AdamW.html):
///     x = x - lr weight_decay x, then Adam's update without weight decay
struct AdamWRule {
    using Options = AdamWOptions;
    static constexpr const char* name = "AdamW";
    static void check(const Options& options, Location at);
    static std::vector<std::string_view> slots(const Options& options);
    template <class T>
    static Update<T> update(const Options& options, double lr, std::uint64_t steps, double& carried);
};

template <class T>
using BasicAdam = RuleOptimizer<T, AdamRule>;
using Adam = BasicAdam<float>;
using Adam64 = BasicAdam<double>;

template <class T>
using BasicAdamW = RuleOptimizer<T, AdamWRule>;
using AdamW = BasicAdamW<float>;
using AdamW64 = BasicAdamW<double>;

extern template class RuleOptimizer<float, AdamRule>;
extern template class RuleOptimizer<double, AdamRule>;
extern template class RuleOptimizer<float, AdamWRule>;
extern template class RuleOptimizer<double, AdamWRule>;

}  // namespace xtape::optim
