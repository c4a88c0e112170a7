// Perceptron: one threshold unit with Rosenblatt's learning rule, which needs no gradient.
#pragma once

#include <xtape/autodiff/random.hpp>
#include <xtape/nn/module.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace xtape::nn {

struct PerceptronOptions {
    std::size_t epochs = 100;  ///< at most; at least 1
    double learning_rate = 1;  ///< more than 0. From weights of zero it scales all numbers and changes no answer
    bool shuffle = false;  ///< another order in every epoch, from the next random stream; otherwise that of the rows
};

struct PerceptronHistory {
    std::vector<std::size_t> mistakes;  ///< of each epoch, every one of which changed the weights
    bool converged = false;             ///< the last epoch had none: every row is answered rightly
};

/// Answers 1 where w . x + b > 0, else 0. F. Rosenblatt, "The perceptron: a probabilistic model for information storage
/// and organization in the brain", Psychological Review 65, 1958.
///
/// fit() shows it the rows one by one; a wrong answer a to a row x with label t moves the weights by
/// learning_rate (t - a) (x, 1). When some (u, c) with |(u, c)| = 1 separates the classes, that is
/// (2 t - 1) (u . x + c) >= margin > 0 for all rows, there are at most (largest |(x, 1)| / margin)^2 mistakes from
/// weights of zero, however long it takes (A. Novikoff, "On convergence proofs for perceptrons", 1962). Otherwise it
/// never ends; what it forgets it learns again.
///
/// As a module its output is w . x + b: x (..., in), y (..., 1), with the names and shapes of Linear in->1.
template <class T>
class BasicPerceptron : public BasicModule<T> {
public:
    /// Weights of zero. Throws ConfigError for 0 inputs.
    explicit BasicPerceptron(std::size_t in, Location at = Location::current());

    /// Learns from rows x (N, in) and labels (N), each 0 or 1, from the weights of now, until an epoch has no mistake or
    /// all have passed. Throws ShapeError when the shapes do not fit or N is 0, DataError for another label or a number
    /// that is not finite, ConfigError for an option out of its range; nothing has changed then.
    PerceptronHistory fit(const BasicArray<T>& x, const IndexArray& labels, const PerceptronOptions& options = {},
                          Location at = Location::current());

    /// Labels (N), each 0 or 1, of rows (N, in). Throws ShapeError when the shape does not fit.
    IndexArray predict(const BasicArray<T>& x, Location at = Location::current()) const;

    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "Perceptron 2"

    BasicParameter<T> weight;  ///< (1, in)
    BasicParameter<T> bias;    ///< (1)

private:
    void require_rows(const char* call, const Shape& shape, Location at) const;
};

using Perceptron = BasicPerceptron<float>;
using Perceptron64 = BasicPerceptron<double>;

extern template class BasicPerceptron<float>;
extern template class BasicPerceptron<double>;

}  // namespace xtape::nn
