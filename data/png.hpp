// PNG pictures (ISO/IEC 15948), through libpng.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/data/image.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace xtape::data {

/// No side of a picture that is read or written is longer: 65536 pixels.
inline constexpr std::size_t max_png_side = std::size_t{1} << 16;

/// The picture as bytes (H, W, C), rows from the top: C = 1 for gray, 3 for red, green and blue, 4 with opacity (255 is
/// opaque). Everything else that PNG has is converted: palettes to their colors, gray of 1, 2 and 4 bits to the range 0
/// to 255, 16 bits to the nearest of 8, gray with opacity to four channels, and a transparent color or palette entry to
/// opacity. Interlaced pictures are read as others. Texts, times and color profiles are skipped, gamma is not applied,
/// and of an animation the still picture is read.
///
/// Any bytes are safe to pass: nothing is allocated on the header's word, which is first compared with 1032 times the
/// compressed bytes present, with max_png_side and with files::max_content_bytes / 4 pixels. (A pixel of a palette may
/// take 1 bit there and 4 bytes here.) Throws DataError with
/// `name`, and the position or libpng's words, when the bytes are not a PNG file, truncated, damaged in any chunk, or
/// followed by more.
ByteArray read_png(std::span<const std::byte> bytes, const std::string& name);

/// The same from a file. Throws IoError when it cannot be read.
ByteArray read_png(const std::filesystem::path& path);

/// A PNG file of 8-bit gray (H, W) or (H, W, 1), red, green and blue (H, W, 3), or these with opacity (H, W, 4). The same
/// image gives the same bytes, as long as libpng and zlib are the same. Throws ShapeError for another shape, or a side
/// outside 1 .. max_png_side.
std::vector<std::byte> encode_png(const ByteArray& image, Location at = Location::current());

/// Writes it, all or nothing (files::write_atomically). Throws IoError when that fails.
void write_png(const std::filesystem::path& path, const ByteArray& image, Location at = Location::current());

}  // namespace xtape::data
