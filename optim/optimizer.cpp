#include <xtape/optim/optimizer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

namespace xtape::optim {
namespace detail {

double without_nan_sign(double number) {
    return std::isnan(number) ? std::numeric_limits<double>::quiet_NaN() : number;
}

void require(bool good, const char* who, const char* wanted, double got, Location at) {
    if (!good) throw ConfigError(fmt::format("{}: expected {}, got {}", who, wanted, without_nan_sign(got)), at);
}

void require_not_negative(const char* who, const char* wanted, double got, Location at) {
    require(std::isfinite(got) && got >= 0, who, wanted, got, at);
}

template <class T>
void require_distinct(const char* who, const BasicParameterList<T>& parameters, const BasicParameterList<T>& others,
                      Location at) {
    if (parameters.empty()) throw ConfigError(std::string(who) + ": expected at least one parameter, got none", at);
    std::unordered_set<const void*> seen;
    for (const auto& parameter : others) seen.insert(parameter.shared_state().get());
    for (const auto& parameter : parameters) {
        if (seen.insert(parameter.shared_state().get()).second) continue;
        throw ConfigError(fmt::format("{}: expected each parameter once, got \"{}\" twice", who, parameter.name()), at);
    }
}

template void require_distinct(const char*, const ParameterList&, const ParameterList&, Location);
template void require_distinct(const char*, const ParameterList64&, const ParameterList64&, Location);

}  // namespace detail

void LearningRates::require_group(std::size_t group, Location at) const {
    if (group < rates_.size()) return;
    throw ConfigError(fmt::format("{}: expected a group below {}, got {}", name_, rates_.size(), group), at);
}

double LearningRates::learning_rate(std::size_t group) const {
    require_group(group, Location{});
    return rates_[group];
}

void LearningRates::set_learning_rate(std::size_t group, double rate, Location at) {
    require_group(group, at);
    detail::require_not_negative(name_, "a learning rate of at least 0", rate, at);
    rates_[group] = rate;
}

void LearningRates::set_learning_rate(double rate, Location at) {
    detail::require_not_negative(name_, "a learning rate of at least 0", rate, at);
    std::fill(rates_.begin(), rates_.end(), rate);
}

void LearningRates::add_rate(double rate, Location at) {
    detail::require_not_negative(name_, "a learning rate of at least 0", rate, at);
    rates_.push_back(rate);
}

template <class T>
BasicOptimizer<T>::~BasicOptimizer() = default;

template <class T>
void BasicOptimizer<T>::add_parameters(const BasicParameterList<T>& parameters, double learning_rate,
                                       std::vector<std::string_view> slots, Location at) {
    detail::require_distinct(name(), parameters, parameters_, at);
    add_rate(learning_rate, at);
    slot_names_.push_back(std::move(slots));
    for (const auto& parameter : parameters) {
        parameters_.push_back(parameter);
        Entry& entry = entries_.emplace_back();
        entry.parameter = parameter.shared_state().get();
        entry.group = group_count() - 1;
    }
}

template <class T>
void BasicOptimizer<T>::set_slots(Entry& entry, std::vector<BasicArray<T>> slots) {
    entry.slots = std::move(slots);
    for (std::size_t k = 0; k < entry.slots.size(); ++k) entry.slot_data[k] = entry.slots[k].data();
}

template <class T>
void BasicOptimizer<T>::make_slots(Entry& entry) {
    const Shape& shape = entry.parameter->value->array.shape();
    set_slots(entry, std::vector<BasicArray<T>>(slot_names_[entry.group].size(), BasicArray<T>(shape, T(0))));
}

template <class T>
std::size_t BasicOptimizer<T>::update_for(const Entry& entry) {
    const std::uint64_t steps = entry.steps + 1;
    for (std::size_t i = shared_.size(); i-- > 0;) {
        const Shared& made = shared_[i];
        if (made.group == entry.group && made.steps == steps && made.carried_before == entry.carried) return i;
    }
    double carried = entry.carried;
    pass_.add(make_update(entry.group, steps, carried));
    shared_.push_back({entry.group, steps, entry.carried, carried});
    return shared_.size() - 1;
}

// Whatever can fail happens here, before any number changes.
template <class T>
void BasicOptimizer<T>::gather() {
    pass_.clear();
    shared_.clear();
    stepping_.clear();
    for (Entry& entry : entries_) {
        auto& parameter = *entry.parameter;
        if (!parameter.grad || parameter.frozen) continue;
        if (entry.slots.size() != slot_names_[entry.group].size()) [[unlikely]]
            make_slots(entry);
        BasicArray<T>& value = parameter.writable();
        const auto& slots = entry.slot_data;
        const std::size_t update = update_for(entry);
        pass_.add(parameter.grad->array.data(), {value.data(), slots[0], slots[1], slots[2]}, value.size(), update);
        stepping_.emplace_back(&entry, update);
    }
}

template <class T>
void BasicOptimizer<T>::step() {
    gather();
    for (const auto& [entry, update] : stepping_) {
        ++entry->steps;
        entry->carried = shared_[update].carried;
    }
    pass_.run();
}

template <class T>
void BasicOptimizer<T>::zero_grad() {
    for (Entry& entry : entries_) entry.parameter->grad.reset();
}

template <class T>
BasicState<T> BasicOptimizer<T>::state() const {
    BasicState<T> state;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const Entry& entry = entries_[i];
        for (std::size_t k = 0; entry.steps > 0 && k < entry.slots.size(); ++k) {
            state.arrays.emplace_back(fmt::format("{}.{}", i, slot_names_[entry.group][k]), entry.slots[k]);
        }
        state.numbers.emplace_back(fmt::format("{}.steps", i), static_cast<double>(entry.steps));
        state.numbers.emplace_back(fmt::format("{}.carried", i), entry.carried);
    }
    for (std::size_t group = 0; group < group_count(); ++group) {
        state.numbers.emplace_back(fmt::format("group {}.lr", group), learning_rate(group));
    }
    return state;
}

template <class T>
void BasicOptimizer<T>::load_state(const BasicState<T>& state, Location at) {
    detail::StateReader<T> reader(name(), state, at);
    std::vector<Entry> loaded;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        Entry& entry = loaded.emplace_back();
        entry.parameter = entries_[i].parameter;
        entry.group = entries_[i].group;
        entry.steps = reader.count(fmt::format("{}.steps", i));
        entry.carried = reader.number(fmt::format("{}.carried", i));
        // A parameter that was never updated has no running quantities yet.
        if (entry.steps == 0) continue;
        std::vector<BasicArray<T>> slots;
        for (const std::string_view slot : slot_names_[entry.group]) {
            slots.push_back(reader.array(fmt::format("{}.{}", i, slot), entry.parameter->value->array.shape()));
        }
        set_slots(entry, std::move(slots));
    }
    std::vector<double> rates;
    for (std::size_t group = 0; group < group_count(); ++group) {
        rates.push_back(reader.number(fmt::format("group {}.lr", group)));
        if (std::isfinite(rates.back()) && rates.back() >= 0) continue;
        throw DataError(fmt::format("{}: load_state: expected a learning rate of at least 0 as \"group {}.lr\", got {}",
                                    name(), group, rates.back()),
                        at);
    }
    reader.finish();
    entries_ = std::move(loaded);
    for (std::size_t group = 0; group < rates.size(); ++group) set_learning_rate(group, rates[group], at);
}

template class BasicOptimizer<float>;
template class BasicOptimizer<double>;

}  // namespace xtape::optim
