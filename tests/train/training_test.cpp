// Whole trainings: layers, losses, optimizers, loaders and tapes together.
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/data/digits.hpp>
#include <xtape/data/loader.hpp>
#include <xtape/data/split.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/losses.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/optim/adam.hpp>
#include <xtape/optim/sgd.hpp>
#include <xtape/train/metrics.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

using namespace xtape;

namespace {

struct Threads {
    std::size_t before = threads();
    ~Threads() { set_threads(before); }
};

void step(const Tensor& loss, Tape& tape, optim::Optimizer& optimizer) {
    tape.backward(loss);
    optimizer.step();
    optimizer.zero_grad();
}

// All parameters of a network after a few steps, wide enough that products, reductions and updates are cut in several
// blocks.
std::vector<float> trained_weights(bool adam) {
    seed(11);
    nn::Sequential net{nn::Linear{300, 400}, nn::ReLU{}, nn::Linear{400, 100}, nn::Tanh{}, nn::Linear{100, 10}};
    const ParameterList parameters = net.parameters();
    optim::Adam with_adam{parameters, {.lr = 1e-2, .weight_decay = 1e-4}};
    optim::SGD with_sgd{parameters, {.lr = 0.1, .momentum = 0.9, .nesterov = true}};
    optim::Optimizer& optimizer = adam ? static_cast<optim::Optimizer&>(with_adam) : with_sgd;

    const std::size_t items = 330;
    const Array features = nn::init::normal({items, 300}, 0, 1);
    IndexArray labels = empty_array<std::int64_t>({items});
    for (std::size_t i = 0; i < items; ++i) labels(i) = static_cast<std::int64_t>(i % 10);
    const data::TensorDataset dataset(features, labels);
    for (int epoch = 0; epoch < 2; ++epoch) {
        for (const auto& [x, y] : data::Loader{dataset, {.batch_size = 130, .shuffle = true}}) {
            Tape tape;
            step(nn::cross_entropy(net(x), y) + 1e-3f * mean(square(net(x))), tape, optimizer);
        }
    }
    std::vector<float> weights;
    for (const auto& parameter : parameters)
        weights.insert(weights.end(), parameter.value().begin(), parameter.value().end());
    return weights;
}

}  // namespace

TEST_CASE("a small network learns XOR") {
    seed(1);
    nn::Sequential net{nn::Linear{2, 8}, nn::Tanh{}, nn::Linear{8, 2}};
    optim::Adam adam{net.parameters(), {.lr = 0.05}};
    const Array x{{0.f, 0.f}, {0.f, 1.f}, {1.f, 0.f}, {1.f, 1.f}};
    const IndexArray y{0, 1, 1, 0};
    float last = 0;
    for (int i = 0; i < 300; ++i) {
        Tape tape;
        const Tensor loss = nn::cross_entropy(net(x), y);
        step(loss, tape, adam);
        last = loss.item();
    }
    CHECK(last < 0.01f);
    CHECK(train::argmax(net(x).value()) == y);
}

TEST_CASE("a line is fitted exactly by descent with momentum") {
    seed(2);
    nn::Linear64 line{2, 1};
    optim::SGD64 sgd{line.parameters(), {.lr = 0.1, .momentum = 0.9}};
    const Array64 x{{0., 1.}, {1., 0.}, {1., 1.}, {2., -1.}};
    Array64 y = empty_array<double>({4, 1});
    for (std::size_t i = 0; i < 4; ++i) y(i, 0) = 3 * x(i, 0) - 2 * x(i, 1) + 0.5;
    for (int i = 0; i < 600; ++i) {
        Tape tape;
        tape.backward(nn::mse(line(x), y));
        sgd.step();
        sgd.zero_grad();
    }
    CHECK(line.weight.value()(0, 0) == doctest::Approx(3).epsilon(1e-9));
    CHECK(line.weight.value()(0, 1) == doctest::Approx(-2).epsilon(1e-9));
    CHECK(line.bias->value()(0) == doctest::Approx(0.5).epsilon(1e-9));
}

TEST_CASE("a network learns the digits") {
    seed(3);
    const auto [train_set, test_set] = data::split(data::digits(), 0.8);
    nn::Sequential net{nn::Linear{64, 64}, nn::ReLU{}, nn::Linear{64, 10}};
    optim::Adam adam{net.parameters(), {.lr = 3e-3}};
    for (int epoch = 0; epoch < 12; ++epoch) {
        for (const auto& [x, y] : data::Loader{train_set, {.batch_size = 32, .shuffle = true}}) {
            Tape tape;
            step(nn::cross_entropy(net(x), y), tape, adam);
        }
    }
    CHECK(train::accuracy(net, test_set) > 0.94);
}

TEST_CASE("training gives the same weights to the last bit on 1, 2 and 4 threads") {
    const Threads restore;
    for (const bool adam : {true, false}) {
        set_threads(1);
        const std::vector<float> one = trained_weights(adam);
        REQUIRE(one.size() == 300 * 400 + 400 + 400 * 100 + 100 + 100 * 10 + 10);
        CHECK(std::all_of(one.begin(), one.end(), [](float w) { return std::abs(w) < 100; }));
        for (const std::size_t count : {2u, 4u}) {
            set_threads(count);
            const std::vector<float> many = trained_weights(adam);
            CHECK_MESSAGE(std::memcmp(one.data(), many.data(), one.size() * sizeof(float)) == 0, count,
                          " threads, adam ", adam);
        }
    }
}

TEST_CASE("another seed gives other weights") {
    seed(1);
    const nn::Linear first{8, 8};
    seed(2);
    const nn::Linear second{8, 8};
    CHECK_FALSE(first.weight.value() == second.weight.value());
}
