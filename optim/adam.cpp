#include <xtape/optim/adam.hpp>

#include <xtape/optim/update.hpp>

#include <cmath>

namespace xtape::optim {
namespace {

template <class Options>
void check_options(const char* name, const Options& o, Location at) {
    detail::require(o.beta1 >= 0 && o.beta1 < 1, name, "a beta1 in [0, 1)", o.beta1, at);
    detail::require(o.beta2 >= 0 && o.beta2 < 1, name, "a beta2 in [0, 1)", o.beta2, at);
    detail::require_not_negative(name, "an epsilon of at least 0", o.epsilon, at);
    detail::require_not_negative(name, "a weight_decay of at least 0", o.weight_decay, at);
}

template <class Options>
std::vector<std::string_view> slot_names(const Options& o) {
    if (o.amsgrad) return {"mean", "square", "largest_square"};
    return {"mean", "square"};
}

// x shrinks to `keep` x, and `decay` x is added to the gradient: one of them does nothing.
template <class T, class Options>
Update<T> adam_update(const Options& o, double lr, std::uint64_t steps, double shrink, double decayed) {
    // 1 - beta^t loses all its digits in float while t is small and beta near 1.
    const auto t = static_cast<double>(steps);
    const double correction1 = 1 - std::pow(o.beta1, t), correction2 = 1 - std::pow(o.beta2, t);
    const T step = detail::as<T>(lr / correction1), scale = detail::as<T>(1 / std::sqrt(correction2)),
            epsilon = detail::as<T>(o.epsilon), decay = detail::as<T>(decayed);
    const T keep = detail::as<T>(1 - shrink), beta1 = detail::as<T>(o.beta1), rest1 = detail::as<T>(1 - o.beta1),
            beta2 = detail::as<T>(o.beta2), rest2 = detail::as<T>(1 - o.beta2);
    const auto averages = [=](auto g, auto& x, auto& m, auto& v) {
        g = g + decay * x;
        m = beta1 * m + rest1 * g;
        v = beta2 * v + rest2 * (g * g);
    };
    const auto descend = [=](auto& x, auto m, auto v) {
        x = keep * x - step * over_root(m, v, scale, epsilon);
    };
    if (!o.amsgrad) {
        return make_update<T, 3>([=](auto g, auto& a) {
            auto& [x, m, v] = a;
            averages(g, x, m, v);
            descend(x, m, v);
        });
    }
    return make_update<T, 4>([=](auto g, auto& a) {
        auto& [x, m, v, largest] = a;
        averages(g, x, m, v);
        largest = where(largest > v, largest, v);  // a NaN in v wins
        descend(x, m, largest);
    });
}

}  // namespace

void AdamRule::check(const AdamOptions& o, Location at) { check_options(name, o, at); }
void AdamWRule::check(const AdamWOptions& o, Location at) { check_options(name, o, at); }

std::vector<std::string_view> AdamRule::slots(const AdamOptions& o) { return slot_names(o); }
std::vector<std::string_view> AdamWRule::slots(const AdamWOptions& o) { return slot_names(o); }

template <class T>
Update<T> AdamRule::update(const AdamOptions& o, double lr, std::uint64_t steps, double&) {
    return adam_update<T>(o, lr, steps, 0, o.weight_decay);
}

template <class T>
Update<T> AdamWRule::update(const AdamWOptions& o, double lr, std::uint64_t steps, double&) {
    return adam_update<T>(o, lr, steps, lr * o.weight_decay, 0);
}

template class RuleOptimizer<float, AdamRule>;
template class RuleOptimizer<double, AdamRule>;
template class RuleOptimizer<float, AdamWRule>;
template class RuleOptimizer<double, AdamWRule>;

}  // namespace xtape::optim
