// The records of a ZIP file: their fields as they are written, compared with the bytes present and with each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace xtape::files::detail {

/// Where the central directory lies, from the record at the end of the file.
struct ZipDirectory {
    std::uint64_t offset = 0, size = 0, count = 0;
};

/// What the directory says of a member.
struct ZipEntry {
    std::string name;
    unsigned flags = 0, method = 0;
    std::uint32_t checksum = 0;
    std::uint64_t packed_size = 0, size = 0;
    std::uint64_t offset = 0;  // of the member's local header
};

/// Throws DataError unless the file ends with an end record (with any comment) whose directory lies just before it.
ZipDirectory find_zip_directory(std::span<const std::byte> bytes, const std::string& file);

/// Throws DataError unless the directory is made of exactly `count` entries.
std::vector<ZipEntry> read_zip_directory(std::span<const std::byte> bytes, const ZipDirectory& directory,
                                         const std::string& file);

/// Where the member's bytes start. Throws DataError unless the local header says the same as the entry and the bytes end
/// before the directory.
std::uint64_t check_local_header(std::span<const std::byte> bytes, const ZipEntry& entry, const ZipDirectory& directory,
                                 const std::string& where);

std::vector<std::byte> local_header(const ZipEntry& entry);

/// The directory, which starts at that offset, and the end record.
std::vector<std::byte> zip_directory(std::span<const ZipEntry> entries, std::uint64_t offset);

}  // namespace xtape::files::detail
