#include <xtape/autodiff/ops/convolution.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::distance;
using support::located;

namespace {

Tensor ones(const Shape& shape) { return Tensor(Array(shape, 1.F)); }
Tensor numbered(const Shape& shape) {
    Array x(shape);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i + 1);
    return Tensor(x);
}
Array flat(const Tensor& x) { return reshape(x, {x.size()}).value(); }

}  // namespace

TEST_CASE("conv1d by hand: a sliding sum of products, the kernel not turned around") {
    const Tensor x(Array{{{1.F, 2.F, 3.F, 4.F}}}), w(Array{{{1.F, 10.F}}}), b(Array{100.F});
    CHECK(conv1d(x, w).value() == Array{{{21.F, 32.F, 43.F}}});
    CHECK(conv1d(x, w, b).value() == Array{{{121.F, 132.F, 143.F}}});
    CHECK(conv1d(x, w, {.padding = 1}).value() == Array{{{10.F, 21.F, 32.F, 43.F, 4.F}}});
    CHECK(conv1d(x, w, {.stride = 2}).value() == Array{{{21.F, 43.F}}});
    CHECK(conv1d(x, w, b, {.dilation = 2}).value() == Array{{{131.F, 142.F}}});
}

TEST_CASE("conv2d by hand: strides, paddings and dilations of each axis") {
    const Tensor x = numbered({1, 1, 3, 3}), w(Array{{{{1.F, 0.F}, {0.F, 10.F}}}});
    CHECK(conv2d(x, w).value() == Array{{{{51.F, 62.F}, {84.F, 95.F}}}});
    CHECK(conv2d(x, w, {.stride = {2, 1}}).value() == Array{{{{51.F, 62.F}}}});
    CHECK(conv2d(x, w, {.padding = {1, 0}}).shape() == Shape{1, 1, 4, 2});
    CHECK(flat(conv2d(x, w, {.padding = {0, 1}})) == Array{40.F, 51.F, 62.F, 3.F, 70.F, 84.F, 95.F, 6.F});
    CHECK(flat(conv2d(x, w, {.dilation = 2})) == Array{91.F});
    CHECK(flat(conv2d(x, w, Array{0.5F}, {.dilation = {1, 2}})) == Array{61.5F, 94.5F});
}

TEST_CASE("options passed by value arrive as they were given") {
    // What GCC 12 made of them with AVX-512 when they were copied as one block.
    const auto passed = [](auto options) {
        CHECK(options.stride == 1);
        CHECK(options.padding == 0);
        CHECK(options.dilation == 1);
    };
    passed(Conv2dOptions{});
    passed(Conv2dOptions{.groups = 2});
    passed(ConvTranspose2dOptions{.output_padding = {1, 0}});
}

TEST_CASE("channels are summed, groups do not see each other") {
    const Tensor x = numbered({1, 2, 1, 2}), w = reshape(Tensor(Array{1.F, 100.F}), {1, 2, 1, 1});
    CHECK(flat(conv2d(x, w)) == Array{301.F, 402.F});
    const Tensor apart = reshape(Tensor(Array{1.F, 100.F, 2.F, 200.F}), {4, 1, 1, 1});
    CHECK(flat(conv2d(x, apart, {.groups = 2})) == Array{1.F, 2.F, 100.F, 200.F, 6.F, 8.F, 600.F, 800.F});
}

TEST_CASE("a transposed convolution by hand: every input spreads the kernel, with overlaps added") {
    const Tensor x(Array{{{1.F, 2.F}}}), w(Array{{{1.F, 10.F, 100.F}}}), b(Array{0.5F});
    CHECK(conv_transpose1d(x, w).value() == Array{{{1.F, 12.F, 120.F, 200.F}}});
    CHECK(conv_transpose1d(x, w, {.stride = 2}).value() == Array{{{1.F, 10.F, 102.F, 20.F, 200.F}}});
    CHECK(conv_transpose1d(x, w, b, {.stride = 2, .padding = 1}).value() == Array{{{10.5F, 102.5F, 20.5F}}});
    CHECK(conv_transpose1d(x, w, {.stride = 2, .padding = 1, .output_padding = 1}).value() ==
          Array{{{10.F, 102.F, 20.F, 200.F}}});
    CHECK(conv_transpose1d(x, w, {.dilation = 2}).value() == Array{{{1.F, 2.F, 10.F, 20.F, 100.F, 200.F}}});
    CHECK(conv_transpose2d(ones({1, 1, 2, 2}), ones({1, 1, 2, 2})).value() ==
          Array{{{{1.F, 2.F, 1.F}, {2.F, 4.F, 2.F}, {1.F, 2.F, 1.F}}}});
}

