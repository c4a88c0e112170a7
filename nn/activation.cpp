#include <xtape/nn/activation.hpp>

#include <xtape/autodiff/ops/activation.hpp>

namespace xtape::nn {

template <class T>
BasicTensor<T> BasicTanh<T>::forward(const BasicTensor<T>& x) {
    return tanh(x, Location{});
}

template <class T>
BasicTensor<T> BasicReLU<T>::forward(const BasicTensor<T>& x) {
    return relu(x, Location{});
}

template <class T>
BasicTensor<T> BasicSigmoid<T>::forward(const BasicTensor<T>& x) {
    return sigmoid(x, Location{});
}

template class BasicTanh<float>;
template class BasicTanh<double>;
template class BasicReLU<float>;
template class BasicReLU<double>;
template class BasicSigmoid<float>;
template class BasicSigmoid<double>;

}  // namespace xtape::nn
