#include <xtape/nn/linear.hpp>

#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/nn/weights.hpp>

#include <limits>

namespace xtape::nn {
namespace {

Shape weight_shape(std::size_t in, std::size_t out, std::size_t number_bytes, Location at) {
    const std::string got = ", got " + std::to_string(in) + " and " + std::to_string(out);
    if (in == 0 || out == 0) throw ConfigError("Linear: expected at least 1 input and 1 output" + got, at);
    // A size made from a negative number must not wrap around to a small product.
    const auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / number_bytes;
    if (in > most / out) throw ConfigError("Linear: expected inputs x outputs that fit into memory" + got, at);
    return {out, in};
}

}  // namespace

template <class T>
BasicLinear<T>::BasicLinear(std::size_t in, std::size_t out, LinearOptions options, Location at)
    : weight(options.init.make<T>(weight_shape(in, out, sizeof(T), at)), "weight") {
    if (options.bias) bias.emplace(detail::initial_bias<T>(options.init, out, in), "bias");
}

template <class T>
BasicTensor<T> BasicLinear<T>::forward(const BasicTensor<T>& x) {
    // The call that matters to the user is that of the layer, which the module adds.
    return bias ? linear(x, weight, *bias, Location{}) : linear(x, weight, Location{});
}

template <class T>
void BasicLinear<T>::visit(BasicVisitor<T>& v) {
    v("weight", weight);
    if (bias) v("bias", *bias);
}

template <class T>
std::string BasicLinear<T>::describe() const {
    return "Linear " + std::to_string(weight.shape()[1]) + "->" + std::to_string(weight.shape()[0]);
}

template class BasicLinear<float>;
template class BasicLinear<double>;

}  // namespace xtape::nn
