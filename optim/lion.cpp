#include <xtape/optim/lion.hpp>

#include <xtape/optim/update.hpp>

namespace xtape::optim {

void LionRule::check(const LionOptions& o, Location at) {
    detail::require(o.beta1 >= 0 && o.beta1 < 1, name, "a beta1 in [0, 1)", o.beta1, at);
    detail::require(o.beta2 >= 0 && o.beta2 < 1, name, "a beta2 in [0, 1)", o.beta2, at);
    detail::require_not_negative(name, "a weight_decay of at least 0", o.weight_decay, at);
}

std::vector<std::string_view> LionRule::slots(const LionOptions&) { return {"mean"}; }

template <class T>
Update<T> LionRule::update(const LionOptions& o, double rate, std::uint64_t, double&) {
    const T lr = detail::as<T>(rate), decay = detail::as<T>(o.weight_decay), beta1 = detail::as<T>(o.beta1),
            rest1 = detail::as<T>(1 - o.beta1), beta2 = detail::as<T>(o.beta2), rest2 = detail::as<T>(1 - o.beta2);
    return make_update<T, 2>([=](auto g, auto& a) {
        auto& [x, m] = a;
        x = x - lr * (sign(beta1 * m + rest1 * g) + decay * x);
        m = beta2 * m + rest2 * g;
    });
}

template class RuleOptimizer<float, LionRule>;
template class RuleOptimizer<double, LionRule>;

}  // namespace xtape::optim
