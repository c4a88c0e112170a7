#include <xtape/nn/transformer.hpp>

#include <xtape/autodiff/ops/activation.hpp>
#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/ops/slicing.hpp>
#include <xtape/autodiff/ops/smooth_activation.hpp>

#include <fmt/format.h>

#include <cmath>

namespace xtape::nn {
namespace {

constexpr Location nowhere{};  // the call that matters to the user is that of the layer

template <class T>
BasicTensor<T> sine_table(std::size_t length, std::size_t d_model, Location at) {
    if (length == 0 || d_model == 0) {
        throw ConfigError(
            fmt::format("PositionalEncoding: expected at least 1 step and 1 column, got {} and {}", length, d_model),
            at);
    }
    BasicArray<T> table = empty_array<T>({length, d_model});
    for (std::size_t column = 0; column < d_model; ++column) {
        const double pair = static_cast<double>(column - column % 2);
        const double frequency = std::pow(10000.0, -pair / static_cast<double>(d_model));
        for (std::size_t p = 0; p < length; ++p) {
            const double angle = static_cast<double>(p) * frequency;
            table(p, column) = static_cast<T>(column % 2 == 0 ? std::sin(angle) : std::cos(angle));
        }
    }
    return table;
}

}  // namespace

template <class T>
BasicTransformerEncoderLayer<T>::BasicTransformerEncoderLayer(std::size_t d_model, std::size_t heads,
                                                              TransformerEncoderLayerOptions options, Location at)
    : self_attn(d_model, heads, {.dropout = options.dropout}, at),
      linear1(d_model, options.feedforward, {}, at),
      linear2(options.feedforward, d_model, {}, at),
      norm1(d_model, {.eps = options.eps}, at),
      norm2(d_model, {.eps = options.eps}, at),
      dropout(options.dropout, at),
      dropout1(options.dropout, at),
      dropout2(options.dropout, at),
      heads_(heads),
      activation_(options.activation),
      norm_first_(options.norm_first) {}

template <class T>
BasicTensor<T> BasicTransformerEncoderLayer<T>::operator()(const BasicTensor<T>& x,
                                                           const BasicAttentionOptions<T>& options, Location at) {
    BasicTensor<T> y;
    this->run_as_layer([&] { y = encode(x, options); }, at);
    return y;
}

template <class T>
BasicTensor<T> BasicTransformerEncoderLayer<T>::forward(const BasicTensor<T>& x) {
    return encode(x, {});
}

template <class T>
BasicTensor<T> BasicTransformerEncoderLayer<T>::encode(const BasicTensor<T>& x,
                                                       const BasicAttentionOptions<T>& options) {
    if (norm_first_) {
        const BasicTensor<T> z = x + attended(norm1(x, nowhere), options);
        return z + fed_forward(norm2(z, nowhere));
    }
    const BasicTensor<T> z = norm1(x + attended(x, options), nowhere);
    return norm2(z + fed_forward(z), nowhere);
}

template <class T>
BasicTensor<T> BasicTransformerEncoderLayer<T>::attended(const BasicTensor<T>& x,
                                                         const BasicAttentionOptions<T>& options) {
    return dropout1(self_attn(x, options, nowhere).y, nowhere);
}

template <class T>
BasicTensor<T> BasicTransformerEncoderLayer<T>::fed_forward(const BasicTensor<T>& x) {
    const BasicTensor<T> wide = linear1(x, nowhere);
    const BasicTensor<T> active =
        activation_ == TransformerActivation::relu ? relu(wide, nowhere) : gelu(wide, GeluForm::exact, nowhere);
    return dropout2(linear2(dropout(active, nowhere), nowhere), nowhere);
}

template <class T>
void BasicTransformerEncoderLayer<T>::visit(BasicVisitor<T>& v) {
    v("self_attn", self_attn);
    v("linear1", linear1);
    v("dropout", dropout);
    v("linear2", linear2);
    v("norm1", norm1);
    v("norm2", norm2);
    v("dropout1", dropout1);
    v("dropout2", dropout2);
}

template <class T>
std::string BasicTransformerEncoderLayer<T>::describe() const {
    return fmt::format("TransformerEncoderLayer {}, {} head{}, feedforward {}", linear2.weight.shape()[0], heads_,
                       heads_ == 1 ? "" : "s", linear1.weight.shape()[0]);
}

template <class T>
BasicPositionalEncoding<T>::BasicPositionalEncoding(std::size_t length, std::size_t d_model,
                                                    PositionalEncodingOptions options, Location at)
    : dropout(options.dropout, at), table_(sine_table<T>(length, d_model, at)) {}

template <class T>
BasicTensor<T> BasicPositionalEncoding<T>::forward(const BasicTensor<T>& x) {
    const Shape &shape = x.shape(), &table = table_.shape();
    if (shape.size() != 3 || shape[1] > table[0] || shape[2] != table[1]) {
        throw ShapeError(fmt::format("PositionalEncoding: expected input (N, L, {}) with at most {} steps, got {}",
                                     table[1], table[0], to_string(shape)));
    }
    const BasicTensor<T> rows =
        slice(table_, {Range{.start = 0, .stop = static_cast<std::ptrdiff_t>(shape[1])}}, nowhere);
    return dropout(x + rows, nowhere);
}

template <class T>
void BasicPositionalEncoding<T>::visit(BasicVisitor<T>& v) {
    v("dropout", dropout);
}

template <class T>
std::string BasicPositionalEncoding<T>::describe() const {
    return fmt::format("PositionalEncoding {}, up to {} steps", table_.shape()[1], table_.shape()[0]);
}

template class BasicTransformerEncoderLayer<float>;
template class BasicTransformerEncoderLayer<double>;
template class BasicPositionalEncoding<float>;
template class BasicPositionalEncoding<double>;

}  // namespace xtape::nn
