#include <xtape/data/warp.hpp>

#include <cmath>
#include <numbers>

namespace xtape::data::detail {

namespace {

// Pixel (row, column) of a channel, as a double; what lies outside is `fill`.
double pixel(const Images& images, const float* channel, std::ptrdiff_t row, std::ptrdiff_t column, float fill) {
    const bool inside = row >= 0 && column >= 0 && row < static_cast<std::ptrdiff_t>(images.height) &&
                        column < static_cast<std::ptrdiff_t>(images.width);
    return static_cast<double>(inside ? channel[row * static_cast<std::ptrdiff_t>(images.width) + column] : fill);
}

// Weights that are 0 take no part: a pixel that is exactly hit stays what it is, whatever lies beside it.
double mix(double a, double b, double weight) { return weight == 0 ? a : (1 - weight) * a + weight * b; }

}  // namespace

Shape Images::shape() const {
    return batch ? Shape{count, channels, height, width} : Shape{channels, height, width};
}

Images images_of(const char* caller, const Shape& shape, Location at) {
    if (shape.size() == 4) return {shape[0], shape[1], shape[2], shape[3], true};
    if (shape.size() == 3) return {1, shape[0], shape[1], shape[2], false};
    throw ShapeError(std::string(caller) + ": expected images (N, C, H, W) or an image (C, H, W), got shape " + to_string(shape), at);
}

void warp(const Images& images, const float* from, float* into, const Movement& movement, float fill) {
    const double angle = movement.degrees * std::numbers::pi / 180;
    const double cosine = std::cos(angle), sine = std::sin(angle);
    const double middle_row = (static_cast<double>(images.height) - 1) / 2, middle_column = (static_cast<double>(images.width) - 1) / 2;
    const auto height = static_cast<double>(images.height), width = static_cast<double>(images.width);
    for (std::size_t row = 0; row < images.height; ++row) {
        for (std::size_t column = 0; column < images.width; ++column) {
            // Rows count downwards, so a turn that is counterclockwise to the eye has its signs the other way round.
            const double y = static_cast<double>(row) - movement.down - middle_row,
                         x = static_cast<double>(column) - movement.right - middle_column;
            const double source_row = middle_row + sine * x + cosine * y, source_column = middle_column + cosine * x - sine * y;
            // Also keeps the numbers in the range of integers.
            const bool near = source_row > -1 && source_column > -1 && source_row < height && source_column < width;
            const double top = std::floor(source_row), left = std::floor(source_column);
            for (std::size_t c = 0; c < images.channels; ++c) {
                float& value = into[c * images.pixels() + row * images.width + column];
                if (!near) {
                    value = fill;
                    continue;
                }
                const float* channel = from + c * images.pixels();
                const auto r = static_cast<std::ptrdiff_t>(top), k = static_cast<std::ptrdiff_t>(left);
                const double across = source_column - left, along = source_row - top;
                value = static_cast<float>(
                    mix(mix(pixel(images, channel, r, k, fill), pixel(images, channel, r, k + 1, fill), across),
                        mix(pixel(images, channel, r + 1, k, fill), pixel(images, channel, r + 1, k + 1, fill), across), along));
            }
        }
    }
}

}  // namespace xtape::data::detail
