#include <xtape/nn/preserve.hpp>

#include <xtape/nn/members.hpp>

namespace xtape::detail {

template <class T>
Preserve<T>::Preserve(nn::BasicModule<T>& module) : streams_(random::state()) {
    for (const auto& [name, buffer] : module.named_buffers()) {
        if (auto* const* array = std::get_if<BasicArray<T>*>(&buffer)) {
            buffers_.emplace_back(*array, **array);
        } else {
            IndexArray* const counter = std::get<IndexArray*>(buffer);
            counters_.emplace_back(counter, *counter);
        }
    }
    for (const auto& [path, part] : module.named_modules()) {
        for (const auto& [name, parameter] : members_of(*part).parameters) {
            // One that two modules show comes twice: without a gradient the second time, so the first must win.
            gradients_.emplace_back(parameter, std::exchange(parameter.shared_state()->grad, {}));
        }
    }
}

template <class T>
Preserve<T>::~Preserve() {
    for (auto& [array, before] : buffers_) *array = std::move(before);
    for (auto& [counter, before] : counters_) *counter = std::move(before);
    for (std::size_t i = gradients_.size(); i-- > 0;) {
        gradients_[i].first.shared_state()->grad = std::move(gradients_[i].second);
    }
}

template class Preserve<float>;
template class Preserve<double>;

}  // namespace xtape::detail
