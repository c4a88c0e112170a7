#include <xtape/nn/recurrent.hpp>

#include "nn/layer_gradients.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/state.hpp>

#include <algorithm>
#include <cmath>

using namespace xtape;

namespace {

bool same(const Array& a, const Array& b) {
    return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

void check_near(const Array64& a, const Array64& b) {
    REQUIRE(a.shape() == b.shape());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a.data()[i] - b.data()[i]) <= 1e-14);
}

Array64 numbers(const Shape& shape, std::uint64_t stream) {
    return random::uniform<double>(shape, -1, 1, random::Stream(9, stream));
}

// (1, steps, 1): one sample of one feature; of one step it is a state of one unit, too.
Array64 series(std::initializer_list<double> values) {
    Array64 x(Shape{1, values.size(), 1});
    std::copy(values.begin(), values.end(), x.begin());
    return x;
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

std::vector<std::string> parameter_names(nn::Module& layer) {
    std::vector<std::string> names;
    for (const auto& [name, parameter] : layer.named_parameters()) names.push_back(name);
    return names;
}

}  // namespace

TEST_CASE("a recurrent network of one unit goes step by step") {
    nn::RNN64 layer{1, 1, {.activation = nn::RnnActivation::relu}};
    layer.weights[0].weight_ih.assign(Array64(Shape{1, 1}, 2));
    layer.weights[0].weight_hh.assign(Array64(Shape{1, 1}, 0.5));
    layer.weights[0].bias_ih->assign(Array64{1});
    layer.weights[0].bias_hh->assign(Array64{-3});
    // 2 * 3 - 2 = 4; 2 * 1 + 0.5 * 4 - 2 = 2; 2 * (-2) + 0.5 * 2 - 2 < 0.
    CHECK(layer(series({3, 1, -2})).value() == series({4, 2, 0}));
    const auto [y, h] = layer(series({3, 1}), series({2}));
    CHECK(y.value() == series({5, 2.5}));
    CHECK(h.value() == series({2.5}));
}

TEST_CASE("a recurrent network takes tanh unless it is told otherwise") {
    seed(1);
    nn::RNN64 layer{2, 1, {.bias = false}};
    const Array64 &w = layer.weights[0].weight_ih.value(), &u = layer.weights[0].weight_hh.value();
    const double first = std::tanh(w(0, 0) * 0.5 - w(0, 1)),
                 second = std::tanh(w(0, 0) * 2 + w(0, 1) * 3 + u(0, 0) * first);
    check_near(layer(Array64{{{0.5, -1}, {2, 3}}}).value(), series({first, second}));
    CHECK_FALSE(layer.weights[0].bias_ih.has_value());
}

TEST_CASE("a GRU has its gates in the order reset, update, new") {
    nn::GRU64 layer{1, 1};
    layer.weights[0].weight_ih.assign(Array64{{0.5}, {-1}, {2}});
    layer.weights[0].weight_hh.assign(Array64{{1}, {0.25}, {-0.5}});
    layer.weights[0].bias_ih->assign(Array64{0.1, 0.2, 0.3});
    layer.weights[0].bias_hh->assign(Array64{-0.1, 0.4, 0.5});
    const double x = 1.5, h = 0.5;
    const double r = logistic(0.5 * x + 0.1 + h - 0.1), z = logistic(-x + 0.2 + 0.25 * h + 0.4);
    const double n = std::tanh(2 * x + 0.3 + r * (-0.5 * h + 0.5));
    const double next = (1 - z) * n + z * h;
    const auto [y, last] = layer(series({x}), series({h}));
    check_near(y.value(), series({next}));
    check_near(last.value(), series({next}));
}

TEST_CASE("an LSTM has its gates in the order input, forget, cell, output") {
    nn::LSTM64 layer{1, 1};
    layer.weights[0].weight_ih.assign(Array64{{0.5}, {-1}, {2}, {0.75}});
    layer.weights[0].weight_hh.assign(Array64{{1}, {0.25}, {-0.5}, {-2}});
    layer.weights[0].bias_ih->assign(Array64{0.1, 0.2, 0.3, 0.4});
    layer.weights[0].bias_hh->assign(Array64{-0.1, 0.4, 0.5, 0.6});
    const double x = 1.5, h = 0.5, c = -2;
    const double i = logistic(0.5 * x + 0.1 + h - 0.1), f = logistic(-x + 0.2 + 0.25 * h + 0.4);
    const double g = std::tanh(2 * x + 0.3 - 0.5 * h + 0.5), o = logistic(0.75 * x + 0.4 - 2 * h + 0.6);
    const double cell = f * c + i * g, next = o * std::tanh(cell);
    const auto [y, state] = layer(series({x}), {series({h}), series({c})});
    check_near(y.value(), series({next}));
    check_near(state.h.value(), series({next}));
    check_near(state.c.value(), series({cell}));
}

