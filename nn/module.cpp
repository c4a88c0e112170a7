#include <xtape/nn/module.hpp>

#include <xtape/autodiff/layer_scope.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <typeinfo>
#include <unordered_set>

namespace xtape::nn {
namespace {

// "ns::(anonymous namespace)::Mlp<ns::Part>" -> "Mlp<ns::Part>"
std::string class_name(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                           &std::free);
    if (!text) return "Module";
    const std::string name = text.get();
    std::size_t start = 0, depth = 0;
    for (std::size_t i = 0; i + 1 < name.size(); ++i) {
        const char c = name[i];
        if (c == '<' || c == '(') ++depth;
        if ((c == '>' || c == ')') && depth > 0) --depth;
        if (depth == 0 && c == ':' && name[i + 1] == ':') start = i + 2;
    }
    return name.substr(start);
}

// The whole tree in the order of visit(). What has been seen is not entered again: so shared modules and parameters
// come once, and a module that names itself or one above it does no harm.
template <class T>
class Walk final : public BasicVisitor<T> {
public:
    explicit Walk(BasicModule<T>& root) { enter({}, root); }

    /// The parameters, unless there are layers that have none before their first input: they must not be missed silently.
    std::vector<BasicNamedParameter<T>>& all_parameters() {
        if (!waiting_.empty()) throw ConfigError(waiting_);
        return parameters;
    }

    std::vector<BasicNamedModule<T>> modules;
    std::vector<BasicModule<T>*> from_below;  // members before the module that has them
    std::vector<BasicNamedParameter<T>> parameters;
    std::vector<BasicNamedBuffer<T>> buffers;

private:
    void on_module(std::string_view name, BasicModule<T>& module) override { enter(path_of(name), module); }

    void on_parameter(std::string_view name, BasicParameterRef<T>& parameter) override {
        std::string path = path_of(name);
        if (!seen_.insert(parameter.shared_state().get()).second) return;
        if (!paths_.insert(path).second) {
            throw ConfigError("visit: expected names that differ, got \"" + path + "\" for two parameters");
        }
        parameters.push_back({std::move(path), parameter});
    }

    void on_buffer(std::string_view name, BasicBuffer<T> buffer) override {
        std::string path = path_of(name);
        if (!seen_.insert(std::visit([](auto* array) -> const void* { return array; }, buffer)).second) return;
        if (!paths_.insert(path).second) {
            throw ConfigError("visit: expected names that differ, got \"" + path +
                              "\" for a buffer and another member");
        }
        buffers.push_back({std::move(path), buffer});
    }

    void on_not_yet(std::string_view layer) override {
        if (!waiting_.empty()) return;
        waiting_ = std::string(layer) + ": expected a forward pass before its parameters are used, got none";
        if (!path_.empty()) waiting_ += " through \"" + path_ + "\"";
    }

    void enter(std::string path, BasicModule<T>& module) {
        if (!seen_.insert(&module).second) return;
        modules.push_back({path, &module});
        std::swap(path_, path);
        module.visit(*this);
        std::swap(path_, path);
        from_below.push_back(&module);
    }

    std::string path_of(std::string_view name) const {
        if (name.empty() || name.find('.') != std::string_view::npos) {
            throw ConfigError("visit: expected a name that is not empty and has no dots, got \"" + std::string(name) +
                              "\"");
        }
        return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
    }

    std::string path_;
    std::string waiting_;  // what to say of the first layer without parameters
    std::unordered_set<const void*> seen_;
    std::unordered_set<std::string> paths_;
};

// Every module of a tree as an error that passed through its root names it.
template <class T>
std::vector<std::pair<const void*, std::string>> labels(void* root) {
    std::vector<std::pair<const void*, std::string>> labels;
    try {
        for (const auto& [path, module] : static_cast<BasicModule<T>*>(root)->named_modules()) {
            labels.emplace_back(module, path.empty() ? module->describe() : path + " (" + module->describe() + ")");
        }
    } catch (const ConfigError&) {
        // A tree that cannot be walked has no paths; its forward may run all the same.
        labels.emplace_back(root, static_cast<BasicModule<T>*>(root)->describe());
    }
    return labels;
}

}  // namespace

template <class T>
BasicModule<T>::~BasicModule() {
    if (hooks_) hooks_->module = nullptr;
}

template <class T>
BasicModule<T>& BasicModule<T>::operator=(const BasicModule& other) {
    if (this == &other) return *this;
    if (hooks_) hooks_->module = nullptr;
    hooks_.reset();
    training_ = other.training_;
    return *this;
}

template <class T>
BasicModule<T>& BasicModule<T>::operator=(BasicModule&& other) noexcept {
    if (this == &other) return *this;
    if (hooks_) hooks_->module = nullptr;
    training_ = other.training_;
    take_hooks(other);
    return *this;
}

template <class T>
void BasicModule<T>::take_hooks(BasicModule& other) noexcept {
    hooks_ = std::move(other.hooks_);
    if (hooks_) hooks_->module = this;
}

