#include <xtape/optim/lbfgs.hpp>

#include <xtape/autodiff/kernels/moments.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/tape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape::optim {
namespace {

constexpr std::size_t block = 65536;
constexpr double least_curvature = 1e-10;  // differences with less are not remembered
constexpr double c1 = 1e-4, c2 = 0.9;      // of the strong Wolfe conditions
constexpr std::size_t most_trials = 25;    // of a line search

template <class T>
double dot(const BasicArray<T>& a, const BasicArray<T>& b) {
    return parallel_reduce(
        a.size(), block, 0.0,
        [&](std::size_t begin, std::size_t end) {
            std::array<double, 1> total{};
            xtape::detail::sum_stretch<T>(end - begin, total, [&](auto load, std::size_t i) {
                return std::array{load(a.data() + begin + i) * load(b.data() + begin + i)};
            });
            return total[0];
        },
        [](double p, double q) { return p + q; });
}

/// f(i) for every element, in parallel.
template <class F>
void for_elements(std::size_t n, const F& f) {
    parallel_for(n, block, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) f(i);
    });
}

/// x += factor y
template <class T>
void add_to(BasicArray<T>& x, double factor, const BasicArray<T>& y) {
    T* const to = x.data();
    const T* const from = y.data();
    const T by = static_cast<T>(factor);
    for_elements(x.size(), [=](std::size_t i) { to[i] += by * from[i]; });
}

template <class T>
void multiply(BasicArray<T>& x, double factor) {
    T* const to = x.data();
    const T by = static_cast<T>(factor);
    for_elements(x.size(), [=](std::size_t i) { to[i] *= by; });
}

template <class T>
double largest(const BasicArray<T>& x) {
    double top = 0;
    for (std::size_t i = 0; i < x.size(); ++i) top = std::max(top, std::abs(static_cast<double>(x.data()[i])));
    return top;
}

template <class T>
double sum_of_magnitudes(const BasicArray<T>& x) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += std::abs(static_cast<double>(x.data()[i]));
    return sum;
}

struct Bounds {
    double low, high;
};

/// The minimum of the cubic that has two trials' values and slopes, moved into the bounds; their middle when there is none.
template <class Trial>
double cubic_minimum(const Trial& a, const Trial& b, Bounds bounds) {
    const Trial &p = a.length <= b.length ? a : b, &q = a.length <= b.length ? b : a;
    const double d1 = p.slope + q.slope - 3 * (p.loss - q.loss) / (p.length - q.length);
    const double square = d1 * d1 - p.slope * q.slope;
    const double middle = (bounds.low + bounds.high) / 2;
    if (!(square >= 0)) return middle;
    const double d2 = std::sqrt(square);
    const double minimum = q.length - (q.length - p.length) * ((q.slope + d2 - d1) / (q.slope - p.slope + 2 * d2));
    return std::isnan(minimum) ? middle : std::clamp(minimum, bounds.low, bounds.high);
}

}  // namespace

/// The strong Wolfe line search from `start` (length 0) along the direction.
template <class T>
class BasicLBFGS<T>::Line {
public:
    Line(BasicLBFGS& owner, const Loss& loss, const Trial& start)
        : owner_(owner),
          loss_(loss),
          values_(owner.values()),
          loss0_(start.loss),
          slope0_(start.slope),
          reach_(largest(owner.memory_.direction)) {}

    Trial search(Trial previous, double length) {
        Trial now = at(length);
        const Trial start = previous;
        for (; trials_ < most_trials; ++trials_) {
            if (too_high(now) || (trials_ > 1 && now.loss >= previous.loss))
                return zoom(std::move(previous), std::move(now));
            if (flat_enough(now)) return now;
            if (now.slope >= 0) return zoom(std::move(previous), std::move(now));
            const Bounds ahead{now.length + 0.01 * (now.length - previous.length), now.length * 10};
            const double next = cubic_minimum(previous, now, ahead);
            previous = std::move(now);
            now = at(next);
        }
        return start.loss <= now.loss ? start : now;
    }