TEST_CASE("a sequence in two parts with the state in between gives what the whole gives") {
    seed(2);
    nn::LSTM64 lstm{2, 3, {.layers = 2}};
    nn::GRU64 gru{2, 3, {.layers = 2}};
    const Tensor64 x = numbers({2, 5, 2}, 1);
    const Tensor64 head = slice(x, {{}, {0, 2}}), tail = slice(x, {{}, {2, 5}});

    const auto [first, state] = lstm(head, lstm.zero_state(2));
    const auto [second, last] = lstm(tail, state);
    check_near(concat({first, second}, 1).value(), lstm(x).value());
    CHECK(last.h.shape() == Shape{2, 2, 3});
    CHECK(last.c.shape() == Shape{2, 2, 3});

    const auto [a, h] = gru(head, gru.zero_state(2));
    const auto [b, end] = gru(tail, h);
    check_near(concat({a, b}, 1).value(), gru(x).value());
    // The top layer's state after the last step is the last step of y.
    check_near(slice(end, {{1, 2}}).value(), transpose(slice(b, {{}, {2, 3}}), {1, 0, 2}).value());
}

TEST_CASE("the second direction reads from the last step to the first") {
    seed(3);
    nn::GRU64 both{2, 3, {.bidirectional = true}}, forward{2, 3}, reverse{2, 3};
    forward.weights[0] = both.weights[0];
    reverse.weights[0] = both.weights[1];
    const Tensor64 x = numbers({2, 4, 2}, 2);
    const auto [y, h] = both(x, both.zero_state(2));
    CHECK(y.shape() == Shape{2, 4, 6});
    CHECK(h.shape() == Shape{2, 2, 3});
    check_near(slice(y, {{}, {}, {0, 3}}).value(), forward(x).value());
    check_near(slice(y, {{}, {}, {3, 6}}).value(), flip(reverse(flip(x, {1})), {1}).value());
    check_near(slice(h, {{1, 2}}).value(), transpose(slice(y, {{}, {0, 1}, {3, 6}}), {1, 0, 2}).value());
}

TEST_CASE("parameters have PyTorch's names and shapes") {
    nn::LSTM layer{2, 3, {.layers = 2, .bidirectional = true}};
    CHECK(parameter_names(layer) ==
          std::vector<std::string>{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_ih_l0_reverse",
                                   "weight_hh_l0_reverse", "bias_ih_l0_reverse", "bias_hh_l0_reverse", "weight_ih_l1",
                                   "weight_hh_l1", "bias_ih_l1", "bias_hh_l1", "weight_ih_l1_reverse",
                                   "weight_hh_l1_reverse", "bias_ih_l1_reverse", "bias_hh_l1_reverse"});
    CHECK(layer.weights[0].weight_ih.shape() == Shape{12, 2});
    CHECK(layer.weights[2].weight_ih.shape() == Shape{12, 6});
    CHECK(layer.weights[2].weight_hh.shape() == Shape{12, 3});
    CHECK(layer.weights[3].bias_hh->shape() == Shape{12});
    CHECK(parameter_names(*std::make_unique<nn::GRU>(2, 3, nn::RecurrentOptions{.bias = false})) ==
          std::vector<std::string>{"weight_ih_l0", "weight_hh_l0"});
}

TEST_CASE("a recurrent layer starts with uniform numbers of PyTorch's bound") {
    seed(4);
    nn::GRU64 layer{10, 100};
    for (const auto& parameter : layer.parameters()) {
        const auto [low, high] = std::minmax_element(parameter.value().begin(), parameter.value().end());
        CHECK(*low >= -0.1);
        CHECK(*low < -0.09);
        CHECK(*high <= 0.1);
        CHECK(*high > 0.09);
    }
}

