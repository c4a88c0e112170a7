// The folder that a data set is read from.
#pragma once

#include <filesystem>
#include <string>

namespace xtape::data {

/// The folder a data set is to be read from: `option` (what the user gave as --data), or when that is empty the
/// environment variable XTAPE_DATA, or when that is empty too an empty path, which readers report in words. When the
/// folder has a subfolder called `name` ("mnist"), that one is meant.
std::filesystem::path data_folder(const std::string& option, const std::string& name);

}  // namespace xtape::data