TEST_CASE("a transposed convolution turns the shapes of a convolution around, remainders by output_padding") {
    const Tensor x = ones({2, 4, 8, 7}), w = ones({6, 2, 3, 2});
    const Tensor y = conv2d(x, w, {.stride = {2, 3}, .padding = 1, .groups = 2});
    CHECK(y.shape() == Shape{2, 6, 4, 3});
    CHECK(conv_transpose2d(y, w, {.stride = {2, 3}, .padding = 1, .output_padding = {1, 1}, .groups = 2}).shape() ==
          x.shape());
    CHECK(conv_transpose2d(y, w, ones({4}), {.stride = {2, 3}, .padding = 1, .groups = 2}).shape() ==
          Shape{2, 4, 7, 6});
}

TEST_CASE("gradients by hand") {
    Tape tape;
    const Tensor x = tape.watch(Array{{{1.F, 2.F, 3.F}}}), w = tape.watch(Array{{{1.F, 10.F}}}),
                 b = tape.watch(Array{0.F});
    const auto g = tape.gradient(sum(conv1d(x, w, b) * Array{{{1.F, 2.F}}}), {x, w, b});
    CHECK(g[0].value() == Array{{{1.F, 12.F, 20.F}}});
    CHECK(g[1].value() == Array{{{5.F, 8.F}}});
    CHECK(g[2].value() == Array{3.F});
}

TEST_CASE("what a stride skips has no gradient") {
    const auto f = [](const Tensor& x) { return sum(conv2d(x, ones({1, 1, 1, 1}), {.stride = 2})); };
    CHECK(grad(f)(ones({1, 1, 3, 4})).value() ==
          Array{{{{1.F, 0.F, 1.F, 0.F}, {0.F, 0.F, 0.F, 0.F}, {1.F, 0.F, 1.F, 0.F}}}});
}

TEST_CASE("a batch of no images has zero gradients for weight and bias") {
    Parameter w(Array(Shape{2, 3, 2, 2}, 1.F)), b(Array{1.F, 2.F});
    Tape tape;
    const Tensor y = conv2d(Tensor(Array(Shape{0, 3, 4, 5})), w, b);
    CHECK(y.shape() == Shape{0, 2, 3, 4});
    tape.backward(sum(y));
    CHECK(w.grad() == Array(Shape{2, 3, 2, 2}, 0.F));
    CHECK(b.grad() == Array{0.F, 0.F});
}

TEST_CASE("NaN reaches the outputs whose kernel covers it, no others") {
    Array x(Shape{1, 1, 1, 6}, 1.F);
    x.data()[1] = NAN;
    CHECK(distance(flat(conv2d(x, ones({1, 1, 1, 2}))), Array{NAN, NAN, 2.F, 2.F, 2.F}) == 0);
    Array many(Shape{1, 4, 3, 20}, 1.F);
    many.data()[0] = NAN;
    const Array y = conv2d(many, ones({16, 4, 2, 2})).value();
    CHECK(std::isnan(y(0, 0, 0, 0)));
    CHECK(std::isnan(y(0, 15, 0, 0)));
    CHECK(y(0, 0, 0, 1) == 16.F);
    CHECK(y(0, 0, 1, 0) == 16.F);
}

TEST_CASE("parameters, arrays and double tensors are taken alike") {
    Parameter w(Array(Shape{1, 1, 1, 1}, 2.F));
    CHECK(conv2d(Array(Shape{1, 1, 1, 1}, 3.F), w).item() == 6.F);
    const Tensor64 x(Array64(Shape{1, 1, 2}, 0.5));
    CHECK(conv1d(x, Array64(Shape{1, 1, 2}, 3.0), Array64{1.0}).item() == 4.0);
}