TEST_CASE("recurrent layers pass the gradient check with respect to input, states and parameters") {
    seed(5);
    const Array64 x = numbers({2, 3, 2}, 3), h = numbers({4, 2, 3}, 4), c = numbers({4, 2, 3}, 5);
    nn::RNN64 rnn{2, 3, {.layers = 2, .bidirectional = true}};
    nn::GRU64 gru{2, 3, {.layers = 2, .bidirectional = true}};
    nn::LSTM64 lstm{2, 3, {.layers = 2, .bidirectional = true}};
    const auto all = [](const std::vector<Tensor64>& parts) {
        std::vector<Tensor64> flat;
        for (const Tensor64& part : parts) flat.push_back(reshape(part, {-1}));
        return concat(flat);
    };
    const auto with_state = [&](auto& layer) {
        return [&](const std::vector<Tensor64>& in) {
            const auto [y, last] = layer(in[0], in[1]);
            return all({y, last});
        };
    };
    support::check_layer_gradients(rnn, with_state(rnn), {x, h});
    support::check_layer_gradients(gru, with_state(gru), {x, h});
    support::check_layer_gradients(lstm,
                                   [&](const std::vector<Tensor64>& in) {
                                       const auto [y, state] = lstm(in[0], {in[1], in[2]});
                                       return all({y, state.h, state.c});
                                   },
                                   {x, h, c});
}

TEST_CASE("recurrent layers pass the gradient check alone, without biases, and with dropout between layers") {
    seed(6);
    const Array64 x = numbers({2, 3, 2}, 6);
    nn::RNN64 positive{2, 3, {.activation = nn::RnnActivation::relu}};
    nn::GRU64 bare{2, 3, {.bias = false}};
    nn::LSTM64 dropping{2, 4, {.layers = 3, .dropout = 0.5}};
    support::check_layer_gradients(positive, x);
    support::check_layer_gradients(bare, x);
    support::check_layer_gradients(dropping,
                                   [&](const std::vector<Tensor64>& in) {
                                       seed(7);
                                       return dropping(in[0]);
                                   },
                                   {x});
}

TEST_CASE("dropout acts between layers, in training, and not on what the last layer gives") {
    seed(8);
    nn::RNN layer{3, 50, {.layers = 2, .dropout = 0.5}};
    const Array x = random::normal<float>({4, 6, 3}, 0, 1, random::Stream(1, 1));
    const random::State before = random::state();
    const Array first = layer(x).value();
    CHECK(random::state().next_stream == before.next_stream + 1);
    CHECK_FALSE(same(first, layer(x).value()));
    CHECK(std::none_of(first.begin(), first.end(), [](float v) { return v == 0; }));
    layer.eval();
    CHECK(same(layer(x).value(), layer(x).value()));
    CHECK(random::state().next_stream == before.next_stream + 2);
}

TEST_CASE("an LSTM gives the same bits on any number of threads") {
    const std::size_t before = threads();
    seed(9);
    nn::LSTM layer{48, 96, {.layers = 2, .bidirectional = true, .dropout = 0.2}};
    const Array x = random::normal<float>({96, 7, 48}, 0, 1, random::Stream(1, 1));
    const auto run = [&](std::size_t count) {
        set_threads(count);
        seed(10);
        layer.zero_grad();
        Tape tape;
        const Tensor y = layer(x);
        tape.backward(sum(square(y)));
        std::vector<Array> results{y.value()};
        for (const auto& parameter : layer.parameters()) results.push_back(parameter.grad());
        return results;
    };
    const auto one = run(1), two = run(2), four = run(4);
    set_threads(before);
    for (std::size_t i = 0; i < one.size(); ++i) {
        CAPTURE(i);
        CHECK(same(one[i], two[i]));
        CHECK(same(one[i], four[i]));
    }
}

TEST_CASE("a recurrent layer stands in a Sequential, and LastStep takes its last step") {
    seed(11);
    nn::Sequential net{nn::GRU{3, 5}, nn::LastStep{}, nn::Linear{5, 2}};
    const Array x = random::normal<float>({4, 6, 3}, 0, 1, random::Stream(1, 1));
    CHECK(net(x).shape() == Shape{4, 2});
    CHECK(net.named_parameters()[0].name == "0.weight_ih_l0");
    nn::LastStep last;
    CHECK(last(Array{{{1.f, 2.f}, {3.f, 4.f}}, {{5.f, 6.f}, {7.f, 8.f}}}).value() == Array{{3.f, 4.f}, {7.f, 8.f}});
    nn::LastStep64 checked;
    support::check_layer_gradients(checked, numbers({2, 3, 2}, 7));
    CHECK_THROWS_WITH_AS(last(Array{{1.f, 2.f}}, Location{}),
                         "LastStep: LastStep: expected input (N, L, features) with at least 1 step, got (1, 2)",
                         ShapeError);
}

