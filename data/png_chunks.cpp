#include <xtape/autodiff/error.hpp>
#include <xtape/data/png.hpp>
#include <xtape/data/png_chunks.hpp>
#include <xtape/files/gzip.hpp>
#include <xtape/files/read.hpp>

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace xtape::data::detail {

namespace {

constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";

struct Chunk {
    std::string_view name;
    std::size_t start = 0;  // of its data in the file
    std::span<const std::byte> data;
};

class Chunks {
public:
    Chunks(std::span<const std::byte> bytes, const std::string& file) : bytes_(bytes), file_(file) {}

    [[noreturn]] void fail(const std::string& wanted, const std::string& got, std::size_t at) const {
        throw DataError(fmt::format("{}: expected {}, got {} at byte {}", file_, wanted, got, at));
    }

    void check_signature() {
        if (!starts_with(signature)) {
            fail("a PNG file, which starts with 89 50 4E 47 0D 0A 1A 0A", what_it_is(), 0);
        }
        position_ = signature.size();
    }

    Chunk next() {
        const std::size_t left = bytes_.size() - position_;
        if (left < 8) {
            fail("a chunk of a PNG file", left == 0 ? "the end of the file" : fmt::format("{} bytes", left), position_);
        }
        const std::size_t length = number(position_);
        const std::string_view name = text(position_ + 4, 4);
        if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalpha(c) != 0; })) {
            fail("a chunk whose name is four letters", fmt::format("{:08X}", number(position_ + 4)), position_ + 4);
        }
        if (length > left - 8 || left - 8 - length < 4) {
            fail(fmt::format("{} bytes and a checksum in chunk {}", length, name), fmt::format("{} bytes", left - 8), position_ + 8);
        }
        const std::size_t start = position_ + 8;
        const auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes_.data() + position_ + 4), length + 4);
        if (const std::size_t stored = number(start + length); stored != sum) {
            fail(fmt::format("the checksum {:08X} in chunk {}", sum, name), fmt::format("{:08X}", stored), start + length);
        }
        position_ = start + length + 4;
        return {name, start, bytes_.subspan(start, length)};
    }

    std::size_t left() const { return bytes_.size() - position_; }
    std::size_t position() const { return position_; }

    // Big-endian, of four bytes.
    std::size_t number(std::size_t at) const {
        std::size_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) value = value * 256 + std::to_integer<std::size_t>(bytes_[at + i]);
        return value;
    }

    std::string what_it_is() const {
        struct Kind {
            std::string_view start;
            const char* name;
        };
        static constexpr std::array kinds = {Kind{"\xff\xd8\xff", "a JPEG file"}, Kind{"GIF8", "a GIF file"},
                                             Kind{"BM", "a BMP file"},            Kind{"II*", "a TIFF file"},
                                             Kind{"MM", "a TIFF file"},           Kind{"RIFF", "a WebP or other RIFF file"},
                                             Kind{"<", "a page of HTML or XML"}};
        for (const Kind& kind : kinds) {
            if (starts_with(kind.start)) return kind.name;
        }
        return bytes_.size() < signature.size() ? fmt::format("{} bytes", bytes_.size()) : "other bytes";
    }

private:
    bool starts_with(std::string_view start) const {
        return bytes_.size() >= start.size() && text(0, start.size()) == start;
    }
    std::string_view text(std::size_t at, std::size_t length) const {
        return {reinterpret_cast<const char*>(bytes_.data()) + at, length};
    }

    std::span<const std::byte> bytes_;
    const std::string& file_;
    std::size_t position_ = 0;
};

// Bits of a pixel; 0 when the format has no such pixels (table 11.1 of the specification).
std::size_t bits_of_pixel(std::size_t color_type, std::size_t depth) {
    const bool small = depth == 1 || depth == 2 || depth == 4, whole = depth == 8 || depth == 16;
    switch (color_type) {
        case 0:
            return small || whole ? depth : 0;
        case 2:
            return whole ? 3 * depth : 0;
        case 3:
            return small || depth == 8 ? depth : 0;
        case 4:
            return whole ? 2 * depth : 0;
        case 6:
            return whole ? 4 * depth : 0;
        default:
            return 0;
    }
}

PngHeader read_header(const Chunks& chunks, const Chunk& chunk) {
    if (chunk.name != "IHDR") {
        chunks.fail("IHDR as the first chunk", std::string(chunk.name), chunk.start - 4);
    }
    if (chunk.data.size() != 13) {
        chunks.fail("13 bytes in chunk IHDR", fmt::format("{}", chunk.data.size()), chunk.start);
    }
    PngHeader header;
    header.width = chunks.number(chunk.start);
    header.height = chunks.number(chunk.start + 4);
    const std::size_t longer = std::max(header.width, header.height);
    if (header.width == 0 || header.height == 0 || longer > max_png_side ||
        header.width * header.height > files::max_content_bytes / 4) {
        chunks.fail(fmt::format("sides from 1 to {} and at most {} pixels", max_png_side, files::max_content_bytes / 4),
                    fmt::format("width {} and height {}", header.width, header.height), chunk.start);
    }
    const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(chunk.data[i]); };
    header.bits = bits_of_pixel(byte(9), byte(8));
    if (header.bits == 0) {
        chunks.fail("a bit depth and a color type that go together",
                    fmt::format("depth {} and color type {}", byte(8), byte(9)), chunk.start + 8);
    }
    if (byte(10) != 0 || byte(11) != 0 || byte(12) > 1) {
        chunks.fail("compression 0, filter 0 and interlacing 0 or 1",
                    fmt::format("{}, {} and {}", byte(10), byte(11), byte(12)), chunk.start + 10);
    }
    return header;
}

}  // namespace

PngHeader check_png(std::span<const std::byte> bytes, const std::string& name) {
    Chunks chunks(bytes, name);
    chunks.check_signature();
    const PngHeader header = read_header(chunks, chunks.next());

    std::size_t compressed = 0, data_start = 0;
    for (Chunk chunk; chunk.name != "IEND";) {
        chunk = chunks.next();
        if (chunk.name != "IDAT") continue;
        if (compressed == 0) data_start = chunk.start;
        compressed += chunk.data.size();
    }
    if (chunks.left() != 0) {
        chunks.fail("the end of the file after chunk IEND", fmt::format("{} more bytes", chunks.left()), chunks.position());
    }
    // The sides are bounded, so this does not overflow; what is stored for a filter in each row is left out.
    const std::size_t raw = header.width * header.height * header.bits / 8;
    if (raw / files::max_gzip_ratio > compressed) {
        chunks.fail(fmt::format("pixels of {} bytes (width {}, height {}, {} bits each)", raw, header.width, header.height, header.bits),
                    fmt::format("{} compressed bytes, which cannot hold more than {}", compressed, compressed * files::max_gzip_ratio),
                    data_start);
    }
    return header;
}

}  // namespace xtape::data::detail
