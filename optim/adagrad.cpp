#include <xtape/optim/adagrad.hpp>

#include <xtape/optim/update.hpp>

namespace xtape::optim {

void AdagradRule::check(const AdagradOptions& o, Location at) {
    detail::require_not_negative(name, "an lr_decay of at least 0", o.lr_decay, at);
    detail::require_not_negative(name, "a weight_decay of at least 0", o.weight_decay, at);
    detail::require_not_negative(name, "an initial_sum of at least 0", o.initial_sum, at);
    detail::require_not_negative(name, "an epsilon of at least 0", o.epsilon, at);
}

std::vector<std::string_view> AdagradRule::slots(const AdagradOptions&) { return {"sum"}; }

template <class T>
Update<T> AdagradRule::update(const AdagradOptions& o, double lr, std::uint64_t steps, double&) {
    const T rate = detail::as<T>(lr / (1 + static_cast<double>(steps - 1) * o.lr_decay)),
            epsilon = detail::as<T>(o.epsilon), decay = detail::as<T>(o.weight_decay);
    const T start = detail::as<T>(steps == 1 ? o.initial_sum : 0);
    return make_update<T, 2>([=](auto g, auto& a) {
        auto& [x, sum] = a;
        g = g + decay * x;
        sum = sum + start + g * g;
        x = x - rate * over_root(g, sum, T(1), epsilon);
    });
}

template class RuleOptimizer<float, AdagradRule>;
template class RuleOptimizer<double, AdagradRule>;

}  // namespace xtape::optim
