#include <xtape/optim/schedule.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace xtape::optim {
namespace {

using std::numbers::pi;

double as_number(std::uint64_t count) { return static_cast<double>(count); }

void require_count(const char* who, const char* wanted, std::uint64_t got, std::uint64_t least, Location at) {
    detail::require(got >= least, who, wanted, as_number(got), at);
}

/// From 1 at 0 to 0 at 1.
double falling(Anneal anneal, double part) {
    return anneal == Anneal::cosine ? (1 + std::cos(pi * part)) / 2 : 1 - part;
}

BasicState<double> with_numbers(const Numbers& numbers) { return {{}, numbers}; }

}  // namespace

Curve step_decay(StepDecayOptions o, Location at) {
    require_count("step_decay", "at least 1 step for every", o.every, 1, at);
    detail::require_not_negative("step_decay", "a factor of at least 0", o.factor, at);
    return [o](double start, std::uint64_t step) { return start * std::pow(o.factor, as_number(step / o.every)); };
}

Curve multistep(MultistepOptions o, Location at) {
    if (!std::is_sorted(o.at.begin(), o.at.end())) {
        throw ConfigError(fmt::format("multistep: expected milestones that never fall, got {}", fmt::join(o.at, ", ")),
                          at);
    }
    detail::require_not_negative("multistep", "a factor of at least 0", o.factor, at);
    return [o](double start, std::uint64_t step) {
        const auto reached = std::upper_bound(o.at.begin(), o.at.end(), step) - o.at.begin();
        return start * std::pow(o.factor, static_cast<double>(reached));
    };
}

Curve exponential(double factor, Location at) {
    detail::require_not_negative("exponential", "a factor of at least 0", factor, at);
    return [factor](double start, std::uint64_t step) { return start * std::pow(factor, as_number(step)); };
}

Curve linear(LinearOptions o, Location at) {
    require_count("linear", "at least 1 step", o.steps, 1, at);
    detail::require_not_negative("linear", "a factor `from` of at least 0", o.from, at);
    detail::require_not_negative("linear", "a factor `to` of at least 0", o.to, at);
    return [o](double start, std::uint64_t step) {
        return start * (o.from + (o.to - o.from) * as_number(std::min(step, o.steps)) / as_number(o.steps));
    };
}

Curve polynomial(PolynomialOptions o, Location at) {
    require_count("polynomial", "at least 1 step", o.steps, 1, at);
    detail::require_not_negative("polynomial", "a power of at least 0", o.power, at);
    return [o](double start, std::uint64_t step) {
        if (step >= o.steps) return 0.0;
        return start * std::pow(1 - as_number(step) / as_number(o.steps), o.power);
    };
}

Curve cosine(CosineOptions o, Location at) {
    require_count("cosine", "at least 1 step", o.steps, 1, at);
    detail::require_not_negative("cosine", "a lowest rate of at least 0", o.lowest, at);
    return [o](double start, std::uint64_t step) {
        return o.lowest + (start - o.lowest) * falling(Anneal::cosine, as_number(step) / as_number(o.steps));
    };
}

Curve cosine_restarts(CosineRestartsOptions o, Location at) {
    require_count("cosine_restarts", "at least 1 step", o.steps, 1, at);
    require_count("cosine_restarts", "a growth of at least 1", o.growth, 1, at);
    detail::require_not_negative("cosine_restarts", "a lowest rate of at least 0", o.lowest, at);
    return [o](double start, std::uint64_t step) {
        std::uint64_t period = o.steps;
        if (o.growth == 1) step %= period;
        for (; step >= period; period *= o.growth) step -= period;
        return o.lowest + (start - o.lowest) * falling(Anneal::cosine, as_number(step) / as_number(period));
    };
}

Curve one_cycle(OneCycleOptions o, Location at) {
    require_count("one_cycle", "at least 2 steps", o.steps, 2, at);
    detail::require(o.rising > 0 && o.rising < (o.three_phases ? 0.5 : 1), "one_cycle",
                    o.three_phases ? "a rising part in (0, 0.5)" : "a rising part in (0, 1)", o.rising, at);
    detail::require(o.first_divisor > 0, "one_cycle", "a first_divisor above 0", o.first_divisor, at);
    detail::require(o.last_divisor > 0, "one_cycle", "a last_divisor above 0", o.last_divisor, at);
    detail::require(o.rising * as_number(o.steps) > 1, "one_cycle", "more than 1 step to rise",
                    o.rising * as_number(o.steps), at);
    return [o](double peak, std::uint64_t step) {
        const double first = peak / o.first_divisor, last = first / o.last_divisor, steps = as_number(o.steps);
        const double now = as_number(std::min(step, o.steps - 1)), top = o.rising * steps - 1;
        const auto between = [&](double from, double to, double begin, double end) {
            return to + (from - to) * falling(o.anneal, (now - begin) / (end - begin));
        };
        if (now <= top) return between(first, peak, 0, top);
        if (!o.three_phases) return between(peak, last, top, steps - 1);
        const double down = 2 * o.rising * steps - 2;
        if (now <= down) return between(peak, first, top, down);
        return between(first, last, down, steps - 1);
    };
}

