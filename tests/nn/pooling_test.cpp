#include <xtape/nn/pooling.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/sequential.hpp>

#include <doctest/doctest.h>

using namespace xtape;

namespace {

// Numbers 0.1 apart in a mixed order: every window has one largest element, far from the next for differences of 1e-3.
Array64 spaced(const Shape& shape) {
    const IndexArray order = random::permutation(element_count(shape));
    Array64 x = empty_array<double>(shape);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = 0.1 * static_cast<double>(order.data()[i]);
    return x;
}

template <class Layer>
void check_gradient(Layer layer, const Shape& shape) {
    CAPTURE(layer.describe());
    const auto report = gradcheck([&](const Tensor64& t) { return sum(square(layer(t))); }, {spaced(shape)});
    CHECK_MESSAGE(report.ok, report.message);
    CHECK(layer.parameters().empty());
}

const Array image{{{{1.f, 2.f, 3.f, 4.f}, {5.f, 6.f, 7.f, 8.f}, {9.f, 10.f, 11.f, 12.f}}}};

}  // namespace

TEST_CASE("a pooling layer's windows lie side by side unless a stride is given") {
    nn::MaxPool2d largest{2};
    CHECK(largest(image).value() == Array{{{{6.f, 8.f}}}});
    nn::MaxPool2d overlapping{{2, 3}, {.stride = 1}};
    CHECK(overlapping(image).value() == Array{{{{7.f, 8.f}, {11.f, 12.f}}}});
    nn::AvgPool2d mean{{3, 2}};
    CHECK(mean(image).value() == Array{{{{5.5f, 7.5f}}}});
    nn::MaxPool1d line{2};
    CHECK(line(Array{{{1.f, 3.f, 2.f, 5.f, 9.f}}}).value() == Array{{{3.f, 5.f}}});
    nn::AvgPool1d means{3, {.stride = 2}};
    CHECK(means(Array{{{1.f, 3.f, 2.f, 5.f, 8.f}}}).value() == Array{{{2.f, 5.f}}});
}

TEST_CASE("padding, ceil_mode and what is counted are options of pooling layers") {
    nn::MaxPool1d padded{3, {.stride = 2, .padding = 1}};
    CHECK(padded(Array{{{-5.f, -3.f, -4.f, -1.f}}}).value() == Array{{{-3.f, -1.f}}});
    nn::MaxPool1d whole{2, {.ceil_mode = true}};
    CHECK(whole(Array{{{1.f, 3.f, 2.f}}}).value() == Array{{{3.f, 2.f}}});
    nn::AvgPool1d counted{2, {.padding = 1}};
    CHECK(counted(Array{{{2.f, 4.f, 8.f, 6.f}}}).value() == Array{{{1.f, 6.f, 3.f}}});
    nn::AvgPool1d inside{2, {.padding = 1, .count_include_pad = false}};
    CHECK(inside(Array{{{2.f, 4.f, 8.f, 6.f}}}).value() == Array{{{2.f, 6.f, 6.f}}});
}

TEST_CASE("an adaptive pooling layer gives the same size for every input") {
    nn::AdaptiveAvgPool2d plane{1};
    CHECK(plane(image).value() == Array(Shape{1, 1, 1, 1}, 6.5f));
    nn::AdaptiveAvgPool2d parts{{1, 2}};
    CHECK(parts(image).value() == Array{{{{5.5f, 7.5f}}}});
    // By hand: windows 0..1, 1..2 of three elements.
    nn::AdaptiveAvgPool1d line{2};
    CHECK(line(Array{{{1.f, 3.f, 8.f}}}).value() == Array{{{2.f, 5.5f}}});
    nn::AdaptiveAvgPool2d fixed{{3, 2}};
    for (std::size_t height = 1; height < 9; ++height) {
        for (std::size_t width = 1; width < 9; ++width) {
            CHECK(fixed(Array(Shape{2, 3, height, width}, 1.f)).value() == Array(Shape{2, 3, 3, 2}, 1.f));
        }
    }
}

TEST_CASE("pooling layers have the sizes of the formula") {
    for (std::ptrdiff_t kernel = 1; kernel <= 4; ++kernel) {
        for (std::ptrdiff_t stride = 1; stride <= 3; ++stride) {
            for (std::ptrdiff_t padding = 0; 2 * padding <= kernel; ++padding) {
                nn::MaxPool1d largest{kernel, {.stride = stride, .padding = padding}};
                nn::AvgPool1d mean{kernel, {.stride = stride, .padding = padding}};
                for (std::ptrdiff_t extent = kernel; extent < 9; ++extent) {
                    const Array x(Shape{2, 1, static_cast<std::size_t>(extent)}, 1.f);
                    const auto size = static_cast<std::size_t>((extent + 2 * padding - kernel) / stride + 1);
                    CHECK(largest(x).value() == Array(Shape{2, 1, size}, 1.f));
                    CHECK(mean(x).shape() == Shape{2, 1, size});
                }
            }
        }
    }
}

