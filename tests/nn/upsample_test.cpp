#include <xtape/nn/upsample.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using nn::UpsampleMode;

namespace {

void check_gradient(nn::Upsample64 layer, const Shape& shape) {
    CAPTURE(layer.describe());
    const Array64 x = random::uniform<double>(shape, -1, 1);
    for (const int order : {1, 2}) {
        const auto report = gradcheck([&](const Tensor64& t) { return sum(pow(layer(t), 3.0)); }, {x}, {.order = order});
        CHECK_MESSAGE(report.ok, report.message);
    }
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

TEST_CASE("the nearest mode repeats every element") {
    nn::Upsample twice{};
    CHECK(twice(Array{{{1.f, 2.f}}}).value() == Array{{{1.f, 1.f, 2.f, 2.f}}});
    CHECK(twice(Array{{{{1.f, 2.f}}}}).value() == Array{{{{1.f, 1.f, 2.f, 2.f}, {1.f, 1.f, 2.f, 2.f}}}});
    nn::Upsample wide{{.scale = {1, 3}}};
    CHECK(wide(Array{{{{1.f, 2.f}}}}).value() == Array{{{{1.f, 1.f, 1.f, 2.f, 2.f, 2.f}}}});
}

TEST_CASE("the linear modes lie between the middles of neighbouring cells, and keep the border") {
    // By hand: the middles of the halves of a cell are a quarter from its own.
    nn::Upsample64 twice{{.mode = UpsampleMode::linear}};
    CHECK(twice(Array64{{{0., 4., 8.}}}).value() == Array64{{{0., 1., 3., 5., 7., 8.}}});
    nn::Upsample64 thrice{{.scale = 3, .mode = UpsampleMode::linear}};
    const Array64 y = thrice(Array64{{{0., 3.}}}).value();
    const double wanted[] = {0, 0, 1, 2, 3, 3};
    for (std::size_t j = 0; j < 6; ++j) CHECK(y.data()[j] == doctest::Approx(wanted[j]).epsilon(1e-14));

    nn::Upsample64 plane{{.mode = UpsampleMode::bilinear}};
    CHECK(plane(Array64{{{{0., 4.}, {8., 12.}}}}).value() ==
          Array64{{{{0., 1., 3., 4.}, {2., 3., 5., 6.}, {6., 7., 9., 10.}, {8., 9., 11., 12.}}}});
    nn::Upsample64 wide{{.scale = {1, 2}, .mode = UpsampleMode::bilinear}};
    CHECK(wide(Array64{{{{0., 4.}, {8., 12.}}}}).value() == Array64{{{{0., 1., 3., 4.}, {8., 9., 11., 12.}}}});
}

TEST_CASE("interpolation keeps constants") {
    nn::Upsample plane{{.scale = 4, .mode = UpsampleMode::bilinear}};
    const Tensor y = plane(Array(Shape{2, 3, 5, 1}, 0.3f));
    CHECK(y.shape() == Shape{2, 3, 20, 4});
    for (const float value : y.value()) CHECK(value == doctest::Approx(0.3f).epsilon(1e-6));
}

TEST_CASE("upsampling multiplies extents in every mode") {
    for (std::size_t scale = 1; scale <= 4; ++scale) {
        nn::Upsample line{{.scale = scale, .mode = UpsampleMode::linear}};
        nn::Upsample nearest{{.scale = scale}};
        nn::Upsample plane{{.scale = scale, .mode = UpsampleMode::bilinear}};
        for (std::size_t extent = 1; extent < 5; ++extent) {
            const Array x(Shape{2, 1, extent}, 1.f), image(Shape{0, 2, extent, 3}, 1.f);
            CHECK(line(x).shape() == Shape{2, 1, extent * scale});
            CHECK(nearest(x).shape() == Shape{2, 1, extent * scale});
            CHECK(nearest(image).shape() == Shape{0, 2, extent * scale, 3 * scale});
            CHECK(plane(image).shape() == Shape{0, 2, extent * scale, 3 * scale});
        }
    }
}

TEST_CASE("upsampling passes the gradient check of first and second order") {
    seed(1);
    check_gradient(nn::Upsample64{{.scale = 3}}, {2, 1, 2});
    check_gradient(nn::Upsample64{{.scale = {2, 3}}}, {1, 2, 2, 1});
    check_gradient(nn::Upsample64{{.scale = 3, .mode = UpsampleMode::linear}}, {1, 2, 3});
    check_gradient(nn::Upsample64{{.scale = {2, 3}, .mode = UpsampleMode::bilinear}}, {1, 2, 2, 3});
}

TEST_CASE("upsampling says what it is") {
    CHECK(nn::Upsample{}.describe() == "Upsample by 2, nearest");
    CHECK(nn::Upsample{{.scale = {2, 3}, .mode = UpsampleMode::bilinear}}.describe() == "Upsample by 2x3, bilinear");
    CHECK(nn::Upsample{{.scale = 4, .mode = UpsampleMode::linear}}.describe() == "Upsample by 4, linear");
}

TEST_CASE("upsampling refuses scales below 1 and inputs that its mode does not fit") {
    CHECK_THROWS_WITH_AS(nn::Upsample({.scale = {2, 0}}, Location{}),
                         "Upsample: expected a scale of at least 1 and at most 2147483647, got 2 x 0", ConfigError);
    nn::Upsample nearest{}, line{{.mode = UpsampleMode::linear}}, plane{{.mode = UpsampleMode::bilinear}};
    CHECK(message(nearest, {2, 3}) ==
          "Upsample by 2, nearest: Upsample: expected for mode nearest input (N, C, L) or (N, C, H, W) with extents of at least "
          "1 (N may be 0), got (2, 3)");
    CHECK(message(line, {1, 2, 3, 4}) ==
          "Upsample by 2, linear: Upsample: expected for mode linear input (N, C, L) with extents of at least 1 (N may be 0), "
          "got (1, 2, 3, 4)");
    CHECK(message(plane, {1, 2, 0, 4}) ==
          "Upsample by 2, bilinear: Upsample: expected for mode bilinear input (N, C, H, W) with extents of at least 1 (N may "
          "be 0), got (1, 2, 0, 4)");
    nn::Upsample two{{.scale = {2, 3}}};
    CHECK(message(two, {1, 2, 3}) ==
          "Upsample by 2x3, nearest: Upsample: expected input (N, C, H, W) for a scale of 2 x 3, got (1, 2, 3)");
}