Curve anneal_to(AnnealToOptions o, Location at) {
    detail::require_not_negative("anneal_to", "a rate of at least 0", o.rate, at);
    return [o](double start, std::uint64_t step) {
        if (step >= o.steps) return o.rate;
        return o.rate + (start - o.rate) * falling(o.anneal, as_number(step) / as_number(o.steps));
    };
}

Curve sequence(std::vector<Curve> curves, std::vector<std::uint64_t> milestones, Location at) {
    if (curves.empty() || milestones.size() + 1 != curves.size()) {
        throw ConfigError(fmt::format("sequence: expected one milestone less than curves, got {} and {}",
                                      milestones.size(), curves.size()),
                          at);
    }
    if (std::adjacent_find(milestones.begin(), milestones.end(), std::greater_equal<>()) != milestones.end()) {
        throw ConfigError(fmt::format("sequence: expected milestones that rise, got {}", fmt::join(milestones, ", ")),
                          at);
    }
    return [curves = std::move(curves), milestones = std::move(milestones)](double start, std::uint64_t step) {
        const auto k =
            static_cast<std::size_t>(std::upper_bound(milestones.begin(), milestones.end(), step) - milestones.begin());
        return curves[k](start, k == 0 ? step : step - milestones[k - 1]);
    };
}

Curve chain(std::vector<Curve> curves, Location at) {
    if (curves.empty()) throw ConfigError("chain: expected at least one curve, got none", at);
    return [curves = std::move(curves)](double start, std::uint64_t step) {
        for (const Curve& curve : curves) start = curve(start, step);
        return start;
    };
}

Schedule::Schedule(LearningRates& optimizer, Curve curve, Location at)
    : optimizer_(&optimizer), curve_(std::move(curve)) {
    for (std::size_t group = 0; group < optimizer.group_count(); ++group)
        starts_.push_back(optimizer.learning_rate(group));
    go_to(0, at);
}

void Schedule::go_to(std::uint64_t step, Location at) {
    std::vector<double> rates;
    for (const double start : starts_) {
        rates.push_back(curve_(start, step));
        detail::require_not_negative("Schedule", "a curve with rates of at least 0", rates.back(), at);
    }
    step_ = step;
    for (std::size_t group = 0; group < rates.size(); ++group) optimizer_->set_learning_rate(group, rates[group], at);
}

Numbers Schedule::state() const {
    Numbers state{{"steps", as_number(step_)}};
    for (std::size_t group = 0; group < starts_.size(); ++group) {
        state.emplace_back(fmt::format("group {}.start", group), starts_[group]);
    }
    return state;
}

void Schedule::load_state(const Numbers& state, Location at) {
    const BasicState<double> all = with_numbers(state);
    detail::StateReader<double> reader("Schedule", all, at);
    const std::uint64_t step = reader.count("steps");
    std::vector<double> starts;
    for (std::size_t group = 0; group < starts_.size(); ++group) {
        starts.push_back(reader.number(fmt::format("group {}.start", group)));
    }
    reader.finish();
    starts_.swap(starts);
    try {
        go_to(step, at);
    } catch (...) {
        starts_.swap(starts);
        throw;
    }
}

Plateau::Plateau(LearningRates& optimizer, PlateauOptions options, Location at)
    : optimizer_(&optimizer),
      options_(options),
      best_(options.better == Better::smaller ? std::numeric_limits<double>::infinity()
                                              : -std::numeric_limits<double>::infinity()) {
    detail::require(options.factor >= 0 && options.factor < 1, "Plateau", "a factor in [0, 1)", options.factor, at);
    detail::require_not_negative("Plateau", "a threshold of at least 0", options.threshold, at);
    detail::require_not_negative("Plateau", "a lowest rate of at least 0", options.lowest, at);
    detail::require_not_negative("Plateau", "a smallest_change of at least 0", options.smallest_change, at);
}

bool Plateau::improves(double value) const {
    const double sign = options_.better == Better::smaller ? -1 : 1;
    const double bar = options_.threshold_mode == Threshold::relative ? best_ * (1 + sign * options_.threshold)
                                                                      : best_ + sign * options_.threshold;
    return options_.better == Better::smaller ? value < bar : value > bar;
}

void Plateau::step(double value) {
    if (improves(value)) {
        best_ = value;
        bad_ = 0;
    } else {
        ++bad_;
    }
    if (cooldown_ > 0) {
        --cooldown_;
        bad_ = 0;
    }
    if (bad_ <= options_.patience) return;
    reduce();
    cooldown_ = options_.cooldown;
    bad_ = 0;
}

void Plateau::reduce() {
    for (std::size_t group = 0; group < optimizer_->group_count(); ++group) {
        const double before = optimizer_->learning_rate(group),
                     after = std::max(before * options_.factor, options_.lowest);
        if (before - after > options_.smallest_change) optimizer_->set_learning_rate(group, after);
    }
}

Numbers Plateau::state() const {
    return {{"best", best_}, {"bad", as_number(bad_)}, {"cooldown", as_number(cooldown_)}};
}

void Plateau::load_state(const Numbers& state, Location at) {
    const BasicState<double> all = with_numbers(state);
    detail::StateReader<double> reader("Plateau", all, at);
    const double best = reader.number("best");
    const std::uint64_t bad = reader.count("bad"), cooldown = reader.count("cooldown");
    reader.finish();
    best_ = best;
    bad_ = bad;
    cooldown_ = cooldown;
}

}  // namespace xtape::optim
