// Activation functions as layers, for Sequential; the functions themselves are tanh(x), relu(x), sigmoid(x).
#pragma once

#include <xtape/nn/module.hpp>

namespace xtape::nn {

template <class T>
class BasicTanh : public BasicModule<T> {
public:
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "Tanh"; }
};

template <class T>
class BasicReLU : public BasicModule<T> {
public:
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "ReLU"; }
};

template <class T>
class BasicSigmoid : public BasicModule<T> {
public:
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "Sigmoid"; }
};

using Tanh = BasicTanh<float>;
using Tanh64 = BasicTanh<double>;
using ReLU = BasicReLU<float>;
using ReLU64 = BasicReLU<double>;
using Sigmoid = BasicSigmoid<float>;
using Sigmoid64 = BasicSigmoid<double>;

extern template class BasicTanh<float>;
extern template class BasicTanh<double>;
extern template class BasicReLU<float>;
extern template class BasicReLU<double>;
extern template class BasicSigmoid<float>;
extern template class BasicSigmoid<double>;

}  // namespace xtape::nn
