#include "data/golden.hpp"

#include <zlib.h>

#include <utility>

namespace support {

namespace {

Bytes number(std::size_t value) {
    const auto byte = [&](unsigned shift) { return static_cast<unsigned>(value >> shift & 255); };
    return bytes({byte(24), byte(16), byte(8), byte(0)});
}

std::size_t checksum(std::span<const std::byte> data) {
    return ::crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size()));
}

Bytes compressed(const Bytes& content) {
    uLongf size = compressBound(static_cast<uLong>(content.size()));
    Bytes result(size);
    if (compress2(reinterpret_cast<Bytef*>(result.data()), &size, reinterpret_cast<const Bytef*>(content.data()),
                  static_cast<uLong>(content.size()), 9) != Z_OK) {
        throw std::runtime_error("compress2");
    }
    result.resize(size);
    return result;
}

const Bytes signature = bytes({0x89, 'P', 'N', 'G', 13, 10, 26, 10});
const Bytes end = png_chunk("IEND", {});

Bytes header(unsigned width, unsigned height, unsigned depth, unsigned color_type, unsigned interlacing = 0) {
    return signature + png_chunk("IHDR", number(width) + number(height) + bytes({depth, color_type, 0, 0, interlacing}));
}

Bytes data(const Bytes& rows) { return png_chunk("IDAT", compressed(rows)); }

Bytes cut(Bytes file, std::size_t length) {
    file.resize(length);
    return file;
}

Bytes with_byte(Bytes file, std::size_t at, unsigned value) {
    file[at] = static_cast<std::byte>(value);
    return file;
}

// One gray pixel of 100.
const Bytes pixel = png({.rows = bytes({0, 100})});

std::vector<Golden> bad_frames() {
    const std::string start = "expected a PNG file, which starts with 89 50 4E 47 0D 0A 1A 0A, got ";
    const std::size_t size = pixel.size();
    return {
        {"empty", {}, start + "0 bytes at byte 0"},
        {"seven_bytes", cut(pixel, 7), start + "7 bytes at byte 0"},
        {"line_ends_converted", with_byte(pixel, 4, 10), start + "other bytes at byte 0"},
        {"jpeg", bytes({0xff, 0xd8, 0xff, 0xe0, 0, 16}), start + "a JPEG file at byte 0"},
        {"gif", bytes("GIF89a"), start + "a GIF file at byte 0"},
        {"bmp", bytes("BM6"), start + "a BMP file at byte 0"},
        {"tiff", bytes("II*"), start + "a TIFF file at byte 0"},
        {"webp", bytes("RIFF1234WEBP"), start + "a WebP or other RIFF file at byte 0"},
        {"svg", bytes("<svg/>"), start + "a page of HTML or XML at byte 0"},
        {"signature_alone", signature, "expected a chunk of a PNG file, got the end of the file at byte 8"},
        {"half_a_length", cut(pixel, 11), "expected a chunk of a PNG file, got 3 bytes at byte 8"},
        {"chunk_cut", cut(pixel, 20), "expected 13 bytes and a checksum in chunk IHDR, got 4 bytes at byte 16"},
        {"checksum_cut", cut(pixel, 31), "expected 13 bytes and a checksum in chunk IHDR, got 15 bytes at byte 16"},
        {"no_end", cut(pixel, size - 12),
         "expected a chunk of a PNG file, got the end of the file at byte " + std::to_string(size - 12)},
        {"four_gigabytes", signature + bytes({255, 255, 255, 255}) + bytes("IHDR"),
         "expected 4294967295 bytes and a checksum in chunk IHDR, got 0 bytes at byte 16"},
        {"name_of_no_letters", signature + bytes({0, 0, 0, 0, 'I', 'H', '1', 'R', 0, 0, 0, 0}),
         "expected a chunk whose name is four letters, got 49483152 at byte 12"},
        {"wrong_checksum", with_byte(pixel, size - 1, 0),
         "expected the checksum AE426082 in chunk IEND, got AE426000 at byte " + std::to_string(size - 4)},
        {"more_bytes", pixel + bytes("!!"),
         "expected the end of the file after chunk IEND, got 2 more bytes at byte " + std::to_string(size)},
    };
}

