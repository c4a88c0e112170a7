// What all optimizers share: the parameters, the learning rate, and what is remembered of each parameter between steps.
#pragma once

#include <xtape/autodiff/parameter.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace xtape::optim {

/// Changes parameters by their gradients. Holds handles: a model may be moved while an optimizer works on it.
template <class T>
class BasicOptimizer {
public:
    virtual ~BasicOptimizer() = default;
    BasicOptimizer(const BasicOptimizer&) = delete;
    BasicOptimizer& operator=(const BasicOptimizer&) = delete;
    BasicOptimizer(BasicOptimizer&&) noexcept = default;
    BasicOptimizer& operator=(BasicOptimizer&&) noexcept = default;

    /// Updates every parameter that has a gradient and is not frozen. Gradients are only read. Steps are counted for
    /// each parameter on its own. The same bits come out on any number of threads.
    void step();

    /// Forgets the gradients of all parameters.
    void zero_grad();

    const BasicParameterList<T>& parameters() const { return parameters_; }

    double learning_rate() const { return learning_rate_; }
    /// Throws ConfigError unless it is finite and at least 0.
    void set_learning_rate(double rate, Location at = Location::current());

protected:
    /// What is remembered of one parameter.
    struct State {
        std::uint64_t steps = 0;  ///< updates made, the one under way included
        std::vector<BasicArray<T>>
            slots;  ///< running quantities of the parameter's shape; zeros before the first update
    };

    /// `name` ("Adam") stands in error messages; `slots` is how many running quantities a parameter has.
    /// Throws ConfigError for an empty list, a parameter that is in it twice, or a learning rate out of range.
    BasicOptimizer(const char* name, BasicParameterList<T> parameters, double learning_rate, std::size_t slots,
                   Location at);

    /// Changes one value; `gradient` has its shape.
    virtual void update(BasicArray<T>& value, const BasicArray<T>& gradient, State& state) = 0;

private:
    const char* name_;
    BasicParameterList<T> parameters_;
    std::vector<State> states_;  // one a parameter
    double learning_rate_ = 0;
    std::size_t slots_;
};

using Optimizer = BasicOptimizer<float>;
using Optimizer64 = BasicOptimizer<double>;

namespace detail {
/// Throws ConfigError "<optimizer>: expected <wanted>, got <got>" unless `good`.
void require(bool good, const char* optimizer, const char* wanted, double got, Location at);
}  // namespace detail

extern template class BasicOptimizer<float>;
extern template class BasicOptimizer<double>;

}  // namespace xtape::optim