    const BasicArray<T>& values() const { return values_; }

private:
    Trial at(double length) {
        owner_.set_values(values_, length);
        Trial trial = owner_.evaluate(loss_);
        trial.length = length;
        trial.slope = dot(trial.gradient, owner_.memory_.direction);
        return trial;
    }
    // A loss that is NaN counts as too high.
    bool too_high(const Trial& t) const { return !(t.loss <= loss0_ + c1 * t.length * slope0_); }
    bool flat_enough(const Trial& t) const { return std::abs(t.slope) <= -c2 * slope0_; }

    // Narrows a bracket that holds a good point; `low` is the end with the smaller loss.
    Trial zoom(Trial a, Trial b) {
        const bool first_is_low = a.loss <= b.loss || std::isnan(b.loss);
        Trial low = first_is_low ? std::move(a) : std::move(b), high = first_is_low ? std::move(b) : std::move(a);
        bool stuck = false;
        for (;
             trials_ < most_trials && !(std::abs(high.length - low.length) * reach_ < owner_.options_.tolerance_change);
             ++trials_) {
            Trial now = at(inside(low, high, stuck));
            if (too_high(now) || now.loss >= low.loss) {
                high = std::move(now);
                if (high.loss < low.loss) std::swap(low, high);
                continue;
            }
            if (flat_enough(now)) return now;
            if (now.slope * (high.length - low.length) >= 0) high = std::move(low);
            low = std::move(now);
        }
        return low;
    }

    // Where the cubic has its minimum, but not twice in a row next to an end of the bracket.
    static double inside(const Trial& low, const Trial& high, bool& stuck) {
        const Bounds ends{std::min(low.length, high.length), std::max(low.length, high.length)};
        const double length = cubic_minimum(low, high, ends), margin = 0.1 * (ends.high - ends.low);
        if (std::min(ends.high - length, length - ends.low) >= margin) {
            stuck = false;
            return length;
        }
        if (!stuck && length < ends.high && length > ends.low) {
            stuck = true;
            return length;
        }
        stuck = false;
        return std::abs(length - ends.high) < std::abs(length - ends.low) ? ends.high - margin : ends.low + margin;
    }

    BasicLBFGS& owner_;
    const Loss& loss_;
    BasicArray<T> values_;
    double loss0_, slope0_, reach_;
    std::size_t trials_ = 0;
};

template <class T>
BasicLBFGS<T>::BasicLBFGS(BasicParameterList<T> parameters, LBFGSOptions options, Location at)
    : LearningRates("LBFGS"), parameters_(std::move(parameters)), options_(options) {
    detail::require_distinct<T>(name(), parameters_, {}, at);
    add_rate(options.lr, at);
    detail::require(options.max_iterations > 0, name(), "at least 1 iteration in max_iterations", 0, at);
    detail::require(options.history > 0, name(), "at least 1 difference in history", 0, at);
    detail::require_not_negative(name(), "a tolerance_gradient of at least 0", options.tolerance_gradient, at);
    detail::require_not_negative(name(), "a tolerance_change of at least 0", options.tolerance_change, at);
    if (options_.max_evaluations == 0) options_.max_evaluations = options_.max_iterations * 5 / 4;
    for (const auto& parameter : parameters_) size_ += parameter.value().size();
    memory_.direction = memory_.previous_gradient = BasicArray<T>(flat_shape(), T(0));
}

template <class T>
BasicArray<T> BasicLBFGS<T>::values() const {
    BasicArray<T> all = empty_array<T>(flat_shape());
    T* to = all.data();
    for (const auto& parameter : parameters_) {
        to = std::copy_n(parameter.value().data(), parameter.value().size(), to);
    }
    return all;
}

template <class T>
void BasicLBFGS<T>::set_values(const BasicArray<T>& start, double length) {
    const T by = static_cast<T>(length);
    std::size_t offset = 0;
    for (const auto& parameter : parameters_) {
        const std::size_t size = parameter.value().size();
        if (!parameter.frozen()) {
            T* const to = parameter.shared_state()->writable().data();
            const T *const x = start.data() + offset, *const d = memory_.direction.data() + offset;
            for_elements(size, [=](std::size_t i) { to[i] = x[i] + by * d[i]; });
        }
        offset += size;
    }
}

