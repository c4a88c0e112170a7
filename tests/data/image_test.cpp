#include "data/byte_array.hpp"

#include <xtape/data/image.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xtape;
using data::ByteArray;
using support::byte_array;

TEST_CASE("an image with opacity lies on a gray background") {
    const ByteArray image{{{10, 20, 30, 255}, {10, 20, 30, 0}, {10, 20, 30, 51}}};
    // A fifth of the color and four fifths of the background: (51 * 10 + 204 * 255) / 255 = 206, 208, 210.
    CHECK(data::over(image) == ByteArray{{{10, 20, 30}, {255, 255, 255}, {206, 208, 210}}});
    CHECK(data::over(image, 0) == ByteArray{{{10, 20, 30}, {0, 0, 0}, {2, 4, 6}}});
}

TEST_CASE("colors become gray by their brightness") {
    // Pillow 9.4: Image.fromarray(colors).convert("L").
    const ByteArray colors{{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}}, {{255, 255, 255}, {7, 7, 7}, {200, 100, 50}}};
    CHECK(data::to_gray(colors) == byte_array({2, 3, 1}, {76, 150, 29, 255, 7, 124}));
    CHECK(data::to_gray(ByteArray{{1, 2}, {3, 4}}) == byte_array({2, 2, 1}, {1, 2, 3, 4}));
    CHECK(data::to_gray(byte_array({1, 2, 1}, {1, 2})) == byte_array({1, 2, 1}, {1, 2}));
    CHECK(data::to_gray(ByteArray{{{9, 9, 9, 0}, {9, 9, 9, 255}}}) == byte_array({1, 2, 1}, {255, 9}));
    CHECK(data::to_gray(ByteArray{{{9, 9, 9, 0}}}, 40) == byte_array({1, 1, 1}, {40}));
}

TEST_CASE("images go from bytes to floats with channels first and back") {
    const ByteArray image{{{0, 51}, {255, 102}, {153, 204}}};
    const Array floats = data::to_float_image(image);
    CHECK(floats == Array{{{0.f, 1.f, 0.6f}}, {{0.2f, 0.4f, 0.8f}}});
    CHECK(data::to_bytes(floats) == image);
    CHECK(data::to_float_image(ByteArray{{0, 255}}) == Array{{{0.f, 1.f}}});

    ByteArray all = empty_array<std::uint8_t>(Shape{16, 16, 1});
    for (std::size_t i = 0; i < 256; ++i) all.data()[i] = static_cast<std::uint8_t>(i);
    CHECK(data::to_bytes(data::to_float_image(all)) == all);
}

TEST_CASE("values outside the range of bytes go to its ends") {
    const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(data::to_bytes(Array{{-1.f, -inf, nan, 0.5f, 1.01f, inf}}) == byte_array({1, 6, 1}, {0, 0, 0, 128, 255, 255}));
}

TEST_CASE("images of other shapes are refused") {
    const auto text = [](const std::string& message, const auto& call) {
        try {
            call();
            FAIL("accepted");
        } catch (const ShapeError& error) {
            CHECK(error.message() == message);
        }
    };
    text("over: expected an image (H, W, 4), got shape (1, 1, 3)", [] { data::over(ByteArray{{{1, 2, 3}}}); });
    text("to_gray: expected an image (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), got shape (1, 1, 2)",
         [] { data::to_gray(ByteArray{{{1, 2}}}); });
    text("to_float_image: expected an image (H, W, C) or (H, W), got shape (2)",
         [] { data::to_float_image(ByteArray{1, 2}); });
    text("to_bytes: expected an image (C, H, W) or (H, W), got shape (2)", [] { data::to_bytes(Array{1.f, 2.f}); });
}
