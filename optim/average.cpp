#include <xtape/optim/average.hpp>

#include <xtape/optim/optimizer.hpp>
#include <xtape/optim/update.hpp>

#include <algorithm>

namespace xtape::optim {

template <class T>
BasicWeightAverage<T>::BasicWeightAverage(const char* name, BasicParameterList<T> parameters, Location at)
    : name_(name), parameters_(std::move(parameters)) {
    detail::require_distinct<T>(name_, parameters_, {}, at);
    for (const auto& parameter : parameters_) {
        averages_.emplace_back(xtape::detail::Value<T>::create(BasicArray<T>(parameter.value())));
    }
}

template <class T>
void BasicWeightAverage<T>::update(Location at) {
    if (applied_) throw GraphError(std::string(name_) + ": expected update() outside of applied(), got it inside", at);
    // A share of 1 forgets the old average, also one that is not finite.
    const T part = static_cast<T>(share(++updates_)), rest = 1 - part;
    pass_.clear();
    pass_.add(part == 1 ? make_update<T, 1>([](auto x, auto& a) { a[0] = x; })
                        : make_update<T, 1>([part, rest](auto x, auto& a) { a[0] = rest * a[0] + part * x; }));
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        BasicArray<T>& average = xtape::detail::writable(averages_[i]);
        pass_.add(parameters_[i].value().data(), {average.data()}, average.size(), 0);
    }
    pass_.run();
}

template <class T>
void BasicWeightAverage<T>::swap(bool in) {
    if (in && applied_)
        throw GraphError(std::string(name_) + ": expected applied() once at a time, got it inside of another");
    applied_ = in;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        auto& parameter = *parameters_[i].shared_state();
        ++parameter.version;
        std::swap(parameter.value, averages_[i]);
    }
}

template <class T>
void BasicWeightAverage<T>::assign() const {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        BasicParameterRef<T> parameter = parameters_[i];
        parameter.assign(BasicArray<T>(averages_[i]->array));
    }
}

template <class T>
BasicState<T> BasicWeightAverage<T>::state() const {
    BasicState<T> state;
    for (std::size_t i = 0; i < averages_.size(); ++i)
        state.arrays.emplace_back(std::to_string(i), averages_[i]->array);
    state.numbers.emplace_back("updates", static_cast<double>(updates_));
    return state;
}

template <class T>
void BasicWeightAverage<T>::load_state(const BasicState<T>& state, Location at) {
    if (applied_)
        throw GraphError(std::string(name_) + ": expected load_state() outside of applied(), got it inside", at);
    detail::StateReader<T> reader(name_, state, at);
    std::vector<xtape::detail::Ref<xtape::detail::Value<T>>> loaded;
    for (std::size_t i = 0; i < averages_.size(); ++i) {
        const BasicArray<T>& array = reader.array(std::to_string(i), averages_[i]->array.shape());
        loaded.emplace_back(xtape::detail::Value<T>::create(BasicArray<T>(array)));
    }
    const std::uint64_t updates = reader.count("updates");
    reader.finish();
    averages_ = std::move(loaded);
    updates_ = updates;
}

template <class T>
BasicEma<T>::BasicEma(BasicParameterList<T> parameters, EmaOptions options, Location at)
    : BasicWeightAverage<T>("Ema", std::move(parameters), at), options_(options) {
    detail::require(options.decay >= 0 && options.decay < 1, "Ema", "a decay in [0, 1)", options.decay, at);
}

template <class T>
double BasicEma<T>::share(std::uint64_t n) const {
    const auto count = static_cast<double>(n);
    return 1 - (options_.warm_up ? std::min(options_.decay, count / (9 + count)) : options_.decay);
}

template <class T>
BasicSwa<T>::BasicSwa(BasicParameterList<T> parameters, Location at)
    : BasicWeightAverage<T>("Swa", std::move(parameters), at) {}

template class BasicWeightAverage<float>;
template class BasicWeightAverage<double>;
template class BasicEma<float>;
template class BasicEma<double>;
template class BasicSwa<float>;
template class BasicSwa<double>;

}  // namespace xtape::optim