template <class T>
void BasicLBFGS<T>::restore_values(const BasicArray<T>& start) {
    const T* from = start.data();
    for (auto& parameter : parameters_) {
        const std::size_t size = parameter.value().size();
        if (!parameter.frozen()) std::copy_n(from, size, parameter.shared_state()->writable().data());
        parameter.zero_grad();
        from += size;
    }
}

template <class T>
typename BasicLBFGS<T>::Trial BasicLBFGS<T>::evaluate(const Loss& loss) {
    for (auto& parameter : parameters_) parameter.zero_grad();
    Trial trial{0, 0, 0, BasicArray<T>(flat_shape(), T(0))};
    {
        Tape tape;
        const BasicTensor<T> y = loss();
        trial.loss = static_cast<double>(y.item());
        tape.backward(y);
    }
    ++memory_.evaluations;
    T* to = trial.gradient.data();
    for (auto& parameter : parameters_) {
        if (parameter.has_grad()) std::copy_n(parameter.grad().data(), parameter.grad().size(), to);
        to += parameter.value().size();
        parameter.zero_grad();
    }
    return trial;
}

template <class T>
void BasicLBFGS<T>::remember(const BasicArray<T>& gradient) {
    Difference difference{gradient, memory_.direction, 0};
    add_to(difference.gradient, -1, memory_.previous_gradient);
    multiply(difference.parameters, memory_.length);
    const double product = dot(difference.gradient, difference.parameters);
    if (!(product > least_curvature)) return;
    if (memory_.history.size() == options_.history) memory_.history.erase(memory_.history.begin());
    difference.inverse = 1 / product;
    memory_.diagonal = product / dot(difference.gradient, difference.gradient);
    memory_.history.push_back(std::make_shared<const Difference>(std::move(difference)));
}

// Algorithm 7.4: the approximate inverse of the Hessian times the negative gradient.
template <class T>
void BasicLBFGS<T>::find_direction(const BasicArray<T>& gradient) {
    memory_.direction = gradient;
    multiply(memory_.direction, -1);
    std::vector<double> along(memory_.history.size());
    for (std::size_t i = memory_.history.size(); i-- > 0;) {
        along[i] = dot(memory_.history[i]->parameters, memory_.direction) * memory_.history[i]->inverse;
        add_to(memory_.direction, -along[i], memory_.history[i]->gradient);
    }
    multiply(memory_.direction, memory_.diagonal);
    for (std::size_t i = 0; i < memory_.history.size(); ++i) {
        const double across = dot(memory_.history[i]->gradient, memory_.direction) * memory_.history[i]->inverse;
        add_to(memory_.direction, along[i] - across, memory_.history[i]->parameters);
    }
}

template <class T>
typename BasicLBFGS<T>::Trial BasicLBFGS<T>::move(const Loss& loss, Trial now, double length, bool last) {
    if (options_.line_search == LineSearch::strong_wolfe) {
        Line line(*this, loss, now);
        Trial found = line.search(std::move(now), length);
        set_values(line.values(), found.length);
        return found;
    }
    set_values(values(), length);
    // Nothing is left to be decided after the last iteration, and of a noisy loss the next step sees another sample.
    if (!last) now = evaluate(loss);
    now.length = length;
    return now;
}

template <class T>
double BasicLBFGS<T>::step(const Loss& loss, Location at) {
    const BasicArray<T> start = values();
    const Memory memory = memory_;
    try {
        return iterate(loss, at);
    } catch (...) {
        restore_values(start);
        memory_ = memory;
        throw;
    }
}

