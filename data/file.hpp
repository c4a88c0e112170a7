// Files and folders that data sets are read from.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace xtape::data {

/// More than this is not read into memory: 8 GiB.
inline constexpr std::size_t max_content_bytes = std::size_t{8} << 30;

/// The whole content of a regular file. Throws IoError with the path, and the system's words if it has any, when it is
/// missing, is not a regular file, cannot be read or holds more than max_bytes.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t max_bytes = max_content_bytes);

/// The folder a data set is to be read from: `option` (what the user gave as --data), or when that is empty the
/// environment variable XTAPE_DATA, or when that is empty too an empty path, which readers report in words. When the
/// folder has a subfolder called `name` ("mnist"), that one is meant.
std::filesystem::path data_folder(const std::string& option, const std::string& name);

}  // namespace xtape::data
