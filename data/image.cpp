#include <xtape/data/image.hpp>

#include <cstddef>

namespace xtape::data {

namespace {

[[noreturn]] void fail(const char* caller, const char* wanted, const Shape& got, Location at) {
    throw ShapeError(std::string(caller) + ": expected " + wanted + ", got shape " + to_string(got), at);
}

}  // namespace

ByteArray over(const ByteArray& image, std::uint8_t background, Location at) {
    const Shape& shape = image.shape();
    if (shape.size() != 3 || shape[2] != 4) fail("over", "an image (H, W, 4)", shape, at);
    ByteArray result = empty_array<std::uint8_t>(Shape{shape[0], shape[1], 3});
    for (std::size_t pixel = 0; pixel < shape[0] * shape[1]; ++pixel) {
        const std::uint8_t* from = image.data() + 4 * pixel;
        const unsigned opacity = from[3], behind = (255 - opacity) * background;
        for (std::size_t c = 0; c < 3; ++c) {
            result.data()[3 * pixel + c] = static_cast<std::uint8_t>((opacity * from[c] + behind + 127) / 255);
        }
    }
    return result;
}

ByteArray to_gray(const ByteArray& image, std::uint8_t background, Location at) {
    const Shape& shape = image.shape();
    const std::size_t channels = shape.size() == 3 ? shape[2] : shape.size() == 2 ? 1 : 0;
    if (channels != 1 && channels != 3 && channels != 4) {
        fail("to_gray", "an image (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)", shape, at);
    }
    if (channels == 4) return to_gray(over(image, background, at), background, at);

    ByteArray result = empty_array<std::uint8_t>(Shape{shape[0], shape[1], 1});
    for (std::size_t pixel = 0; pixel < result.size(); ++pixel) {
        const std::uint8_t* from = image.data() + channels * pixel;
        // The weights times 65536; they sum up to exactly that, so that gray colors keep their number.
        result.data()[pixel] = channels == 1 ? from[0]
                                             : static_cast<std::uint8_t>(
                                                   (19595u * from[0] + 38470u * from[1] + 7471u * from[2] + 32768u) >> 16);
    }
    return result;
}

Array to_float_image(const ByteArray& image, Location at) {
    const Shape& shape = image.shape();
    if (shape.size() != 2 && shape.size() != 3) fail("to_float_image", "an image (H, W, C) or (H, W)", shape, at);
    const std::size_t channels = shape.size() == 3 ? shape[2] : 1, pixels = shape[0] * shape[1];
    Array result = empty_array<float>(Shape{channels, shape[0], shape[1]});
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            result.data()[c * pixels + pixel] = static_cast<float>(image.data()[pixel * channels + c]) / 255.f;
        }
    }
    return result;
}

ByteArray to_bytes(const Array& image, Location at) {
    const Shape& shape = image.shape();
    if (shape.size() != 2 && shape.size() != 3) fail("to_bytes", "an image (C, H, W) or (H, W)", shape, at);
    const std::size_t channels = shape.size() == 3 ? shape[0] : 1, height = shape[shape.size() - 2],
                      width = shape[shape.size() - 1], pixels = height * width;
    ByteArray result = empty_array<std::uint8_t>(Shape{height, width, channels});
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            const float value = image.data()[c * pixels + pixel];
            const float inside = value > 0.f ? value < 1.f ? value : 1.f : 0.f;  // NaN is not above 0
            result.data()[pixel * channels + c] = static_cast<std::uint8_t>(inside * 255.f + 0.5f);
        }
    }
    return result;
}

}  // namespace xtape::data
