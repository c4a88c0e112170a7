#include <xtape/nn/dropout.hpp>

#include "nn/layer_gradients.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace xtape;

namespace {

bool same(const Array& a, const Array& b) {
    return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

Array ones(const Shape& shape) { return Array(shape, 1.f); }

}  // namespace

TEST_CASE("dropout in training sets a share of p to 0 and divides the rest by 1 - p") {
    seed(3);
    nn::Dropout layer{0.25};
    const Array y = layer(ones({100, 1000})).value();
    const auto zeros = static_cast<double>(std::count(y.begin(), y.end(), 0.f));
    // Five deviations of a share of 100000 draws.
    CHECK(std::abs(zeros / 1e5 - 0.25) < 5 * std::sqrt(0.25 * 0.75 / 1e5));
    CHECK(std::all_of(y.begin(), y.end(), [](float v) { return v == 0 || v == 4.f / 3; }));
}

TEST_CASE("dropout in evaluation, or with p = 0, is the input itself") {
    nn::Dropout layer{0.5};
    nn::Dropout2d channels{0.5};
    nn::Dropout none{0};
    layer.eval();
    channels.eval();
    const random::State before = random::state();
    Tape tape;
    const Tensor x = tape.watch(ones({2, 3, 2, 2}));
    for (nn::Module* module :
         {static_cast<nn::Module*>(&layer), static_cast<nn::Module*>(&channels), static_cast<nn::Module*>(&none)}) {
        const Tensor y = (*module)(x);
        CHECK(&y.value() == &x.value());
    }
    CHECK(random::state() == before);
}

TEST_CASE("every training forward takes the next stream of the process-wide seed") {
    seed(11);
    nn::Dropout layer{0.5};
    const Array x = ones({64});
    const Array first = layer(x).value(), second = layer(x).value();
    CHECK(random::state().next_stream == 2);
    CHECK_FALSE(same(first, second));
    CHECK(same(first, dropout(Tensor(x), 0.5, random::Stream(11, 0)).value()));
    CHECK(same(second, dropout(Tensor(x), 0.5, random::Stream(11, 1)).value()));
}

TEST_CASE("a run that restores the random state goes on with the same masks") {
    seed(4);
    nn::Sequential net{nn::Dropout{0.1f}, nn::Dropout{0.5f}};
    const Array x = ones({200});
    net(x);
    const random::State saved = random::state();
    const Array next = net(x).value();
    seed(99);
    net(x);
    random::set_state(saved);
    CHECK(same(net(x).value(), next));
}

TEST_CASE("dropout of whole channels keeps or drops a plane as one") {
    seed(5);
    nn::Dropout2d layer{0.5};
    const Array y = layer(ones({50, 40, 3, 2})).value();
    std::size_t dropped = 0;
    for (std::size_t plane = 0; plane < 2000; ++plane) {
        const float* const first = y.data() + 6 * plane;
        CHECK(std::all_of(first, first + 6, [first](float v) { return v == *first; }));
        CHECK((*first == 0.f || *first == 2.f));
        dropped += *first == 0.f;
    }
    CHECK(std::abs(static_cast<double>(dropped) / 2000 - 0.5) < 5 * std::sqrt(0.25 / 2000));
}

TEST_CASE("dropout passes the gradient check in training and in evaluation") {
    nn::Dropout64 layer{0.3};
    nn::Dropout2d64 channels{0.5};
    const Array64 x = random::normal<double>({2, 3, 2, 2}, 0, 1, random::Stream(1, 1));
    // The same mask at each evaluation.
    support::check_layer_gradients(layer,
                                   [&](const std::vector<Tensor64>& in) {
                                       seed(7);
                                       return square(layer(in[0]));
                                   },
                                   {x});
    support::check_layer_gradients(channels,
                                   [&](const std::vector<Tensor64>& in) {
                                       seed(7);
                                       return square(channels(in[0]));
                                   },
                                   {x});
}

TEST_CASE("dropout gives the same bits on any number of threads") {
    const std::size_t before = threads();
    const Array x = random::normal<float>({300, 1000}, 0, 1, random::Stream(1, 1));
    const Array images = random::normal<float>({30, 10, 10, 100}, 0, 1, random::Stream(1, 2));
    nn::Dropout layer{0.4};
    nn::Dropout2d channels{0.4};
    const auto run = [&](std::size_t count) {
        set_threads(count);
        seed(8);
        Tape tape;
        const Tensor a = tape.watch(x), b = tape.watch(images);
        const Tensor y = layer(a), z = channels(b);
        const Tensor total = sum(square(y)) + sum(square(z));
        const auto g = tape.gradient(total, {a, b});
        return std::vector<Array>{y.value(), z.value(), g[0].value(), g[1].value()};
    };
    const auto one = run(1), two = run(2), four = run(4);
    set_threads(before);
    for (std::size_t i = 0; i < one.size(); ++i) {
        CHECK(same(one[i], two[i]));
        CHECK(same(one[i], four[i]));
    }
}

TEST_CASE("a copy of a dropout has its own mode") {
    nn::Dropout layer{0.5};
    nn::Dropout copy = layer;
    copy.eval();
    CHECK(layer.training());
    CHECK_FALSE(copy.training());
    CHECK(copy.describe() == "Dropout 0.5");
}

TEST_CASE("dropout says what it is") {
    CHECK(nn::Dropout{}.describe() == "Dropout 0.5");
    CHECK(nn::Dropout{0.1f}.describe() == "Dropout 0.1");
    CHECK(nn::Dropout2d{0.25}.describe() == "Dropout2d 0.25");
    CHECK(nn::Dropout{}.parameters().empty());
}

TEST_CASE("dropout refuses what is no probability and channels of other shapes") {
    CHECK_THROWS_WITH_AS(nn::Dropout(1.5, Location{}), "Dropout: expected a probability in 0 .. 1, got 1.5",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::Dropout2d(-0.5, Location{}), "Dropout2d: expected a probability in 0 .. 1, got -0.5",
                         ConfigError);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(nn::Dropout(nan, Location{}), ConfigError);
    nn::Dropout2d layer{0.5};
    CHECK_THROWS_WITH_AS(layer(ones({2, 3, 4}), Location{}),
                         "Dropout2d 0.5: Dropout2d: expected input (N, C, H, W), got (2, 3, 4)", ShapeError);
    layer.eval();
    CHECK_THROWS_AS(layer(ones({2, 3, 4})), ShapeError);
}

TEST_CASE("dropout of everything gives zeros") {
    nn::Dropout layer{1};
    CHECK(layer(Array{1.f, 2.f}).value() == Array{0.f, 0.f});
}
