// Dropout: numbers, or whole channels, set to 0 at random while a network trains.
//
// N. Srivastava and others, "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014;
// inverted: what stays is divided by 1 - p in training, so that evaluation has nothing to do. Every training forward
// with p > 0 takes the next stream of the process-wide seed (autodiff/random.hpp), and its masks depend on nothing
// else: not on threads, and a run that restores random::state() goes on with the same masks.
#pragma once

#include <xtape/nn/module.hpp>

#include <string>

namespace xtape::nn {

/// Training: each element is 0 with probability p, else divided by 1 - p. Evaluation: y is x itself.
template <class T>
class BasicDropout : public BasicModule<T> {
public:
    /// Throws ConfigError unless p is in 0 .. 1.
    explicit BasicDropout(double p = 0.5, Location at = Location::current());

    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "Dropout 0.5"

private:
    double p_;
};

/// Whole channels of x (N, C, H, W): in training each (H, W) plane is 0 with probability p, else divided by 1 - p.
template <class T>
class BasicDropout2d : public BasicModule<T> {
public:
    /// Throws ConfigError unless p is in 0 .. 1.
    explicit BasicDropout2d(double p = 0.5, Location at = Location::current());

    /// Throws ShapeError unless x has four axes, in evaluation too.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "Dropout2d 0.5"

private:
    double p_;
};

using Dropout = BasicDropout<float>;
using Dropout64 = BasicDropout<double>;
using Dropout2d = BasicDropout2d<float>;
using Dropout2d64 = BasicDropout2d<double>;

extern template class BasicDropout<float>;
extern template class BasicDropout<double>;
extern template class BasicDropout2d<float>;
extern template class BasicDropout2d<double>;

}  // namespace xtape::nn
