#include <xtape/autodiff/error.hpp>
#include <xtape/data/idx.hpp>
#include <xtape/files/gzip.hpp>
#include <xtape/files/read.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <string_view>

namespace xtape::data {

namespace {

// The content of the file, from front to back: the bytes themselves, or what they inflate to.
class Source {
public:
    Source(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {
        if (files::is_gzip(bytes)) gzip_.emplace(bytes, name);
    }

    std::size_t read(std::span<std::byte> into) {
        std::size_t count = 0;
        if (gzip_) {
            count = gzip_->read(into);
        } else {
            count = std::min(into.size(), bytes_.size() - position_);
            std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(position_), count, into.begin());
        }
        position_ += count;
        return count;
    }

    // No more bytes than this can follow.
    std::size_t most_left() const {
        if (!gzip_) return bytes_.size() - position_;
        const std::size_t most = std::numeric_limits<std::size_t>::max();
        return bytes_.size() > most / files::max_gzip_ratio ? most : bytes_.size() * files::max_gzip_ratio;
    }

    [[noreturn]] void fail(const std::string& wanted, const std::string& got, std::size_t at) const {
        throw DataError(name_ + ": expected " + wanted + ", got " + got + " at byte " + std::to_string(at) +
                        (gzip_ ? " of the decompressed data" : ""));
    }

    std::size_t position() const { return position_; }
    bool compressed() const { return gzip_.has_value(); }

private:
    std::span<const std::byte> bytes_;
    const std::string& name_;
    std::optional<files::GzipReader> gzip_;
    std::size_t position_ = 0;
};

std::string hex(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const std::byte byte : bytes) {
        const auto value = std::to_integer<std::size_t>(byte);
        if (!text.empty()) text += ' ';
        text += digits[value / 16];
        text += digits[value % 16];
    }
    return text;
}

std::string hint(std::span<const std::byte> start) {
    if (files::is_gzip(start)) return "; this is gzip inside gzip: decompress it once";
    for (const std::byte byte : start) {
        if (byte == std::byte{'<'}) return "; this looks like an HTML page instead of the data";
        if (std::isspace(std::to_integer<unsigned char>(byte)) == 0) break;
    }
    return {};
}

// IDX types that this reader does not convert; empty for anything else.
std::string other_type(unsigned type) {
    switch (type) {
        case 0x09:
            return "09 (signed byte)";
        case 0x0B:
            return "0B (16-bit integer)";
        case 0x0C:
            return "0C (32-bit integer)";
        case 0x0D:
            return "0D (float)";
        case 0x0E:
            return "0E (double)";
        default:
            return {};
    }
}

// Checks the first four bytes and returns the rank.
std::size_t read_magic(Source& source) {
    std::array<std::byte, 4> magic = {};
    const std::span<const std::byte> start(magic.data(), source.read(magic));
    const auto type = std::to_integer<unsigned>(magic[2]);
    const auto rank = std::to_integer<std::size_t>(magic[3]);

    const bool zeros = start.size() == 4 && magic[0] == std::byte{0} && magic[1] == std::byte{0};
    if (zeros && !other_type(type).empty()) {
        source.fail("IDX values of type 08 (unsigned byte)", "type " + other_type(type), 2);
    }
    if (!zeros || type != 0x08) {
        const std::string got = start.empty() ? "no bytes" : hex(start) + hint(start);
        source.fail("an IDX file (00 00, type 08, rank 01 to 04)", got, 0);
    }
    if (rank < 1 || rank > 4) source.fail("an IDX rank from 1 to 4", std::to_string(rank), 3);
    return rank;
}

Shape read_extents(Source& source, std::size_t rank) {
    std::array<std::byte, 16> header = {};
    if (source.read(std::span(header).first(4 * rank)) < 4 * rank) {
        source.fail("an IDX header of " + std::to_string(4 + 4 * rank) + " bytes", "the end", source.position());
    }
    Shape shape(rank);
    for (std::size_t i = 0; i < rank; ++i) {
        std::size_t extent = 0;
        for (std::size_t k = 0; k < 4; ++k) extent = extent * 256 + std::to_integer<std::size_t>(header[4 * i + k]);
        shape[i] = extent;
    }
    return shape;
}

// Number of values. Extents of 0 are left out of the check, so that the strides of an empty array are in range as well.
std::size_t checked_count(const Source& source, const Shape& shape) {
    std::size_t product = 1;
    bool empty = false;
    for (const std::size_t extent : shape) {
        if (extent == 0) {
            empty = true;
        } else if (__builtin_mul_overflow(product, extent, &product) || product > files::max_content_bytes) {
            source.fail("at most " + std::to_string(files::max_content_bytes) + " IDX values", "shape " + to_string(shape), 4);
        }
    }
    return empty ? 0 : product;
}

}  // namespace

ByteArray read_idx(std::span<const std::byte> bytes, const std::string& name) {
    Source source(bytes, name);
    const Shape shape = read_extents(source, read_magic(source));
    const std::size_t count = checked_count(source, shape);
    const std::string wanted = std::to_string(count) + " values of shape " + to_string(shape);
    const std::size_t header = source.position();
    if (count > source.most_left()) {
        const std::string most = std::to_string(source.most_left());
        source.fail(wanted, source.compressed() ? "a file that cannot hold more than " + most : most + " bytes",
                    header);
    }

    ByteArray values = empty_array<std::uint8_t>(shape);
    const std::size_t read = source.read(std::as_writable_bytes(std::span(values.data(), count)));
    if (read < count) source.fail(wanted, std::to_string(read) + " bytes", header);
    std::byte beyond;
    if (source.read({&beyond, 1}) != 0) source.fail("the end after " + wanted, "more", header + count);
    return values;
}

ByteArray read_idx(const std::filesystem::path& path) {
    const std::vector<std::byte> bytes = files::read_file(path);
    return read_idx(bytes, path.string());
}

}  // namespace xtape::data
