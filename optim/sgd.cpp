#include <xtape/optim/sgd.hpp>

#include <xtape/optim/update.hpp>

#include <cmath>
#include <type_traits>

namespace xtape::optim {

template <class T>
BasicSGD<T>::BasicSGD(BasicParameterList<T> parameters, SGDOptions options, Location at)
    : BasicOptimizer<T>("SGD", std::move(parameters), options.lr, options.momentum != 0 ? 1 : 0, at),
      options_(options) {
    const auto& o = options_;
    detail::require(std::isfinite(o.momentum) && o.momentum >= 0, "SGD", "a momentum of at least 0", o.momentum, at);
    detail::require(std::isfinite(o.dampening), "SGD", "a finite dampening", o.dampening, at);
    detail::require(std::isfinite(o.weight_decay) && o.weight_decay >= 0, "SGD", "a weight_decay of at least 0",
                    o.weight_decay, at);
    detail::require(!o.nesterov || o.momentum > 0, "SGD", "a momentum above 0 with nesterov", o.momentum, at);
    detail::require(!o.nesterov || o.dampening == 0, "SGD", "a dampening of 0 with nesterov", o.dampening, at);
}

template <class T>
void BasicSGD<T>::update(BasicArray<T>& value, const BasicArray<T>& gradient, State& state) {
    using L = Lanes<T>;
    const L lr(this->learning_rate()), decay(options_.weight_decay);
    if (options_.momentum == 0) {
        detail::update_arrays<T, 1>(gradient, {&value}, [=](L g, std::array<L, 1>& a) {
            auto& [x] = a;
            x = x - lr * (g + decay * x);
        });
        return;
    }
    const bool first = state.steps == 1;
    const L momentum(options_.momentum), old_part(first ? 0 : options_.momentum),
        new_part(first ? 1 : 1 - options_.dampening);
    const auto run = [&](auto nesterov) {
        detail::update_arrays<T, 2>(gradient, {&value, &state.slots[0]}, [=](L g, std::array<L, 2>& a) {
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
    options_.nesterov ? run(std::true_type{}) : run(std::false_type{});
}

template class BasicSGD<float>;
template class BasicSGD<double>;

}  // namespace xtape::optim
