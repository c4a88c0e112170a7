#include <xtape/nn/sequential.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace xtape;

namespace {

struct Unique : nn::Module {
    std::unique_ptr<float> factor = std::make_unique<float>(3.f);
    Tensor forward(const Tensor& x) override { return x * *factor; }
};

struct Special : nn::Sequential {
    Special() : nn::Sequential{nn::Tanh{}, nn::ReLU{}} {}
};

}  // namespace

TEST_CASE("a sequence applies its layers in order") {
    nn::Linear first{2, 2}, second{2, 1};
    first.weight.assign(Array{{1.f, 0.f}, {0.f, -1.f}});
    first.bias->assign(Array{0.f, 0.f});
    second.weight.assign(Array{{2.f, 3.f}});
    second.bias->assign(Array{1.f});
    nn::Sequential net{first, nn::ReLU{}, second};
    // By hand: (4, 5) -> (4, -5) -> (4, 0) -> 2*4 + 3*0 + 1 = 9.
    CHECK(net(Array{4.f, 5.f}).value() == Array{9.f});
    CHECK(net.size() == 3);
    CHECK(net[2].describe() == "Linear 2->1");
    CHECK(net.describe() == "Sequential");
}

TEST_CASE("layers given by name are copied into a sequence") {
    nn::Linear layer{2, 2};
    nn::Sequential net{layer, layer};
    CHECK(net.parameters().size() == 4);
    net.parameters()[0].assign(nn::init::zeros({2, 2}));
    CHECK_FALSE(layer.weight.value() == nn::init::zeros({2, 2}));
}

TEST_CASE("a sequence without layers gives back its input") {
    nn::Sequential net;
    CHECK(net(Array{1.f, 2.f}).value() == Array{1.f, 2.f});
    CHECK(net.size() == 0);
}

TEST_CASE("a copy of a sequence is deep, and a single sequence is copied rather than nested") {
    nn::Sequential net{nn::Linear{2, 3}, nn::Tanh{}};
    nn::Sequential copy{net};
    nn::Sequential assigned;
    assigned = net;
    for (nn::Sequential* other : {&copy, &assigned}) {
        REQUIRE(other->size() == 2);
        CHECK((*other)[0].describe() == "Linear 2->3");
        CHECK(other->parameters()[0].value() == net.parameters()[0].value());
        CHECK_FALSE(other->parameters()[0].is(net.parameters()[0]));
    }
    const ParameterList before = net.parameters();
    nn::Sequential moved{std::move(net)};
    CHECK(moved.size() == 2);
    CHECK(moved.parameters()[0].is(before[0]));
}

TEST_CASE("a class derived from Sequential is copied whole") {
    Special special;
    const Special copy = special;
    CHECK(copy.size() == 2);
    CHECK(copy[1].describe() == "ReLU");
}

TEST_CASE("sequences nest when they stand among others") {
    nn::Sequential net{nn::Sequential{nn::Linear{2, 3}, nn::Tanh{}}, nn::Linear{3, 1}};
    std::vector<std::string> names;
    for (const auto& [name, parameter] : net.named_parameters()) names.push_back(name);
    CHECK(names == std::vector<std::string>{"0.0.weight", "0.0.bias", "1.weight", "1.bias"});
}

TEST_CASE("layers can be appended") {
    nn::Sequential net;
    std::size_t width = 4;
    for (const std::size_t next : {3u, 2u}) {
        net.append(nn::Linear{width, next});
        width = next;
    }
    net.append(nn::Sequential{nn::Tanh{}});
    CHECK(net.size() == 3);
    CHECK(net(Array{{1.f, 2.f, 3.f, 4.f}}).shape() == Shape{1, 2});
}

TEST_CASE("a layer that can only be moved works in a sequence, which then cannot be copied") {
    nn::Sequential net{Unique{}, nn::Tanh{}};
    CHECK(nn::Sequential{Unique{}, Unique{}}(Array{2.f}).value() == Array{18.f});
    CHECK_THROWS_WITH_AS(nn::Sequential{net}, "Sequential: expected layers that can be copied, got Unique",
                         ConfigError);
}

TEST_CASE("a layer number out of range is an error that says it") {
    nn::Sequential net{nn::Tanh{}, nn::ReLU{}};
    CHECK_THROWS_WITH_AS(net[2], "Sequential: expected a layer number below 2, got 2", ConfigError);
}

TEST_CASE("a sequence passes the gradient check with respect to input and parameters") {
    seed(4);
    nn::Sequential64 net{nn::Linear64{3, 5}, nn::Tanh64{}, nn::Linear64{5, 4}, nn::Sigmoid64{}, nn::Linear64{4, 2}};
    const Array64 x{{0.1, -0.2, 0.3}, {1.0, 0.5, -1.5}};
    const auto by_input = gradcheck([&](const Tensor64& t) { return net(t); }, {x});
    CHECK_MESSAGE(by_input.ok, by_input.message);
    const auto by_parameter = gradcheck(net, [&] { return sum(square(net(x))); });
    CHECK_MESSAGE(by_parameter.ok, by_parameter.message);
    CHECK(by_parameter.names.front() == "0.weight");
}
