#include <xtape/optim/adadelta.hpp>

#include <xtape/optim/update.hpp>

namespace xtape::optim {

void AdadeltaRule::check(const AdadeltaOptions& o, Location at) {
    detail::require(o.rho >= 0 && o.rho < 1, name, "a rho in [0, 1)", o.rho, at);
    detail::require_not_negative(name, "an epsilon of at least 0", o.epsilon, at);
    detail::require_not_negative(name, "a weight_decay of at least 0", o.weight_decay, at);
}

std::vector<std::string_view> AdadeltaRule::slots(const AdadeltaOptions&) { return {"square", "change"}; }

template <class T>
Update<T> AdadeltaRule::update(const AdadeltaOptions& o, double rate, std::uint64_t, double&) {
    const T lr = detail::as<T>(rate), rho = detail::as<T>(o.rho), rest = detail::as<T>(1 - o.rho),
            epsilon = detail::as<T>(o.epsilon), decay = detail::as<T>(o.weight_decay);
    return make_update<T, 3>([=](auto g, auto& a) {
        auto& [x, v, u] = a;
        g = g + decay * x;
        v = rho * v + rest * (g * g);
        const auto d = g * (sqrt(u + epsilon) / sqrt(v + epsilon));
        u = rho * u + rest * (d * d);
        x = x - lr * d;
    });
}

template class RuleOptimizer<float, AdadeltaRule>;
template class RuleOptimizer<double, AdadeltaRule>;

}  // namespace xtape::optim
