#include <xtape/optim/adam.hpp>

#include <xtape/optim/update.hpp>

#include <cmath>

namespace xtape::optim {

template <class T>
BasicAdam<T>::BasicAdam(BasicParameterList<T> parameters, AdamOptions options, Location at)
    : BasicOptimizer<T>("Adam", std::move(parameters), options.lr, 2, at), options_(options) {
    const auto& o = options_;
    detail::require(o.beta1 >= 0 && o.beta1 < 1, "Adam", "a beta1 in [0, 1)", o.beta1, at);
    detail::require(o.beta2 >= 0 && o.beta2 < 1, "Adam", "a beta2 in [0, 1)", o.beta2, at);
    detail::require(std::isfinite(o.epsilon) && o.epsilon >= 0, "Adam", "an epsilon of at least 0", o.epsilon, at);
    detail::require(std::isfinite(o.weight_decay) && o.weight_decay >= 0, "Adam", "a weight_decay of at least 0",
                    o.weight_decay, at);
}

template <class T>
void BasicAdam<T>::update(BasicArray<T>& value, const BasicArray<T>& gradient, State& state) {
    using L = Lanes<T>;
    // 1 - beta^t loses all its digits in float while t is small and beta near 1.
    const auto t = static_cast<double>(state.steps);
    const double correction1 = 1 - std::pow(options_.beta1, t), correction2 = 1 - std::pow(options_.beta2, t);
    const L step(this->learning_rate() / correction1), scale(1 / std::sqrt(correction2));
    const L beta1(options_.beta1), rest1(1 - options_.beta1), beta2(options_.beta2), rest2(1 - options_.beta2);
    const L epsilon(options_.epsilon), decay(options_.weight_decay);
    detail::update_arrays<T, 3>(gradient, {&value, &state.slots[0], &state.slots[1]}, [=](L g, std::array<L, 3>& a) {
        auto& [x, m, v] = a;
        g = g + decay * x;
        m = beta1 * m + rest1 * g;
        v = beta2 * v + rest2 * (g * g);
        x = x - step * (m / (sqrt(v) * scale + epsilon));
    });
}

template class BasicAdam<float>;
template class BasicAdam<double>;

}  // namespace xtape::optim
