#include <xtape/nn/normalization.hpp>

#include "nn/layer_gradients.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/state.hpp>

#include <algorithm>
#include <cmath>

using namespace xtape;

namespace {

Array64 numbers(const Shape& shape) { return random::normal<double>(shape, 0.5, 2, random::Stream(5, 1)); }

// Away from 1 and 0, which would hide mistakes.
void draw_parameters(nn::Module64& layer) {
    for (auto& parameter : layer.parameters()) parameter.assign(random::uniform<double>(parameter.shape(), 0.5, 1.5));
}

void check_near(const Array& a, const Array& b, float tolerance = 1e-6F) {
    REQUIRE(a.shape() == b.shape());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a.data()[i] - b.data()[i]) <= tolerance);
}

std::vector<std::string> state_names(nn::Module& layer) {
    std::vector<std::string> names;
    for (const auto& array : nn::state(layer)) names.push_back(array.name);
    return names;
}

}  // namespace

TEST_CASE("batch normalisation in training takes mean and variance of the batch, and takes them up") {
    nn::BatchNorm1d layer{2, {.eps = 0}};
    layer.weight->assign(Array{2.f, 2.f});
    layer.bias->assign(Array{1.f, 1.f});
    // Means 2 and 20, deviations 1 and 10.
    CHECK(layer(Array{{1.f, 10.f}, {3.f, 30.f}}).value() == Array{{-1.f, -1.f}, {3.f, 3.f}});
    // A tenth of the batch: the unbiased variances are 2 and 200.
    check_near(layer.running_mean, Array{0.2f, 2.f});
    check_near(layer.running_var, Array{1.1f, 20.9f}, 1e-5F);
    CHECK(layer.num_batches_tracked() == 1);
}

TEST_CASE("batch normalisation in evaluation takes the running statistics and leaves them alone") {
    nn::BatchNorm2d layer{2, {.eps = 0}};
    layer.running_mean = Array{1.f, -1.f};
    layer.running_var = Array{4.f, 0.25f};
    layer.eval();
    const Array x(Shape{1, 2, 1, 1}, 3.f);
    const Array y = layer(x).value();
    CHECK(y.shape() == Shape{1, 2, 1, 1});
    CHECK(y(0, 0, 0, 0) == 1);
    CHECK(y(0, 1, 0, 0) == 8);
    CHECK(layer.running_mean == Array{1.f, -1.f});
    CHECK(layer.num_batches_tracked() == 0);
}

TEST_CASE("running statistics with no momentum are the average of all batches") {
    nn::BatchNorm1d layer{1, {.momentum = std::nullopt}};
    layer(Array{{1.f}, {3.f}});
    layer(Array{{4.f}, {8.f}});
    layer(Array{{0.f}, {2.f}});
    check_near(layer.running_mean, Array{3.f});  // of 2, 6, 1
    check_near(layer.running_var, Array{4.f});   // of 2, 8, 2
    CHECK(layer.num_batches_tracked() == 3);
}

TEST_CASE("with a momentum of 0 the statistics stay, with 1 they are those of the latest batch") {
    nn::BatchNorm1d still{1, {.momentum = 0}}, latest{1, {.momentum = 1}};
    for (auto* layer : {&still, &latest}) {
        (*layer)(Array{{1.f}, {3.f}});
        (*layer)(Array{{4.f}, {8.f}});
    }
    CHECK(still.running_mean == Array{0.f});
    CHECK(still.running_var == Array{1.f});
    CHECK(latest.running_mean == Array{6.f});
    CHECK(latest.running_var == Array{8.f});
}

TEST_CASE("without running statistics evaluation normalises by the batch, too") {
    nn::BatchNorm1d layer{1, {.eps = 0, .affine = false, .track_running_stats = false}};
    layer.eval();
    CHECK(layer(Array{{1.f}, {3.f}}).value() == Array{{-1.f}, {1.f}});
    CHECK(state_names(layer).empty());
    CHECK(layer.num_batches_tracked() == 0);
}

TEST_CASE("a further axis belongs to the channel") {
    nn::BatchNorm1d layer{2, {.eps = 0, .affine = false}};
    // Channel 0 has 1, 3, 1, 3, channel 1 has 0, 0, 4, 4.
    CHECK(layer(Array{{{1.f, 3.f}, {0.f, 0.f}}, {{1.f, 3.f}, {4.f, 4.f}}}).value() ==
          Array{{{-1.f, 1.f}, {-1.f, -1.f}}, {{-1.f, 1.f}, {1.f, 1.f}}});
}

