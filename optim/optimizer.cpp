#include <xtape/optim/optimizer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace xtape::optim {

namespace detail {

void require(bool good, const char* optimizer, const char* wanted, double got, Location at) {
    if (!good) throw ConfigError(fmt::format("{}: expected {}, got {}", optimizer, wanted, got), at);
}

}  // namespace detail

template <class T>
BasicOptimizer<T>::BasicOptimizer(const char* name, BasicParameterList<T> parameters, double learning_rate,
                                  std::size_t slots, Location at)
    : name_(name), parameters_(std::move(parameters)), states_(parameters_.size()), slots_(slots) {
    if (parameters_.empty()) throw ConfigError(std::string(name) + ": expected at least one parameter, got none", at);
    std::unordered_set<const void*> seen;
    for (const auto& parameter : parameters_) {
        if (seen.insert(parameter.shared_state().get()).second) continue;
        throw ConfigError(std::string(name) + ": expected each parameter once, got \"" + parameter.name() + "\" twice",
                          at);
    }
    set_learning_rate(learning_rate, at);
}

template <class T>
void BasicOptimizer<T>::set_learning_rate(double rate, Location at) {
    detail::require(std::isfinite(rate) && rate >= 0, name_, "a learning rate of at least 0", rate, at);
    learning_rate_ = rate;
}

template <class T>
void BasicOptimizer<T>::step() {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        BasicParameterRef<T>& parameter = parameters_[i];
        if (!parameter.has_grad() || parameter.frozen()) continue;
        State& state = states_[i];
        while (state.slots.size() < slots_) {
            BasicArray<T>& slot = state.slots.emplace_back(empty_array<T>(parameter.shape()));
            std::fill_n(slot.data(), slot.size(), T(0));
        }
        ++state.steps;
        parameter.update([&](BasicArray<T>& value) { update(value, parameter.grad(), state); });
    }
}

template <class T>
void BasicOptimizer<T>::zero_grad() {
    for (auto& parameter : parameters_) parameter.zero_grad();
}

template class BasicOptimizer<float>;
template class BasicOptimizer<double>;

}  // namespace xtape::optim
