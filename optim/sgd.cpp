#include <xtape/optim/sgd.hpp>

#include <xtape/optim/update.hpp>

#include <cmath>
#include <type_traits>

namespace xtape::optim {

void SGDRule::check(const SGDOptions& o, Location at) {
    const bool average = o.momentum_form == MomentumForm::average;
    detail::require_not_negative(name, "a momentum of at least 0", o.momentum, at);
    detail::require(std::isfinite(o.dampening), name, "a finite dampening", o.dampening, at);
    detail::require_not_negative(name, "a weight_decay of at least 0", o.weight_decay, at);
    detail::require(!o.nesterov || o.momentum > 0, name, "a momentum above 0 with nesterov", o.momentum, at);
    detail::require(!o.nesterov || o.dampening == 0, name, "a dampening of 0 with nesterov", o.dampening, at);
    detail::require(!average || o.momentum < 1, name, "a momentum below 1 with MomentumForm::average", o.momentum, at);
    detail::require(!average || o.dampening == 0, name, "a dampening of 0 with MomentumForm::average", o.dampening, at);
    if (average && o.nesterov) throw ConfigError("SGD: expected no nesterov with MomentumForm::average, got it", at);
}

std::vector<std::string_view> SGDRule::slots(const SGDOptions& o) {
    if (o.momentum == 0) return {};
    return {"momentum"};
}

template <class T>
Update<T> SGDRule::update(const SGDOptions& o, double rate, std::uint64_t steps, double&) {
    const T lr = detail::as<T>(rate), decay = detail::as<T>(o.weight_decay), momentum = detail::as<T>(o.momentum);
    if (o.momentum == 0) {
        return make_update<T, 1>([=](auto g, auto& a) {
            auto& [x] = a;
            x = x - lr * (g + decay * x);
        });
    }
    const bool average = o.momentum_form == MomentumForm::average, whole = steps == 1 && !average;
    const T old_part = detail::as<T>(whole ? 0 : o.momentum), new_part = detail::as<T>(whole     ? 1
                                                                                       : average ? 1 - o.momentum
                                                                                                 : 1 - o.dampening);
    const auto with = [=](auto nesterov) {
        return make_update<T, 2>([=](auto g, auto& a) {
            auto& [x, b] = a;
            g = g + decay * x;
            b = old_part * b + new_part * g;
            if constexpr (nesterov) {
                x = x - lr * (g + momentum * b);
            } else {
                x = x - lr * b;
            }
        });
    };
    return o.nesterov ? with(std::true_type{}) : with(std::false_type{});
}

template class RuleOptimizer<float, SGDRule>;
template class RuleOptimizer<double, SGDRule>;

}  // namespace xtape::optim
