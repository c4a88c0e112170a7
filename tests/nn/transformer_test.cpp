#include <xtape/nn/transformer.hpp>

#include "nn/layer_gradients.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/state.hpp>

#include <algorithm>
#include <cmath>

using namespace xtape;

namespace {

void check_near(const Array64& a, const Array64& b) {
    REQUIRE(a.shape() == b.shape());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a.data()[i] - b.data()[i]) <= 1e-14);
}

Array64 numbers(const Shape& shape, std::uint64_t stream) {
    return random::uniform<double>(shape, -1, 1, random::Stream(9, stream));
}

void draw_parameters(nn::Module64& layer) {
    for (auto& parameter : layer.parameters()) parameter.assign(random::uniform<double>(parameter.shape(), -1, 1));
}

}  // namespace

TEST_CASE("an encoder layer normalises after each sum, or before each branch") {
    seed(1);
    nn::TransformerEncoderLayer64 after{4, 2, {.feedforward = 6}};
    draw_parameters(after);
    after.eval();
    const Tensor64 x = numbers({2, 3, 4}, 1);
    {
        const Tensor64 z = after.norm1(x + after.self_attn(x));
        check_near(after(x).value(), after.norm2(z + after.linear2(relu(after.linear1(z)))).value());
    }
    nn::TransformerEncoderLayer64 before{
        4, 2, {.feedforward = 6, .activation = nn::TransformerActivation::gelu, .norm_first = true}};
    draw_parameters(before);
    before.eval();
    const Tensor64 z = x + before.self_attn(before.norm1(x));
    check_near(before(x).value(), (z + before.linear2(gelu(before.linear1(before.norm2(z))))).value());
}

TEST_CASE("a causal encoder layer does not look ahead, and one with padding not at it") {
    seed(2);
    nn::TransformerEncoderLayer64 layer{4, 2, {.feedforward = 8, .dropout = 0}};
    Array64 x = numbers({1, 3, 4}, 1);
    const nn::AttentionOptions64 causal{.causal = true}, padded{.key_padding = Array64{{0, 0, 1}}};
    const auto first_two = [](const Tensor64& y) { return slice(y, {{}, {0, 2}}).value(); };
    const Array64 by_causality = first_two(layer(x, causal)), by_padding = first_two(layer(x, padded)),
                  open = first_two(layer(x));
    for (std::size_t i = 0; i < 4; ++i) x(0, 2, i) = 5 - static_cast<double>(i);
    CHECK(first_two(layer(x, causal)) == by_causality);
    CHECK(first_two(layer(x, padded)) == by_padding);
    CHECK_FALSE(first_two(layer(x)) == open);
}

TEST_CASE("an encoder layer has PyTorch's names and defaults") {
    nn::TransformerEncoderLayer layer{8, 2};
    std::vector<std::string> names;
    for (const auto& [name, parameter] : layer.named_parameters()) names.push_back(name);
    CHECK(names == std::vector<std::string>{"self_attn.in_proj_weight", "self_attn.in_proj_bias",
                                            "self_attn.out_proj.weight", "self_attn.out_proj.bias", "linear1.weight",
                                            "linear1.bias", "linear2.weight", "linear2.bias", "norm1.weight",
                                            "norm1.bias", "norm2.weight", "norm2.bias"});
    CHECK(layer.linear1.weight.shape() == Shape{2048, 8});
    CHECK(layer.dropout1.describe() == "Dropout 0.1");
    CHECK(layer.describe() == "TransformerEncoderLayer 8, 2 heads, feedforward 2048");
    layer.eval();
    CHECK_FALSE(layer.dropout.training());
    CHECK_FALSE(layer.self_attn.training());
}

