// Recurrent layers: RNN GRU LSTM, which read a sequence step by step and carry a state along.
//
// Sequences are batch first, (N, L, in); all samples of a batch have the same length. States are those of PyTorch:
// (layers * directions, N, hidden), layer by layer, forward before reverse. Names, layouts, the order of the gates and
// the initial numbers (uniform over +-1 / sqrt(hidden)) are PyTorch's, too. The products with the inputs of all steps
// are one product; those with the state are one a step.
#pragma once

#include <xtape/nn/module.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace xtape::nn {

struct RecurrentOptions {
    std::size_t layers = 1;      ///< one on top of the other; at least 1
    bool bias = true;            ///< both bias_ih and bias_hh
    bool bidirectional = false;  ///< a second set of weights reads from the last step to the first; y has both
    double dropout = 0;          ///< of what each layer but the last gives on, in training; 0 .. 1
};

enum class RnnActivation { tanh, relu };

struct RnnOptions {
    RnnActivation activation = RnnActivation::tanh;
    std::size_t layers = 1;
    bool bias = true;
    bool bidirectional = false;
    double dropout = 0;
};

/// The weights of one direction of one layer, the gates one above the other.
template <class T>
struct BasicRecurrentWeights {
    BasicParameter<T> weight_ih;                        ///< (gates * hidden, in of the layer)
    BasicParameter<T> weight_hh;                        ///< (gates * hidden, hidden)
    std::optional<BasicParameter<T>> bias_ih, bias_hh;  ///< (gates * hidden)
};

/// What a sequence gave: `auto [y, h] = gru(x, h0);`
template <class T>
struct BasicRecurrentOutput {
    BasicTensor<T> y;  ///< (N, L, directions * hidden): the last layer's state after each step
    BasicTensor<T> h;  ///< (layers * directions, N, hidden): each layer's state after its last step
};

/// The state of an LSTM, both (layers * directions, N, hidden).
template <class T>
struct BasicLstmState {
    BasicTensor<T> h;  ///< what the gates see
    BasicTensor<T> c;  ///< what the cells remember
};

/// `auto [y, state] = lstm(x, {h0, c0});`
template <class T>
struct BasicLstmOutput {
    BasicTensor<T> y;
    BasicLstmState<T> state;
};

/// What RNN, GRU and LSTM share.
template <class T>
class BasicRecurrent : public BasicModule<T> {
public:
    /// y of an initial state of zeros. Throws ShapeError unless x is (N, L, in) with L at least 1.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "GRU 28->64, 2 layers, bidirectional"

    std::vector<BasicRecurrentWeights<T>> weights;  ///< layer by layer, forward before reverse

protected:
    using Weights = BasicRecurrentWeights<T>;
    /// (1, N, hidden) of one direction of one layer; c is undefined unless the layer has one.
    using Cell = BasicLstmState<T>;

    BasicRecurrent(const char* name, std::size_t gates, std::size_t in, std::size_t hidden,
                   const RecurrentOptions& options, Location at);

    /// y and the state of all layers and directions after their last steps, for a call at that place.
    std::pair<BasicTensor<T>, Cell> go_on(const BasicTensor<T>& x, const Cell& initial, Location at);
    BasicTensor<T> zeros(std::size_t batch) const;

private:
    virtual bool has_cells() const { return false; }
    /// The state after a step: `input` (1, N, gates * hidden) is that step's product with weight_ih, plus bias_ih.
    virtual Cell step(const BasicTensor<T>& input, const Cell& before, const Weights& w) const = 0;
    std::pair<BasicTensor<T>, Cell> run(const BasicTensor<T>& x, const Cell& initial);
    std::pair<BasicTensor<T>, Cell> read(const BasicTensor<T>& x, Cell state, const Weights& w, bool reverse) const;

    void check_state(const char* which, const BasicTensor<T>& state, const BasicTensor<T>& x) const;
    std::size_t directions() const { return options_.bidirectional ? 2 : 1; }

    const char* name_;
    std::size_t in_, hidden_;
    RecurrentOptions options_;
};

/// h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu. J. Elman, "Finding structure in time", Cognitive Science 14,
/// 1990.
template <class T>
class BasicRNN : public BasicRecurrent<T> {
public:
    /// Throws ConfigError for sizes below 1, no layers, a dropout outside 0 .. 1, and a dropout with a single layer,
    /// which has nowhere to act; GRU and LSTM do so, too.
    BasicRNN(std::size_t in, std::size_t hidden, RnnOptions options = {}, Location at = Location::current());

