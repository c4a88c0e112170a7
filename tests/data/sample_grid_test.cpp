#include "data/byte_array.hpp"
#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/data/digits.hpp>
#include <xtape/data/explore.hpp>
#include <xtape/data/png.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xtape;
using support::byte_array;

namespace {

template <class E, class F>
void check_refused(const std::string& message, F&& call) {
    try {
        call();
        FAIL("accepted, but expected: " << message);
    } catch (const E& error) {
        CHECK(error.message() == message);
    }
}

}  // namespace

TEST_CASE("gray images stand side by side with a border") {
    const Array images{{{0.f, 1.f}}, {{0.2f, 0.4f}}, {{0.6f, 0.8f}}};  // three of 1 x 2 pixels
    CHECK(data::sample_grid(images, {.columns = 2, .scale = 1, .background = 9}) ==
          byte_array({5, 7, 1}, {9, 9,   9,   9, 9,  9,   9,  //
                                 9, 0,   255, 9, 51, 102, 9,  //
                                 9, 9,   9,   9, 9,  9,   9,  //
                                 9, 153, 204, 9, 9,  9,   9,  //
                                 9, 9,   9,   9, 9,  9,   9}));
    CHECK(data::sample_grid(images, {.rows = 1, .columns = 1, .border = 0, .scale = 2}) ==
          byte_array({2, 4, 1}, {0, 0, 255, 255, 0, 0, 255, 255}));
}

TEST_CASE("colors keep their channels, and numbers go from low to high") {
    Array images = empty_array<float>(Shape{1, 3, 1, 2});
    const float numbers[] = {0, 1, 2, 3, -1, std::numeric_limits<float>::quiet_NaN()};
    std::copy(std::begin(numbers), std::end(numbers), images.data());
    CHECK(data::sample_grid(images, {.border = 0, .scale = 1, .low = 0, .high = 2}) == byte_array({1, 2, 3}, {0, 255, 0, 128, 255, 0}));
    CHECK(data::sample_grid(images, {.border = 0, .scale = 1, .low = 2, .high = 0}) == byte_array({1, 2, 3}, {255, 0, 255, 128, 0, 0}));
}

TEST_CASE("a grid is written as PNG") {
    const support::TemporaryFolder folder;
    const Array images = data::digits({.image = true}).features();
    data::write_sample_grid(folder.path() / "digits.png", images, {.rows = 2, .columns = 5, .scale = 3});
    const data::ByteArray picture = data::read_png(folder.path() / "digits.png");
    CHECK(picture.shape() == Shape{2 * 25 + 1, 5 * 25 + 1, 1});
    CHECK(picture == data::sample_grid(images, {.rows = 2, .columns = 5, .scale = 3}));
}

TEST_CASE("images and options that do not go are refused") {
    const Array images(Shape{2, 1, 4, 4}, 0.f);
    const std::string shapes = "sample_grid: expected images (N, H, W), (N, 1, H, W) or (N, 3, H, W), got shape ";
    for (const Shape& shape : {Shape{4, 4}, Shape{2, 2, 4, 4}, Shape{0, 4, 4}, Shape{2, 1, 0, 4}}) {
        check_refused<ShapeError>(shapes + to_string(shape), [&] { data::sample_grid(Array(shape, 0.f)); });
    }
    check_refused<ConfigError>("sample_grid: expected 1 to 65536 columns, got 0", [&] { data::sample_grid(images, {.columns = 0}); });
    check_refused<ConfigError>("sample_grid: expected a scale from 1 to 65536, got 0", [&] { data::sample_grid(images, {.scale = 0}); });
    check_refused<ConfigError>("sample_grid: expected finite low and high that differ, got 1.000000 and 1.000000",
                               [&] { data::sample_grid(images, {.low = 1}); });
    check_refused<ConfigError>(
        "sample_grid: expected a picture of at most 65536 pixels a side, got 1 rows and 2 columns of images 4 x 4",
        [&] { data::sample_grid(images, {.scale = 65536}); });
}
