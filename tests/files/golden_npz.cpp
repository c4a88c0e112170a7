#include "files/golden.hpp"

#include <zlib.h>

#include <fstream>
#include <iterator>
#include <utility>

namespace support {

namespace {

Bytes number(std::uint64_t value, int size) {
    Bytes result;
    for (int i = 0; i < size; ++i) result.push_back(static_cast<std::byte>(value >> 8 * i));
    return result;
}

std::uint32_t crc(const Bytes& content) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
}

// Deflated without a wrapper, as in a zip file.
Bytes deflated(const Bytes& content) {
    const Bytes packed = gzip(content);  // 10 bytes before and 8 behind
    return {packed.begin() + 10, packed.end() - 8};
}

// What is written of a member; a size in a header that is not given is that of the bytes.
struct Member {
    std::string name = "w.npy";
    Bytes content = bytes("\x93NUMPY\x01") + bytes({0, 54, 0}) +
                    bytes("{'descr': '<f4', 'fortran_order': False, 'shape': ()}\n") + bytes({0, 0, 0x80, 0x3f});
    unsigned method = 0, flags = 0;
    Bytes packed = {};  // default: the content
    Bytes extra = {}, local_extra = {};
    std::int64_t checksum = -1, size = -1, packed_size = -1, offset = -1;  // of the directory
    std::string local_name = {};                                           // default: the name
    bool sizes_behind = false;                                             // none in the local header

