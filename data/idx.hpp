// The IDX format of the MNIST files (format: http://yann.lecun.com/exdb/mnist/, section "file formats"): two zero
// bytes, a type, a rank, the extents as big-endian 32-bit numbers, then the values.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace xtape::data {

using ByteArray = BasicArray<std::uint8_t>;

/// The values of an IDX file of unsigned bytes (type 08; files of the other types are refused by name), in the shape
/// that its header tells: rank 1 to 4, an extent of 0 allowed. gzip data is recognised by its first bytes, whatever the
/// file's name. Any bytes are safe to pass: nothing is allocated on the header's word, which is first compared with the
/// bytes present (for gzip: with 1032 times those) and with files::max_content_bytes. Throws DataError with `name` and the
/// position of what is wrong.
ByteArray read_idx(std::span<const std::byte> bytes, const std::string& name);

/// The same from a file. Throws IoError when it cannot be read.
ByteArray read_idx(const std::filesystem::path& path);

}  // namespace xtape::data
