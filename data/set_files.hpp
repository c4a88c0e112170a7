// The files of a known data set: which, where in a folder, and what to say when they are not there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace xtape::data::detail {

/// A data set that is read from a folder.
struct KnownSet {
    std::string name;                             ///< what scripts/get-data and the folder call it: "mnist"
    std::vector<std::vector<std::string>> files;  ///< for each file the names it may have, any of them with .gz as well
    std::string source;                           ///< where they can be had
};

/// Where the files are in that folder, or in its subfolder of the set's name when there is one. Throws IoError with
/// their names, the source and scripts/get-data when it is no folder or lacks a file.
std::vector<std::filesystem::path> find_files(const KnownSet& set, const std::filesystem::path& folder);

}  // namespace xtape::data::detail
