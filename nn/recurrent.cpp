#include <xtape/nn/recurrent.hpp>

#include <xtape/autodiff/ops/activation.hpp>
#include <xtape/autodiff/ops/dropout.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/shaping.hpp>
#include <xtape/nn/init.hpp>

#include <fmt/format.h>

#include <cmath>
#include <span>

namespace xtape::nn {
namespace {

constexpr Location nowhere{};  // the call that matters to the user is that of the layer

template <class T>
BasicTensor<T> product(const BasicTensor<T>& x, const BasicParameter<T>& weight,
                       const std::optional<BasicParameter<T>>& bias) {
    return bias ? linear(x, weight, *bias, nowhere) : linear(x, weight, nowhere);
}

// Rows of the first axis, each as (1, ...). Cut in halves again and again: the reverse of a cut is an array of the size
// of what was cut, which one by one would cost the square of the number of steps.
template <class T>
void cut_steps(const BasicTensor<T>& x, std::vector<BasicTensor<T>>& steps) {
    const std::size_t n = x.shape()[0];
    if (n == 1) {
        steps.push_back(x);
        return;
    }
    for (const BasicTensor<T>& half : split(x, {n / 2, n - n / 2}, 0, nowhere)) cut_steps(half, steps);
}

// Row k of a state, as (1, N, hidden); the whole of it when it has no other.
template <class T>
BasicTensor<T> state_row(const BasicTensor<T>& state, std::size_t k) {
    if (state.shape()[0] == 1) return state;
    const auto row = static_cast<std::ptrdiff_t>(k);
    return slice(state, {Range{.start = row, .stop = row + 1}}, nowhere);
}

template <class T>
BasicTensor<T> joined(std::vector<BasicTensor<T>> parts, int axis) {
    return parts.size() == 1 ? parts[0] : concat(parts, axis, nowhere);
}

template <class T>
BasicTensor<T> batch_and_time_exchanged(const BasicTensor<T>& x) {
    return transpose(x, {1, 0, 2}, nowhere);
}

void check_options(const char* name, std::size_t in, std::size_t hidden, const RecurrentOptions& options, Location at) {
    if (in == 0 || hidden == 0) {
        throw ConfigError(
            fmt::format("{}: expected at least 1 input and 1 hidden unit, got {} and {}", name, in, hidden), at);
    }
    if (options.layers == 0) throw ConfigError(fmt::format("{}: expected at least 1 layer, got 0", name), at);
    if (!(options.dropout >= 0 && options.dropout <= 1)) {
        throw ConfigError(fmt::format("{}: expected a dropout in 0 .. 1, got {}", name, options.dropout), at);
    }
    if (options.dropout > 0 && options.layers == 1) {
        throw ConfigError(fmt::format("{}: expected at least 2 layers for a dropout between them, got 1", name), at);
    }
}

}  // namespace

template <class T>
BasicRecurrent<T>::BasicRecurrent(const char* name, std::size_t gates, std::size_t in, std::size_t hidden,
                                  const RecurrentOptions& options, Location at)
    : name_(name), in_(in), hidden_(hidden), options_(options) {
    check_options(name, in, hidden, options, at);
    const double bound = 1 / std::sqrt(static_cast<double>(hidden));
    const auto parameter = [bound](const Shape& shape, const char* what) {
        return BasicParameter<T>(init::uniform<T>(shape, -bound, bound), what);
    };
    const std::size_t rows = gates * hidden;
    for (std::size_t layer = 0; layer < options.layers; ++layer) {
        const std::size_t width = layer == 0 ? in : hidden * directions();
        for (std::size_t direction = 0; direction < directions(); ++direction) {
            Weights w{parameter({rows, width}, "weight_ih"), parameter({rows, hidden}, "weight_hh"), {}, {}};
            if (options.bias) {
                w.bias_ih = parameter({rows}, "bias_ih");
                w.bias_hh = parameter({rows}, "bias_hh");
            }
            weights.push_back(std::move(w));
        }
    }
}

template <class T>
BasicTensor<T> BasicRecurrent<T>::zeros(std::size_t batch) const {
    return init::zeros<T>({options_.layers * directions(), batch, hidden_});
}

template <class T>
void BasicRecurrent<T>::check_state(const char* which, const BasicTensor<T>& state, const BasicTensor<T>& x) const {
    const Shape wanted{options_.layers * directions(), x.rank() > 0 ? x.shape()[0] : 0, hidden_};
    if (state.shape() == wanted) return;
    throw ShapeError(fmt::format("{}: expected a state {} {} for input {}, got {}", name_, which, to_string(wanted),
                                 to_string(x.shape()), to_string(state.shape())));
}

// One direction of one layer over x (L, N, features): its state after each step, (L, N, hidden), and the last one.
template <class T>
auto BasicRecurrent<T>::read(const BasicTensor<T>& x, Cell state, const Weights& w, bool reverse) const
    -> std::pair<BasicTensor<T>, Cell> {
    std::vector<BasicTensor<T>> inputs;
    cut_steps(product(x, w.weight_ih, w.bias_ih), inputs);
    std::vector<BasicTensor<T>> outputs(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::size_t t = reverse ? inputs.size() - 1 - i : i;
        state = step(inputs[t], state, w);
        outputs[t] = state.h;
    }
    return {joined(std::move(outputs), 0), std::move(state)};
}

template <class T>
auto BasicRecurrent<T>::run(const BasicTensor<T>& x, const Cell& initial) -> std::pair<BasicTensor<T>, Cell> {
    if (x.rank() != 3 || x.shape()[2] != in_ || x.shape()[1] == 0) {
        throw ShapeError(fmt::format("{}: expected input (N, L, {}) with at least 1 step, got {}", name_, in_,
                                     to_string(x.shape())));
    }
    // Time first: a step is then one piece of memory, and so is its place in what is joined.
    BasicTensor<T> sequence = batch_and_time_exchanged(x);
    std::vector<BasicTensor<T>> h, c;
    for (std::size_t layer = 0; layer < options_.layers; ++layer) {
        std::vector<BasicTensor<T>> outputs;
        for (std::size_t direction = 0; direction < directions(); ++direction) {
            const std::size_t k = h.size();
            Cell state{state_row(initial.h, k), has_cells() ? state_row(initial.c, k) : BasicTensor<T>()};
            auto [y, last] = read(sequence, std::move(state), weights[k], direction == 1);
            outputs.push_back(std::move(y));
            h.push_back(std::move(last.h));
            c.push_back(std::move(last.c));
        }
        sequence = joined(std::move(outputs), 2);
        if (this->training() && options_.dropout > 0 && layer + 1 < options_.layers) {
            sequence = dropout(sequence, options_.dropout, random::next_stream(), nowhere);
        }
    }
    return {batch_and_time_exchanged(sequence),
            Cell{joined(std::move(h), 0), has_cells() ? joined(std::move(c), 0) : BasicTensor<T>()}};
}

template <class T>
BasicTensor<T> BasicRecurrent<T>::forward(const BasicTensor<T>& x) {
    const BasicTensor<T> none = zeros(x.rank() > 0 ? x.shape()[0] : 0);
    return run(x, {none, none}).first;
}

template <class T>
auto BasicRecurrent<T>::go_on(const BasicTensor<T>& x, const Cell& initial, Location at)
    -> std::pair<BasicTensor<T>, Cell> {
    std::pair<BasicTensor<T>, Cell> result;
    this->run_as_layer(
        [&] {
            check_state("h", initial.h, x);
            if (has_cells()) check_state("c", initial.c, x);
            result = run(x, initial);
        },
        at);
    return result;
}

template <class T>
void BasicRecurrent<T>::visit(BasicVisitor<T>& v) {
    for (std::size_t k = 0; k < weights.size(); ++k) {
        const std::string end = fmt::format("_l{}{}", k / directions(), k % directions() == 1 ? "_reverse" : "");
        v("weight_ih" + end, weights[k].weight_ih);
        v("weight_hh" + end, weights[k].weight_hh);
        if (weights[k].bias_ih) v("bias_ih" + end, *weights[k].bias_ih);
        if (weights[k].bias_hh) v("bias_hh" + end, *weights[k].bias_hh);
    }
}

template <class T>
std::string BasicRecurrent<T>::describe() const {
    std::string text = fmt::format("{} {}->{}", name_, in_, hidden_);
    if (options_.layers > 1) text += fmt::format(", {} layers", options_.layers);
    if (options_.bidirectional) text += ", bidirectional";
    return text;
}

template <class T>
BasicRNN<T>::BasicRNN(std::size_t in, std::size_t hidden, RnnOptions options, Location at)
    : BasicRecurrent<T>("RNN", 1, in, hidden, {options.layers, options.bias, options.bidirectional, options.dropout},
                        at),
      activation_(options.activation) {}

template <class T>
auto BasicRNN<T>::step(const BasicTensor<T>& input, const Cell& before, const BasicRecurrentWeights<T>& w) const
    -> Cell {
    const BasicTensor<T> sum = input + product(before.h, w.weight_hh, w.bias_hh);
    return {activation_ == RnnActivation::tanh ? tanh(sum, nowhere) : relu(sum, nowhere), {}};
}

template <class T>
BasicGRU<T>::BasicGRU(std::size_t in, std::size_t hidden, RecurrentOptions options, Location at)
    : BasicRecurrent<T>("GRU", 3, in, hidden, options, at) {}

template <class T>
auto BasicGRU<T>::step(const BasicTensor<T>& input, const Cell& before, const BasicRecurrentWeights<T>& w) const
    -> Cell {
    const std::size_t size = before.h.shape()[2];
    const BasicTensor<T> state = product(before.h, w.weight_hh, w.bias_hh);
    const auto x = split(input, {2 * size, size}, 2, nowhere), h = split(state, {2 * size, size}, 2, nowhere);
    const auto gates = split(sigmoid(x[0] + h[0], nowhere), {size, size}, 2, nowhere);
    const BasicTensor<T>&r = gates[0], &z = gates[1];
    const BasicTensor<T> n = tanh(x[1] + r * h[1], nowhere);
    return {n + z * (before.h - n), {}};
}

template <class T>
BasicLSTM<T>::BasicLSTM(std::size_t in, std::size_t hidden, RecurrentOptions options, Location at)
    : BasicRecurrent<T>("LSTM", 4, in, hidden, options, at) {}

template <class T>
auto BasicLSTM<T>::step(const BasicTensor<T>& input, const Cell& before, const BasicRecurrentWeights<T>& w) const
    -> Cell {
    const std::size_t size = before.h.shape()[2];
    const auto gates = split(input + product(before.h, w.weight_hh, w.bias_hh), {2 * size, size, size}, 2, nowhere);
    const auto in_and_forget = split(sigmoid(gates[0], nowhere), {size, size}, 2, nowhere);
    const BasicTensor<T> c = in_and_forget[1] * before.c + in_and_forget[0] * tanh(gates[1], nowhere);
    return {sigmoid(gates[2], nowhere) * tanh(c, nowhere), c};
}

template <class T>
BasicTensor<T> BasicLastStep<T>::forward(const BasicTensor<T>& x) {
    if (x.rank() != 3 || x.shape()[1] == 0) {
        throw ShapeError("LastStep: expected input (N, L, features) with at least 1 step, got " + to_string(x.shape()));
    }
    const Shape& shape = x.shape();
    return reshape(slice(x, {{}, Range{.start = -1}}, nowhere), Shape{shape[0], shape[2]}, nowhere);
}

template class BasicRecurrent<float>;
template class BasicRecurrent<double>;
template class BasicRNN<float>;
template class BasicRNN<double>;
template class BasicGRU<float>;
template class BasicGRU<double>;
template class BasicLSTM<float>;
template class BasicLSTM<double>;
template class BasicLastStep<float>;
template class BasicLastStep<double>;

}  // namespace xtape::nn