TEST_CASE("recurrent layers are saved, loaded and copied") {
    seed(12);
    nn::LSTM layer{2, 3, {.layers = 2}}, other{2, 3, {.layers = 2}};
    const Array x = random::normal<float>({2, 3, 2}, 0, 1, random::Stream(1, 1));
    nn::LSTM copy = layer;
    CHECK(same(copy(x).value(), layer(x).value()));
    CHECK_FALSE(copy.weights[0].weight_ih.is(layer.weights[0].weight_ih));
    CHECK_FALSE(same(other(x).value(), layer(x).value()));
    nn::load(other, nn::state(layer));
    CHECK(same(other(x).value(), layer(x).value()));
}

TEST_CASE("recurrent layers say what they are") {
    CHECK(nn::RNN(2, 3).describe() == "RNN 2->3");
    CHECK(nn::GRU(28, 64, {.layers = 2, .bidirectional = true}).describe() == "GRU 28->64, 2 layers, bidirectional");
    CHECK(nn::LSTM(2, 3).describe() == "LSTM 2->3");
}

TEST_CASE("recurrent layers refuse inputs and states of other shapes") {
    nn::GRU gru{2, 3};
    nn::LSTM lstm{2, 3, {.layers = 2}};
    const Location nowhere{};
    const Array x(Shape{4, 5, 2}, 0.f), state(Shape{2, 4, 3}, 0.f);
    CHECK_THROWS_WITH_AS(gru(Array(Shape{4, 2}, 0.f), nowhere),
                         "GRU 2->3: GRU: expected input (N, L, 2) with at least 1 step, got (4, 2)", ShapeError);
    CHECK_THROWS_WITH_AS(gru(Array(Shape{4, 5, 3}, 0.f), nowhere),
                         "GRU 2->3: GRU: expected input (N, L, 2) with at least 1 step, got (4, 5, 3)", ShapeError);
    CHECK_THROWS_WITH_AS(gru(Array(Shape{4, 0, 2}), nowhere),
                         "GRU 2->3: GRU: expected input (N, L, 2) with at least 1 step, got (4, 0, 2)", ShapeError);
    CHECK_THROWS_WITH_AS(gru(x, Tensor(state), nowhere),
                         "GRU 2->3: GRU: expected a state h (1, 4, 3) for input (4, 5, 2), got (2, 4, 3)", ShapeError);
    CHECK_THROWS_WITH_AS(lstm(x, {state, Array(Shape{4, 3}, 0.f)}, nowhere),
                         "LSTM 2->3, 2 layers: LSTM: expected a state c (2, 4, 3) for input (4, 5, 2), got (4, 3)",
                         ShapeError);
}

TEST_CASE("an error in a recurrent part of a model says its path") {
    struct Reader : nn::Module {
        nn::GRU gru{2, 3};
        Tensor forward(const Tensor& x) override { return gru(x, gru.zero_state(7), Location{}).y; }
        void visit(nn::Visitor& v) override { v("gru", gru); }
    } reader;
    CHECK_THROWS_WITH_AS(reader(Array(Shape{4, 5, 2}, 0.f), Location{}),
                         "gru (GRU 2->3): GRU: expected a state h (1, 4, 3) for input (4, 5, 2), got (1, 7, 3)",
                         ShapeError);
}

TEST_CASE("recurrent layers refuse options that have no meaning") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(nn::RNN(0, 3, {}, nowhere), "RNN: expected at least 1 input and 1 hidden unit, got 0 and 3",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::GRU(2, 0, {}, nowhere), "GRU: expected at least 1 input and 1 hidden unit, got 2 and 0",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::LSTM(2, 3, {.layers = 0}, nowhere), "LSTM: expected at least 1 layer, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::LSTM(2, 3, {.layers = 2, .dropout = 1.5}, nowhere),
                         "LSTM: expected a dropout in 0 .. 1, got 1.5", ConfigError);
    CHECK_THROWS_WITH_AS(nn::LSTM(2, 3, {.dropout = 0.5}, nowhere),
                         "LSTM: expected at least 2 layers for a dropout between them, got 1", ConfigError);
}
