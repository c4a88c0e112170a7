// The safetensors format (https://github.com/huggingface/safetensors, README, "Format"): 8 bytes with the length of the
// header, little-endian; the header, a JSON object {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
// ..., "__metadata__": {"key": "value"}}; then the numbers, little-endian and row-major, array after array.
#pragma once

#include <xtape/files/stored_array.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace xtape::files {

/// Longest header that is read or written: 16 MiB.
inline constexpr std::size_t max_safetensors_header = std::size_t{16} << 20;

struct Safetensors {
    std::vector<StoredArray> arrays;              ///< in the order of their bytes
    std::map<std::string, std::string> metadata;  ///< the strings of "__metadata__"
};

/// The arrays of a safetensors file, as views of `bytes`; `name` is the file in error messages. Reads the types BOOL, I8,
/// U8, I16, U16, F16, BF16, I32, U32, F32, I64, U64, F64. Any bytes are safe to pass: nothing is allocated on the
/// header's word.
///
/// Throws DataError with the position or the key when the header is too short or too long or does not fit into the file;
/// is no JSON object of the form above in UTF-8, or has a key twice; when a type is none of these, a shape has an extent
/// that is no integer, more than max_rank axes or a product beyond what can be counted; when the bytes of an array are
/// not as many as its shape and type need; or when the arrays overlap, leave a hole or do not end with the file.
Safetensors read_safetensors(std::span<const std::byte> bytes, const std::string& name);

/// The same from a file; the arrays keep its content alive. Throws IoError when it cannot be read.
Safetensors read_safetensors(const std::filesystem::path& path);

/// Everything before the numbers of a file that holds these arrays with these strings. The numbers follow in the order
/// of safetensors_order, each at an address that its type can be loaded from. Throws ConfigError for two arrays of one
/// name, the name "__metadata__", a name or string that is not UTF-8, and a header beyond max_safetensors_header.
std::vector<std::byte> safetensors_header(std::span<const StoredArray> arrays,
                                          const std::map<std::string, std::string>& metadata = {});

/// Wider numbers first, otherwise in the order given.
std::vector<std::size_t> safetensors_order(std::span<const StoredArray> arrays);

/// Writes such a file, all or nothing (write_atomically); the same arrays give the same bytes. Throws IoError as that
/// does and ConfigError as above.
void write_safetensors(const std::filesystem::path& path, std::span<const StoredArray> arrays,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace xtape::files