TEST_CASE("convolutions refuse options out of range") {
    std::string text;
    const Tensor x = ones({1, 2, 4, 4}), w = ones({2, 2, 3, 3}), line = ones({1, 2, 4}), w1 = ones({2, 2, 3});
    const std::string most = " and at most 2147483647, got ";
    text = "conv2d: expected a stride of at least 1" + most + "0 x 1";
    CHECK_THROWS_WITH_AS(conv2d(x, w, {.stride = {0, 1}}), located(text, __LINE__), ConfigError);
    text = "conv1d: expected a stride of at least 1" + most + "0";
    CHECK_THROWS_WITH_AS(conv1d(line, w1, {.stride = 0}), located(text, __LINE__), ConfigError);
    text = "conv2d: expected a padding of at least 0" + most + "-1 x -1";
    CHECK_THROWS_WITH_AS(conv2d(x, w, {.padding = -1}), located(text, __LINE__), ConfigError);
    text = "conv2d: expected a dilation of at least 1" + most + "1 x 0";
    CHECK_THROWS_WITH_AS(conv2d(x, w, {.dilation = {1, 0}}), located(text, __LINE__), ConfigError);
    text = "conv2d: expected a padding of at least 0" + most + "none";
    CHECK_THROWS_WITH_AS(conv2d(x, w, {.padding = {}}), located(text, __LINE__), ConfigError);
    text = "conv2d: expected a padding of at least 0" + most + "1099511627776 x 1099511627776";
    CHECK_THROWS_WITH_AS(conv2d(x, w, {.padding = std::size_t{1} << 40}), located(text, __LINE__), ConfigError);
    text = "conv2d: expected at least one group, got 0";
    CHECK_THROWS_WITH_AS(conv2d(x, w, {.groups = 0}), located(text, __LINE__), ConfigError);
    text = "conv_transpose2d: expected a stride of at least 1" + most + "0 x 0";
    CHECK_THROWS_WITH_AS(conv_transpose2d(x, w, {.stride = 0}), located(text, __LINE__), ConfigError);
    text =
        "conv_transpose2d: expected an output_padding of at least 0 and below the stride 2 x 1 or the dilation 1 x 1, "
        "got 1 x 1";
    const ConvTranspose2dOptions unequal{.stride = {2, 1}, .output_padding = 1};
    CHECK_THROWS_WITH_AS(conv_transpose2d(x, w, unequal), located(text, __LINE__), ConfigError);
}

TEST_CASE("convolutions name the shapes that do not fit") {
    std::string text;
    const Tensor x = ones({1, 4, 5, 5}), w = ones({6, 4, 3, 3}), line = ones({2, 4, 5}), w1 = ones({6, 4, 3}),
                 bias = ones({6});
    text =
        "conv2d: expected input (N, C, H, W) and weight (O, C / groups, KH, KW), got input (2, 4, 5) and weight (6, 4, "
        "3, 3)";
    CHECK_THROWS_WITH_AS(conv2d(line, w), located(text, __LINE__), ShapeError);
    text =
        "conv1d: expected input (N, C, L) and weight (O, C / groups, K), got input (1, 4, 5, 5) and weight (6, 4, 3)";
    CHECK_THROWS_WITH_AS(conv1d(x, w1, bias), located(text, __LINE__), ShapeError);
    text =
        "conv2d: expected extents of at least 1 (N may be 0) and at most 2147483647, got input (1, 0, 5, 5) and weight "
        "(6, 0, 3, 3)";
    CHECK_THROWS_WITH_AS(conv2d(ones({1, 0, 5, 5}), ones({6, 0, 3, 3})), located(text, __LINE__), ShapeError);
    text =
        "conv1d: expected extents of at least 1 (N may be 0) and at most 2147483647, got input (2, 4, 5) and weight "
        "(6, 4, 0)";
    CHECK_THROWS_WITH_AS(conv1d(line, ones({6, 4, 0})), located(text, __LINE__), ShapeError);
    text =
        "conv2d: expected input and output channels divisible by 4 groups, got input (1, 4, 5, 5) and weight (6, 4, 3, "
        "3)";
    CHECK_THROWS_WITH_AS(conv2d(x, w, {.groups = 4}), located(text, __LINE__), ShapeError);
    text =
        "conv2d: expected weight (O, 2, KH, KW) for an input of 4 channels in 2 groups, got input (1, 4, 5, 5) and "
        "weight (6, 4, 3, 3)";
    CHECK_THROWS_WITH_AS(conv2d(x, w, {.groups = 2}), located(text, __LINE__), ShapeError);
    text =
        "conv1d: expected weight (O, 3, K) for an input of 3 channels in 1 group, got input (1, 3, 5) and weight (6, "
        "4, 3)";
    CHECK_THROWS_WITH_AS(conv1d(ones({1, 3, 5}), w1), located(text, __LINE__), ShapeError);
    text = "conv2d: expected bias (6), one number an output channel, got (4)";
    CHECK_THROWS_WITH_AS(conv2d(x, w, ones({4})), located(text, __LINE__), ShapeError);
    text = "conv2d: expected bias (6), one number an output channel, got ()";
    CHECK_THROWS_WITH_AS(conv2d(x, w, 1.F), located(text, __LINE__), ShapeError);
    text =
        "conv2d: expected a kernel within the padded input, which is 5 x 7, but it spans 7 x 7, got input (1, 4, 5, 5) "
        "and weight (6, 4, 3, 3)";
    CHECK_THROWS_WITH_AS(conv2d(x, w, {.padding = {0, 1}, .dilation = 3}), located(text, __LINE__), ShapeError);
    text =
        "conv1d: expected a kernel within the padded input, which is 2, but it spans 3, got input (1, 4, 2) and weight "
        "(6, 4, 3)";
    CHECK_THROWS_WITH_AS(conv1d(ones({1, 4, 2}), w1, bias), located(text, __LINE__), ShapeError);
}

