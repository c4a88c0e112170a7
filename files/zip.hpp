// The ZIP format (PKWARE's APPNOTE 6.3, sections 4.3 and 4.4) as far as .npz files need it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace xtape::files {

struct ZipMember {
    std::string name;
    bool deflated = false;              ///< otherwise the content is stored as it is
    std::uint32_t checksum = 0;         ///< CRC-32 of the content
    std::size_t size = 0;               ///< of the content
    std::span<const std::byte> packed;  ///< the bytes in the file
};

/// The members that the central directory lists, in its order, as views of `bytes`; `name` is the file in error messages.
/// Zip64 and data descriptors are understood. Any bytes are safe to pass: nothing is allocated on the file's word.
///
/// Throws DataError when the directory or a member does not lie within the file, directory and members disagree, members
/// overlap, two have one name, a name is empty or has a NUL or ".." in it, a member is encrypted or packed other than by
/// deflate, the file is split over several, or a member would grow by more than deflate can, by more than 100 times to
/// over 256 MiB, or all together to over max_content_bytes.
std::vector<ZipMember> read_zip(std::span<const std::byte> bytes, const std::string& name);

/// Bytes, and who keeps them alive (nobody, if they belong to the file).
struct ZipContent {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;
};

/// The content of a member. Throws DataError when it is damaged or has another length or checksum than it must.
ZipContent unzip(const ZipMember& member, const std::string& name);

/// A member to be written: its content is the parts one after the other.
struct ZipSource {
    std::string name;
    std::vector<std::span<const std::byte>> parts;
};

/// Writes the members, stored, all or nothing (write_atomically); the same members give the same bytes. Throws
/// ConfigError for more than 65534 members or 4 GiB (zip64 is not written), and for names that read_zip refuses.
void write_zip(const std::filesystem::path& path, std::span<const ZipSource> members);

}  // namespace xtape::files