TEST_CASE("pooling layers pass the gradient check") {
    seed(1);
    check_gradient(nn::MaxPool1d64{2}, {2, 2, 5});
    check_gradient(nn::MaxPool1d64{3, {.stride = 2, .padding = 1, .ceil_mode = true}}, {1, 2, 6});
    check_gradient(nn::MaxPool2d64{2}, {1, 2, 4, 5});
    check_gradient(nn::MaxPool2d64{{3, 2}, {.stride = 1, .padding = {1, 0}}}, {1, 2, 4, 3});
    check_gradient(nn::AvgPool1d64{2}, {2, 2, 5});
    check_gradient(nn::AvgPool1d64{3, {.stride = 2, .padding = 1, .count_include_pad = false}}, {1, 2, 6});
    check_gradient(nn::AvgPool2d64{{2, 3}, {.stride = 1, .padding = 1}}, {1, 2, 4, 3});
    check_gradient(nn::AvgPool2d64{3, {.stride = 2, .padding = 1, .ceil_mode = true}}, {1, 1, 4, 6});
    check_gradient(nn::AdaptiveAvgPool1d64{3}, {2, 2, 5});
    check_gradient(nn::AdaptiveAvgPool2d64{{2, 3}}, {1, 2, 5, 4});
}

TEST_CASE("pooling layers say what they are") {
    CHECK(nn::MaxPool2d(2).describe() == "MaxPool2d 2x2");
    CHECK(nn::MaxPool2d({3, 2}, {.stride = 2, .padding = 1, .ceil_mode = true}).describe() ==
          "MaxPool2d 3x2, stride 2, padding 1, ceil_mode");
    CHECK(nn::MaxPool2d(2, {.stride = 2}).describe() == "MaxPool2d 2x2");
    CHECK(nn::AvgPool1d(3, {.stride = 1, .count_include_pad = false}).describe() == "AvgPool1d 3, stride 1, padding not counted");
    CHECK(nn::AdaptiveAvgPool2d({2, 3}).describe() == "AdaptiveAvgPool2d to 2x3");
    CHECK(nn::AdaptiveAvgPool1d(1).describe() == "AdaptiveAvgPool1d to 1");
}

TEST_CASE("pooling layers refuse options out of range") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(nn::MaxPool2d({2, 0}, {}, nowhere),
                         "MaxPool2d: expected a kernel of at least 1 and at most 2147483647, got 2 x 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::AvgPool1d(2, {.stride = 0}, nowhere),
                         "AvgPool1d: expected a stride of at least 1 and at most 2147483647, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::MaxPool1d(2, {.padding = -1}, nowhere),
                         "MaxPool1d: expected a padding of at least 0 and at most 2147483647, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(nn::AvgPool2d({4, 2}, {.padding = 2}, nowhere),
                         "AvgPool2d: expected a padding of at most half the kernel, which is 4 x 2, got 2 x 2", ConfigError);
    CHECK_THROWS_WITH_AS(nn::AdaptiveAvgPool2d({1, 0}, nowhere),
                         "AdaptiveAvgPool2d: expected a size of at least 1 and at most 2147483647, got 1 x 0", ConfigError);
}

TEST_CASE("a pooling layer refuses an input of another rank, and one that is smaller than its kernel") {
    const auto message = [](nn::Module& layer, const Shape& shape) -> std::string {
        try {
            layer(Array(shape, 1.f), Location{});
        } catch (const ShapeError& error) {
            return error.what();
        }
        return "no error";
    };
    nn::Sequential net{nn::MaxPool2d{3}};
    CHECK(message(net, {3, 28, 28}) == "0 (MaxPool2d 3x3): max_pool2d: expected input (N, C, H, W), got (3, 28, 28)");
    CHECK(message(net, {1, 1, 2, 28}) ==
          "0 (MaxPool2d 3x3): max_pool2d: expected a kernel within the padded input, which is 2 x 28, but it is 3 x 3, got "
          "input (1, 1, 2, 28)");
    nn::AdaptiveAvgPool1d adaptive{2};
    CHECK(message(adaptive, {1, 2, 0}) ==
          "AdaptiveAvgPool1d to 2: adaptive_avg_pool1d: expected extents of at least 1 (N may be 0) and at most 2147483647, got "
          "(1, 2, 0)");
}
