// Module: a model or a part of one. It names its members in one function, visit(), and everything else follows from
// that: parameters, buffers and their names, modes, copies, and the path of the layer in which an error arose.
#pragma once

#include <xtape/autodiff/parameter.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace xtape::nn {

template <class T>
class BasicModule;

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
/// A copy has parameters of its own with equal numbers. A move keeps the handles that optimizers hold valid.
template <class T>
class BasicModule {
public:
    using value_type = T;

    virtual ~BasicModule() = default;

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

    /// Number of scalars in all parameters. Throws ConfigError as parameters() does.
    std::size_t parameter_count();

    /// Forgets the gradients of all parameters.
    void zero_grad();

    /// Training mode (the mode of a new module) or evaluation mode, for the whole tree; layers like dropout heed it.
    void train(bool on = true);
    void eval() { train(false); }
    bool training() const { return training_; }

protected:
    BasicModule() = default;
    BasicModule(const BasicModule&) = default;
    BasicModule(BasicModule&&) noexcept = default;
    BasicModule& operator=(const BasicModule&) = default;
    BasicModule& operator=(BasicModule&&) noexcept = default;

    /// For a layer that is called otherwise than with one tensor: runs f as operator() runs forward, so that errors name
    /// the layer.
    void run_as_layer(const std::function<void()>& f, Location at);

private:
    template <class U>
    friend class BasicEvaluationScope;

    void name_layer(Error& error, Location at);

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
