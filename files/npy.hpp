// NumPy's format of one array (numpy.lib.format, "Format Version 1.0" to "3.0"): the six bytes \x93NUMPY, the version,
// the length of the header, the header, a Python dictionary with descr, fortran_order and shape, then the numbers.
#pragma once

#include <xtape/files/stored_array.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace xtape::files {

/// Longest header that is read: 64 KiB.
inline constexpr std::size_t max_npy_header = std::size_t{64} << 10;

/// The array of a .npy file, without a name; `name` is the file in error messages. Reads the kinds b1, i and u of 1 to 8
/// bytes, f2, f4 and f8, in either byte order, in C and in Fortran order. The result is a view of `bytes` where these
/// are little-endian and in C order, and otherwise owns its bytes. Any bytes are safe to pass: nothing is allocated on
/// the header's word.
///
/// Throws DataError with the position when it is not a .npy file of version 1 to 3; when the header does not fit into the
/// file or max_npy_header, or is not a dictionary of exactly those three keys; when descr is another kind of element
/// (objects, text, structures), the shape has more than max_rank axes or a product beyond what can be counted; or when
/// the bytes that follow are not exactly those of the array.
StoredArray read_npy(std::span<const std::byte> bytes, const std::string& name);

/// The same from a file; the array keeps its content alive. Throws IoError when it cannot be read.
StoredArray read_npy(const std::filesystem::path& path);

/// Everything before the numbers of a .npy file that holds this array: version 1.0, padded to a multiple of 64 bytes.
/// Throws ConfigError for bfloat16, which NumPy does not have, and for more than max_rank axes.
std::vector<std::byte> npy_header(const StoredArray& array);

/// Writes such a file, all or nothing (write_atomically). The array's name is not written.
void write_npy(const std::filesystem::path& path, const StoredArray& array);

}  // namespace xtape::files
