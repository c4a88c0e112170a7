#include <xtape/nn/attention.hpp>

#include "nn/layer_gradients.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/state.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace xtape;

namespace {

const double hidden = -std::numeric_limits<double>::infinity();

void check_near(const Array64& a, const Array64& b) {
    REQUIRE(a.shape() == b.shape());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a.data()[i] - b.data()[i]) <= 1e-14);
}

Array64 numbers(const Shape& shape, std::uint64_t stream) {
    return random::uniform<double>(shape, -1, 1, random::Stream(9, stream));
}

// Biases away from 0.
void draw_parameters(nn::Module64& layer) {
    for (auto& parameter : layer.parameters()) parameter.assign(random::uniform<double>(parameter.shape(), -1, 1));
}

// Value and weights of one query with two keys of scores a and b.
double first_share(double a, double b) { return 1 / (1 + std::exp(b - a)); }

}  // namespace

TEST_CASE("attention weighs values by the softmax of the scaled products of query and keys") {
    const Tensor64 query = Array64{{1, 2, 0, 0}}, key = Array64{{1, 0, 5, 5}, {0, 2, 5, 5}},
                   value = Array64{{10}, {20}};
    // Products 1 and 4, over sqrt(4).
    const double p = first_share(0.5, 2);
    check_near(nn::scaled_dot_product_attention(query, key, value).value(), Array64{{10 * p + 20 * (1 - p)}});
    const double q = first_share(3, 12);
    check_near(nn::scaled_dot_product_attention(query, key, value, {.scale = 3}).value(),
               Array64{{10 * q + 20 * (1 - q)}});
    const double r = first_share(1.5, 2);
    check_near(nn::scaled_dot_product_attention(query, key, value, {.mask = Array64{1, 0}}).value(),
               Array64{{10 * r + 20 * (1 - r)}});
    check_near(nn::scaled_dot_product_attention(query, key, value, {.mask = Array64{0, hidden}}).value(),
               Array64{{10}});
}

TEST_CASE("causal attention lets a query see the keys up to its own place") {
    const Tensor64 same = Array64(Shape{3, 2}, 1), value = Array64{{1}, {2}, {6}};
    check_near(nn::scaled_dot_product_attention(same, same, value, {.causal = true}).value(), Array64{{1}, {1.5}, {3}});
}

TEST_CASE("leading axes of attention broadcast") {
    const Tensor64 query = numbers({2, 1, 3, 4}, 1), key = numbers({5, 6, 4}, 2), value = numbers({6, 7}, 3);
    const Tensor64 y = nn::scaled_dot_product_attention(query, key, value);
    CHECK(y.shape() == Shape{2, 5, 3, 7});
    const auto part = [](const Tensor64& x, std::ptrdiff_t i) { return slice(x, {{i, i + 1}}); };
    check_near(reshape(part(reshape(part(y, 1), {5, 3, 7}), 4), {3, 7}).value(),
               nn::scaled_dot_product_attention(reshape(part(query, 1), {3, 4}), reshape(part(key, 4), {6, 4}), value)
                   .value());
}

TEST_CASE("a query that sees no key gets zeros, and no NaN goes back") {
    Tape tape;
    const Tensor64 query = tape.watch(numbers({2, 3}, 1)), key = tape.watch(numbers({2, 3}, 2)),
                   value = tape.watch(numbers({2, 2}, 3));
    const Array64 mask{{0, 0}, {hidden, hidden}};
    const Tensor64 y = nn::scaled_dot_product_attention(query, key, value, {.mask = mask});
    CHECK(y.value()(1, 0) == 0);
    CHECK(y.value()(1, 1) == 0);
    check_near(slice(y, {{0, 1}}).value(),
               nn::scaled_dot_product_attention(slice(query, {{0, 1}}), key, value).value());
    for (const Tensor64& g : tape.gradient(sum(square(y)), {query, key, value})) {
        CHECK(std::all_of(g.value().begin(), g.value().end(), [](double v) { return std::isfinite(v); }));
    }
}

