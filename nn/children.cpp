#include <xtape/nn/children.hpp>

#include <algorithm>

namespace xtape::detail {

template <class T>
Children<T>::Children(const Children& other) : owner_(other.owner_) {
    children_.reserve(other.size());
    for (const Child& child : other.children_) {
        children_.push_back({child.name, child.copy(*child.module, owner_), child.copy});
    }
}

template <class T>
void Children<T>::append(std::string name, Pointer module, Copy copy) {
    children_.push_back({std::move(name), std::move(module), copy});
}

template <class T>
void Children<T>::append(Pointer module, Copy copy) {
    append(std::to_string(size()), std::move(module), copy);
}

template <class T>
nn::BasicModule<T>& Children<T>::at(std::size_t i) const {
    if (i >= size()) {
        throw ConfigError(std::string(owner_) + ": expected a layer number below " + std::to_string(size()) + ", got " +
                          std::to_string(i));
    }
    return *children_[i].module;
}

template <class T>
nn::BasicModule<T>* Children<T>::find(std::string_view name) const {
    const auto found =
        std::find_if(children_.begin(), children_.end(), [&](const Child& child) { return child.name == name; });
    return found == children_.end() ? nullptr : found->module.get();
}

template <class T>
void Children<T>::visit(nn::BasicVisitor<T>& v) const {
    for (const Child& child : children_) v(child.name, *child.module);
}

template <class T>
BasicTensor<T> Children<T>::chain(const BasicTensor<T>& x) const {
    BasicTensor<T> y = x;
    for (const Child& child : children_) y = (*child.module)(y, Location{});
    return y;
}

template class Children<float>;
template class Children<double>;

}  // namespace xtape::detail
