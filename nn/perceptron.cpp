#include <xtape/nn/perceptron.hpp>

#include <xtape/autodiff/ops/embedding.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/nn/init.hpp>

#include <fmt/format.h>

#include <cmath>

namespace xtape::nn {
namespace {

template <class T>
void check_examples(const BasicArray<T>& x, const IndexArray& labels, const PerceptronOptions& options, Location at) {
    if (labels.shape() != Shape{x.shape()[0]} || labels.size() == 0) {
        throw ShapeError(fmt::format("Perceptron: fit: expected a label for each of at least one row, got rows {} and "
                                     "labels {}",
                                     to_string(x.shape()), to_string(labels.shape())),
                         at);
    }
    if (options.epochs == 0) throw ConfigError("Perceptron: fit: expected at least 1 epoch, got 0", at);
    if (!(std::isfinite(options.learning_rate) && options.learning_rate > 0)) {
        throw ConfigError(fmt::format("Perceptron: fit: expected a finite learning rate of more than 0, got {}",
                                      options.learning_rate),
                          at);
    }
    for (std::size_t row = 0; row < labels.size(); ++row) {
        if (labels.data()[row] == 0 || labels.data()[row] == 1) continue;
        throw DataError(
            fmt::format("Perceptron: fit: expected labels 0 or 1, got {} in row {}", labels.data()[row], row), at);
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (std::isfinite(x.data()[i])) continue;
        throw DataError(fmt::format("Perceptron: fit: expected finite numbers, got {} at {}", std::abs(x.data()[i]),
                                    xtape::detail::position_of(i, x.shape())),
                        at);
    }
}

// 1 where w . x + b > 0; the sum is made in double, in the order of the inputs.
template <class T>
std::int64_t answer(const T* x, const T* w, std::size_t in, T b) {
    double score = static_cast<double>(b);
    for (std::size_t k = 0; k < in; ++k) score += static_cast<double>(w[k]) * static_cast<double>(x[k]);
    return score > 0 ? 1 : 0;
}

}  // namespace

template <class T>
BasicPerceptron<T>::BasicPerceptron(std::size_t in, Location at)
    : weight(init::zeros<T>({1, in}), "weight"), bias(init::zeros<T>({1}), "bias") {
    if (in == 0) throw ConfigError("Perceptron: expected at least 1 input, got 0", at);
}

template <class T>
void BasicPerceptron<T>::require_rows(const char* call, const Shape& shape, Location at) const {
    const std::size_t in = weight.shape()[1];
    if (shape.size() == 2 && shape[1] == in) return;
    throw ShapeError(fmt::format("Perceptron: {}: expected rows (N, {}), got {}", call, in, to_string(shape)), at);
}

template <class T>
PerceptronHistory BasicPerceptron<T>::fit(const BasicArray<T>& x, const IndexArray& labels,
                                          const PerceptronOptions& options, Location at) {
    require_rows("fit", x.shape(), at);
    check_examples(x, labels, options, at);
    const std::size_t rows = x.shape()[0], in = x.shape()[1];
    BasicArray<T> w = weight.value(), b = bias.value();
    PerceptronHistory history;
    while (!history.converged && history.mistakes.size() < options.epochs) {
        const IndexArray order = options.shuffle ? random::permutation(rows) : IndexArray();
        std::size_t mistakes = 0;
        for (std::size_t n = 0; n < rows; ++n) {
            const std::size_t row = options.shuffle ? static_cast<std::size_t>(order.data()[n]) : n;
            const T* const input = x.data() + row * in;
            const std::int64_t wrong = labels.data()[row] - answer(input, w.data(), in, b.data()[0]);
            if (wrong == 0) continue;
            ++mistakes;
            const T step = static_cast<T>(options.learning_rate * static_cast<double>(wrong));
            for (std::size_t k = 0; k < in; ++k) w.data()[k] += step * input[k];
            b.data()[0] += step;
        }
        history.mistakes.push_back(mistakes);
        history.converged = mistakes == 0;
    }
    weight.assign(std::move(w));
    bias.assign(std::move(b));
    return history;
}

template <class T>
IndexArray BasicPerceptron<T>::predict(const BasicArray<T>& x, Location at) const {
    require_rows("predict", x.shape(), at);
    const std::size_t in = x.shape()[1];
    IndexArray labels(Shape{x.shape()[0]});
    for (std::size_t row = 0; row < labels.size(); ++row) {
        labels.data()[row] = answer(x.data() + row * in, weight.value().data(), in, bias.value().data()[0]);
    }
    return labels;
}

template <class T>
BasicTensor<T> BasicPerceptron<T>::forward(const BasicTensor<T>& x) {
    return linear(x, weight, bias, Location{});
}

template <class T>
void BasicPerceptron<T>::visit(BasicVisitor<T>& v) {
    v("weight", weight);
    v("bias", bias);
}

template <class T>
std::string BasicPerceptron<T>::describe() const {
    return "Perceptron " + std::to_string(weight.shape()[1]);
}

template class BasicPerceptron<float>;
template class BasicPerceptron<double>;

}  // namespace xtape::nn
