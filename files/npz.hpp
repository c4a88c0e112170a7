// NumPy's format of several arrays (numpy.savez and savez_compressed): a ZIP file of .npy files.
#pragma once

#include <xtape/files/stored_array.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace xtape::files {

/// The arrays of an .npz file in the order of its directory, named as in NumPy: "w" is the member "w.npy". Views of
/// `bytes` where these can be used as they are. Throws DataError as read_zip and read_npy do, and for a member whose name
/// does not end with ".npy".
std::vector<StoredArray> read_npz(std::span<const std::byte> bytes, const std::string& name);

/// The same from a file; the arrays keep its content alive. Throws IoError when it cannot be read.
std::vector<StoredArray> read_npz(const std::filesystem::path& path);

/// Writes such a file, not compressed, all or nothing (write_atomically); the same arrays give the same bytes. Throws
/// ConfigError as write_zip and npy_header do.
void write_npz(const std::filesystem::path& path, std::span<const StoredArray> arrays);

}  // namespace xtape::files
