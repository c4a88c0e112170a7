#include <xtape/nn/bilinear.hpp>

#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/shaping.hpp>
#include <xtape/nn/weights.hpp>

#include <algorithm>
#include <cmath>

namespace xtape::nn {
namespace {

template <class T>
BasicArray<T> initial_weight(std::size_t in1, std::size_t in2, std::size_t out, const Init& init, Location at) {
    if (in1 == 0 || in2 == 0 || out == 0) {
        throw ConfigError("Bilinear: expected at least 1 of each input and 1 output, got " + std::to_string(in1) + ", " +
                              std::to_string(in2) + " and " + std::to_string(out),
                          at);
    }
    const Shape shape = detail::weight_shape("Bilinear", {out, in1, in2}, sizeof(T), at);
    // PyTorch's bound, which the weight's fans would not give.
    const double bound = 1 / std::sqrt(static_cast<double>(in1));
    return init == Init::standard ? init::uniform<T>(shape, -bound, bound) : init.make<T>(shape);
}

}  // namespace

template <class T>
BasicBilinear<T>::BasicBilinear(std::size_t in1, std::size_t in2, std::size_t out, BilinearOptions options, Location at)
    : weight(initial_weight<T>(in1, in2, out, options.init, at), "weight") {
    if (options.bias) bias.emplace(detail::initial_bias<T>(options.init, out, in1), "bias");
}

template <class T>
BasicTensor<T> BasicBilinear<T>::operator()(const BasicTensor<T>& a, const BasicTensor<T>& b, Location at) {
    BasicTensor<T> y;
    this->run_as_layer([&] { y = forward(a, b); }, at);
    return y;
}

template <class T>
BasicTensor<T> BasicBilinear<T>::forward(const BasicTensor<T>&) {
    throw ConfigError("Bilinear: expected two inputs, as in bilinear(a, b), got one");
}

template <class T>
BasicTensor<T> BasicBilinear<T>::forward(const BasicTensor<T>& a, const BasicTensor<T>& b) {
    const std::size_t out = weight.shape()[0], in1 = weight.shape()[1], in2 = weight.shape()[2];
    const Shape &of_a = a.shape(), &of_b = b.shape();
    const bool fits = !of_a.empty() && of_a.size() == of_b.size() && of_a.back() == in1 && of_b.back() == in2 &&
                      std::equal(of_a.begin(), of_a.end() - 1, of_b.begin());
    if (!fits) {
        throw ShapeError("Bilinear: expected inputs (..., " + std::to_string(in1) + ") and (..., " + std::to_string(in2) +
                         ") that agree in all other axes, got " + to_string(of_a) + " and " + to_string(of_b));
    }
    // One product with all of the weight, (n, in1) x (out in2, in1)^T, then a dot product with b for each sample and output.
    Shape shape(of_a.begin(), of_a.end() - 1);
    const std::size_t n = element_count(shape);
    const Location nowhere{};
    const BasicTensor<T> rows = reshape(a, Shape{n, in1}, nowhere);
    const BasicTensor<T> turned = reshape(transpose(weight.tensor(), {0, 2, 1}, nowhere), Shape{out * in2, in1}, nowhere);
    const BasicTensor<T> products = reshape(linear(rows, turned, nowhere), Shape{n, out, in2}, nowhere);
    const BasicTensor<T> y = matmul(products, reshape(b, Shape{n, in2, 1}, nowhere), {}, nowhere);
    shape.push_back(out);
    const BasicTensor<T> result = reshape(y, shape, nowhere);
    return bias ? add(result, *bias, nowhere) : result;
}

template <class T>
void BasicBilinear<T>::visit(BasicVisitor<T>& v) {
    v("weight", weight);
    if (bias) v("bias", *bias);
}

template <class T>
std::string BasicBilinear<T>::describe() const {
    const Shape& w = weight.shape();
    return "Bilinear " + std::to_string(w[1]) + ", " + std::to_string(w[2]) + "->" + std::to_string(w[0]);
}

template class BasicBilinear<float>;
template class BasicBilinear<double>;

}  // namespace xtape::nn