TEST_CASE("an encoder layer passes the gradient check with respect to input and parameters") {
    seed(3);
    const Array64 x = numbers({2, 3, 4}, 2);
    nn::TransformerEncoderLayer64 smooth{
        4, 2, {.feedforward = 5, .dropout = 0, .activation = nn::TransformerActivation::gelu}};
    nn::TransformerEncoderLayer64 first{4, 2, {.feedforward = 5, .dropout = 0.3, .norm_first = true}};
    draw_parameters(smooth);
    draw_parameters(first);
    support::check_layer_gradients(
        smooth, [&](const std::vector<Tensor64>& in) { return smooth(in[0], {.causal = true}); }, {x});
    support::check_layer_gradients(first,
                                   [&](const std::vector<Tensor64>& in) {
                                       seed(4);
                                       return first(in[0]);
                                   },
                                   {x});
}

TEST_CASE("an encoder layer is saved, loaded, copied and stands in a Sequential") {
    seed(5);
    const nn::TransformerEncoderLayerOptions options{.feedforward = 8, .dropout = 0};
    nn::TransformerEncoderLayer layer{4, 2, options}, other{4, 2, options};
    const Array x = random::normal<float>({2, 3, 4}, 0, 1, random::Stream(1, 1));
    nn::Sequential net{nn::PositionalEncoding{10, 4, {.dropout = 0}}, layer};
    nn::PositionalEncoding position{10, 4, {.dropout = 0}};
    CHECK(net(x).value() == layer(position(x)).value());
    nn::load(other, nn::state(layer));
    CHECK(other(x).value() == layer(x).value());
}

TEST_CASE("positions are told by sines and cosines") {
    nn::PositionalEncoding64 layer{5, 4, {.dropout = 0}};
    const Array64 y = layer(Array64(Shape{2, 3, 4}, 1)).value();
    for (std::size_t sample = 0; sample < 2; ++sample) {
        for (std::size_t p = 0; p < 3; ++p) {
            const double place = static_cast<double>(p);
            CHECK(y(sample, p, 0) == 1 + std::sin(place));
            CHECK(y(sample, p, 1) == 1 + std::cos(place));
            CHECK(y(sample, p, 2) == 1 + std::sin(place / 100));
            CHECK(y(sample, p, 3) == 1 + std::cos(place / 100));
        }
    }
    support::check_layer_gradients(layer, numbers({2, 3, 4}, 3));
    CHECK(nn::PositionalEncoding64(5, 4).describe() == "PositionalEncoding 4, up to 5 steps");
    CHECK(layer.parameters().empty());
    CHECK(nn::state(layer).empty());
}

TEST_CASE("parts of transformers refuse shapes and options that do not fit") {
    const Location nowhere{};
    nn::TransformerEncoderLayer layer{4, 2, {.feedforward = 8}};
    CHECK_THROWS_WITH_AS(
        layer(Array(Shape{2, 3, 5}, 0.f), nowhere),
        "self_attn (MultiheadAttention 4, 2 heads): MultiheadAttention: expected input (N, L, 4) with at least 1 step, "
        "got (2, 3, 5)",
        ShapeError);
    CHECK_THROWS_WITH_AS(nn::TransformerEncoderLayer(4, 3, {}, nowhere),
                         "MultiheadAttention: expected a number of heads that divides embed_dim, got 3 heads for 4",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::TransformerEncoderLayer(4, 2, {.feedforward = 0}, nowhere),
                         "Linear: expected at least 1 input and 1 output, got 4 and 0", ConfigError);
    nn::PositionalEncoding position{5, 4};
    CHECK_THROWS_WITH_AS(
        position(Array(Shape{2, 6, 4}, 0.f), nowhere),
        "PositionalEncoding 4, up to 5 steps: PositionalEncoding: expected input (N, L, 4) with at most 5 steps, got "
        "(2, 6, 4)",
        ShapeError);
    CHECK_THROWS_WITH_AS(nn::PositionalEncoding(0, 4, {}, nowhere),
                         "PositionalEncoding: expected at least 1 step and 1 column, got 0 and 4", ConfigError);
}
