#include <xtape/nn/convolution.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/losses.hpp>
#include <xtape/nn/pooling.hpp>
#include <xtape/nn/reshape.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/state.hpp>
#include <xtape/optim/adam.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

using namespace xtape;

namespace {

// Checks a layer's gradients with respect to its input and its parameters.
template <class Layer>
void check_gradients(Layer layer, const Shape& shape) {
    CAPTURE(layer.describe());
    const Array64 x = random::uniform<double>(shape, -1, 1);
    const auto by_input = gradcheck([&](const Tensor64& t) { return sum(square(layer(t))); }, {x});
    CHECK_MESSAGE(by_input.ok, by_input.message);
    const auto by_parameter = gradcheck(layer, [&] { return sum(square(layer(x))); });
    CHECK_MESSAGE(by_parameter.ok, by_parameter.message);
    CHECK(by_parameter.names.size() == (layer.bias ? 2 : 1));
}

template <class Layer>
void check_bounds(Layer layer, double bound) {
    for (const auto& parameter : layer.parameters()) {
        const auto [low, high] = std::minmax_element(parameter.value().begin(), parameter.value().end());
        CHECK(*low >= -bound);
        CHECK(*high <= bound);
        CHECK(*low < -0.8 * bound);
        CHECK(*high > 0.8 * bound);
    }
}

}  // namespace

TEST_CASE("a convolution layer slides its kernel over the input and adds its bias") {
    nn::Conv1d line{1, 1, 2};
    line.weight.assign(Array{{{2.f, 3.f}}});
    line.bias->assign(Array{10.f});
    // By hand: 2*1 + 3*2 + 10, 2*2 + 3*4 + 10.
    CHECK(line(Array{{{1.f, 2.f, 4.f}}}).value() == Array{{{18.f, 26.f}}});

    nn::Conv2d plane{1, 2, 2, {.stride = 2, .padding = {0, 1}, .bias = false}};
    plane.weight.assign(Array{{{{1.f, 2.f}, {3.f, 4.f}}}, {{{0.f, 0.f}, {0.f, 1.f}}}});
    // By hand, with a column of zeros on each side: (0 1 | 2 0) over (0 3 | 4 0).
    CHECK(plane(Array{{{{1.f, 2.f}, {3.f, 4.f}}}}).value() == Array{{{{14.f, 14.f}}, {{3.f, 0.f}}}});
}

TEST_CASE("a transposed convolution layer puts its kernel wherever the input stands") {
    nn::ConvTranspose1d line{1, 1, 2, {.stride = 2}};
    line.weight.assign(Array{{{2.f, 3.f}}});
    line.bias->assign(Array{1.f});
    CHECK(line(Array{{{1.f, 10.f}}}).value() == Array{{{3.f, 4.f, 21.f, 31.f}}});

    nn::ConvTranspose2d plane{1, 1, 2, {.bias = false}};
    plane.weight.assign(Array{{{{1.f, 2.f}, {3.f, 4.f}}}});
    // By hand: 1 (1 2 / 3 4) with 10 (1 2 / 3 4) one column further.
    CHECK(plane(Array{{{{1.f, 10.f}}}}).value() == Array{{{{1.f, 12.f, 20.f}, {3.f, 34.f, 40.f}}}});
}

TEST_CASE("convolution layers have PyTorch's names and layouts") {
    nn::Conv2d conv{4, 6, {3, 5}, {.groups = 2}};
    CHECK(conv.weight.shape() == Shape{6, 2, 3, 5});
    CHECK(conv.bias->shape() == Shape{6});
    nn::ConvTranspose2d transposed{4, 6, {3, 5}, {.groups = 2}};
    CHECK(transposed.weight.shape() == Shape{4, 3, 3, 5});
    CHECK(transposed.bias->shape() == Shape{6});
    CHECK(nn::Conv1d(4, 6, 3).weight.shape() == Shape{6, 4, 3});
    CHECK(nn::ConvTranspose1d(4, 6, 3).weight.shape() == Shape{4, 6, 3});
    nn::Sequential net{conv, transposed};
    std::vector<std::string> names;
    for (const auto& entry : nn::state(net)) names.push_back(entry.name);
    CHECK(names == std::vector<std::string>{"0.weight", "0.bias", "1.weight", "1.bias"});
    CHECK(nn::Conv2d(4, 6, 3, {.bias = false}).parameters().size() == 1);
}

