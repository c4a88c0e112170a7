#include <xtape/autodiff/error.hpp>
#include <xtape/files/zip_records.hpp>

#include <algorithm>
#include <optional>

namespace xtape::files::detail {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t local_signature = 0x04034b50, entry_signature = 0x02014b50, end_signature = 0x06054b50;
constexpr std::uint32_t end64_signature = 0x06064b50, locator64_signature = 0x07064b50;
constexpr std::size_t local_size = 30, entry_size = 46, end_size = 22, end64_size = 56, locator64_size = 20;
// In a field of that size: the number stands in a zip64 record.
constexpr std::uint64_t see_zip64 = 0xffffffff, see_zip64_count = 0xffff;

[[noreturn]] void fail(const std::string& where, const std::string& wanted, const std::string& got) {
    throw DataError(where + ": expected " + wanted + ", got " + got);
}

// A little-endian number of that many bytes; the caller has checked that they are there.
std::uint64_t number(Bytes bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
    return value;
}

std::string text(Bytes bytes, std::size_t at, std::size_t size) {
    const auto part = bytes.subspan(at, size);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
}

std::optional<std::size_t> find_end(Bytes bytes) {
    if (bytes.size() < end_size) return std::nullopt;
    constexpr std::size_t longest_comment = 0xffff;
    const std::size_t last = bytes.size() - end_size;
    for (std::size_t back = 0; back <= std::min(last, longest_comment); ++back) {
        const std::size_t at = last - back;
        if (number(bytes, at, 4) == end_signature && number(bytes, at + 20, 2) == back) return at;
    }
    return std::nullopt;
}

// The directory of a file whose end record, at `end`, has fields that do not suffice; moves `end` to the zip64 one.
ZipDirectory read_end64(Bytes bytes, std::size_t& end, const std::string& file) {
    const std::size_t locator = end - std::min(end, locator64_size);
    if (end < locator64_size || number(bytes, locator, 4) != locator64_signature) {
        fail(file, "a zip64 locator before the end record", "none at byte " + std::to_string(locator));
    }
    const std::uint64_t at = number(bytes, locator + 8, 8);
    if (locator < end64_size || at > locator - end64_size || number(bytes, at, 4) != end64_signature) {
        fail(file, "a zip64 end record before its locator", "none at byte " + std::to_string(at));
    }
    if (number(bytes, locator + 4, 4) != 0 || number(bytes, locator + 16, 4) > 1 || number(bytes, at + 16, 8) != 0 ||
        number(bytes, at + 24, 8) != number(bytes, at + 32, 8)) {
        fail(file, "a zip file that is not split", "one of several");
    }
    end = at;
    return {number(bytes, at + 48, 8), number(bytes, at + 40, 8), number(bytes, at + 32, 8)};
}

// Replaces fields that say so by those of the zip64 block (tag 1) of the extra field, in this order.
void read_extra64(Bytes extra, std::span<std::uint64_t* const> fields, const std::string& where) {
    const auto needed = static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(), [](const std::uint64_t* field) { return *field == see_zip64; }));
    if (needed == 0) return;
    for (std::size_t at = 0; at + 4 <= extra.size();) {
        const std::size_t tag = number(extra, at, 2), size = number(extra, at + 2, 2);
        if (size > extra.size() - at - 4) break;
        if (tag == 1 && size >= 8 * needed) {
            std::size_t from = at + 4;
            for (std::uint64_t* field : fields) {
                if (*field != see_zip64) continue;
                *field = number(extra, from, 8);
                from += 8;
            }
            return;
        }
        at += 4 + size;
    }
    fail(where, "a zip64 block for its sizes", "none that is long enough");
}

void put(std::vector<std::byte>& into, std::initializer_list<std::pair<std::uint64_t, int>> numbers) {
    for (const auto& [value, size] : numbers) {
        for (int i = 0; i < size; ++i) into.push_back(static_cast<std::byte>(value >> 8 * i));
    }
}

void put(std::vector<std::byte>& into, const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    into.insert(into.end(), bytes.begin(), bytes.end());
}

constexpr std::uint64_t version = 20;             // 2.0: what all readers understand
constexpr std::uint64_t first_date = 1 << 5 | 1;  // 1 January 1980, so that equal content gives equal bytes
constexpr std::uint64_t names_are_utf8 = 1 << 11;

}  // namespace

ZipDirectory find_zip_directory(Bytes bytes, const std::string& file) {
    const auto found = find_end(bytes);
    if (!found) {
        fail(file, "a zip file, which ends with a directory",
             std::to_string(bytes.size()) + " bytes without one (truncated?)");
    }
    std::size_t end = *found;
    ZipDirectory directory{number(bytes, end + 16, 4), number(bytes, end + 12, 4), number(bytes, end + 10, 2)};
    const std::uint64_t disks = number(bytes, end + 4, 4), count_here = number(bytes, end + 8, 2);
    if (directory.offset == see_zip64 || directory.size == see_zip64 || directory.count == see_zip64_count) {
        directory = read_end64(bytes, end, file);
    } else if (disks != 0 || count_here != directory.count) {
        fail(file, "a zip file that is not split", "one of several");
    }
    if (directory.size > end || directory.offset != end - directory.size) {
        fail(file, "a zip directory that ends at byte " + std::to_string(end),
             std::to_string(directory.size) + " bytes at byte " + std::to_string(directory.offset));
    }
    if (directory.count > directory.size / entry_size) {
        fail(file, "a zip directory of " + std::to_string(directory.count) + " entries",
             std::to_string(directory.size) + " bytes");
    }
    return directory;
}

