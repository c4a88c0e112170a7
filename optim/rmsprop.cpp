#include <xtape/optim/rmsprop.hpp>

#include <xtape/optim/update.hpp>

#include <type_traits>

namespace xtape::optim {

void RMSpropRule::check(const RMSpropOptions& o, Location at) {
    detail::require(o.alpha >= 0 && o.alpha < 1, name, "an alpha in [0, 1)", o.alpha, at);
    detail::require_not_negative(name, "an epsilon of at least 0", o.epsilon, at);
    detail::require_not_negative(name, "a weight_decay of at least 0", o.weight_decay, at);
    detail::require_not_negative(name, "a momentum of at least 0", o.momentum, at);
}

std::vector<std::string_view> RMSpropRule::slots(const RMSpropOptions& o) {
    std::vector<std::string_view> names{"square"};
    if (o.centered) names.push_back("mean");
    if (o.momentum > 0) names.push_back("momentum");
    return names;
}

template <class T>
Update<T> RMSpropRule::update(const RMSpropOptions& o, double rate, std::uint64_t, double&) {
    const T lr = detail::as<T>(rate), alpha = detail::as<T>(o.alpha), rest = detail::as<T>(1 - o.alpha),
            epsilon = detail::as<T>(o.epsilon), decay = detail::as<T>(o.weight_decay),
            momentum = detail::as<T>(o.momentum);
    const auto with = [=](auto centered, auto sums) {
        return make_update<T, 2 + centered + sums>([=](auto g, auto& a) {
            auto &x = a[0], &v = a[1];
            g = g + decay * x;
            v = alpha * v + rest * (g * g);
            auto square = v;
            if constexpr (centered) {
                auto& m = a[2];
                m = alpha * m + rest * g;
                square = v - m * m;
                square = where(square < 0, 0, square);
            }
            auto d = over_root(g, square, T(1), epsilon);
            if constexpr (sums) {
                auto& b = a[2 + centered];
                d = b = momentum * b + d;
            }
            x = x - lr * d;
        });
    };
    const std::true_type yes;
    const std::false_type no;
    if (o.centered) return o.momentum > 0 ? with(yes, yes) : with(yes, no);
    return o.momentum > 0 ? with(no, yes) : with(no, no);
}

template class RuleOptimizer<float, RMSpropRule>;
template class RuleOptimizer<double, RMSpropRule>;

}  // namespace xtape::optim
