// Learning rates over the course of training.
#pragma once

#include <xtape/optim/optimizer.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace xtape::optim {

/// A learning rate as a function of the rate at the start and the number of steps (or epochs) made since: any function may be
/// one, those below are PyTorch's in closed form (https://pytorch.org/docs/1.13/optim.html). It must not be negative.
using Curve = std::function<double(double start, std::uint64_t step)>;

struct StepDecayOptions {
    std::uint64_t every = 30;  ///< at least 1
    double factor = 0.1;       ///< at least 0
};
/// start factor^(step / every, rounded down). PyTorch's StepLR. Throws ConfigError for options out of range, like all below.
Curve step_decay(StepDecayOptions options, Location at = Location::current());

struct MultistepOptions {
    std::vector<std::uint64_t> at = {};  ///< never falling
    double factor = 0.1;                 ///< at least 0
};
/// start factor^(milestones reached). PyTorch's MultiStepLR.
Curve multistep(MultistepOptions options, Location at = Location::current());

/// start factor^step, with a factor of at least 0. PyTorch's ExponentialLR.
Curve exponential(double factor, Location at = Location::current());

struct LinearOptions {
    std::uint64_t steps = 5;  ///< at least 1
    double from = 1.0 / 3;    ///< factor at step 0, at least 0
    double to = 1;            ///< factor from step `steps` on, at least 0
};
/// start times a factor that moves evenly from `from` to `to` and stays: a warm-up. PyTorch's LinearLR.
Curve linear(LinearOptions options, Location at = Location::current());

struct PolynomialOptions {
    std::uint64_t steps = 5;  ///< at least 1
    double power = 1;         ///< at least 0
};
/// start (1 - step / steps)^power, and 0 from step `steps` on. PyTorch's PolynomialLR.
Curve polynomial(PolynomialOptions options, Location at = Location::current());

struct CosineOptions {
    std::uint64_t steps = 0;  ///< half a period, at least 1
    double lowest = 0;        ///< the rate at step `steps`, at least 0
};
/// lowest + (start - lowest) (1 + cos(pi step / steps)) / 2; rises again after `steps`. I. Loshchilov, F. Hutter, "SGDR:
/// stochastic gradient descent with warm restarts", ICLR 2017, equation 5, without restarts. PyTorch's CosineAnnealingLR.
Curve cosine(CosineOptions options, Location at = Location::current());

struct CosineRestartsOptions {
    std::uint64_t steps = 0;   ///< until the first restart, at least 1
    std::uint64_t growth = 1;  ///< each period is so many times as long as the one before, at least 1
    double lowest = 0;         ///< what a period falls towards, at least 0
};
/// The same equation with restarts: from `lowest` back to `start`. PyTorch's CosineAnnealingWarmRestarts.
Curve cosine_restarts(CosineRestartsOptions options, Location at = Location::current());

enum class Anneal { cosine, linear };

struct OneCycleOptions {
    std::uint64_t steps = 0;    ///< of the whole cycle, at least 2
    double rising = 0.3;        ///< part of it in which the rate rises, in (0, 1), three phases: in (0, 0.5)
    double first_divisor = 25;  ///< the first rate is start / first_divisor; above 0
    double last_divisor = 1e4;  ///< the last rate is start / first_divisor / last_divisor; above 0
    Anneal anneal = Anneal::cosine;
    bool three_phases = false;  ///< falls as long as it rises, and then to the last rate
};
/// Up to the rate at the start, which is the peak here, and down far below it. L. N. Smith, N. Topin, "Super-convergence: very
/// fast training of neural networks using large learning rates", 2017. PyTorch's OneCycleLR with max_lr = start and
/// cycle_momentum = false; the last rate stays beyond `steps`, where PyTorch stops with an error.
Curve one_cycle(OneCycleOptions options, Location at = Location::current());

struct AnnealToOptions {
    double rate = 0;           ///< at least 0
    std::uint64_t steps = 10;  ///< 0: at once
    Anneal anneal = Anneal::cosine;
};
/// From start to `rate` within `steps`, and there it stays: for stochastic weight averaging. PyTorch's SWALR.
Curve anneal_to(AnnealToOptions options, Location at = Location::current());

/// One curve after the other: curve k takes over at milestone k - 1 and counts steps from there. PyTorch's SequentialLR.
/// Throws ConfigError unless there is one milestone less than curves, rising.
Curve sequence(std::vector<Curve> curves, std::vector<std::uint64_t> milestones, Location at = Location::current());

/// Each curve starts from what the one before says: factors multiply. PyTorch's ChainedScheduler.
/// Throws ConfigError when there are none.
Curve chain(std::vector<Curve> curves, Location at = Location::current());

/// Drives the learning rates of an optimizer, which must outlive it, along a curve. Each group starts from its own rate.
class Schedule {
public:
    /// Sets the rates of step 0. Throws ConfigError when the curve gives a rate that is negative or not finite.
    Schedule(LearningRates& optimizer, Curve curve, Location at = Location::current());

    /// Counts a step and sets its rates; called after the optimizer's step, or once an epoch.
    void step(Location at = Location::current()) { go_to(step_ + 1, at); }
    /// Sets the rates of any step.
    void go_to(std::uint64_t step, Location at = Location::current());

    std::uint64_t steps() const { return step_; }

    /// "steps" and "group 0.start", ...
    Numbers state() const;
    /// Continues from there. Throws DataError, and changes nothing, when the state is of another number of groups.
    void load_state(const Numbers& state, Location at = Location::current());

private:
    LearningRates* optimizer_;
    Curve curve_;
    std::vector<double> starts_;
    std::uint64_t step_ = 0;
};

enum class Better { smaller, larger };
enum class Threshold { relative, absolute };

struct PlateauOptions {
    Better better = Better::smaller;
    double factor = 0.1;                             ///< what rates are multiplied by, in [0, 1)
    std::uint64_t patience = 10;                     ///< steps without improvement that are forgiven
    double threshold = 1e-4;                         ///< what counts as an improvement, at least 0
    Threshold threshold_mode = Threshold::relative;  ///< the threshold is a part of the best value, or a number
    std::uint64_t cooldown = 0;                      ///< steps after a reduction that are not counted
    double lowest = 0;                               ///< rates do not fall below it; at least 0
    double smallest_change = 1e-8;                   ///< smaller reductions are left out; at least 0
};

/// Reduces the learning rates when a value has stopped to improve. PyTorch's ReduceLROnPlateau.
class Plateau {
public:
    /// The optimizer must outlive it. Throws ConfigError for an option out of its range.
    explicit Plateau(LearningRates& optimizer, PlateauOptions options = {}, Location at = Location::current());

    /// Takes the value of a step (or epoch) in. A NaN is no improvement.
    void step(double value);

    double best() const { return best_; }

    /// "best", "bad", "cooldown". The rates themselves are the optimizer's state.
    Numbers state() const;
    /// Throws DataError, and changes nothing, for a state of something else.
    void load_state(const Numbers& state, Location at = Location::current());

private:
    bool improves(double value) const;
    void reduce();

    LearningRates* optimizer_;
    PlateauOptions options_;
    double best_;
    std::uint64_t bad_ = 0, cooldown_ = 0;
};

}  // namespace xtape::optim
