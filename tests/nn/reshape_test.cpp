#include <xtape/nn/reshape.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/sequential.hpp>

#include <doctest/doctest.h>

using namespace xtape;

namespace {

template <class Layer>
void check_gradient(Layer layer, const Shape& shape) {
    CAPTURE(layer.describe());
    const Array64 x = random::uniform<double>(shape, -1, 1);
    const auto report = gradcheck([&](const Tensor64& t) { return sum(square(layer(t))); }, {x});
    CHECK_MESSAGE(report.ok, report.message);
}

std::string message(nn::Module& layer, const Shape& shape) {
    try {
        layer(Array(shape, 1.f), Location{});
    } catch (const ShapeError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("flatten keeps the samples apart and the order of their elements") {
    nn::Flatten flatten{};
    CHECK(flatten(Array{{{1.f, 2.f}, {3.f, 4.f}}, {{5.f, 6.f}, {7.f, 8.f}}}).value() ==
          Array{{1.f, 2.f, 3.f, 4.f}, {5.f, 6.f, 7.f, 8.f}});
    CHECK(flatten(Array(Shape{0, 3, 4}, 0.f)).shape() == Shape{0, 12});
    CHECK(flatten(Array(Shape{5, 3}, 0.f)).shape() == Shape{5, 3});
}

TEST_CASE("flatten can join other axes") {
    const Array x(Shape{2, 3, 4, 5}, 0.f);
    CHECK(nn::Flatten{{.start = 2}}(x).shape() == Shape{2, 3, 20});
    CHECK(nn::Flatten{{.start = 0, .end = 1}}(x).shape() == Shape{6, 4, 5});
    CHECK(nn::Flatten{{.start = -3, .end = -2}}(x).shape() == Shape{2, 12, 5});
}

TEST_CASE("reshape gives each sample its shape, of which one extent may be left open") {
    const Array x(Shape{3, 4, 6}, 0.f);
    CHECK(nn::Reshape{{2, 3, 4}}(x).shape() == Shape{3, 2, 3, 4});
    CHECK(nn::Reshape{{2, -1}}(x).shape() == Shape{3, 2, 12});
    CHECK(nn::Reshape{{-1}}(x).shape() == Shape{3, 24});
    CHECK(nn::Reshape{{2, -1}}(Array(Shape{0, 4, 6}, 0.f)).shape() == Shape{0, 2, 12});
    CHECK(nn::Reshape{{1, 2}}(Array{{1.f, 2.f}, {3.f, 4.f}}).value() == Array{{{1.f, 2.f}}, {{3.f, 4.f}}});
    CHECK(nn::Reshape{Shape{}}(Array{{1.f}, {2.f}}).value() == Array{1.f, 2.f});
}

TEST_CASE("zero padding surrounds images") {
    const Array x{{{{1.f, 2.f}}}};
    CHECK(nn::ZeroPad2d{1}(x).value() == Array{{{{0.f, 0.f, 0.f, 0.f}, {0.f, 1.f, 2.f, 0.f}, {0.f, 0.f, 0.f, 0.f}}}});
    CHECK(nn::ZeroPad2d{{.left = 1, .bottom = 1}}(x).value() == Array{{{{0.f, 1.f, 2.f}, {0.f, 0.f, 0.f}}}});
}

TEST_CASE("layers that change shapes pass the gradient check") {
    seed(1);
    check_gradient(nn::Flatten64{}, {2, 3, 2});
    check_gradient(nn::Reshape64{{3, -1}}, {2, 2, 3});
    check_gradient(nn::ZeroPad2d64{{.left = 1, .top = 2, .bottom = 1}}, {1, 2, 2, 3});
}

TEST_CASE("layers that change shapes say what they are") {
    CHECK(nn::Flatten{}.describe() == "Flatten");
    CHECK(nn::Flatten{{.start = 2}}.describe() == "Flatten axes 2 .. -1");
    CHECK(nn::Reshape{{8, -1, 4}}.describe() == "Reshape to (8, -1, 4)");
    CHECK(nn::ZeroPad2d{2}.describe() == "ZeroPad2d 2");
    CHECK(nn::ZeroPad2d{{.left = 1, .top = 2}}.describe() == "ZeroPad2d left 1, right 0, top 2, bottom 0");
}

TEST_CASE("layers that change shapes refuse options that fit no input") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(nn::Flatten({.start = 3, .end = 2}, nowhere),
                         "Flatten: expected an end that is not before the start 3, got 2", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Reshape({-1, 2, -1}, nowhere),
                         "Reshape: expected extents of at least 0, or of at least 1 and one -1, got (-1, 2, -1)", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Reshape({2, -2}, nowhere),
                         "Reshape: expected extents of at least 0, or of at least 1 and one -1, got (2, -2)", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Reshape({0, -1}, nowhere),
                         "Reshape: expected extents of at least 0, or of at least 1 and one -1, got (0, -1)", ConfigError);
}

TEST_CASE("layers that change shapes refuse inputs that do not fit") {
    nn::Sequential net{nn::Reshape{{3, 4}}};
    CHECK(message(net, {2, 13}) ==
          "0 (Reshape to (3, 4)): Reshape: expected samples of 12 elements for shape (3, 4), got input (2, 13)");
    nn::Reshape open{{5, -1}};
    CHECK(message(open, {2, 13}) ==
          "Reshape to (5, -1): Reshape: expected a shape with 13 elements for (13), got (5, -1)");
    CHECK(message(open, {}) == "Reshape to (5, -1): Reshape: expected input (N, ...), got ()");
    nn::ZeroPad2d around{1};
    CHECK(message(around, {2, 3, 4}) == "ZeroPad2d 1: ZeroPad2d: expected input (N, C, H, W), got (2, 3, 4)");
    nn::Flatten flatten{{.start = 3}};
    CHECK(message(flatten, {2, 3}) ==
          "Flatten axes 3 .. -1: flatten: expected an axis of a tensor of rank 2, got axis 3 for shape (2, 3)");
}