TEST_CASE("transposed convolutions name the shapes that do not fit") {
    std::string text;
    const Tensor x = ones({1, 4, 5, 5}), w = ones({4, 3, 3, 3}), line = ones({2, 4, 5}), w1 = ones({4, 3, 3});
    text =
        "conv_transpose2d: expected input (N, C, H, W) and weight (C, O / groups, KH, KW), got input (2, 4, 5) and "
        "weight (4, 3, 3, 3)";
    CHECK_THROWS_WITH_AS(conv_transpose2d(line, w), located(text, __LINE__), ShapeError);
    text =
        "conv_transpose1d: expected extents of at least 1 (N may be 0) and at most 2147483647, got input (2, 4, 5) and "
        "weight (4, 0, 3)";
    CHECK_THROWS_WITH_AS(conv_transpose1d(line, ones({4, 0, 3})), located(text, __LINE__), ShapeError);
    text =
        "conv_transpose2d: expected input channels divisible by 3 groups, got input (1, 4, 5, 5) and weight (4, 3, 3, "
        "3)";
    CHECK_THROWS_WITH_AS(conv_transpose2d(x, w, {.groups = 3}), located(text, __LINE__), ShapeError);
    text =
        "conv_transpose1d: expected weight (3, O / groups, K) for an input of 3 channels, got input (2, 3, 5) and "
        "weight (4, 3, 3)";
    CHECK_THROWS_WITH_AS(conv_transpose1d(ones({2, 3, 5}), w1), located(text, __LINE__), ShapeError);
    text = "conv_transpose1d: expected bias (3), one number an output channel, got (4)";
    CHECK_THROWS_WITH_AS(conv_transpose1d(line, w1, ones({4})), located(text, __LINE__), ShapeError);
    text =
        "conv_transpose2d: expected a result of at least 1 along every axis, but it would be -1 x 2, got input (1, 4, "
        "1, 2) and weight (4, 3, 3, 3)";
    const Tensor low = ones({1, 4, 1, 2});
    CHECK_THROWS_WITH_AS(conv_transpose2d(low, w, {.padding = {2, 1}}), located(text, __LINE__), ShapeError);
    const Tensor none(Array(Shape{0, std::size_t{1} << 30, 1}));
    text =
        "conv_transpose1d: expected weight (1073741824, O / groups, K) for an input of 1073741824 channels, got input "
        "(0, 1073741824, 1) and weight (1, 3, 1)";
    const ConvTranspose1dOptions many{.groups = std::ptrdiff_t{1} << 30};
    CHECK_THROWS_WITH_AS(conv_transpose1d(none, ones({1, 3, 1}), many), located(text, __LINE__), ShapeError);
}

TEST_CASE("the weight gradient as an operation names the shapes that do not fit") {
    const ConvolutionWeight<1> line{{}, 2};
    CHECK_THROWS_WITH_AS(
        detail::call(line, Location{}, ones({1, 2, 3}), ones({2, 2, 3})),
        "conv1d_weight_gradient: expected (N, C, L) and (N, O, L) with channels divisible by 1 group, got (1, 2, 3) "
        "and (2, 2, 3)",
        ShapeError);
    const ConvolutionWeight<2> pairs{{.groups = 2}, 2};
    CHECK_THROWS_WITH_AS(
        detail::call(pairs, Location{}, ones({1, 3, 3, 3}), ones({1, 2, 3, 3})),
        "conv2d_weight_gradient: expected (N, C, H, W) and (N, O, H, W) with channels divisible by 2 groups, got "
        "(1, 3, 3, 3) and (1, 2, 3, 3)",
        ShapeError);
    CHECK_THROWS_WITH_AS(detail::call(ConvolutionWeight<1>{{}, 0}, Location{}, ones({1, 2, 3}), ones({1, 2, 3})),
                         "conv1d_weight_gradient: expected a kernel of at least 1 and at most 2147483647, got 0",
                         ConfigError);
    CHECK_THROWS_WITH_AS(detail::call(Convolution<1>{{}, 0}, Location{}, ones({1, 2, 3}), ones({2, 2, 3})),
                         "conv1d: expected a size of at least 1 and at most 2147483647, got 0", ConfigError);
}
