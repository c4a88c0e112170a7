#include <xtape/nn/lazy.hpp>

#include "files/support.hpp"

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/pooling.hpp>
#include <xtape/nn/reshape.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/state.hpp>
#include <xtape/optim/adam.hpp>

#include <doctest/doctest.h>

using namespace xtape;

namespace {

nn::Sequential lazy_network() {
    return nn::Sequential{nn::LazyConv2d{4, 3, {.padding = 1}}, nn::ReLU{}, nn::MaxPool2d{2}, nn::Flatten{}, nn::LazyLinear{10}};
}

const Array image(Shape{1, 1, 8, 8}, 0.5f);

std::vector<std::string> names_of(nn::Module& module) {
    std::vector<std::string> names;
    for (const auto& [name, parameter] : module.named_parameters()) names.push_back(name);
    return names;
}

bool same_state(nn::Module& a, nn::Module& b) {
    const auto of_a = a.named_parameters(), of_b = b.named_parameters();
    if (of_a.size() != of_b.size()) return false;
    for (std::size_t i = 0; i < of_a.size(); ++i) {
        if (of_a[i].name != of_b[i].name || !(of_a[i].parameter.value() == of_b[i].parameter.value())) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("lazy layers take the number of inputs from the first forward pass") {
    nn::Sequential net = lazy_network();
    CHECK(net(image).shape() == Shape{1, 10});
    CHECK(names_of(net) == std::vector<std::string>{"0.weight", "0.bias", "4.weight", "4.bias"});
    CHECK(net.parameters()[0].shape() == Shape{4, 1, 3, 3});
    CHECK(net.parameters()[2].shape() == Shape{10, 64});
    CHECK(net(image).value() == net(image).value());
}

TEST_CASE("a lazy layer starts from the numbers that the layer would have had in its place") {
    seed(5);
    nn::Sequential lazy = lazy_network();
    const Array next = random::uniform<float>({3}, 0, 1);
    lazy(image);
    seed(5);
    nn::Sequential plain{nn::Conv2d{1, 4, 3, {.padding = 1}}, nn::ReLU{}, nn::MaxPool2d{2}, nn::Flatten{}, nn::Linear{64, 10}};
    CHECK(same_state(lazy, plain));
    CHECK(lazy(image).value() == plain(image).value());
    // What is drawn after the declaration does not depend on when the layer is made.
    CHECK(random::uniform<float>({3}, 0, 1) == next);

    seed(6);
    nn::LazyLinear first{4, {.bias = false}};
    nn::LazyConv1d second{4, 2, {.init = nn::Init::he_normal}};
    second(Array(Shape{1, 3, 5}, 1.f));
    first(Array(Shape{2, 3}, 1.f));
    seed(6);
    nn::Linear first_plain{3, 4, {.bias = false}};
    nn::Conv1d second_plain{3, 4, 2, {.init = nn::Init::he_normal}};
    CHECK(same_state(first, first_plain));
    CHECK(same_state(second, second_plain));
}

TEST_CASE("a model whose layers wait for their first input refuses to list its parameters") {
    nn::Sequential net = lazy_network();
    const std::string refusal =
        "LazyConv2d: expected a forward pass before its parameters are used, got none through \"0\"";
    CHECK_THROWS_WITH_AS(net.parameters(), refusal.c_str(), ConfigError);
    CHECK_THROWS_WITH_AS(net.named_parameters(), refusal.c_str(), ConfigError);
    CHECK_THROWS_WITH_AS(net.parameter_count(), refusal.c_str(), ConfigError);
    CHECK_THROWS_WITH_AS(optim::Adam{net.parameters()}, refusal.c_str(), ConfigError);
    CHECK_THROWS_WITH_AS(nn::state(net), refusal.c_str(), ConfigError);
    const support::TemporaryFolder folder;
    CHECK_THROWS_WITH_AS(nn::save(net, folder.path() / "net.safetensors"), refusal.c_str(), ConfigError);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "net.safetensors"));
    const std::vector<files::StoredArray> nothing;
    CHECK_THROWS_WITH_AS(nn::load(net, nothing), refusal.c_str(), ConfigError);
    nn::LazyLinear alone{3};
    CHECK_THROWS_WITH_AS(alone.parameters(), "LazyLinear: expected a forward pass before its parameters are used, got none",
                         ConfigError);
    CHECK_THROWS_WITH_AS(alone.layer(Location{}), "LazyLinear: expected a forward pass before its layer is used, got none",
                         ConfigError);
}

TEST_CASE("a model whose layers wait for their first input has modes, buffers and modules") {
    nn::Sequential net = lazy_network();
    net.eval();
    CHECK_FALSE(net[4].training());
    CHECK(net.named_modules().size() == 6);
    CHECK(net.named_buffers().empty());
    net.zero_grad();
    CHECK(net[4].describe() == "LazyLinear ?->10");
    CHECK(net[0].describe() == "LazyConv2d ?->4");
    net(image);
    CHECK(net[4].describe() == "Linear 64->10");
    CHECK(net[0].describe() == "Conv2d 1->4, kernel 3x3, padding 1");
}

TEST_CASE("copies of lazy layers start from the same numbers, before and after the first input") {
    nn::Sequential net = lazy_network();
    nn::Sequential before = net;
    net(image);
    nn::Sequential after = net;
    before(image);
    CHECK(same_state(before, net));
    CHECK(same_state(after, net));
    // Each has numbers of its own.
    before.parameters()[2].assign(nn::init::zeros({10, 64}));
    CHECK_FALSE(same_state(before, net));
    // A copy that waits may be given another number of inputs.
    nn::LazyLinear line{2};
    nn::LazyLinear other = line;
    line(Array(Shape{1, 3}, 1.f));
    other(Array(Shape{1, 5}, 1.f));
    CHECK(line.layer().weight.shape() == Shape{2, 3});
    CHECK(other.layer().weight.shape() == Shape{2, 5});
}

TEST_CASE("a lazy model is trained, saved and loaded like any other once it has seen an input") {
    seed(7);
    nn::Sequential net = lazy_network();
    net(image);
    optim::Adam adam{net.parameters(), {.lr = 0.01}};
    const auto loss = [&] { return sum(square(net(image) - 1.f)); };
    const float before = loss().item();
    for (int step = 0; step < 20; ++step) {
        Tape tape;
        tape.backward(loss());
        adam.step();
        adam.zero_grad();
    }
    CHECK(loss().item() < 0.1f * before);
    const support::TemporaryFolder folder;
    nn::save(net, folder.path() / "net.safetensors");
    nn::Sequential copy = lazy_network();
    copy(image);
    CHECK(nn::load(copy, folder.path() / "net.safetensors").complete());
    CHECK(same_state(copy, net));
}

TEST_CASE("the first input may come under a tape, and gradients reach the new parameters") {
    nn::LazyLinear64 layer{3};
    const Array64 x = random::uniform<double>({2, 4}, -1, 1);
    Tape tape;
    tape.backward(sum(square(layer(x))));
    for (const auto& parameter : layer.parameters()) CHECK(parameter.has_grad());
    const auto by_parameter = gradcheck(layer, [&] { return sum(square(layer(x))); });
    CHECK_MESSAGE(by_parameter.ok, by_parameter.message);
    const auto by_input = gradcheck([&](const Tensor64& t) { return sum(square(layer(t))); }, {x});
    CHECK_MESSAGE(by_input.ok, by_input.message);
}

TEST_CASE("a first input that does not fit is refused and decides nothing") {
    const auto message = [](nn::Module& layer, const Shape& shape) -> std::string {
        try {
            layer(Array(shape, 1.f), Location{});
        } catch (const Error& error) {
            return error.what();
        }
        return "no error";
    };
    nn::LazyLinear line{3};
    CHECK(message(line, {}) == "LazyLinear ?->3: LazyLinear: expected input (..., in) with in at least 1, got ()");
    CHECK(message(line, {2, 0}) == "LazyLinear ?->3: LazyLinear: expected input (..., in) with in at least 1, got (2, 0)");
    nn::LazyConv2d conv{4, 3, {.groups = 2}};
    CHECK(message(conv, {2, 28, 28}) ==
          "LazyConv2d ?->4: LazyConv2d: expected input (N, C, H, W) with C at least 1, got (2, 28, 28)");
    CHECK(message(conv, {1, 3, 8, 8}) ==
          "LazyConv2d ?->4: Conv2d: expected channel counts that 2 groups divide, got 3 and 4");
    CHECK(message(conv, {1, 2, 2, 8}).starts_with("LazyConv2d ?->4: conv2d: expected a kernel within the padded input"));
    CHECK_FALSE(conv.ready());
    CHECK(message(conv, {1, 4, 8, 8}) == "no error");
    CHECK(conv.ready());
    CHECK(message(conv, {1, 6, 8, 8}) ==
          "Conv2d 4->4, kernel 3x3, groups 2: Conv2d: expected input (N, 4, H, W), got (1, 6, 8, 8)");
}

TEST_CASE("lazy layers refuse options that fit no input") {
    CHECK_THROWS_WITH_AS(nn::LazyLinear(0, {}, Location{}), "LazyLinear: expected at least 1 output, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::LazyConv2d(4, 0, {}, Location{}),
                         "LazyConv2d: expected a kernel of at least 1 and at most 2147483647, got 0 x 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::LazyConv1d(3, 2, {.groups = 2}, Location{}),
                         "LazyConv1d: expected channel counts that 2 groups divide, got 3 and 3", ConfigError);
}