TEST_CASE("attention passes the gradient check with respect to query, key, value and mask") {
    const auto check = [](const nn::DotProductOptions64& options, const std::vector<Array64>& inputs) {
        const auto report = gradcheck(
            [&](const std::vector<Tensor64>& in) {
                nn::DotProductOptions64 now = options;
                if (in.size() > 3) now.mask = in[3];
                seed(1);
                return nn::scaled_dot_product_attention(in[0], in[1], in[2], now);
            },
            inputs);
        CHECK_MESSAGE(report.ok, report.message);
    };
    const Array64 query = numbers({2, 3, 4}, 1), key = numbers({2, 5, 4}, 2), value = numbers({2, 5, 2}, 3);
    check({}, {query, key, value, numbers({3, 5}, 4)});
    check({.causal = true, .dropout = 0.3, .scale = 0.7}, {query, key, value});
    Array64 mask(Shape{3, 5}, 0);
    std::fill_n(mask.data() + 5, 5, hidden);
    mask(0, 2) = hidden;
    check({.mask = mask}, {query, key, value});
}

TEST_CASE("attention in one head is a projection, attention, and a projection") {
    seed(2);
    nn::MultiheadAttention64 layer{4, 1};
    draw_parameters(layer);
    const Tensor64 query = numbers({2, 3, 4}, 1), key = numbers({2, 5, 4}, 2), value = numbers({2, 5, 4}, 3);
    const auto projection = [&](const Tensor64& x, std::ptrdiff_t part) {
        const Range rows{.start = 4 * part, .stop = 4 * part + 4};
        return linear(x, slice(layer.in_proj_weight, {rows}), slice(*layer.in_proj_bias, {rows}));
    };
    const Tensor64 wanted = layer.out_proj(
        nn::scaled_dot_product_attention(projection(query, 0), projection(key, 1), projection(value, 2)));
    const auto [y, weights] = layer(query, key, value, {.weights = true});
    check_near(y.value(), wanted.value());
    check_near(weights.value(),
               softmax(matmul(projection(query, 0), projection(key, 1), {.transpose_b = true}) / 2.0).value());
    CHECK_FALSE(layer(query, key, value).weights.defined());
}

TEST_CASE("each head looks at its own numbers, and the weights are the mean over heads") {
    nn::MultiheadAttention64 layer{2, 2, {.bias = false}};
    Array64 identity(Shape{6, 2}, 0);
    for (std::size_t part = 0; part < 3; ++part) identity(2 * part, 0) = identity(2 * part + 1, 1) = 1;
    layer.in_proj_weight.assign(identity);
    layer.out_proj.weight.assign(Array64{{1, 0}, {0, 1}});
    // Heads of one number each: scores (1 * 3, 1 * 0) and (2 * 0, 2 * 1).
    const double a = first_share(3, 0), b = first_share(0, 2);
    const auto [y, weights] =
        layer(Array64{{{1, 2}}}, Array64{{{3, 0}, {0, 1}}}, Array64{{{10, 1}, {20, 2}}}, {.weights = true});
    check_near(y.value(), Array64{{{10 * a + 20 * (1 - a), b + 2 * (1 - b)}}});
    check_near(weights.value(), Array64{{{(a + b) / 2, (2 - a - b) / 2}}});
}

TEST_CASE("self-attention is attention of x to x") {
    seed(3);
    nn::MultiheadAttention64 layer{6, 3};
    draw_parameters(layer);
    const Tensor64 x = numbers({2, 4, 6}, 1);
    check_near(layer(x).value(), layer(x, x, x).y.value());
    const auto [y, weights] = layer(x, {.causal = true, .weights = true});
    const auto [same, same_weights] = layer(x, x, x, {.causal = true, .weights = true});
    check_near(y.value(), same.value());
    check_near(weights.value(), same_weights.value());
    CHECK(weights.value()(0, 0, 0) == 1);
    CHECK(weights.value()(1, 1, 2) == 0);
}

