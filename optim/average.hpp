// Averages of the weights over training, and using them in the weights' place for a while.
#pragma once

#include <xtape/autodiff/parameter.hpp>
#include <xtape/optim/pass.hpp>
#include <xtape/optim/state.hpp>

#include <cstdint>
#include <vector>

namespace xtape::optim {

template <class T>
class BasicWeightAverage;

/// The parameters hold the averages until the end of the scope, then their own values again. No number is copied. Neither
/// the optimizer nor the average may be used meanwhile; a tape that needs a parameter from before refuses to deliver
/// gradients.
template <class T>
class [[nodiscard]] BasicAverageScope {
public:
    explicit BasicAverageScope(BasicWeightAverage<T>& average) : average_(average) { average_.swap(true); }
    ~BasicAverageScope() { average_.swap(false); }
    BasicAverageScope(const BasicAverageScope&) = delete;
    BasicAverageScope& operator=(const BasicAverageScope&) = delete;

private:
    BasicWeightAverage<T>& average_;
};

/// What both averages are: one array a parameter, which starts as a copy of it.
template <class T>
class BasicWeightAverage {
public:
    virtual ~BasicWeightAverage() = default;
    BasicWeightAverage(const BasicWeightAverage&) = delete;
    BasicWeightAverage& operator=(const BasicWeightAverage&) = delete;

    /// Takes the parameters' values of now in; to be called after a step. Throws GraphError inside of an applied().
    void update(Location at = Location::current());

    /// Lets the parameters hold the averages until the end of a scope:
    ///     { const auto scope = ema.applied();  accuracy = train::accuracy(model, test); }
    BasicAverageScope<T> applied() { return BasicAverageScope<T>(*this); }

    /// Copies the averages into the parameters for good.
    void assign() const;

    /// Values taken in so far.
    std::uint64_t updates() const { return updates_; }
    /// The average of the i-th parameter.
    const BasicArray<T>& operator[](std::size_t i) const { return averages_.at(i)->array; }

    /// The arrays "0", "1", ... and the number "updates".
    BasicState<T> state() const;
    /// Throws DataError, and changes nothing, when the state is not of an average over the same parameters.
    void load_state(const BasicState<T>& state, Location at = Location::current());

protected:
    /// `name` ("Ema") stands in error messages. Throws ConfigError for an empty list or a parameter that is in it twice.
    BasicWeightAverage(const char* name, BasicParameterList<T> parameters, Location at);

private:
    friend class BasicAverageScope<T>;

    /// average = average + share (value - average) at the n-th update, n from 1 on.
    virtual double share(std::uint64_t n) const = 0;
    void swap(bool in);

    const char* name_;
    BasicParameterList<T> parameters_;
    std::vector<xtape::detail::Ref<xtape::detail::Value<T>>> averages_;
    detail::Pass<T> pass_;
    std::uint64_t updates_ = 0;
    bool applied_ = false;
};

struct EmaOptions {
    double decay = 0.999;  ///< memory, in [0, 1)
    bool warm_up = false;  ///< at update n no more memory than n / (9 + n), so that the first values are soon forgotten
};

/// Exponential moving average: average = decay average + (1 - decay) value, from the values at construction on. B. T. Polyak,
/// A. B. Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the warm-up is TensorFlow's num_updates.
template <class T>
class BasicEma final : public BasicWeightAverage<T> {
public:
    /// Throws ConfigError for a decay outside [0, 1), an empty list, or a parameter that is in it twice.
    explicit BasicEma(BasicParameterList<T> parameters, EmaOptions options = {}, Location at = Location::current());

private:
    double share(std::uint64_t n) const override;

    EmaOptions options_;
};

/// Stochastic weight averaging: the plain mean of the values taken in. P. Izmailov, D. Podoprikhin, T. Garipov, D. Vetrov,
/// A. G. Wilson, "Averaging weights leads to wider optima and better generalization", UAI 2018, algorithm 1. Its learning rates
/// are the curve `anneal`. Running statistics of batch norm are no parameters: take them anew with the averages applied.
template <class T>
class BasicSwa final : public BasicWeightAverage<T> {
public:
    /// Throws ConfigError for an empty list or a parameter that is in it twice.
    explicit BasicSwa(BasicParameterList<T> parameters, Location at = Location::current());

private:
    double share(std::uint64_t n) const override { return 1 / static_cast<double>(n); }
};

using Ema = BasicEma<float>;
using Ema64 = BasicEma<double>;
using Swa = BasicSwa<float>;
using Swa64 = BasicSwa<double>;

extern template class BasicWeightAverage<float>;
extern template class BasicWeightAverage<double>;
extern template class BasicEma<float>;
extern template class BasicEma<double>;
extern template class BasicSwa<float>;
extern template class BasicSwa<double>;

}  // namespace xtape::optim
