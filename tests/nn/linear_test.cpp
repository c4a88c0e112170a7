#include <xtape/nn/linear.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace xtape;

TEST_CASE("a linear layer multiplies by its weight's transpose and adds its bias") {
    nn::Linear layer{3, 2};
    layer.weight.assign(Array{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}});
    layer.bias->assign(Array{10.f, 20.f});
    // By hand: 1*1 + 2*0 + 3*(-1) + 10 = 8, 4*1 + 5*0 + 6*(-1) + 20 = 18.
    CHECK(layer(Array{{1.f, 0.f, -1.f}}).value() == Array{{8.f, 18.f}});
    CHECK(layer(Array{1.f, 0.f, -1.f}).value() == Array{8.f, 18.f});
}

TEST_CASE("a linear layer with no bias has one parameter") {
    nn::Linear layer{3, 2, {.bias = false}};
    layer.weight.assign(Array{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}});
    CHECK(layer.parameters().size() == 1);
    CHECK(layer(Array{{1.f, 0.f, -1.f}}).value() == Array{{-2.f, -2.f}});
}

TEST_CASE("a linear layer starts as its options say") {
    seed(1);
    const double bound = 1 / std::sqrt(50.0);
    nn::Linear64 standard{50, 40};
    for (const auto& parameter : standard.parameters()) {
        const auto [low, high] = std::minmax_element(parameter.value().begin(), parameter.value().end());
        CHECK(*low >= -bound);
        CHECK(*high <= bound);
        CHECK(*low < -0.8 * bound);
        CHECK(*high > 0.8 * bound);
    }
    seed(2);
    const Array64 expected = nn::init::he_uniform<double>({4, 6});
    seed(2);
    nn::Linear64 he{6, 4, {.init = nn::Init::he_uniform}};
    CHECK(he.weight.value() == expected);
    CHECK(he.bias->value() == nn::init::zeros<double>({4}));
    CHECK(nn::Linear(2, 2, {.init = nn::Init::zeros}).weight.value() == nn::init::zeros({2, 2}));
}

TEST_CASE("a linear layer passes the gradient check with respect to input and parameters") {
    seed(3);
    nn::Linear64 layer{3, 4};
    const Array64 x{{0.1, -0.2, 0.3}, {1.0, 0.5, -1.5}};
    const auto by_input = gradcheck([&](const Tensor64& t) { return sum(square(layer(t))); }, {x});
    CHECK_MESSAGE(by_input.ok, by_input.message);
    const auto by_parameter = gradcheck(layer, [&] { return sum(square(layer(x))); });
    CHECK_MESSAGE(by_parameter.ok, by_parameter.message);
    CHECK(by_parameter.names == std::vector<std::string>{"weight", "bias"});
}

TEST_CASE("a frozen weight gets no gradient") {
    nn::Linear layer{2, 2};
    layer.weight.set_frozen(true);
    Tape tape;
    tape.backward(sum(layer(Array{{1.f, 2.f}})));
    CHECK_FALSE(layer.weight.has_grad());
    CHECK(layer.bias->grad() == Array{1.f, 1.f});
}

TEST_CASE("a linear layer needs inputs and outputs") {
    CHECK_THROWS_WITH_AS(nn::Linear(0, 10, {}, Location{}),
                         "Linear: expected at least 1 input and 1 output, got 0 and 10", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Linear(10, 0, {}, Location{}),
                         "Linear: expected at least 1 input and 1 output, got 10 and 0", ConfigError);
    const std::size_t huge = std::numeric_limits<std::size_t>::max();
    CHECK_THROWS_WITH_AS(nn::Linear(huge, 3, {}, Location{}),
                         "Linear: expected inputs x outputs that fit into memory, got 18446744073709551615 and 3",
                         ConfigError);
}