    const Bytes& data() const { return packed.empty() ? content : packed; }
    Bytes common(bool local) const {
        const auto or_default = [](std::int64_t value, std::uint64_t otherwise) {
            return value < 0 ? otherwise : static_cast<std::uint64_t>(value);
        };
        const bool none = local && sizes_behind;
        const Bytes sums = number(none ? 0 : or_default(checksum, crc(content)), 4) +
                           number(none ? 0 : or_default(packed_size, data().size()), 4) +
                           number(none ? 0 : or_default(size, content.size()), 4);
        return number(20, 2) + number(flags, 2) + number(method, 2) + number(0x210000, 4) + sums;
    }
};

// Fields of the end record; what is not given is right.
struct End {
    std::int64_t count = -1, size = -1, offset = -1;
    unsigned disk = 0;
    Bytes before = {};  // between directory and end record
    std::string comment = {};
};

Bytes zip(const std::vector<Member>& members, const End& end = {}) {
    Bytes file, directory;
    for (const Member& member : members) {
        const std::uint64_t offset = member.offset < 0 ? file.size() : static_cast<std::uint64_t>(member.offset);
        const std::string local_name = member.local_name.empty() ? member.name : member.local_name;
        directory = directory + number(0x02014b50, 4) + number(20, 2) + member.common(false) +
                    number(member.name.size(), 2) + number(member.extra.size(), 2) + Bytes(10) + number(offset, 4) +
                    bytes(member.name) + member.extra;
        file = file + number(0x04034b50, 4) + member.common(true) + number(local_name.size(), 2) +
               number(member.local_extra.size(), 2) + bytes(local_name) + member.local_extra + member.data();
    }
    const auto or_default = [](std::int64_t value, std::size_t otherwise) {
        return value < 0 ? otherwise : static_cast<std::uint64_t>(value);
    };
    const std::uint64_t count = or_default(end.count, members.size());
    return file + directory + end.before + number(0x06054b50, 4) + number(end.disk, 4) + number(count, 2) +
           number(count, 2) + number(or_default(end.size, directory.size()), 4) +
           number(or_default(end.offset, file.size()), 4) + number(end.comment.size(), 2) + bytes(end.comment);
}

Bytes zip(const Member& member, const End& end = {}) { return zip(std::vector{member}, end); }

Bytes cut(Bytes file, std::size_t count) {
    file.resize(file.size() - count);
    return file;
}

// The zip64 end record at that offset and its locator.
Bytes end64(std::uint64_t at, std::uint64_t count, std::uint64_t size, std::uint64_t offset) {
    return number(0x06064b50, 4) + number(44, 8) + number(45, 2) + number(45, 2) + Bytes(8) + number(count, 8) +
           number(count, 8) + number(size, 8) + number(offset, 8) + number(0x07064b50, 4) + Bytes(4) + number(at, 8) +
           number(1, 4);
}

// Local header with name, content: where the directory of a file of one usual member starts, and where it ends.
constexpr std::uint64_t directory_at = 30 + 5 + 68, directory_end = directory_at + 46 + 5;

Member large64(std::uint64_t size, std::uint64_t packed_size) {
    Member member;
    member.size = member.packed_size = 0xffffffff;
    member.extra = member.local_extra = number(1, 2) + number(16, 2) + number(size, 8) + number(packed_size, 8);
    return member;
}

std::vector<Golden> bad_directories() {
    const std::string none = "expected a zip file, which ends with a directory, got ";
    const Bytes good = zip(Member{});
    Bytes with_prefix = bytes("junk") + good;
    return {
        {"empty", {}, none + "0 bytes without one (truncated?)"},
        {"no_end_record", bytes("PK\x03\x04") + Bytes(26), none + "30 bytes without one (truncated?)"},
        {"truncated_end_record", cut(good, 1),
         none + std::to_string(good.size() - 1) + " bytes without one (truncated?)"},
        {"bytes_behind", good + bytes("!"), none + std::to_string(good.size() + 1) + " bytes without one (truncated?)"},
        {"bytes_before", with_prefix, "expected a zip directory that ends at byte 158, got 51 bytes at byte 103"},
        {"bytes_between", zip(Member{}, {.before = bytes("junk")}),
         "expected a zip directory that ends at byte 158, got 51 bytes at byte 103"},
        {"directory_beyond_file", zip(Member{}, {.size = 200}),
         "expected a zip directory that ends at byte 154, got 200 bytes at byte 103"},
        {"directory_elsewhere", zip(Member{}, {.offset = 100}),
         "expected a zip directory that ends at byte 154, got 51 bytes at byte 100"},
        {"two_disks", zip(Member{}, {.disk = 1}), "expected a zip file that is not split, got one of several"},
        {"too_many_entries", zip(Member{}, {.count = 65534}),
         "expected a zip directory of 65534 entries, got 51 bytes"},
        {"fewer_entries_than_bytes", zip(Member{}, {.count = 0}),
         "expected a zip directory that ends at byte 154, got its last entry's end at byte 103"},
        {"entry_without_signature", zip(Member{}, {.size = 50, .offset = 104}),
         "zip directory entry 0: expected one that starts with 50 4B 01 02, got none at byte 104"},
        {"entry_beyond_directory",
         [] {
             Bytes file = zip(Member{});
             file[directory_at + 28] = std::byte{6};  // the length of the name
             return file;
         }(),
         "zip directory entry 0: expected one that ends before byte 154, got 52 bytes at byte 103"},
        {"zip64_without_locator", zip(Member{}, {.count = 65535}),
         "expected a zip64 locator before the end record, got none at byte 134"},
        {"zip64_without_record", zip(Member{}, {.size = 0xffffffff, .before = end64(7, 1, 51, directory_at)}),
         "expected a zip64 end record before its locator, got none at byte 7"},
        {"zip64_record_beyond_file",
         zip(Member{}, {.offset = 0xffffffff, .before = end64(~std::uint64_t{0}, 1, 51, directory_at)}),
         "expected a zip64 end record before its locator, got none at byte 18446744073709551615"},
        {"zip64_directory_wraps",
         zip(Member{}, {.offset = 0xffffffff, .before = end64(directory_end, 1, ~std::uint64_t{0}, directory_end + 1)}),
         "expected a zip directory that ends at byte 154, got 18446744073709551615 bytes at byte 155"},
        {"zip64_count",
         zip(Member{}, {.count = 65535, .before = end64(directory_end, ~std::uint64_t{0}, 51, directory_at)}),
         "expected a zip directory of 18446744073709551615 entries, got 51 bytes"},
        {"zip64_split",
         [] {
             Bytes file = zip(Member{}, {.count = 65535, .before = end64(directory_end, 1, 51, directory_at)});
             file[directory_end + 16] = std::byte{1};  // this disk
             return file;
         }(),
         "expected a zip file that is not split, got one of several"},
    };
}

std::vector<Golden> bad_members() {
    const std::string w = "\"w.npy\": ";
    const std::string name = ": expected a member's name without NUL and \"..\", got another";
    const std::string local = w + "expected a local header that says what the directory says, got another at byte 0";
    return {
        {"no_name", zip(Member{.name = ""}), "\"\"" + name},
        {"name_with_nul", zip(Member{.name = std::string("w\0.npy", 6)}), "\"w\\x00.npy\"" + name},
        {"name_that_climbs", zip(Member{.name = "../w.npy"}), "\"../w.npy\"" + name},
        {"name_twice", zip({Member{}, Member{}}), w + "expected names that differ, got one that comes twice"},
        {"not_npy", zip(Member{.name = "w.txt"}), "\"w.txt\": expected a member that ends with .npy"},
        {"encrypted", zip(Member{.flags = 1}), w + "expected a member that is not encrypted, got one that is"},
        {"bzip2", zip(Member{.method = 12}), w + "expected a member that is stored or deflated, got method 12"},
        {"stored_sizes_differ", zip(Member{.size = 67}), w + "expected a stored member of 68 bytes, got 67"},
        {"local_header_beyond_directory", zip(Member{.offset = 100}),
         w + "expected a local header that starts with 50 4B 03 04, got none at byte 100"},
        {"local_header_at_4_GiB", zip(Member{.offset = 0xfffffffe}),
         w + "expected a local header that starts with 50 4B 03 04, got none at byte 4294967294"},
        {"no_local_header", zip(Member{.offset = 1}),
         w + "expected a local header that starts with 50 4B 03 04, got none at byte 1"},
        {"content_beyond_directory", zip(Member{.size = 69, .packed_size = 69}),
         w + "expected 69 bytes before the directory at byte 103, got fewer at byte 35"},
        {"content_of_4_GiB", zip(Member{.size = 0xfffffffe, .packed_size = 0xfffffffe}),
         w + "expected 4294967294 bytes before the directory at byte 103, got fewer at byte 35"},
        {"names_disagree", zip(Member{.local_name = "v.npy"}), local},
        {"sizes_disagree", zip(Member{.sizes_behind = true}), local},
        {"methods_disagree",
         [] {
             Bytes file = zip(Member{});
             file[8] = std::byte{8};
             return file;
         }(),
         local},
        {"checksum", zip(Member{.checksum = 7}),
         w + "expected the checksum 7, got " + std::to_string(crc(Member{}.content))},
        {"overlap", zip({Member{}, Member{.name = "v.npy", .offset = 0, .local_name = "w.npy"}}),
         "\"v.npy\": expected a local header that says what the directory says, got another at byte 0"},
        {"zip64_sizes_missing", zip(Member{.size = 0xffffffff, .packed_size = 0xffffffff}),
         "zip directory entry 0: expected a zip64 block for its sizes, got none that is long enough"},
        {"zip64_sizes_short",
         zip(Member{.extra = number(1, 2) + number(8, 2) + Bytes(8), .size = 0xffffffff, .packed_size = 0xffffffff}),
         "zip directory entry 0: expected a zip64 block for its sizes, got none that is long enough"},
        {"zip64_content_wraps", zip(large64(~std::uint64_t{0} - 20, ~std::uint64_t{0} - 20)),
         "expected at most 8589934592 bytes after decompression, got more"},
        {"damaged_array", zip(Member{.content = bytes("\x93NUMPY")}),
         w + "expected version 1.0, 2.0 or 3.0 of the .npy format, got the end of the file at byte 6"},
    };
}

std::vector<Golden> bad_deflate() {
    const std::string w = "\"w.npy\": ";
    const Bytes content = Member{}.content, packed = deflated(content);
    const auto with = [&](const Bytes& data, std::int64_t size = -1, std::int64_t packed_size = -1) {
        return zip(Member{.method = 8, .packed = data, .size = size, .packed_size = packed_size});
    };
    const std::string size = std::to_string(packed.size());
    return {
        {"deflate_truncated", with(cut(packed, 1)), w + "expected deflated data of 68 bytes, got \"truncated\""},
        {"deflate_damaged", with(bytes({0xff, 0xff})),
         w + "expected deflated data of 68 bytes, got \"invalid block type\""},
        {"deflate_followed", with(packed + bytes("!")),
         w + "expected deflated data of 68 bytes, got 68 out of " + size + " of its " +
             std::to_string(packed.size() + 1) + " bytes"},
        {"deflate_longer", with(packed, 67),
         w + "expected deflated data of 67 bytes, got 68 out of " + size + " of its " + size + " bytes"},
        {"deflate_much_longer", with(packed, 60), w + "expected deflated data of 60 bytes, got more"},
        {"deflate_shorter", with(packed, 69),
         w + "expected deflated data of 69 bytes, got 68 out of " + size + " of its " + size + " bytes"},
        {"deflate_bomb", with(packed, 1033 * (static_cast<std::int64_t>(packed.size()) + 1)),
         w + "expected a member that grows by at most 100 times, or 1032 times up to 256 MiB, got " + size +
             " bytes that become " + std::to_string(1033 * (packed.size() + 1))},
        {"deflate_large_bomb", with(Bytes(300'000), 256 << 20 | 1),
         w + "expected a member that grows by at most 100 times, or 1032 times up to 256 MiB, got 300000 bytes that "
             "become 268435457"},
    };
}

std::vector<Golden> good() {
    Member renamed{.name = "layer/0.weight.npy"};
    const Member deflate{.name = "d.npy", .method = 8, .packed = deflated(Member{}.content)};
    const Member streamed{.flags = 8, .sizes_behind = true};
    return {
        {"no_members", zip(std::vector<Member>{}), ""},
        {"one_member", zip(Member{}), ""},
        {"three_members", zip({Member{}, renamed, deflate}), ""},
        {"comment", zip(Member{}, {.comment = "no PK\x05\x06 in here"}), ""},
        {"sizes_behind_the_data", zip(streamed), ""},
        {"zip64_sizes", zip(large64(68, 68)), ""},
        {"zip64_end", zip(Member{}, {.offset = 0xffffffff, .before = end64(directory_end, 1, 51, directory_at)}), ""},
        {"other_extra_fields", zip(Member{.extra = number(0x5455, 2) + number(1, 2) + Bytes(1)}), ""},
        {"numpy_savez", numpy_file("stored.npz"), ""},
        {"numpy_savez_compressed", numpy_file("deflated.npz"), ""},
    };
}

}  // namespace

Bytes numpy_file(const std::string& name) {
    std::ifstream file(std::string(XTAPE_NUMPY_DIR) + "/" + name, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + name);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    return bytes(content);
}

std::vector<Golden> golden_npz() {
    std::vector<Golden> all;
    for (auto part : {bad_directories(), bad_members(), bad_deflate(), good()}) {
        std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace support