TEST_CASE("the state of batch normalisation has the names of PyTorch and survives saving") {
    nn::BatchNorm2d layer{3}, other{3};
    CHECK(state_names(layer) ==
          std::vector<std::string>{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"});
    CHECK(nn::state(layer)[4].shape == Shape{});
    CHECK(nn::state(layer)[4].element == files::Element::int64);
    layer(random::normal<float>({2, 3, 2, 2}, 1, 2, random::Stream(1, 1)));
    layer(random::normal<float>({2, 3, 2, 2}, 1, 2, random::Stream(1, 2)));
    nn::load(other, nn::state(layer));
    CHECK(other.running_mean == layer.running_mean);
    CHECK(other.running_var == layer.running_var);
    CHECK(other.num_batches_tracked() == 2);
    // The average over all batches goes on from the count that was loaded.
    nn::BatchNorm1d average{1, {.momentum = std::nullopt}};
    const Array one{1.f}, zero{0.f}, mean{2.f};
    const IndexArray three(std::int64_t{3});
    nn::load(average,
             std::vector{files::stored("weight", one), files::stored("bias", zero), files::stored("running_mean", mean),
                         files::stored("running_var", one), files::stored("num_batches_tracked", three)});
    average(Array{{5.f}, {7.f}});
    check_near(average.running_mean, Array{3.f});
    CHECK(average.num_batches_tracked() == 4);
}

TEST_CASE("a copy of a batch normalisation has statistics of its own") {
    nn::BatchNorm1d layer{1};
    layer(Array{{1.f}, {3.f}});
    nn::BatchNorm1d copy = layer;
    copy(Array{{5.f}, {9.f}});
    CHECK(layer.num_batches_tracked() == 1);
    CHECK(copy.num_batches_tracked() == 2);
    check_near(layer.running_mean, Array{0.2f});
    CHECK_FALSE(copy.weight->is(*layer.weight));
}

TEST_CASE("normalising layers pass the gradient check") {
    seed(1);
    const auto check = [](auto layer, const Array64& x) {
        CAPTURE(layer.describe());
        draw_parameters(layer);
        support::check_layer_gradients(layer, x);
    };
    nn::BatchNorm1d64 flat{3};
    flat.running_mean = Array64{0.5, -1, 2};
    flat.running_var = Array64{0.5, 1, 3};
    check(flat, numbers({4, 3}));
    check(nn::BatchNorm1d64{2, {.momentum = std::nullopt}}, numbers({2, 2, 3}));
    check(nn::BatchNorm2d64{2}, numbers({2, 2, 3, 2}));
    check(nn::BatchNorm2d64{2, {.affine = false, .track_running_stats = false}}, numbers({2, 2, 2, 2}));
    check(nn::LayerNorm64{5}, numbers({3, 5}));
    check(nn::LayerNorm64{{2, 3}, {.affine = false}}, numbers({2, 2, 3}));
    check(nn::GroupNorm64{2, 4}, numbers({2, 4, 3}));
    check(nn::GroupNorm64{3, 3, {.affine = false}}, numbers({2, 3, 2, 2}));
}

TEST_CASE("layer normalisation works on the last axes of each sample") {
    nn::LayerNorm layer{2, {.eps = 0}};
    layer.weight->assign(Array{1.f, 3.f});
    layer.bias->assign(Array{0.f, 1.f});
    CHECK(layer(Array{{1.f, 3.f}, {40.f, 20.f}}).value() == Array{{-1.f, 4.f}, {1.f, -2.f}});
    CHECK(layer(Array{1.f, 3.f}).value() == Array{-1.f, 4.f});
    CHECK(state_names(layer) == std::vector<std::string>{"weight", "bias"});
    nn::LayerNorm block{{2, 2}, {.eps = 0}};
    CHECK(block.weight->shape() == Shape{2, 2});
    CHECK(block(Array{{1.f, 1.f}, {3.f, 3.f}}).value() == Array{{-1.f, -1.f}, {1.f, 1.f}});
}

TEST_CASE("group normalisation works on neighbouring channels of each sample") {
    nn::GroupNorm layer{2, 4, {.eps = 0}};
    layer.weight->assign(Array{1.f, 1.f, 1.f, 2.f});
    CHECK(layer(Array{{1.f, 3.f, 10.f, 30.f}}).value() == Array{{-1.f, 1.f, -1.f, 2.f}});
    CHECK(state_names(layer) == std::vector<std::string>{"weight", "bias"});
}

TEST_CASE("normalising layers say what they are") {
    CHECK(nn::BatchNorm1d{16}.describe() == "BatchNorm1d 16");
    CHECK(nn::BatchNorm2d{16}.describe() == "BatchNorm2d 16");
    CHECK(nn::LayerNorm{64}.describe() == "LayerNorm (64)");
    CHECK(nn::LayerNorm({3, 4}).describe() == "LayerNorm (3, 4)");
    CHECK(nn::GroupNorm{4, 32}.describe() == "GroupNorm 32 in 4 groups");
    CHECK(nn::GroupNorm{1, 32}.describe() == "GroupNorm 32 in 1 group");
}

TEST_CASE("normalising layers refuse inputs of other shapes") {
    nn::BatchNorm1d flat{3};
    nn::BatchNorm2d image{3};
    nn::LayerNorm layer{{2, 3}};
    nn::GroupNorm group{2, 4};
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(flat(Array(Shape{2, 4}, 0.f), nowhere),
                         "BatchNorm1d 3: BatchNorm1d: expected input (N, 3) or (N, 3, L), got (2, 4)", ShapeError);
    CHECK_THROWS_WITH_AS(flat(Array(Shape{2, 3, 1, 1}, 0.f), nowhere),
                         "BatchNorm1d 3: BatchNorm1d: expected input (N, 3) or (N, 3, L), got (2, 3, 1, 1)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(image(Array(Shape{2, 4, 5, 5}, 0.f), nowhere),
                         "BatchNorm2d 3: BatchNorm2d: expected input (N, 3, H, W), got (2, 4, 5, 5)", ShapeError);
    CHECK_THROWS_WITH_AS(layer(Array(Shape{2, 3, 2}, 0.f), nowhere),
                         "LayerNorm (2, 3): LayerNorm: expected input (..., 2, 3), got (2, 3, 2)", ShapeError);
    CHECK_THROWS_WITH_AS(layer(Array(Shape{3}, 0.f), nowhere),
                         "LayerNorm (2, 3): LayerNorm: expected input (..., 2, 3), got (3)", ShapeError);
    CHECK_THROWS_WITH_AS(group(Array(Shape{2, 3}, 0.f), nowhere),
                         "GroupNorm 4 in 2 groups: GroupNorm: expected input (N, 4, ...), got (2, 3)", ShapeError);
}

TEST_CASE("a training batch of one value a channel is an error that changes nothing; in evaluation it is none") {
    nn::BatchNorm1d layer{3};
    CHECK_THROWS_WITH_AS(
        layer(Array(Shape{1, 3}, 2.f), Location{}),
        "BatchNorm1d 3: batch_norm: expected at least two values a channel of input (N, C, ...), got (1, 3)",
        ShapeError);
    CHECK(layer.num_batches_tracked() == 0);
    CHECK(layer.running_mean == Array{0.f, 0.f, 0.f});
    layer.eval();
    CHECK(layer(Array(Shape{1, 3}, 2.f)).shape() == Shape{1, 3});
}

TEST_CASE("normalising layers refuse options that have no meaning") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(nn::BatchNorm1d(0, {}, nowhere), "BatchNorm1d: expected at least 1 channel, got 0",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::BatchNorm2d(3, {.eps = -1}, nowhere), "BatchNorm2d: expected eps of at least 0, got -1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::BatchNorm2d(3, {.momentum = 1.5}, nowhere),
                         "BatchNorm2d: expected a momentum in 0 .. 1 or none, got 1.5", ConfigError);
    CHECK_THROWS_WITH_AS(nn::LayerNorm({2, 0}, {}, nowhere),
                         "LayerNorm: expected a shape of at least one element and one axis, got (2, 0)", ConfigError);
    CHECK_THROWS_WITH_AS(nn::LayerNorm(Shape{}, {}, nowhere),
                         "LayerNorm: expected a shape of at least one element and one axis, got ()", ConfigError);
    CHECK_THROWS_WITH_AS(
        nn::GroupNorm(3, 4, {}, nowhere),
        "GroupNorm: expected a number of groups that divides the channels, got 3 groups for 4 channels", ConfigError);
    CHECK_THROWS_WITH_AS(
        nn::GroupNorm(0, 4, {}, nowhere),
        "GroupNorm: expected a number of groups that divides the channels, got 0 groups for 4 channels", ConfigError);
}
