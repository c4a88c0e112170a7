#include <xtape/optim/state.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape::optim::detail {
namespace {

template <class Entries>
std::size_t find(const Entries& entries, const std::string& name) {
    const auto match =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == name; });
    return static_cast<std::size_t>(match - entries.begin());
}

}  // namespace

template <class T>
StateReader<T>::StateReader(const char* owner, const BasicState<T>& state, Location at)
    : owner_(owner), state_(state), at_(at), arrays_read_(state.arrays.size()), numbers_read_(state.numbers.size()) {}

template <class T>
bool StateReader<T>::has_array(const std::string& name) const {
    return find(state_.arrays, name) < state_.arrays.size();
}

template <class T>
const BasicArray<T>& StateReader<T>::array(const std::string& name, const Shape& shape) {
    const std::size_t i = find(state_.arrays, name);
    if (i == state_.arrays.size()) {
        throw DataError(fmt::format("{}: load_state: expected an array \"{}\", got none", owner_, name), at_);
    }
    const BasicArray<T>& array = state_.arrays[i].second;
    if (array.shape() != shape) {
        throw DataError(fmt::format("{}: load_state: expected \"{}\" of shape {}, got {}", owner_, name,
                                    to_string(shape), to_string(array.shape())),
                        at_);
    }
    arrays_read_[i] = true;
    return array;
}

template <class T>
double StateReader<T>::number(const std::string& name) {
    const std::size_t i = find(state_.numbers, name);
    if (i == state_.numbers.size()) {
        throw DataError(fmt::format("{}: load_state: expected a number \"{}\", got none", owner_, name), at_);
    }
    numbers_read_[i] = true;
    return state_.numbers[i].second;
}

template <class T>
std::uint64_t StateReader<T>::count(const std::string& name) {
    const double value = number(name);
    if (!(value >= 0 && value <= 0x1p53 && value == std::floor(value))) {
        throw DataError(fmt::format("{}: load_state: expected a count as \"{}\", got {}", owner_, name, value), at_);
    }
    return static_cast<std::uint64_t>(value);
}

template <class T>
void StateReader<T>::finish() const {
    const auto check = [&](const auto& entries, const std::vector<bool>& read, const char* kind) {
        const auto rest = std::find(read.begin(), read.end(), false);
        if (rest == read.end()) return;
        const std::string& name = entries[static_cast<std::size_t>(rest - read.begin())].first;
        throw DataError(fmt::format("{}: load_state: expected no {} \"{}\", got one", owner_, kind, name), at_);
    };
    check(state_.arrays, arrays_read_, "array");
    check(state_.numbers, numbers_read_, "number");
}

template class StateReader<float>;
template class StateReader<double>;

}  // namespace xtape::optim::detail
