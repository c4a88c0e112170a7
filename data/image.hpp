// Images as bytes, the way files hold them, and as float arrays, the way networks take them.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <cstdint>

namespace xtape::data {

using ByteArray = BasicArray<std::uint8_t>;

/// Red, green and blue (H, W, 3) of an image with opacity (H, W, 4) that lies on a background of that gray:
/// (opacity * color + (255 - opacity) * background) / 255, rounded to the nearest. Throws ShapeError for another shape.
ByteArray over(const ByteArray& image, std::uint8_t background = 255, Location at = Location::current());

/// The gray image (H, W, 1) of a gray (H, W) or (H, W, 1), colored (H, W, 3) or partly transparent image (H, W, 4); the
/// last lies on a background of that gray. Of colors 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601), in the fixed
/// point arithmetic of the Python library Pillow's mode "L". Throws ShapeError for another shape.
ByteArray to_gray(const ByteArray& image, std::uint8_t background = 255, Location at = Location::current());

/// Channels first and in [0, 1]: (C, H, W) with byte / 255 of an image (H, W, C), where (H, W) stands for one channel.
/// Throws ShapeError for another rank.
Array to_float_image(const ByteArray& image, Location at = Location::current());

/// The reverse: (H, W, C) of an image (C, H, W) or (H, W), with 255 * value rounded to the nearest. Values below 0 are
/// taken for 0, above 1 for 1, and NaN for 0. Throws ShapeError for another rank.
ByteArray to_bytes(const Array& image, Location at = Location::current());

}  // namespace xtape::data
