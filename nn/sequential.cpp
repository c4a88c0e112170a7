#include <xtape/nn/sequential.hpp>

#include <string>

namespace xtape::nn {

template <class T>
BasicSequential<T>::BasicSequential(const BasicSequential& other) : BasicModule<T>(other) {
    children_.reserve(other.children_.size());
    for (const Child& child : other.children_) children_.push_back({child.copy(*child.module), child.copy});
}

template <class T>
BasicSequential<T>& BasicSequential<T>::operator=(const BasicSequential& other) {
    return *this = BasicSequential(other);
}

template <class T>
BasicTensor<T> BasicSequential<T>::forward(const BasicTensor<T>& x) {
    BasicTensor<T> y = x;
    for (const Child& child : children_) y = (*child.module)(y, Location{});
    return y;
}

template <class T>
void BasicSequential<T>::visit(BasicVisitor<T>& v) {
    for (std::size_t i = 0; i < children_.size(); ++i) v(std::to_string(i), *children_[i].module);
}

template <class T>
BasicModule<T>& BasicSequential<T>::child(std::size_t i) const {
    if (i >= children_.size()) {
        throw ConfigError("Sequential: expected a layer number below " + std::to_string(children_.size()) + ", got " +
                          std::to_string(i));
    }
    return *children_[i].module;
}

template class BasicSequential<float>;
template class BasicSequential<double>;

}  // namespace xtape::nn
