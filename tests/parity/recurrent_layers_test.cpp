#include "parity/layers.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/recurrent.hpp>

#include <doctest/doctest.h>

using namespace xtape;

namespace {

template <class T>
BasicTensor<T> flat(const std::vector<BasicTensor<T>>& parts) {
    std::vector<BasicTensor<T>> all;
    for (const BasicTensor<T>& part : parts) all.push_back(flatten(part));
    return concat(all);
}

constexpr auto with_state = []<class M, class T>(M& m, const std::vector<BasicTensor<T>>& x) {
    const auto [y, h] = m(x[0], x[1]);
    return flat<T>({y, h});
};

constexpr auto with_cells = []<class M, class T>(M& m, const std::vector<BasicTensor<T>>& x) {
    const auto [y, state] = m(x[0], {x[1], x[2]});
    return flat<T>({y, state.h, state.c});
};

}  // namespace

TEST_CASE("recurrent layers agree with PyTorch in value and gradient") {
    const nn::RecurrentOptions bare{.bias = false}, wide{.layers = 2, .bidirectional = true};
    parity::check_layers("recurrent_layers", {
        {"RNN", []<class T>() { return nn::BasicRNN<T>{3, 4}; }},
        {"RNN: relu", []<class T>() { return nn::BasicRNN<T>{3, 4, {.activation = nn::RnnActivation::relu}}; }, with_state},
        {"RNN: two layers, both directions", []<class T>() { return nn::BasicRNN<T>{2, 3, {.layers = 2, .bidirectional = true}}; },
         with_state},
        {"GRU", []<class T>() { return nn::BasicGRU<T>{3, 4}; }},
        {"GRU: no bias", [=]<class T>() { return nn::BasicGRU<T>{2, 3, bare}; }, with_state},
        {"GRU: two layers, both directions", [=]<class T>() { return nn::BasicGRU<T>{2, 3, wide}; }, with_state},
        {"GRU: evaluation", []<class T>() { return nn::BasicGRU<T>{2, 3, {.layers = 2, .dropout = 0.5}}; }},
        {"LSTM", []<class T>() { return nn::BasicLSTM<T>{3, 4}; }},
        {"LSTM: no bias", [=]<class T>() { return nn::BasicLSTM<T>{2, 3, bare}; }, with_cells},
        {"LSTM: two layers, both directions", [=]<class T>() { return nn::BasicLSTM<T>{2, 3, wide}; }, with_cells},
        {"LSTM: evaluation", []<class T>() { return nn::BasicLSTM<T>{2, 3, {.layers = 3, .dropout = 0.5}}; }},
    });
}