std::vector<Golden> bad_headers() {
    const Bytes row = data(bytes({0, 100}));
    const auto image = [&](const Bytes& start) { return start + row + end; };
    const auto sides = [](const std::string& got) {
        return "expected sides from 1 to 65536 and at most 2147483648 pixels, got " + got + " at byte 16";
    };
    const auto pair = [](const std::string& got) {
        return "expected a bit depth and a color type that go together, got " + got + " at byte 24";
    };
    return {
        {"data_first", signature + row + header(1, 1, 8, 0), "expected IHDR as the first chunk, got IDAT at byte 12"},
        {"short_header", signature + png_chunk("IHDR", Bytes(12)), "expected 13 bytes in chunk IHDR, got 12 at byte 16"},
        {"no_width", image(header(0, 1, 8, 0)), sides("width 0 and height 1")},
        {"no_height", image(header(1, 0, 8, 0)), sides("width 1 and height 0")},
        {"wide", image(header(65537, 1, 8, 0)), sides("width 65537 and height 1")},
        {"high", image(header(1, 4294967295, 8, 0)), sides("width 1 and height 4294967295")},
        {"large", image(header(65536, 65536, 8, 0)), sides("width 65536 and height 65536")},
        {"depth_3", image(header(1, 1, 3, 0)), pair("depth 3 and color type 0")},
        {"color_of_4_bits", image(header(1, 1, 4, 2)), pair("depth 4 and color type 2")},
        {"palette_of_16_bits", image(header(1, 1, 16, 3)), pair("depth 16 and color type 3")},
        {"opacity_of_2_bits", image(header(1, 1, 2, 4)), pair("depth 2 and color type 4")},
        {"color_type_5", image(header(1, 1, 8, 5)), pair("depth 8 and color type 5")},
        {"interlacing_2", image(header(1, 1, 8, 0, 2)),
         "expected compression 0, filter 0 and interlacing 0 or 1, got 0, 0 and 2 at byte 26"},
        {"promises", header(65536, 32768, 8, 6) + data(bytes({0, 1, 2, 3, 4})) + end,
         "expected pixels of 8589934592 bytes (width 65536, height 32768, 32 bits each), got 13 compressed bytes, which "
         "cannot hold more than 13416 at byte 41"},
        {"no_data", header(64, 64, 16, 6) + end,
         "expected pixels of 32768 bytes (width 64, height 64, 64 bits each), got 0 compressed bytes, which cannot hold "
         "more than 0 at byte 0"},
    };
}

// What only libpng finds, in its words.
std::vector<Golden> bad_pixels() {
    const auto said = [](const std::string& words) { return "expected a picture that libpng can read, got \"" + words + "\""; };
    const Bytes two_rows = bytes({0, 1, 2, 0, 3, 4}), packed = compressed(two_rows);
    const Bytes start = header(2, 2, 8, 0);
    const auto part = [&](std::size_t from, std::size_t to) {
        return png_chunk("IDAT", Bytes(packed.begin() + static_cast<std::ptrdiff_t>(from),
                                       packed.begin() + static_cast<std::ptrdiff_t>(to)));
    };
    const Bytes paletted = header(1, 1, 8, 3), index = data(bytes({0, 1}));
    return {
        {"no_data_small", start + end, said("IEND: out of place")},
        {"rows_missing", start + data(bytes({0, 1, 2})) + end, said("Not enough image data")},
        {"rows_too_many", start + data(two_rows + bytes({0, 5, 6})) + end, said("IDAT: Too much image data")},
        {"data_behind_data", start + png_chunk("IDAT", packed + bytes("!")) + end, said("IDAT: Extra compressed data")},
        {"not_compressed", start + png_chunk("IDAT", two_rows) + end, said("IDAT: incorrect header check")},
        {"wrong_sum_of_rows", start + png_chunk("IDAT", with_byte(packed, packed.size() - 1, 77)) + end,
         said("IDAT: incorrect data check")},
        {"filter_9", start + data(bytes({9, 1, 2, 0, 3, 4})) + end, said("bad adaptive filter value")},
        {"data_apart", start + part(0, 5) + png_chunk("tEXt", bytes("a")) + part(5, packed.size()) + end,
         said("Not enough image data")},
        {"header_twice", start + Bytes(start.begin() + 8, start.end()) + data(two_rows) + end, said("IHDR: out of place")},
        {"no_palette", paletted + index + end, said("IDAT: Missing PLTE before IDAT")},
        {"palette_of_4_bytes", paletted + png_chunk("PLTE", Bytes(4)) + index + end, said("PLTE: invalid")},
        {"index_beyond_palette", paletted + png_chunk("PLTE", Bytes(3)) + index + end, ""},
        {"unknown_critical", start + png_chunk("ABCD", {}) + data(two_rows) + end, said("ABCD: unhandled critical chunk")},
    };
}

