// The frame of a PNG file (ISO/IEC 15948, https://www.w3.org/TR/png-3/): a signature, then chunks of a length, a name of
// four letters, the data and their checksum.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace xtape::data::detail {

/// What the first chunk, IHDR, says of the image, as far as it bears on memory.
struct PngHeader {
    std::size_t width = 0, height = 0;
    std::size_t bits = 0;  ///< of a pixel, as stored
};

/// Checks everything that can be checked before pixels are decompressed: the signature, that the chunks fill the file, each
/// checksum, that IHDR comes first and holds what the format knows, that sides are within max_png_side, and that the
/// compressed data could hold so many pixels. Allocates nothing. Throws DataError with `name` and the position.
PngHeader check_png(std::span<const std::byte> bytes, const std::string& name);

}  // namespace xtape::data::detail