template <class T>
HookHandle BasicModule<T>::add_hook(xtape::detail::HookMoment moment, xtape::detail::HookFunction<T> call) {
    if (!hooks_) hooks_ = std::make_shared<xtape::detail::HookList<T>>(this);
    const std::uint64_t id = hooks_->add(moment, std::move(call));
    return HookHandle(hooks_, id);
}

template <class T>
std::string BasicModule<T>::describe() const {
    return class_name(typeid(*this));
}

template <class T>
BasicTensor<T> BasicModule<T>::operator()(const BasicTensor<T>& x, Location at) {
    // Errors learn the layer as they pass; a gradient that goes wrong later has no other way to know.
    const xtape::detail::LayerScope scope(this, labels<T>, at);
    try {
        if (hooks_) [[unlikely]] return forward_with_hooks(x);
        return forward(x);
    } catch (Error& error) {
        name_layer(error, at);
        throw;
    }
}

template <class T>
void BasicModule<T>::run_as_layer(const std::function<void()>& f, Location at) {
    const xtape::detail::LayerScope scope(this, labels<T>, at);
    try {
        f();
    } catch (Error& error) {
        name_layer(error, at);
        throw;
    }
}

template <class T>
BasicTensor<T> BasicModule<T>::forward_with_hooks(const BasicTensor<T>& x) {
    using xtape::detail::HookMoment;
    const auto hooks = hooks_;
    BasicTensor<T> y = hooks->run(HookMoment::output, forward(hooks->run(HookMoment::input, x)));
    return hooks->has(HookMoment::gradient) ? xtape::detail::watch_gradient(hooks, y) : y;
}

// The innermost module signs the error; every module further out finds the signature in its tree and writes the longer
// path.
template <class T>
void BasicModule<T>::name_layer(Error& error, Location at) {
    error.set_location(at);
    if (!error.module()) {
        error.set_layer(describe(), this);
        return;
    }
    try {
        for (const auto& [path, module] : named_modules()) {
            if (module != error.module()) continue;
            if (module != this) error.set_layer(path + " (" + module->describe() + ")", module);
            return;
        }
    } catch (const std::exception&) {
        // A tree that cannot be walked keeps the shorter path: the error under way matters more.
    }
}

template <class T>
std::vector<BasicNamedModule<T>> BasicModule<T>::named_modules() {
    return std::move(Walk<T>(*this).modules);
}

template <class T>
std::vector<BasicNamedParameter<T>> BasicModule<T>::named_parameters() {
    std::vector<BasicNamedParameter<T>> all = std::move(Walk<T>(*this).all_parameters());
    for (auto& [name, parameter] : all) parameter.set_name(name);
    return all;
}

template <class T>
std::vector<BasicNamedBuffer<T>> BasicModule<T>::named_buffers() {
    return std::move(Walk<T>(*this).buffers);
}

template <class T>
BasicParameterList<T> BasicModule<T>::parameters() {
    BasicParameterList<T> list;
    for (auto& [name, parameter] : named_parameters()) list.push_back(std::move(parameter));
    return list;
}

template <class T>
std::size_t BasicModule<T>::parameter_count() {
    std::size_t count = 0;
    Walk<T> walk(*this);
    for (const auto& [name, parameter] : walk.all_parameters()) count += parameter.value().size();
    return count;
}

template <class T>
std::size_t BasicModule<T>::trainable_parameter_count() {
    std::size_t count = 0;
    Walk<T> walk(*this);
    for (const auto& [name, parameter] : walk.all_parameters()) {
        if (!parameter.frozen()) count += parameter.value().size();
    }
    return count;
}

template <class T>
void BasicModule<T>::freeze() {
    Walk<T> walk(*this);
    for (auto& [name, parameter] : walk.all_parameters()) parameter.set_frozen(true);
}

template <class T>
void BasicModule<T>::unfreeze() {
    Walk<T> walk(*this);
    for (auto& [name, parameter] : walk.all_parameters()) parameter.set_frozen(false);
}

template <class T>
std::vector<BasicModule<T>*> BasicModule<T>::modules_from_below() {
    return std::move(Walk<T>(*this).from_below);
}

template <class T>
void BasicModule<T>::zero_grad() {
    for (auto& [name, parameter] : Walk<T>(*this).parameters) parameter.zero_grad();
}

template <class T>
void BasicModule<T>::train(bool on) {
    for (const auto& [name, module] : named_modules()) module->training_ = on;
}

template <class T>
BasicEvaluationScope<T>::BasicEvaluationScope(BasicModule<T>& module) {
    for (const auto& [name, part] : module.named_modules()) modes_.emplace_back(part, part->training_);
    for (const auto& [part, mode] : modes_) part->training_ = false;
}

template <class T>
BasicEvaluationScope<T>::~BasicEvaluationScope() {
    for (const auto& [part, mode] : modes_) part->training_ = mode;
}

template class BasicModule<float>;
template class BasicModule<double>;
template class BasicEvaluationScope<float>;
template class BasicEvaluationScope<double>;

}  // namespace xtape::nn