    using BasicModule<T>::operator();
    /// Goes on from the state h. Throws ShapeError unless it is (layers * directions, N, hidden).
    BasicRecurrentOutput<T> operator()(const BasicTensor<T>& x, const BasicTensor<T>& h,
                                       Location at = Location::current()) {
        auto [y, last] = this->go_on(x, {h, {}}, at);
        return {std::move(y), std::move(last.h)};
    }
    /// The state before the first step.
    BasicTensor<T> zero_state(std::size_t batch) const { return this->zeros(batch); }

private:
    using typename BasicRecurrent<T>::Cell;
    Cell step(const BasicTensor<T>& input, const Cell& before, const BasicRecurrentWeights<T>& w) const override;

    RnnActivation activation_;
};

/// Gated recurrent unit, gates in the order r, z, n: r = sigmoid(x_r + h_r), z = sigmoid(x_z + h_z), n = tanh(x_n + r
/// h_n), h' = (1 - z) n + z h, where x_r = W_ir x + b_ir and h_r = W_hr h + b_hr. K. Cho and others, "Learning phrase
/// representations using RNN encoder-decoder", EMNLP 2014, with r on the product, as in PyTorch.
template <class T>
class BasicGRU : public BasicRecurrent<T> {
public:
    BasicGRU(std::size_t in, std::size_t hidden, RecurrentOptions options = {}, Location at = Location::current());

    using BasicModule<T>::operator();
    /// Goes on from the state h. Throws ShapeError unless it is (layers * directions, N, hidden).
    BasicRecurrentOutput<T> operator()(const BasicTensor<T>& x, const BasicTensor<T>& h,
                                       Location at = Location::current()) {
        auto [y, last] = this->go_on(x, {h, {}}, at);
        return {std::move(y), std::move(last.h)};
    }
    /// The state before the first step.
    BasicTensor<T> zero_state(std::size_t batch) const { return this->zeros(batch); }

private:
    using typename BasicRecurrent<T>::Cell;
    Cell step(const BasicTensor<T>& input, const Cell& before, const BasicRecurrentWeights<T>& w) const override;
};

/// Long short-term memory, gates in the order i, f, g, o: i, f, o = sigmoid and g = tanh of x_ + h_ as in GRU, c' = f c
/// + i g, h' = o tanh(c'). S. Hochreiter, J. Schmidhuber, Neural Computation 9, 1997; the forget gate f: F. Gers and
/// others, 2000.
template <class T>
class BasicLSTM : public BasicRecurrent<T> {
public:
    BasicLSTM(std::size_t in, std::size_t hidden, RecurrentOptions options = {}, Location at = Location::current());

    using BasicModule<T>::operator();
    /// Goes on from the state. Throws ShapeError unless both its parts are (layers * directions, N, hidden).
    BasicLstmOutput<T> operator()(const BasicTensor<T>& x, const BasicLstmState<T>& state,
                                  Location at = Location::current()) {
        auto [y, last] = this->go_on(x, state, at);
        return {std::move(y), std::move(last)};
    }
    /// The state before the first step.
    BasicLstmState<T> zero_state(std::size_t batch) const { return {this->zeros(batch), this->zeros(batch)}; }

private:
    using typename BasicRecurrent<T>::Cell;
    bool has_cells() const override { return true; }
    Cell step(const BasicTensor<T>& input, const Cell& before, const BasicRecurrentWeights<T>& w) const override;
};

/// The last step of a sequence, (N, L, features) to (N, features), as in `Sequential{LSTM{28, 64}, LastStep{},
/// Linear{64, 10}}`. (Of the reverse direction of a bidirectional layer that is the first step it read.)
template <class T>
class BasicLastStep : public BasicModule<T> {
public:
    /// Throws ShapeError unless x is (N, L, features) with L at least 1.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "LastStep"; }
};

using RecurrentWeights = BasicRecurrentWeights<float>;
using RecurrentWeights64 = BasicRecurrentWeights<double>;
using RecurrentOutput = BasicRecurrentOutput<float>;
using RecurrentOutput64 = BasicRecurrentOutput<double>;
using LstmState = BasicLstmState<float>;
using LstmState64 = BasicLstmState<double>;
using LstmOutput = BasicLstmOutput<float>;
using LstmOutput64 = BasicLstmOutput<double>;
using RNN = BasicRNN<float>;
using RNN64 = BasicRNN<double>;
using GRU = BasicGRU<float>;
using GRU64 = BasicGRU<double>;
using LSTM = BasicLSTM<float>;
using LSTM64 = BasicLSTM<double>;
using LastStep = BasicLastStep<float>;
using LastStep64 = BasicLastStep<double>;

extern template class BasicRecurrent<float>;
extern template class BasicRecurrent<double>;
extern template class BasicRNN<float>;
extern template class BasicRNN<double>;
extern template class BasicGRU<float>;
extern template class BasicGRU<double>;
extern template class BasicLSTM<float>;
extern template class BasicLSTM<double>;
extern template class BasicLastStep<float>;
extern template class BasicLastStep<double>;

}  // namespace xtape::nn
