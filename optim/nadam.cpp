#include <xtape/optim/nadam.hpp>

#include <xtape/optim/update.hpp>

#include <cmath>

namespace xtape::optim {

void NAdamRule::check(const NAdamOptions& o, Location at) {
    detail::require(o.beta1 >= 0 && o.beta1 < 1, name, "a beta1 in [0, 1)", o.beta1, at);
    detail::require(o.beta2 >= 0 && o.beta2 < 1, name, "a beta2 in [0, 1)", o.beta2, at);
    detail::require_not_negative(name, "an epsilon of at least 0", o.epsilon, at);
    detail::require_not_negative(name, "a weight_decay of at least 0", o.weight_decay, at);
    detail::require_not_negative(name, "a momentum_decay of at least 0", o.momentum_decay, at);
}

std::vector<std::string_view> NAdamRule::slots(const NAdamOptions&) { return {"mean", "square"}; }

template <class T>
Update<T> NAdamRule::update(const NAdamOptions& o, double lr, std::uint64_t steps, double& product) {
    const auto t = static_cast<double>(steps);
    const auto mu = [&](double at) { return o.beta1 * (1 - 0.5 * std::pow(0.96, at * o.momentum_decay)); };
    const double now = mu(t), next = mu(t + 1);
    product = (steps == 1 ? 1 : product) * now;  // carried along: it has no closed form
    const T by_gradient = detail::as<T>(lr * (1 - now) / (1 - product)),
            by_mean = detail::as<T>(lr * next / (1 - product * next));
    const T scale = detail::as<T>(1 / std::sqrt(1 - std::pow(o.beta2, t))), epsilon = detail::as<T>(o.epsilon),
            decay = detail::as<T>(o.weight_decay);
    const T beta1 = detail::as<T>(o.beta1), rest1 = detail::as<T>(1 - o.beta1), beta2 = detail::as<T>(o.beta2),
            rest2 = detail::as<T>(1 - o.beta2);
    return make_update<T, 3>([=](auto g, auto& a) {
        auto& [x, m, v] = a;
        g = g + decay * x;
        m = beta1 * m + rest1 * g;
        v = beta2 * v + rest2 * (g * g);
        x = x - over_root(by_gradient * g + by_mean * m, v, scale, epsilon);
    });
}

template class RuleOptimizer<float, NAdamRule>;
template class RuleOptimizer<double, NAdamRule>;

}  // namespace xtape::optim
