// L-BFGS.
#pragma once

#include <xtape/autodiff/parameter.hpp>
#include <xtape/optim/optimizer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace xtape::optim {

enum class LineSearch {
    strong_wolfe,  ///< a step with enough decrease (c1 = 1e-4) and a small enough slope (c2 = 0.9)
    none,          ///< always lr times the direction
};

struct LBFGSOptions {
    double lr = 1;                     ///< first length that a line search tries, at least 0
    std::size_t max_iterations = 20;   ///< in a step, at least 1
    std::size_t max_evaluations = 0;   ///< in a step; 0: 5/4 of max_iterations
    double tolerance_gradient = 1e-7;  ///< ends a step: largest magnitude in the gradient; at least 0
    double tolerance_change = 1e-9;    ///< ends a step: change of the loss and of every parameter; at least 0
    std::size_t history = 100;         ///< differences that are remembered, at least 1
    LineSearch line_search = LineSearch::strong_wolfe;
};

/// Quasi-Newton steps from the last changes of gradient and parameters: D. C. Liu, J. Nocedal, "On the limited memory BFGS
/// method for large scale optimization", 1989; J. Nocedal, S. J. Wright, "Numerical optimization", 2nd edition, algorithms 7.4
/// (direction), 3.5 and 3.6 (line search), 3.59 (cubic interpolation), with the safeguards of M. Schmidt's minFunc that PyTorch
/// has too (https://pytorch.org/docs/1.13/generated/torch.optim.LBFGS.html): the same iterates. The history is as large as
/// 2 `history` copies of the parameters.
///
///     optim::LBFGS lbfgs{model.parameters()};
///     lbfgs.step([&] { return nn::mse(model(x), y); });
template <class T>
class BasicLBFGS : public LearningRates {
public:
    /// Computes the loss, a scalar; called several times a step, on a tape that the optimizer makes. The same parameters must
    /// give the same loss.
    using Loss = std::function<BasicTensor<T>()>;

    /// Throws ConfigError for an option out of its range, an empty list, or a parameter that is in it twice.
    explicit BasicLBFGS(BasicParameterList<T> parameters, LBFGSOptions options = {}, Location at = Location::current());

    /// Up to max_iterations iterations. Frozen parameters stay as they are; gradients are forgotten. Returns the loss before.
    /// Throws AnomalyError when that loss or its gradient is not finite, and what `loss` throws: parameters and state are
    /// then what they were before the step.
    double step(const Loss& loss, Location at = Location::current());

    const BasicParameterList<T>& parameters() const { return parameters_; }
    std::uint64_t iterations() const { return memory_.iterations; }
    std::uint64_t evaluations() const { return memory_.evaluations; }

    BasicState<T> state() const;
    /// Throws DataError, and changes nothing, when the state is not of an L-BFGS on as many numbers, or has a learning rate
    /// that is not finite and at least 0.
    void load_state(const BasicState<T>& state, Location at = Location::current());

private:
    /// The loss somewhere on the line start + length direction; slope is its derivative by the length.
    struct Trial {
        double length, loss, slope;
        BasicArray<T> gradient;
    };
    /// A change of the gradient, the change of the parameters that made it, 1 over their product.
    struct Difference {
        BasicArray<T> gradient, parameters;
        double inverse;
    };
    /// What is remembered from step to step.
    struct Memory {
        std::uint64_t iterations = 0, evaluations = 0;
        // Of the last iteration.
        BasicArray<T> direction, previous_gradient;
        double length = 0, diagonal = 1;
        std::vector<std::shared_ptr<const Difference>> history;
    };
    class Line;

    Shape flat_shape() const { return {size_}; }
    BasicArray<T> values() const;
    void set_values(const BasicArray<T>& start, double length);
    void restore_values(const BasicArray<T>& start);
    Trial evaluate(const Loss& loss);
    void remember(const BasicArray<T>& gradient);
    void find_direction(const BasicArray<T>& gradient);
    Trial move(const Loss& loss, Trial now, double length, bool last);
    double iterate(const Loss& loss, Location at);

    BasicParameterList<T> parameters_;
    LBFGSOptions options_;
    std::size_t size_ = 0;
    Memory memory_;
};

using LBFGS = BasicLBFGS<float>;
using LBFGS64 = BasicLBFGS<double>;

extern template class BasicLBFGS<float>;
extern template class BasicLBFGS<double>;

}  // namespace xtape::optim