TEST_CASE("keys that only fill up do not count, whatever they hold") {
    seed(4);
    nn::MultiheadAttention64 layer{4, 2};
    draw_parameters(layer);
    const Tensor64 x = numbers({2, 3, 4}, 1);
    const nn::AttentionOptions64 padded{.key_padding = Array64{{0, 0, 1}, {0, 0, 0}}};
    const Tensor64 y = layer(x, padded).y;
    check_near(slice(y, {{0, 1}, {0, 2}}).value(), layer(slice(x, {{0, 1}, {0, 2}})).value());
    check_near(slice(y, {{1, 2}}).value(), slice(layer(x), {{1, 2}}).value());
    // Padding, causality and a mask hide together.
    const auto [z, weights] = layer(
        x,
        {.mask = Array64{hidden, 0, 0}, .causal = true, .key_padding = Array64{{0, 1, 0}, {0, 0, 0}}, .weights = true});
    check_near(weights.value(),
               Array64{{{0, 0, 0}, {0, 0, 0}, {0, 0, 1}},
                       {{0, 0, 0}, {0, 1, 0}, {0, weights.value()(1, 2, 1), weights.value()(1, 2, 2)}}});
    // What sees nothing is the bias of the last projection.
    check_near(slice(z, {{0, 1}, {0, 1}}).value(), reshape(layer.out_proj.bias->tensor(), {1, 1, 4}).value());
}

TEST_CASE("a layer for attention passes the gradient check with respect to inputs and parameters") {
    seed(5);
    nn::MultiheadAttention64 layer{4, 2}, bare{4, 2, {.bias = false}}, dropping{4, 2, {.dropout = 0.3}};
    for (auto* each : {&layer, &bare, &dropping}) draw_parameters(*each);
    const Array64 query = numbers({2, 2, 4}, 1), key = numbers({2, 3, 4}, 2), value = numbers({2, 3, 4}, 3);
    const nn::AttentionOptions64 all{
        .mask = numbers({2, 3}, 4), .causal = true, .key_padding = Array64{{0, 1, 0}, {0, 0, 1}}};
    support::check_layer_gradients(
        layer, [&](const std::vector<Tensor64>& in) { return layer(in[0], in[1], in[2], all).y; }, {query, key, value});
    support::check_layer_gradients(bare, query);
    support::check_layer_gradients(dropping,
                                   [&](const std::vector<Tensor64>& in) {
                                       seed(6);
                                       return dropping(in[0], in[1], in[2]).y;
                                   },
                                   {query, key, value});
    // A learned mask, and the weights as a result.
    support::check_layer_gradients(
        layer, [&](const std::vector<Tensor64>& in) { return layer(in[0], {.mask = in[1], .weights = true}).weights; },
        {query, numbers({2, 2, 2, 2}, 5)});
}

TEST_CASE("dropout acts on the weights in training") {
    seed(7);
    nn::MultiheadAttention layer{4, 2, {.dropout = 0.5}};
    const Array x = random::normal<float>({3, 8, 4}, 0, 1, random::Stream(1, 1));
    const random::State before = random::state();
    const Array weights = layer(x, {.weights = true}).weights.value();
    CHECK(random::state().next_stream == before.next_stream + 1);
    CHECK(std::count(weights.begin(), weights.end(), 0.f) > 0);
    layer.eval();
    const Array kept = layer(x, {.weights = true}).weights.value();
    CHECK(std::count(kept.begin(), kept.end(), 0.f) == 0);
    CHECK(random::state().next_stream == before.next_stream + 1);
}

TEST_CASE("attention has PyTorch's names, shapes and first numbers") {
    seed(8);
    nn::MultiheadAttention layer{64, 8};
    std::vector<std::string> names;
    for (const auto& [name, parameter] : layer.named_parameters()) names.push_back(name);
    CHECK(names == std::vector<std::string>{"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"});
    CHECK(layer.in_proj_weight.shape() == Shape{192, 64});
    const auto largest = [](const Array& x) {
        return std::abs(
            *std::max_element(x.begin(), x.end(), [](float a, float b) { return std::abs(a) < std::abs(b); }));
    };
    CHECK(largest(layer.in_proj_weight.value()) <= std::sqrt(6.f / 256));
    CHECK(largest(layer.in_proj_weight.value()) > 0.95f * std::sqrt(6.f / 256));
    CHECK(largest(layer.out_proj.weight.value()) <= 0.125f);
    CHECK(largest(layer.out_proj.weight.value()) > 0.12f);
    CHECK(largest(layer.in_proj_bias->value()) == 0);
    CHECK(largest(layer.out_proj.bias->value()) == 0);
    CHECK(layer.describe() == "MultiheadAttention 64, 8 heads");
    CHECK(nn::MultiheadAttention(4, 1, {.bias = false}).describe() == "MultiheadAttention 4, 1 head");
    CHECK(nn::MultiheadAttention(4, 1, {.bias = false}).parameters().size() == 2);
}