template <class T>
double BasicLBFGS<T>::iterate(const Loss& loss, Location at) {
    const std::uint64_t before = memory_.evaluations;
    Trial now = evaluate(loss);
    const double first_loss = now.loss;
    if (!std::isfinite(now.loss) || !std::isfinite(sum_of_magnitudes(now.gradient))) {
        throw AnomalyError(fmt::format("LBFGS: expected a finite loss and gradient to start from, got a loss of {}",
                                       detail::without_nan_sign(now.loss)),
                           at);
    }
    if (largest(now.gradient) <= options_.tolerance_gradient) return first_loss;
    const double rate = learning_rate();
    for (std::size_t n = 1; n <= options_.max_iterations; ++n) {
        const bool very_first = ++memory_.iterations == 1;
        if (!very_first) remember(now.gradient);
        find_direction(now.gradient);
        memory_.previous_gradient = now.gradient;
        const double loss_before = now.loss;
        memory_.length = very_first ? std::min(1.0, 1 / sum_of_magnitudes(now.gradient)) * rate : rate;
        now.length = 0;
        now.slope = dot(now.gradient, memory_.direction);
        if (!(now.slope <= -options_.tolerance_change)) break;

        now = move(loss, std::move(now), memory_.length, n == options_.max_iterations);
        memory_.length = now.length;
        if (memory_.evaluations - before >= options_.max_evaluations) break;
        if (largest(now.gradient) <= options_.tolerance_gradient) break;
        if (largest(memory_.direction) * std::abs(memory_.length) <= options_.tolerance_change) break;
        if (std::abs(now.loss - loss_before) < options_.tolerance_change) break;
    }
    return first_loss;
}

template <class T>
BasicState<T> BasicLBFGS<T>::state() const {
    BasicState<T> state;
    state.arrays.emplace_back("direction", memory_.direction);
    state.arrays.emplace_back("previous_gradient", memory_.previous_gradient);
    for (std::size_t i = 0; i < memory_.history.size(); ++i) {
        state.arrays.emplace_back(fmt::format("history.{}.gradient", i), memory_.history[i]->gradient);
        state.arrays.emplace_back(fmt::format("history.{}.parameters", i), memory_.history[i]->parameters);
        state.numbers.emplace_back(fmt::format("history.{}.inverse", i), memory_.history[i]->inverse);
    }
    const std::pair<const char*, double> numbers[] = {{"history", static_cast<double>(memory_.history.size())},
                                                      {"iterations", static_cast<double>(memory_.iterations)},
                                                      {"evaluations", static_cast<double>(memory_.evaluations)},
                                                      {"length", memory_.length},
                                                      {"diagonal", memory_.diagonal},
                                                      {"lr", learning_rate()}};
    for (const auto& [name, value] : numbers) state.numbers.emplace_back(name, value);
    return state;
}

template <class T>
void BasicLBFGS<T>::load_state(const BasicState<T>& state, Location at) {
    detail::StateReader<T> reader(name(), state, at);
    Memory loaded;
    loaded.direction = reader.array("direction", flat_shape());
    loaded.previous_gradient = reader.array("previous_gradient", flat_shape());
    const std::uint64_t count = reader.count("history");
    for (std::uint64_t i = 0; i < count; ++i) {
        loaded.history.push_back(std::make_shared<const Difference>(
            Difference{reader.array(fmt::format("history.{}.gradient", i), flat_shape()),
                       reader.array(fmt::format("history.{}.parameters", i), flat_shape()),
                       reader.number(fmt::format("history.{}.inverse", i))}));
    }
    loaded.iterations = reader.count("iterations");
    loaded.evaluations = reader.count("evaluations");
    loaded.length = reader.number("length");
    loaded.diagonal = reader.number("diagonal");
    const double rate = reader.number("lr");
    if (!(std::isfinite(rate) && rate >= 0)) {
        throw DataError(
            fmt::format("{}: load_state: expected a learning rate of at least 0 as \"lr\", got {}", name(), rate), at);
    }
    reader.finish();
    set_learning_rate(rate, at);
    memory_ = std::move(loaded);
}

template class BasicLBFGS<float>;
template class BasicLBFGS<double>;

}  // namespace xtape::optim