std::vector<ZipEntry> read_zip_directory(Bytes bytes, const ZipDirectory& directory, const std::string& file) {
    std::vector<ZipEntry> entries;
    std::size_t at = directory.offset;
    const std::size_t end = directory.offset + directory.size;
    for (std::uint64_t i = 0; i < directory.count; ++i) {
        const std::string where = file + ": zip directory entry " + std::to_string(i);
        if (end - at < entry_size || number(bytes, at, 4) != entry_signature) {
            fail(where, "one that starts with 50 4B 01 02", "none at byte " + std::to_string(at));
        }
        const std::size_t name = number(bytes, at + 28, 2), extra = number(bytes, at + 30, 2),
                          comment = number(bytes, at + 32, 2);
        if (name + extra + comment > end - at - entry_size) {
            fail(where, "one that ends before byte " + std::to_string(end),
                 std::to_string(entry_size + name + extra + comment) + " bytes at byte " + std::to_string(at));
        }
        ZipEntry entry{text(bytes, at + entry_size, name),
                       static_cast<unsigned>(number(bytes, at + 8, 2)),
                       static_cast<unsigned>(number(bytes, at + 10, 2)),
                       static_cast<std::uint32_t>(number(bytes, at + 16, 4)),
                       number(bytes, at + 20, 4),
                       number(bytes, at + 24, 4),
                       number(bytes, at + 42, 4)};
        std::uint64_t* const fields[] = {&entry.size, &entry.packed_size, &entry.offset};
        read_extra64(bytes.subspan(at + entry_size + name, extra), fields, where);
        entries.push_back(std::move(entry));
        at += entry_size + name + extra + comment;
    }
    if (at != end) {
        fail(file, "a zip directory that ends at byte " + std::to_string(end),
             "its last entry's end at byte " + std::to_string(at));
    }
    return entries;
}

std::uint64_t check_local_header(Bytes bytes, const ZipEntry& entry, const ZipDirectory& directory,
                                 const std::string& where) {
    const std::uint64_t at = entry.offset;
    if (directory.offset < local_size || at > directory.offset - local_size ||
        number(bytes, at, 4) != local_signature) {
        fail(where, "a local header that starts with 50 4B 03 04", "none at byte " + std::to_string(at));
    }
    const std::size_t name = number(bytes, at + 26, 2), extra = number(bytes, at + 28, 2);
    const std::uint64_t start = at + local_size + name + extra;
    if (start > directory.offset || entry.packed_size > directory.offset - start) {
        fail(where,
             std::to_string(entry.packed_size) + " bytes before the directory at byte " +
                 std::to_string(directory.offset),
             "fewer at byte " + std::to_string(start));
    }
    constexpr std::uint64_t described_behind = 1 << 3;  // checksum and sizes stand behind the data
    std::uint64_t packed_size = number(bytes, at + 18, 4), size = number(bytes, at + 22, 4);
    std::uint64_t* const fields[] = {&size, &packed_size};
    read_extra64(bytes.subspan(at + local_size + name, extra), fields, where);
    const bool same = number(bytes, at + 6, 2) == entry.flags && number(bytes, at + 8, 2) == entry.method &&
                      text(bytes, at + local_size, name) == entry.name;
    const bool same_data =
        number(bytes, at + 14, 4) == entry.checksum && packed_size == entry.packed_size && size == entry.size;
    if (!same || (!same_data && (entry.flags & described_behind) == 0)) {
        fail(where, "a local header that says what the directory says", "another at byte " + std::to_string(at));
    }
    return start;
}

std::vector<std::byte> local_header(const ZipEntry& entry) {
    std::vector<std::byte> header;
    put(header, {{local_signature, 4}, {version, 2}, {names_are_utf8, 2}, {entry.method, 2}, {0, 2}, {first_date, 2}});
    put(header, {{entry.checksum, 4}, {entry.packed_size, 4}, {entry.size, 4}, {entry.name.size(), 2}, {0, 2}});
    put(header, entry.name);
    return header;
}

std::vector<std::byte> zip_directory(std::span<const ZipEntry> entries, std::uint64_t offset) {
    std::vector<std::byte> directory;
    for (const ZipEntry& entry : entries) {
        put(directory, {{entry_signature, 4}, {version, 2}, {version, 2}, {names_are_utf8, 2}, {entry.method, 2}});
        put(directory, {{0, 2}, {first_date, 2}, {entry.checksum, 4}, {entry.packed_size, 4}, {entry.size, 4}});
        // No extra field, comment, disk number or attributes.
        put(directory, {{entry.name.size(), 2}, {0, 2}, {0, 2}, {0, 2}, {0, 2}, {0, 4}, {entry.offset, 4}});
        put(directory, entry.name);
    }
    const std::uint64_t size = directory.size();
    put(directory,
        {{end_signature, 4}, {0, 4}, {entries.size(), 2}, {entries.size(), 2}, {size, 4}, {offset, 4}, {0, 2}});
    return directory;
}

}  // namespace xtape::files::detail
