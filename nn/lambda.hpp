// Lambda and Identity: any function of a tensor as a layer, and the one that does nothing.
#pragma once

#include <xtape/nn/module.hpp>

#include <functional>
#include <string>
#include <utility>

namespace xtape::nn {

/// `nn::Lambda{[](const Tensor& x) { return tanh(x); }}`: a function from tensor to tensor as a layer. A copy copies
/// the function. Parameters that it captures belong to somebody else: they are not among those of the layer.
template <class T>
class BasicLambda : public BasicModule<T> {
public:
    /// The name stands in messages and summaries. Throws ConfigError for a std::function that is empty.
    explicit BasicLambda(std::function<BasicTensor<T>(const BasicTensor<T>& x)> function, std::string name = "Lambda");

    BasicTensor<T> forward(const BasicTensor<T>& x) override { return function_(x); }
    std::string describe() const override { return name_; }

private:
    std::function<BasicTensor<T>(const BasicTensor<T>&)> function_;
    std::string name_;
};

/// y = x: holds a place where another model has a layer.
template <class T>
class BasicIdentity : public BasicModule<T> {
public:
    BasicTensor<T> forward(const BasicTensor<T>& x) override { return x; }
    std::string describe() const override { return "Identity"; }
};

using Lambda = BasicLambda<float>;
using Lambda64 = BasicLambda<double>;
using Identity = BasicIdentity<float>;
using Identity64 = BasicIdentity<double>;

extern template class BasicLambda<float>;
extern template class BasicLambda<double>;
extern template class BasicIdentity<float>;
extern template class BasicIdentity<double>;

}  // namespace xtape::nn