TEST_CASE("convolution layers start as their options say") {
    seed(1);
    check_bounds(nn::Conv2d64{8, 60, 5, {.groups = 4}}, 1 / std::sqrt(50.0));
    check_bounds(nn::Conv1d64{10, 60, 5}, 1 / std::sqrt(50.0));
    // As in PyTorch the fan of a transposed convolution is taken from its layout: out / groups times the kernel.
    check_bounds(nn::ConvTranspose2d64{60, 120, 2, {.groups = 2}}, 1 / std::sqrt(240.0));
    seed(2);
    const Array64 expected = nn::init::he_normal<double>({4, 3, 2, 2});
    seed(2);
    nn::Conv2d64 he{3, 4, 2, {.init = nn::Init::he_normal}};
    CHECK(he.weight.value() == expected);
    CHECK(he.bias->value() == nn::init::zeros<double>({4}));
    CHECK(nn::ConvTranspose1d(2, 2, 3, {.init = nn::Init::constant(0.5)}).weight.value() == nn::init::constant({2, 2, 3}, 0.5));
}

TEST_CASE("convolution layers pass the gradient check with respect to input and parameters") {
    seed(3);
    check_gradients(nn::Conv1d64{2, 3, 3}, {2, 2, 6});
    check_gradients(nn::Conv1d64{4, 2, 2, {.stride = 2, .padding = 1, .dilation = 2, .groups = 2, .bias = false}}, {1, 4, 7});
    check_gradients(nn::Conv2d64{2, 3, 3, {.padding = 1}}, {2, 2, 4, 3});
    check_gradients(nn::Conv2d64{2, 4, {2, 3}, {.stride = {2, 1}, .padding = {0, 2}, .dilation = {1, 2}, .groups = 2}},
                    {1, 2, 5, 4});
    check_gradients(nn::Conv2d64{3, 2, 1, {.bias = false}}, {2, 3, 2, 2});
    check_gradients(nn::ConvTranspose1d64{2, 3, 3}, {2, 2, 4});
    check_gradients(nn::ConvTranspose1d64{4, 2, 3, {.stride = 3, .padding = 1, .output_padding = 2, .groups = 2, .bias = false}},
                    {1, 4, 3});
    check_gradients(nn::ConvTranspose2d64{2, 3, 4, {.stride = 2, .padding = 1}}, {1, 2, 3, 2});
    check_gradients(
        nn::ConvTranspose2d64{2, 2, {2, 3}, {.stride = {1, 2}, .padding = {0, 1}, .output_padding = {1, 0}, .dilation = 2, .groups = 2}},
        {1, 2, 2, 3});
}

