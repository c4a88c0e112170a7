// Whole files into memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace xtape::files {

/// More than this is not read into memory: 8 GiB.
inline constexpr std::size_t max_content_bytes = std::size_t{8} << 30;

/// The whole content of a regular file. Throws IoError with the path, and the system's words if it has any, when it is
/// missing, is not a regular file, cannot be read or holds more than max_bytes.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t max_bytes = max_content_bytes);

}  // namespace xtape::files
