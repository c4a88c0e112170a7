#include <xtape/nn/bilinear.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/sequential.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace xtape;

TEST_CASE("a bilinear layer multiplies one matrix an output by both inputs") {
    nn::Bilinear layer{2, 3, 2};
    layer.weight.assign(Array{{{1.f, 0.f, 2.f}, {0.f, 3.f, 0.f}}, {{0.f, 0.f, 0.f}, {0.f, 0.f, 1.f}}});
    layer.bias->assign(Array{10.f, 20.f});
    // By hand: a = (1, 2), b = (3, 4, 5): 1*3 + 2*1*5 + 3*2*4 + 10 = 47, 2*5 + 20 = 30.
    CHECK(layer(Array{{1.f, 2.f}}, Array{{3.f, 4.f, 5.f}}).value() == Array{{47.f, 30.f}});
    CHECK(layer(Array{1.f, 2.f}, Array{3.f, 4.f, 5.f}).value() == Array{47.f, 30.f});
    const Array a(Shape{4, 5, 2}, 1.f), b(Shape{4, 5, 3}, 1.f);
    CHECK(layer(a, b).shape() == Shape{4, 5, 2});
    CHECK(layer(Array(Shape{0, 2}, 1.f), Array(Shape{0, 3}, 1.f)).shape() == Shape{0, 2});
}

TEST_CASE("a bilinear layer starts within one over the square root of the first input, as in PyTorch") {
    seed(1);
    nn::Bilinear64 layer{25, 8, 40};
    for (const auto& parameter : layer.parameters()) {
        const auto [low, high] = std::minmax_element(parameter.value().begin(), parameter.value().end());
        CHECK(*low >= -0.2);
        CHECK(*high <= 0.2);
        CHECK(*low < -0.16);
        CHECK(*high > 0.16);
    }
    nn::Bilinear zero{2, 3, 4, {.init = nn::Init::zeros}};
    CHECK(zero.weight.value() == nn::init::zeros({4, 2, 3}));
    CHECK(zero.bias->value() == nn::init::zeros({4}));
    CHECK(nn::Bilinear(2, 3, 4, {.bias = false}).parameters().size() == 1);
}

TEST_CASE("a bilinear layer passes the gradient check with respect to inputs and parameters") {
    seed(2);
    nn::Bilinear64 layer{2, 3, 4};
    const Array64 a = random::uniform<double>({3, 2}, -1, 1), b = random::uniform<double>({3, 3}, -1, 1);
    const auto by_input =
        gradcheck([&](const Tensor64& s, const Tensor64& t) { return sum(square(layer(s, t))); }, {a, b});
    CHECK_MESSAGE(by_input.ok, by_input.message);
    const auto by_parameter = gradcheck(layer, [&] { return sum(square(layer(a, b))); });
    CHECK_MESSAGE(by_parameter.ok, by_parameter.message);
    CHECK(by_parameter.names == std::vector<std::string>{"weight", "bias"});
}

TEST_CASE("a copy of a bilinear layer has numbers of its own") {
    nn::Bilinear layer{2, 2, 1};
    nn::Bilinear copy = layer;
    copy.weight.assign(nn::init::zeros({1, 2, 2}));
    CHECK_FALSE(layer.weight.value() == copy.weight.value());
    CHECK(layer.describe() == "Bilinear 2, 2->1");
}

TEST_CASE("a bilinear layer refuses sizes of 0 and inputs that do not fit") {
    CHECK_THROWS_WITH_AS(nn::Bilinear(2, 0, 3, {}, Location{}),
                         "Bilinear: expected at least 1 of each input and 1 output, got 2, 0 and 3", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Bilinear(SIZE_MAX, 1, 3, {}, Location{}),
                         "Bilinear: expected a weight that fits into memory, got (3, 18446744073709551615, 1)", ConfigError);
    nn::Bilinear layer{2, 3, 4};
    const auto message = [&](const Shape& a, const Shape& b) -> std::string {
        try {
            layer(Array(a, 1.f), Array(b, 1.f), Location{});
        } catch (const ShapeError& error) {
            return error.what();
        }
        return "no error";
    };
    const std::string start =
        "Bilinear 2, 3->4: Bilinear: expected inputs (..., 2) and (..., 3) that agree in all other axes, got ";
    CHECK(message({5, 3}, {5, 3}) == start + "(5, 3) and (5, 3)");
    CHECK(message({5, 2}, {4, 3}) == start + "(5, 2) and (4, 3)");
    CHECK(message({5, 2}, {3}) == start + "(5, 2) and (3)");
    CHECK(message({}, {}) == start + "() and ()");
    nn::Sequential net{layer};
    CHECK_THROWS_WITH_AS(net(Array{1.f, 2.f}, Location{}),
                         "0 (Bilinear 2, 3->4): Bilinear: expected two inputs, as in bilinear(a, b), got one", ConfigError);
}

TEST_CASE("an error of a call with two inputs ends with the place of the call") {
    nn::Bilinear layer{2, 3, 4};
    std::string text;
    const unsigned line = __LINE__ + 2;
    try {
        layer(Array{1.f}, Array{1.f});
    } catch (const ShapeError& error) {
        text = error.what();
    }
    CHECK(text.ends_with("got (1) and (1) (at bilinear_test.cpp:" + std::to_string(line) + ")"));
}