TEST_CASE("attention is saved, loaded, copied and stands in a Sequential") {
    seed(9);
    nn::MultiheadAttention layer{4, 2}, other{4, 2};
    const Array x = random::normal<float>({2, 3, 4}, 0, 1, random::Stream(1, 1));
    nn::Sequential net{layer};
    CHECK(net(x).value() == layer(x).value());
    CHECK_FALSE(other(x).value() == layer(x).value());
    nn::load(other, nn::state(layer));
    CHECK(other(x).value() == layer(x).value());
}

TEST_CASE("attention refuses shapes that do not fit") {
    const Location nowhere{};
    const auto zeros = [](const Shape& shape) { return Tensor(Array(shape, 0.f)); };
    CHECK_THROWS_WITH_AS(
        nn::scaled_dot_product_attention(zeros({3, 4}), zeros({5, 3}), zeros({5, 4}), {}, nowhere),
        "scaled_dot_product_attention: expected query (..., L, E), key (..., S, E) and value (..., S, V), got (3, 4), "
        "(5, 3) and (5, 4)",
        ShapeError);
    CHECK_THROWS_WITH_AS(
        nn::scaled_dot_product_attention(zeros({3, 4}), zeros({5, 4}), zeros({5, 4}), {.mask = zeros({4, 5})}, nowhere),
        "scaled_dot_product_attention: expected a mask that broadcasts to (..., L, S) = (3, 5), got (4, 5)",
        ShapeError);
    CHECK_THROWS_WITH_AS(
        nn::scaled_dot_product_attention(zeros({3, 4}), zeros({5, 4}), zeros({5, 4}), {.dropout = 2}, nowhere),
        "scaled_dot_product_attention: expected a dropout in 0 .. 1, got 2", ConfigError);
    nn::MultiheadAttention layer{4, 2};
    CHECK_THROWS_WITH_AS(
        layer(zeros({2, 4}), nowhere),
        "MultiheadAttention 4, 2 heads: MultiheadAttention: expected input (N, L, 4) with at least 1 step, got (2, 4)",
        ShapeError);
    CHECK_THROWS_WITH_AS(layer(zeros({2, 3, 4}), zeros({2, 5, 4}), zeros({2, 6, 4}), {}, nowhere),
                         "MultiheadAttention 4, 2 heads: MultiheadAttention: expected query (N, L, 4), key (N, S, 4) "
                         "and value (N, S, 4) "
                         "with at least 1 step, got (2, 3, 4), (2, 5, 4) and (2, 6, 4)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(
        layer(zeros({2, 3, 4}), {.mask = zeros({3, 4})}, nowhere),
        "MultiheadAttention 4, 2 heads: MultiheadAttention: expected a mask that broadcasts to (N, heads, L, S) = "
        "(2, 2, 3, 3), got (3, 4)",
        ShapeError);
    CHECK_THROWS_WITH_AS(
        layer(zeros({2, 3, 4}), {.key_padding = zeros({3, 2})}, nowhere),
        "MultiheadAttention 4, 2 heads: MultiheadAttention: expected key_padding (N, S) = (2, 3), got (3, 2)",
        ShapeError);
}

TEST_CASE("attention refuses options that have no meaning") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(nn::MultiheadAttention(4, 3, {}, nowhere),
                         "MultiheadAttention: expected a number of heads that divides embed_dim, got 3 heads for 4",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::MultiheadAttention(4, 0, {}, nowhere),
                         "MultiheadAttention: expected a number of heads that divides embed_dim, got 0 heads for 4",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::MultiheadAttention(4, 2, {.dropout = -1}, nowhere),
                         "MultiheadAttention: expected a dropout in 0 .. 1, got -1", ConfigError);
}