TEST_CASE("the results of convolution layers have the sizes of the formula, and transposed ones turn them around") {
    random::Stream draw(4, 0);
    const auto within = [&](std::ptrdiff_t low, std::ptrdiff_t high) {
        return low + static_cast<std::ptrdiff_t>(draw.below(static_cast<std::uint64_t>(high - low + 1)));
    };
    std::size_t checked = 0;
    for (int round = 0; round < 300; ++round) {
        PerAxis<2> extent, kernel, stride, padding, dilation, result, output_padding;
        bool fits = true;
        for (std::size_t i = 0; i < 2; ++i) {
            extent[i] = within(1, 9), kernel[i] = within(1, 4), stride[i] = within(1, 3), padding[i] = within(0, 2);
            dilation[i] = within(1, 3);
            const std::ptrdiff_t free = extent[i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1;
            fits = fits && free >= 0;
            result[i] = fits ? free / stride[i] + 1 : 0;
            output_padding[i] = fits ? free % stride[i] : 0;
        }
        const std::ptrdiff_t groups = within(1, 2);
        CAPTURE(round);
        nn::Conv2d conv{2, 4, kernel, {.stride = stride, .padding = padding, .dilation = dilation, .groups = groups}};
        const auto shape = [](std::size_t channels, const PerAxis<2>& e) {
            return Shape{3, channels, static_cast<std::size_t>(e[0]), static_cast<std::size_t>(e[1])};
        };
        const Array x(shape(2, extent), 1.f);
        if (!fits) {
            CHECK_THROWS_AS(conv(x), ShapeError);
            continue;
        }
        const Tensor y = conv(x);
        CHECK(y.shape() == shape(4, result));
        nn::ConvTranspose2d back{4, 2, kernel,
                                 {.stride = stride, .padding = padding, .output_padding = output_padding, .dilation = dilation,
                                  .groups = groups}};
        CHECK(back(y).shape() == x.shape());
        ++checked;
    }
    CHECK(checked > 100);
}

TEST_CASE("convolution layers say what they are") {
    CHECK(nn::Conv2d(1, 8, 3, {.padding = 1}).describe() == "Conv2d 1->8, kernel 3x3, padding 1");
    CHECK(nn::Conv1d(1, 8, 3).describe() == "Conv1d 1->8, kernel 3");
    CHECK(nn::Conv2d(4, 8, {3, 5}, {.stride = 2, .padding = {1, 2}, .dilation = 3, .groups = 4, .bias = false}).describe() ==
          "Conv2d 4->8, kernel 3x5, stride 2, padding 1x2, dilation 3, groups 4, no bias");
    CHECK(nn::ConvTranspose2d(16, 1, 4, {.stride = 2, .padding = 1, .output_padding = 1}).describe() ==
          "ConvTranspose2d 16->1, kernel 4x4, stride 2, padding 1, output_padding 1");
    CHECK(nn::ConvTranspose1d(16, 4, 4, {.groups = 2}).describe() == "ConvTranspose1d 16->4, kernel 4, groups 2");
}

TEST_CASE("a copy of a convolution layer has numbers of its own") {
    nn::Conv2d conv{1, 2, 2, {.stride = 2}};
    nn::Conv2d copy = conv;
    const Array x(Shape{1, 1, 4, 4}, 1.f);
    CHECK(copy(x).value() == conv(x).value());
    copy.weight.assign(nn::init::zeros({2, 1, 2, 2}));
    CHECK_FALSE(conv.weight.value() == copy.weight.value());
    CHECK(copy(x).shape() == Shape{1, 2, 2, 2});
}

TEST_CASE("a convolution layer refuses options that fit no input") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(nn::Conv2d(0, 8, 3, {}, nowhere),
                         "Conv2d: expected at least 1 input channel and 1 output channel, got 0 and 8", ConfigError);
    CHECK_THROWS_WITH_AS(nn::ConvTranspose1d(3, 0, 3, {}, nowhere),
                         "ConvTranspose1d: expected at least 1 input channel and 1 output channel, got 3 and 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Conv2d(1, 8, {3, 0}, {}, nowhere),
                         "Conv2d: expected a kernel of at least 1 and at most 2147483647, got 3 x 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Conv1d(1, 8, 3, {.stride = 0}, nowhere),
                         "Conv1d: expected a stride of at least 1 and at most 2147483647, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Conv2d(1, 8, 3, {.padding = {0, -1}}, nowhere),
                         "Conv2d: expected a padding of at least 0 and at most 2147483647, got 0 x -1", ConfigError);
    CHECK_THROWS_WITH_AS(nn::ConvTranspose2d(1, 8, 3, {.dilation = 0}, nowhere),
                         "ConvTranspose2d: expected a dilation of at least 1 and at most 2147483647, got 0 x 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Conv2d(4, 8, 3, {.groups = 0}, nowhere), "Conv2d: expected at least one group, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Conv2d(4, 6, 3, {.groups = 4}, nowhere),
                         "Conv2d: expected channel counts that 4 groups divide, got 4 and 6", ConfigError);
    CHECK_THROWS_WITH_AS(
        nn::ConvTranspose2d(1, 8, 3, {.stride = 2, .output_padding = {0, 2}}, nowhere),
        "ConvTranspose2d: expected an output_padding of at least 0 and below the stride 2 x 2 or the dilation 1 x 1, got 0 x 2",
        ConfigError);
    CHECK_THROWS_WITH_AS(nn::Conv2d(SIZE_MAX, 8, 3, {}, nowhere),
                         "Conv2d: expected a weight that fits into memory, got (8, 18446744073709551615, 3, 3)", ConfigError);
}

