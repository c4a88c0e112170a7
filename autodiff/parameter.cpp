#include <xtape/autodiff/parameter.hpp>

#include <xtape/autodiff/record.hpp>

#include <limits>

namespace xtape {
namespace {

template <class T>
std::shared_ptr<detail::ParameterState<T>> make_state(BasicArray<T> value, std::string name) {
    auto state = std::make_shared<detail::ParameterState<T>>();
    state->value = detail::Ref<detail::Value<T>>(detail::Value<T>::create(std::move(value)));
    state->name = std::move(name);
    return state;
}

}  // namespace

template <class T>
const BasicArray<T>& BasicParameterRef<T>::grad() const {
    if (!state().grad) {
        throw GraphError("parameter \"" + name() + "\": has no gradient; no backward has reached it since zero_grad()");
    }
    return state().grad->array;
}

template <class T>
void BasicParameterRef<T>::assign(BasicArray<T> value, Location at) {
    if (value.shape() != shape()) {
        throw ShapeError("parameter \"" + name() + "\": expected a value of shape " + to_string(shape()) + ", got " +
                             to_string(value.shape()), at);
    }
    ++state().version;
    state().value = detail::Ref<detail::Value<T>>(detail::Value<T>::create(std::move(value)));
}

template <class T>
void BasicParameterRef<T>::accumulate_grad(const BasicArray<T>& gradient, Location at) {
    if (gradient.shape() != shape()) {
        throw ShapeError("parameter \"" + name() + "\": expected a gradient of shape " + to_string(shape()) + ", got " +
                             to_string(gradient.shape()), at);
    }
    detail::accumulate(state().grad, detail::Ref<detail::Value<T>>(detail::Value<T>::create(BasicArray<T>(gradient))));
}

template <class T>
BasicTensor<T> BasicParameterRef<T>::tensor() const {
    detail::ParameterState<T>& s = state();
    Tape* tape = s.frozen ? nullptr : detail::TapeAccess::recording();
    if (!tape) return detail::TensorAccess::make(s.value);
    return detail::TensorAccess::make(s.value, detail::TapeAccess::id(*tape), detail::TapeAccess::leaf(*tape, state_));
}

template <class T>
void BasicParameterRef<T>::refuse_shape(const Shape& before, Location at) {
    const Shape now = shape();
    state().value = detail::Ref<detail::Value<T>>(
        detail::Value<T>::create(BasicArray<T>(before, std::numeric_limits<T>::quiet_NaN())));
    throw ShapeError("parameter \"" + name() + "\": expected an update that keeps shape " + to_string(before) + ", got " +
                         to_string(now), at);
}

template <class T>
BasicParameter<T>::BasicParameter(BasicArray<T> value, std::string name)
    : BasicParameterRef<T>(make_state(std::move(value), std::move(name))) {}

template <class T>
BasicParameter<T>::BasicParameter(const BasicParameter& other)
    : BasicParameterRef<T>(make_state(BasicArray<T>(other.value()), other.name())) {
    this->set_frozen(other.frozen());
}

template <class T>
BasicParameter<T>& BasicParameter<T>::operator=(const BasicParameter& other) {
    return *this = BasicParameter(other);
}

template class BasicParameterRef<float>;
template class BasicParameterRef<double>;
template class BasicParameter<float>;
template class BasicParameter<double>;

}  // namespace xtape
