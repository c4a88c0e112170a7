// RMSprop.
#pragma once

#include <xtape/optim/optimizer.hpp>

namespace xtape::optim {

struct RMSpropOptions {
    double lr = 0.01;         ///< learning rate, at least 0
    double alpha = 0.99;      ///< memory of the mean of squares, in [0, 1)
    double epsilon = 1e-8;    ///< at least 0
    double weight_decay = 0;  ///< at least 0; adds weight_decay * parameter to the gradient
    double momentum = 0;      ///< at least 0
    bool centered = false;    ///< divide by the deviation from the mean
};

/// T. Tieleman, G. Hinton, "Lecture 6.5: RMSProp", COURSERA 2012; centered as in A. Graves, "Generating sequences with
/// recurrent neural networks", 2013, equations 38 to 41; as PyTorch defines it
/// (https://pytorch.org/docs/1.13/generated/torch.optim.RMSprop.html):
///     g = g + weight_decay x
///     v = alpha v + (1 - alpha) g^2
///     centered: m = alpha m + (1 - alpha) g, and v - m^2 stands for v below; what rounding leaves below 0 counts as 0
///     d = g / (sqrt(v) + epsilon)
///     b = momentum b + d, and d = b       (only with momentum)
///     x = x - lr d
struct RMSpropRule {
    using Options = RMSpropOptions;
    static constexpr const char* name = "RMSprop";
    static void check(const Options& options, Location at);
    static std::vector<std::string_view> slots(const Options& options);
    template <class T>
    static Update<T> update(const Options& options, double lr, std::uint64_t steps, double& carried);
};

template <class T>
using BasicRMSprop = RuleOptimizer<T, RMSpropRule>;
using RMSprop = BasicRMSprop<float>;
using RMSprop64 = BasicRMSprop<double>;

extern template class RuleOptimizer<float, RMSpropRule>;
extern template class RuleOptimizer<double, RMSpropRule>;

}  // namespace xtape::optim