TEST_CASE("an error of a convolution layer's options ends with the place of its declaration") {
    std::string text;
    const unsigned line = __LINE__ + 2;
    try {
        nn::Conv2d{4, 6, 3, {.groups = 4}};
    } catch (const ConfigError& error) {
        text = error.what();
    }
    CHECK(text == "Conv2d: expected channel counts that 4 groups divide, got 4 and 6 (at convolution_test.cpp:" +
                      std::to_string(line) + ")");
}

TEST_CASE("a convolution layer refuses an input of another rank or number of channels") {
    const auto message = [](auto& layer, const Shape& shape) -> std::string {
        try {
            layer(Array(shape, 1.f), Location{});
        } catch (const ShapeError& error) {
            return error.what();
        }
        return "no error";
    };
    nn::Sequential net{nn::Conv2d{3, 8, 5}};
    CHECK(message(net, {2, 1, 28, 28}) == "0 (Conv2d 3->8, kernel 5x5): Conv2d: expected input (N, 3, H, W), got (2, 1, 28, 28)");
    CHECK(message(net, {3, 28, 28}) == "0 (Conv2d 3->8, kernel 5x5): Conv2d: expected input (N, 3, H, W), got (3, 28, 28)");
    CHECK(message(net, {2, 3, 4, 28}) ==
          "0 (Conv2d 3->8, kernel 5x5): conv2d: expected a kernel within the padded input, which is 4 x 28, but it spans 5 x 5, got "
          "input (2, 3, 4, 28) and weight (8, 3, 5, 5)");
    nn::ConvTranspose1d transposed{4, 2, 3, {.padding = 2, .groups = 2}};
    CHECK(message(transposed, {2, 2, 5}) ==
          "ConvTranspose1d 4->2, kernel 3, padding 2, groups 2: ConvTranspose1d: expected input (N, 4, L), got (2, 2, 5)");
    CHECK(message(transposed, {2, 4, 1}) ==
          "ConvTranspose1d 4->2, kernel 3, padding 2, groups 2: conv_transpose1d: expected a result of at least 1 along every axis, "
          "but it would be -1, got input (2, 4, 1) and weight (4, 1, 3)");
}

TEST_CASE("a convolutional network tells horizontal bars from vertical ones, wherever they stand") {
    seed(1);
    // Bars in 5 of the 8 rows or columns are shown, those in the other 3 are asked for.
    const auto bars = [](std::initializer_list<std::size_t> places) {
        Array images(Shape{2 * places.size(), 1, 8, 8}, 0.f);
        std::size_t n = 0;
        for (const std::size_t place : places) {
            for (std::size_t i = 0; i < 8; ++i) images(n, 0, place, i) = images(n + 1, 0, i, place) = 1;
            n += 2;
        }
        return images;
    };
    const Array shown = bars({0, 2, 4, 5, 7}), asked = bars({1, 3, 6});
    const IndexArray labels{0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
    nn::Sequential net{nn::Conv2d{1, 4, 3, {.padding = 1}}, nn::ReLU{}, nn::MaxPool2d{8}, nn::Flatten{}, nn::Linear{4, 2}};
    optim::Adam adam{net.parameters(), {.lr = 0.05}};
    for (int step = 0; step < 100; ++step) {
        Tape tape;
        tape.backward(nn::cross_entropy(net(shown), labels));
        adam.step();
        adam.zero_grad();
    }
    const Array logits = net(asked).value();
    for (std::size_t n = 0; n < 6; ++n) CHECK((logits(n, 1) > logits(n, 0)) == (n % 2 == 1));
}

TEST_CASE("a convolution layer accepts an empty batch") {
    nn::Conv2d conv{1, 2, 3};
    CHECK(conv(Array(Shape{0, 1, 5, 5}, 0.f)).shape() == Shape{0, 2, 3, 3});
    nn::ConvTranspose2d transposed{1, 2, 3};
    CHECK(transposed(Array(Shape{0, 1, 5, 5}, 0.f)).shape() == Shape{0, 2, 7, 7});
}
