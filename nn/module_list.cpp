#include <xtape/nn/module_list.hpp>

namespace xtape::nn {
namespace {

[[noreturn]] void refuse_call(const char* list, std::size_t size) {
    throw ConfigError(std::string(list) + ": expected calls of its " + std::to_string(size) +
                      " modules, got one of the list itself, which has no forward; a Sequential calls them in turn");
}

}  // namespace

template <class T>
BasicTensor<T> BasicModuleList<T>::forward(const BasicTensor<T>&) {
    refuse_call("ModuleList", size());
}

template <class T>
BasicTensor<T> BasicModuleDict<T>::forward(const BasicTensor<T>&) {
    refuse_call("ModuleDict", size());
}

template <class T>
void BasicModuleDict<T>::check_new(const std::string& name) const {
    if (name.empty() || name.find('.') != std::string::npos) {
        throw ConfigError("ModuleDict: expected a name that is not empty and has no dots, got \"" + name + "\"");
    }
    if (contains(name)) throw ConfigError("ModuleDict: expected a new name, got \"" + name + "\" again");
}

template <class T>
BasicModule<T>& BasicModuleDict<T>::get(std::string_view name) const {
    if (BasicModule<T>* module = children_.find(name)) return *module;
    std::string names;
    for (std::size_t i = 0; i < size(); ++i) names += (i ? ", \"" : "\"") + children_.name(i) + "\"";
    throw ConfigError("ModuleDict: expected one of the names " + (names.empty() ? "(none)" : names) + ", got \"" +
                      std::string(name) + "\"");
}

template class BasicModuleList<float>;
template class BasicModuleList<double>;
template class BasicModuleDict<float>;
template class BasicModuleDict<double>;

}  // namespace xtape::nn
