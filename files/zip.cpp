#include <xtape/autodiff/error.hpp>
#include <xtape/files/gzip.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/text.hpp>
#include <xtape/files/write.hpp>
#include <xtape/files/zip.hpp>
#include <xtape/files/zip_records.hpp>

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <set>

namespace xtape::files {

namespace {

using detail::in_quotes;
using detail::ZipDirectory;
using detail::ZipEntry;

[[noreturn]] void fail(const std::string& where, const std::string& wanted, const std::string& got) {
    throw DataError(where + ": expected " + wanted + ", got " + got);
}

bool good_name(const std::string& name) {
    return !name.empty() && name.find('\0') == std::string::npos && name.find("..") == std::string::npos;
}

// Sizes that deflate cannot reach, or that only a trap would.
void check_growth(const ZipEntry& entry, const std::string& where) {
    if (entry.method == 0) {
        if (entry.size == entry.packed_size) return;
        fail(where, "a stored member of " + std::to_string(entry.packed_size) + " bytes", std::to_string(entry.size));
    }
    constexpr std::uint64_t usual_ratio = 100, free_bytes = std::uint64_t{256} << 20;
    if (entry.size / max_gzip_ratio > entry.packed_size ||
        (entry.size > free_bytes && entry.size / usual_ratio > entry.packed_size)) {
        fail(where, "a member that grows by at most 100 times, or 1032 times up to 256 MiB",
             std::to_string(entry.packed_size) + " bytes that become " + std::to_string(entry.size));
    }
}

void check_entry(const ZipEntry& entry, const std::string& where) {
    constexpr unsigned encrypted = 1 | 1 << 6;
    if ((entry.flags & encrypted) != 0) fail(where, "a member that is not encrypted", "one that is");
    if (entry.method != 0 && entry.method != Z_DEFLATED) {
        fail(where, "a member that is stored or deflated", "method " + std::to_string(entry.method));
    }
    check_growth(entry, where);
}

// Members lie one behind the other before the directory.
void check_overlap(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges, const std::string& file) {
    std::sort(ranges.begin(), ranges.end());
    for (std::size_t i = 1; i < ranges.size(); ++i) {
        if (ranges[i].first < ranges[i - 1].second) {
            fail(file, "members that do not overlap",
                 "one at byte " + std::to_string(ranges[i].first) + " before the end of another at byte " +
                     std::to_string(ranges[i - 1].second));
        }
    }
}

std::vector<std::byte> inflate_all(const ZipMember& member, const std::string& where) {
    z_stream stream = {};
    constexpr int raw_deflate = -15;
    if (inflateInit2(&stream, raw_deflate) != Z_OK) throw std::bad_alloc();
    const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, inflateEnd);

    // One byte more than wanted shows whether there is more.
    std::vector<std::byte> content(member.size + 1);
    constexpr std::size_t most = std::numeric_limits<uInt>::max();  // zlib counts in 32 bits
    std::size_t taken = 0, filled = 0;
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(member.packed.data() + taken));
        stream.avail_in = static_cast<uInt>(std::min(most, member.packed.size() - taken));
        stream.next_out = reinterpret_cast<Bytef*>(content.data() + filled);
        stream.avail_out = static_cast<uInt>(std::min(most, content.size() - filled));
        const uInt in = stream.avail_in, out = stream.avail_out;
        status = inflate(&stream, Z_NO_FLUSH);
        taken += in - stream.avail_in;
        filled += out - stream.avail_out;
        if (filled > member.size) break;
    }
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_STREAM_END || taken != member.packed.size() || filled != member.size) {
        std::string got = "\"" + std::string(stream.msg != nullptr ? stream.msg : "truncated") + "\"";
        if (filled > member.size) got = "more";
        if (status == Z_STREAM_END) {
            got = std::to_string(filled) + " out of " + std::to_string(taken) + " of its " +
                  std::to_string(member.packed.size()) + " bytes";
        }
        fail(where, "deflated data of " + std::to_string(member.size) + " bytes", got);
    }
    content.resize(member.size);
    return content;
}

std::uint32_t checksum(std::uint32_t start, std::span<const std::byte> bytes) {
    if (bytes.empty()) return start;  // without an address zlib would start anew
    return static_cast<std::uint32_t>(crc32_z(start, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

std::vector<ZipMember> read_zip(std::span<const std::byte> bytes, const std::string& name) {
    const ZipDirectory directory = detail::find_zip_directory(bytes, name);
    std::vector<ZipMember> members;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    std::set<std::string> names;
    std::uint64_t total = 0;
    for (const ZipEntry& entry : detail::read_zip_directory(bytes, directory, name)) {
        const std::string where = name + ": " + in_quotes(entry.name);
        if (!good_name(entry.name)) fail(where, "a member's name without NUL and \"..\"", "another");
        if (!names.insert(entry.name).second) fail(where, "names that differ", "one that comes twice");
        check_entry(entry, where);
        total += entry.size;  // each is below 1032 times the file
        if (total > max_content_bytes) {
            fail(name, "at most " + std::to_string(max_content_bytes) + " bytes after decompression", "more");
        }
        const std::uint64_t start = detail::check_local_header(bytes, entry, directory, where);
        ranges.emplace_back(entry.offset, start + entry.packed_size);
        members.push_back(
            {entry.name, entry.method != 0, entry.checksum, entry.size, bytes.subspan(start, entry.packed_size)});
    }
    check_overlap(std::move(ranges), name);
    return members;
}

ZipContent unzip(const ZipMember& member, const std::string& name) {
    const std::string where = name + ": " + in_quotes(member.name);
    ZipContent content{member.packed, nullptr};
    if (member.deflated) {
        const auto owned = std::make_shared<const std::vector<std::byte>>(inflate_all(member, where));
        content = {*owned, owned};
    }
    const std::uint32_t sum = checksum(0, content.bytes);
    if (sum != member.checksum) {
        fail(where, "the checksum " + std::to_string(member.checksum), std::to_string(sum));
    }
    return content;
}

void write_zip(const std::filesystem::path& path, std::span<const ZipSource> members) {
    std::vector<ZipEntry> entries;
    std::set<std::string> names;
    std::uint64_t offset = 0;
    for (const ZipSource& member : members) {
        if (!good_name(member.name) || member.name.size() > 0xffff || !names.insert(member.name).second) {
            throw ConfigError("zip: expected names that differ, are not empty and have no NUL and no \"..\", got " +
                              in_quotes(member.name));
        }
        ZipEntry entry;
        entry.name = member.name;
        entry.offset = offset;
        for (const auto part : member.parts) {
            entry.size += part.size();
            entry.checksum = checksum(entry.checksum, part);
        }
        entry.packed_size = entry.size;
        offset += detail::local_header(entry).size() + entry.size;
        entries.push_back(std::move(entry));
    }

    std::vector<std::vector<std::byte>> headers;
    for (const ZipEntry& entry : entries) headers.push_back(detail::local_header(entry));
    const std::vector<std::byte> directory = detail::zip_directory(entries, offset);
    if (entries.size() >= 0xffff || offset + directory.size() >= 0xffffffff) {
        throw ConfigError("zip: expected less than 65535 members and 4 GiB, got " + std::to_string(entries.size()) +
                          " members and " + std::to_string(offset + directory.size()) + " bytes");
    }
    std::vector<std::span<const std::byte>> parts;
    for (std::size_t i = 0; i < members.size(); ++i) {
        parts.push_back(headers[i]);
        parts.insert(parts.end(), members[i].parts.begin(), members[i].parts.end());
    }
    parts.push_back(directory);
    write_atomically(path, parts);
}

}  // namespace xtape::files