std::vector<Golden> good() {
    return {
        {"pixel", pixel, ""},
        {"bits", png({.width = 9, .height = 1, .depth = 1, .rows = bytes({0, 0xa5, 0x80})}), ""},
        {"two_bits", png({.width = 4, .height = 1, .depth = 2, .rows = bytes({0, 0x1b})}), ""},
        {"four_bits", png({.width = 3, .height = 1, .depth = 4, .rows = bytes({0, 0x0f, 0x70})}), ""},
        {"deep", png({.depth = 16, .rows = bytes({0, 0x80, 0x7f})}), ""},
        {"color", png({.color_type = 2, .rows = bytes({0, 1, 2, 3})}), ""},
        {"opacity", png({.color_type = 6, .rows = bytes({0, 1, 2, 3, 4})}), ""},
        {"gray_opacity", png({.color_type = 4, .rows = bytes({0, 50, 60})}), ""},
        {"transparent", png({.rows = bytes({0, 100}), .before = png_chunk("tRNS", bytes({0, 100}))}), ""},
        {"palette",
         png({.width = 2, .color_type = 3, .rows = bytes({0, 1, 0}),
              .before = png_chunk("PLTE", bytes({1, 2, 3, 4, 5, 6})) + png_chunk("tRNS", bytes({7}))}),
         ""},
        {"interlaced", png({.width = 2, .height = 2, .rows = bytes({0, 1, 0, 2, 0, 3, 4}), .interlacing = 1}), ""},
        {"texts_skipped",
         png({.rows = bytes({0, 100}), .before = png_chunk("tEXt", bytes("key")) + png_chunk("gAMA", Bytes(3)) +
                                                 png_chunk("iCCP", bytes("nonsense"))}),
         ""},
    };
}

}  // namespace

Bytes png_chunk(const std::string& name, const Bytes& data) {
    const Bytes named = bytes(name) + data;
    return number(data.size()) + named + number(checksum(named));
}

Bytes png(const PngParts& parts) {
    return header(parts.width, parts.height, parts.depth, parts.color_type, parts.interlacing) + parts.before +
           data(parts.rows) + png_chunk("IEND", {});
}

Bytes with_png_checksums(Bytes file) {
    for (std::size_t at = 8; file.size() >= 12 && at <= file.size() - 12;) {
        std::size_t length = 0;
        for (std::size_t i = 0; i < 4; ++i) length = length * 256 + std::to_integer<std::size_t>(file[at + i]);
        if (length > file.size() - at - 12) break;
        const Bytes sum = number(checksum(std::span(file).subspan(at + 4, length + 4)));
        std::copy(sum.begin(), sum.end(), file.begin() + static_cast<std::ptrdiff_t>(at + 8 + length));
        at += length + 12;
    }
    return file;
}

std::vector<Golden> golden_png() {
    std::vector<Golden> all;
    for (auto part : {bad_frames(), bad_headers(), bad_pixels(), good()}) {
        std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace support
