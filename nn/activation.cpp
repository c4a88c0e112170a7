#include <xtape/nn/activation.hpp>

#include <xtape/autodiff/ops/activation.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/ops/shaping.hpp>
#include <xtape/autodiff/ops/smooth_activation.hpp>
#include <xtape/autodiff/ops/softmax.hpp>

#include <fmt/format.h>

#include <limits>

namespace xtape::nn {

template <class T>
BasicTensor<T> BasicSigmoid<T>::forward(const BasicTensor<T>& x) {
    return sigmoid(x, Location{});
}

template <class T>
BasicTensor<T> BasicTanh<T>::forward(const BasicTensor<T>& x) {
    return tanh(x, Location{});
}

template <class T>
BasicTensor<T> BasicReLU<T>::forward(const BasicTensor<T>& x) {
    return relu(x, Location{});
}

template <class T>
BasicTensor<T> BasicSELU<T>::forward(const BasicTensor<T>& x) {
    return selu(x, Location{});
}

template <class T>
BasicTensor<T> BasicSiLU<T>::forward(const BasicTensor<T>& x) {
    return silu(x, Location{});
}

template <class T>
BasicTensor<T> BasicMish<T>::forward(const BasicTensor<T>& x) {
    return mish(x, Location{});
}

template <class T>
BasicTensor<T> BasicLeakyReLU<T>::forward(const BasicTensor<T>& x) {
    return leaky_relu(x, slope_, Location{});
}
template <class T>
std::string BasicLeakyReLU<T>::describe() const {
    return fmt::format("LeakyReLU {}", slope_);
}

template <class T>
BasicPReLU<T>::BasicPReLU(std::size_t channels, double initial_slope, Location at)
    : weight(BasicArray<T>(Shape{channels}, static_cast<T>(initial_slope)), "weight") {
    if (channels == 0) throw ConfigError("PReLU: expected at least 1 channel, got 0", at);
}
template <class T>
BasicTensor<T> BasicPReLU<T>::forward(const BasicTensor<T>& x) {
    const std::size_t channels = weight.shape()[0];
    if (channels == 1) return prelu(x, weight, Location{});
    if (x.rank() < 2 || x.shape()[1] != channels) {
        throw ShapeError(fmt::format("PReLU: expected (N, {}, ...) for {} channels, got {}", channels, channels,
                                     to_string(x.shape())));
    }
    Shape shape(x.rank() - 1, 1);
    shape[0] = channels;
    return prelu(x, reshape(weight, shape), Location{});
}
template <class T>
std::string BasicPReLU<T>::describe() const {
    return fmt::format("PReLU {}", weight.shape()[0]);
}

template <class T>
BasicTensor<T> BasicELU<T>::forward(const BasicTensor<T>& x) {
    return elu(x, alpha_, Location{});
}
template <class T>
std::string BasicELU<T>::describe() const {
    return fmt::format("ELU {}", alpha_);
}

template <class T>
BasicTensor<T> BasicGELU<T>::forward(const BasicTensor<T>& x) {
    return gelu(x, options_.approximate ? GeluForm::tanh : GeluForm::exact, Location{});
}

template <class T>
BasicSoftplus<T>::BasicSoftplus(SoftplusOptions options, Location at) : options_(options) {
    if (!(options.beta > 0)) {
        throw ConfigError(fmt::format("Softplus: expected a beta of more than 0, got {}", options.beta), at);
    }
}
template <class T>
BasicTensor<T> BasicSoftplus<T>::forward(const BasicTensor<T>& x) {
    const BasicTensor<T> smooth = softplus(x, options_.beta, Location{});
    if (options_.threshold == std::numeric_limits<double>::infinity()) return smooth;
    return where(x * static_cast<T>(options_.beta) > static_cast<T>(options_.threshold), x, smooth);
}
template <class T>
std::string BasicSoftplus<T>::describe() const {
    return fmt::format("Softplus {}", options_.beta);
}

template <class T>
BasicHardtanh<T>::BasicHardtanh(double low, double high, Location at) : low_(low), high_(high) {
    if (!(low <= high)) throw ConfigError(fmt::format("Hardtanh: expected low <= high, got {} and {}", low, high), at);
}
template <class T>
BasicTensor<T> BasicHardtanh<T>::forward(const BasicTensor<T>& x) {
    return hard_tanh(x, low_, high_, Location{});
}
template <class T>
std::string BasicHardtanh<T>::describe() const {
    return fmt::format("Hardtanh {} .. {}", low_, high_);
}

template <class T>
BasicTensor<T> BasicSoftmax<T>::forward(const BasicTensor<T>& x) {
    return softmax(x, axis_, Location{});
}

template <class T>
BasicTensor<T> BasicLogSoftmax<T>::forward(const BasicTensor<T>& x) {
    return log_softmax(x, axis_, Location{});
}

template class BasicSigmoid<float>;
template class BasicSigmoid<double>;
template class BasicTanh<float>;
template class BasicTanh<double>;
template class BasicReLU<float>;
template class BasicReLU<double>;
template class BasicSELU<float>;
template class BasicSELU<double>;
template class BasicSiLU<float>;
template class BasicSiLU<double>;
template class BasicMish<float>;
template class BasicMish<double>;
template class BasicLeakyReLU<float>;
template class BasicLeakyReLU<double>;
template class BasicPReLU<float>;
template class BasicPReLU<double>;
template class BasicELU<float>;
template class BasicELU<double>;
template class BasicGELU<float>;
template class BasicGELU<double>;
template class BasicSoftplus<float>;
template class BasicSoftplus<double>;
template class BasicHardtanh<float>;
template class BasicHardtanh<double>;
template class BasicSoftmax<float>;
template class BasicSoftmax<double>;
template class BasicLogSoftmax<float>;
template class BasicLogSoftmax<double>;

}  // namespace xtape::nn
