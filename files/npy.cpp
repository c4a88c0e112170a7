#include <xtape/autodiff/error.hpp>
#include <xtape/files/npy.hpp>
#include <xtape/files/npy_header.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/write.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

namespace xtape::files {

namespace {

constexpr std::string_view magic = "\x93NUMPY";

[[noreturn]] void fail(const std::string& file, const std::string& wanted, const std::string& got, std::size_t at) {
    throw DataError(file + ": expected " + wanted + ", got " + got + " at byte " + std::to_string(at));
}

// Where the header starts, and its bytes.
struct HeaderText {
    std::size_t position;
    std::span<const std::byte> bytes;
};

HeaderText cut_header(std::span<const std::byte> bytes, const std::string& file) {
    if (bytes.size() < magic.size() || std::memcmp(bytes.data(), magic.data(), magic.size()) != 0) {
        fail(file, "a .npy file, which starts with \\x93NUMPY",
             bytes.size() < magic.size() ? std::to_string(bytes.size()) + " bytes" : "other bytes", 0);
    }
    const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(bytes[i]); };
    if (bytes.size() < 8 || byte(6) < 1 || byte(6) > 3 || byte(7) != 0) {
        fail(file, "version 1.0, 2.0 or 3.0 of the .npy format",
             bytes.size() < 8 ? "the end of the file" : std::to_string(byte(6)) + "." + std::to_string(byte(7)), 6);
    }
    const std::size_t start = byte(6) == 1 ? 10 : 12;
    if (bytes.size() < start) fail(file, "the length of the .npy header", "the end of the file", 8);
    std::size_t length = 0;
    for (std::size_t i = start; i > 8; --i) length = length * 256 + byte(i - 1);
    if (length > max_npy_header) {
        fail(file, "a .npy header of at most " + std::to_string(max_npy_header) + " bytes", std::to_string(length), 8);
    }
    if (length > bytes.size() - start) {
        fail(file, "a .npy header of " + std::to_string(length) + " bytes",
             std::to_string(bytes.size() - start) + " bytes", start);
    }
    return {start, bytes.subspan(start, length)};
}

// The elements in C order and little-endian.
std::vector<std::byte> rearranged(std::span<const std::byte> bytes, const detail::NpyHeader& header) {
    const std::size_t size = byte_count(header.element), rank = header.shape.size();
    std::vector<std::byte> result(bytes.size());
    std::vector<std::size_t> index(rank, 0), strides(rank);
    std::size_t stride = size;
    for (std::size_t k = 0; k < rank; ++k) {
        const std::size_t axis = header.fortran_order ? k : rank - 1 - k;
        strides[axis] = stride;
        stride *= header.shape[axis];
    }
    std::size_t from = 0;
    for (std::size_t into = 0; into < result.size(); into += size) {
        const auto element = bytes.subspan(from, size);
        const auto place = result.begin() + static_cast<std::ptrdiff_t>(into);
        header.big_endian ? std::reverse_copy(element.begin(), element.end(), place)
                          : std::copy(element.begin(), element.end(), place);
        for (std::size_t axis = rank; axis-- > 0;) {
            from += strides[axis];
            if (++index[axis] < header.shape[axis]) break;
            from -= strides[axis] * header.shape[axis];
            index[axis] = 0;
        }
    }
    return result;
}

}  // namespace

StoredArray read_npy(std::span<const std::byte> bytes, const std::string& name) {
    const HeaderText text = cut_header(bytes, name);
    detail::NpyHeader header = detail::parse_npy_header(text.bytes, text.position, name);
    const std::size_t start = text.position + text.bytes.size();
    const auto data = bytes.subspan(start);
    const std::string kind = std::string(name_of(header.element)) + " of shape " + to_string(header.shape);
    const auto wanted = checked_byte_count(header.shape, header.element);
    if (!wanted) fail(name, "a shape whose bytes can be counted", kind, text.position);
    if (*wanted != data.size()) {
        fail(name, std::to_string(*wanted) + " bytes for " + kind, std::to_string(data.size()), start);
    }

    StoredArray array{{}, header.element, header.shape, data};
    const bool in_c_order = !header.fortran_order || header.shape.size() < 2;
    if ((header.big_endian && byte_count(header.element) > 1) || !in_c_order) {
        const auto owned = std::make_shared<const std::vector<std::byte>>(rearranged(data, header));
        array.bytes = *owned;
        array.owner = owned;
    }
    return array;
}

StoredArray read_npy(const std::filesystem::path& path) {
    const auto content = std::make_shared<const std::vector<std::byte>>(read_file(path));
    StoredArray array = read_npy(*content, path.string());
    if (!array.owner) array.owner = content;
    return array;
}

std::vector<std::byte> npy_header(const StoredArray& array) {
    if (array.shape.size() > max_rank) {
        throw ConfigError("npy: expected at most " + std::to_string(max_rank) + " axes, got shape " +
                          to_string(array.shape));
    }
    std::string text = detail::npy_dictionary(array.element, array.shape);
    constexpr std::size_t prefix = 10, alignment = 64;
    const std::size_t total = (prefix + text.size() + 1 + alignment - 1) / alignment * alignment;
    text.resize(total - prefix - 1, ' ');
    text += '\n';

    std::vector<std::byte> header(total);
    std::memcpy(header.data(), magic.data(), magic.size());
    header[6] = std::byte{1};
    header[8] = static_cast<std::byte>(text.size());
    header[9] = static_cast<std::byte>(text.size() >> 8);
    std::memcpy(header.data() + prefix, text.data(), text.size());
    return header;
}

void write_npy(const std::filesystem::path& path, const StoredArray& array) {
    const std::vector<std::byte> header = npy_header(array);
    const std::span<const std::byte> parts[] = {header, array.bytes};
    write_atomically(path, parts);
}

}  // namespace xtape::files
