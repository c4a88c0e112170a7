// Module: a model or a part of one. It names its members in one function, visit(), and everything else follows from
// that: parameters, buffers and their names, modes, copies, and the path of the layer in which an error arose.
#pragma once

#include <xtape/autodiff/parameter.hpp>
#include <xtape/nn/hooks.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace xtape::nn {

/// An array that belongs to a module's state and that no optimizer changes, such as running statistics or a counter.
template <class T>
using BasicBuffer = std::variant<BasicArray<T>*, IndexArray*>;

/// Is shown the members of a module, one level at a time. A visitor that wants the whole tree calls module.visit(*this)
/// in on_module.
template <class T>
class BasicVisitor {
public:
    void operator()(std::string_view name, BasicModule<T>& module) { on_module(name, module); }
    void operator()(std::string_view name, BasicParameterRef<T>& parameter) { on_parameter(name, parameter); }
    void buffer(std::string_view name, BasicArray<T>& array) { on_buffer(name, &array); }
    void buffer(std::string_view name, IndexArray& array) { on_buffer(name, &array); }

    /// In place of parameters that exist only after a first forward pass: which kind of layer waits for one.
    void not_yet(std::string_view layer) { on_not_yet(layer); }

protected:
    BasicVisitor() = default;
    BasicVisitor(const BasicVisitor&) = default;
    BasicVisitor& operator=(const BasicVisitor&) = default;
    ~BasicVisitor() = default;

    virtual void on_module(std::string_view name, BasicModule<T>& module) = 0;
    virtual void on_parameter(std::string_view name, BasicParameterRef<T>& parameter) = 0;
    virtual void on_buffer(std::string_view, BasicBuffer<T>) {}
    virtual void on_not_yet(std::string_view) {}
};

/// A parameter and its path ("encoder.0.weight").
template <class T>
struct BasicNamedParameter {
    std::string name;
    BasicParameterRef<T> parameter;
};

/// A buffer and its path ("encoder.1.running_mean"). It points into the module.
template <class T>
struct BasicNamedBuffer {
    std::string name;
    BasicBuffer<T> array;
};

/// A module and its path ("encoder.0"); the path of the module that was asked is empty.
template <class T>
struct BasicNamedModule {
    std::string name;
    BasicModule<T>* module;
};

/// Base of all models and layers:
///
///     struct Mlp : nn::Module {
///         nn::Linear hidden{784, 128};
///         nn::Linear output{128, 10};
///
///         Tensor forward(const Tensor& x) override { return output(tanh(hidden(x))); }
///         void visit(nn::Visitor& v) override { v("hidden", hidden); v("output", output); }
///     };
///
/// A copy has parameters of its own with equal numbers, and no hooks. A move keeps the handles that optimizers hold
/// valid, and takes hooks along. An assignment is like a copy or a move: the hooks that were there before are gone.
template <class T>
class BasicModule {
public:
    using value_type = T;

    virtual ~BasicModule();

    virtual BasicTensor<T> forward(const BasicTensor<T>& x) = 0;

    /// Shows every member that is a module, a parameter or a buffer: v("hidden", hidden), v.buffer("running_mean",
    /// running_mean). Names are not empty, have no dots, and differ within a module.
    virtual void visit(BasicVisitor<T>&) {}

    /// What error messages and summaries call the module: "Linear 784->256". By default the name of its class.
    virtual std::string describe() const;

    /// forward(x). An xtape error that passes through is told the path of the layer it comes from and, when it does not
    /// know where the failing call stands, the place of this call.
    BasicTensor<T> operator()(const BasicTensor<T>& x, Location at = Location::current());

    /// All parameters of the tree in the order of visit(), each once, even when two modules share it. Sets the names of
    /// the parameters to their paths ("hidden.weight"), so that messages can say them. Throws ConfigError for a name
    /// that visit() must not use, and for a layer whose parameters do not exist before its first forward pass.
    BasicParameterList<T> parameters();
    std::vector<BasicNamedParameter<T>> named_parameters();

    /// All buffers of the tree in the order of visit(), each once. Throws ConfigError for a name that visit() must not use.
    std::vector<BasicNamedBuffer<T>> named_buffers();

    /// This module and all below it in the order of visit(), each once. Throws ConfigError for a name that visit() must not
    /// use.
    std::vector<BasicNamedModule<T>> named_modules();

    /// Calls f with every module of the tree, each once: a module's members in the order of visit(), then the module.
    /// (In a member function of a module, an operation of one's own is applied with xtape::apply.)
    template <class F>
    requires std::invocable<F&, BasicModule&>
    void apply(F&& f) {
        for (BasicModule* module : modules_from_below()) f(*module);
    }

    /// Number of scalars in all parameters, and in those that are not frozen. Throw ConfigError as parameters() does.
    std::size_t parameter_count();
    std::size_t trainable_parameter_count();

    /// Makes all parameters of the tree constants: they get no gradient and optimizers leave them alone; a gradient
    /// that is there already stays. Buffers are another matter: layers that renew them in training do so until eval(). Throw
    /// ConfigError as parameters() does.
    void freeze();
    void unfreeze();

    /// Forgets the gradients of all parameters.
    void zero_grad();

    /// Training mode (the mode of a new module) or evaluation mode, for the whole tree; layers like dropout heed it.
    void train(bool on = true);
    void eval() { train(false); }
    bool training() const { return training_; }

    /// Hooks: f(module, tensor) is called when this module is called as a function, in the order of adding. It observes
    /// if it returns nothing, and replaces the tensor if it returns another; an undefined one replaces nothing. The
    /// handle takes the hook off at the end of its life. An xtape error thrown by f names the layer like one of
    /// forward.
    ///
    /// on_input: with the input, before forward sees it. on_output: with what forward returned.
    template <xtape::detail::HookFor<T> F>
    HookHandle on_input(F f) {
        return add_hook(xtape::detail::HookMoment::input, xtape::detail::hook_function<T>(std::move(f)));
    }
    template <xtape::detail::HookFor<T> F>
    HookHandle on_output(F f) {
        return add_hook(xtape::detail::HookMoment::output, xtape::detail::hook_function<T>(std::move(f)));
    }

    /// With the gradient of the loss with respect to the output, once for each call, when backward (or gradient) comes
    /// by; what f returns goes on in its place and must have its shape (ShapeError). Calls from now on are watched,
    /// those that a tape records and a gradient reaches.
    template <xtape::detail::HookFor<T> F>
    HookHandle on_gradient(F f) {
        return add_hook(xtape::detail::HookMoment::gradient, xtape::detail::hook_function<T>(std::move(f)));
    }

protected:
    BasicModule() = default;
    BasicModule(const BasicModule& other) : training_(other.training_) {}
    BasicModule(BasicModule&& other) noexcept : training_(other.training_) { take_hooks(other); }
    BasicModule& operator=(const BasicModule& other);
    BasicModule& operator=(BasicModule&& other) noexcept;

    /// For a layer that is called otherwise than with one tensor: runs f as operator() runs forward, so that errors name
    /// the layer.
    void run_as_layer(const std::function<void()>& f, Location at);

private:
    template <class U>
    friend class BasicEvaluationScope;

    BasicTensor<T> forward_with_hooks(const BasicTensor<T>& x);
    HookHandle add_hook(xtape::detail::HookMoment moment, xtape::detail::HookFunction<T> call);
    void take_hooks(BasicModule& other) noexcept;
    void name_layer(Error& error, Location at);
    std::vector<BasicModule*> modules_from_below();

    std::shared_ptr<xtape::detail::HookList<T>> hooks_;  // null until there are any
    bool training_ = true;
};

/// Evaluation mode until the end of a scope, then each module's own mode again.
template <class T>
class [[nodiscard]] BasicEvaluationScope {
public:
    explicit BasicEvaluationScope(BasicModule<T>& module);
    ~BasicEvaluationScope();
    BasicEvaluationScope(const BasicEvaluationScope&) = delete;
    BasicEvaluationScope& operator=(const BasicEvaluationScope&) = delete;

private:
    std::vector<std::pair<BasicModule<T>*, bool>> modes_;
};

using Module = BasicModule<float>;
using Module64 = BasicModule<double>;
using Visitor = BasicVisitor<float>;
using Visitor64 = BasicVisitor<double>;
using NamedParameter = BasicNamedParameter<float>;
using NamedParameter64 = BasicNamedParameter<double>;
using NamedBuffer = BasicNamedBuffer<float>;
using NamedBuffer64 = BasicNamedBuffer<double>;
using NamedModule = BasicNamedModule<float>;
using NamedModule64 = BasicNamedModule<double>;
using EvaluationScope = BasicEvaluationScope<float>;
using EvaluationScope64 = BasicEvaluationScope<double>;

extern template class BasicModule<float>;
extern template class BasicModule<double>;
extern template class BasicEvaluationScope<float>;
extern template class BasicEvaluationScope<double>;

}  // namespace xtape::nn
