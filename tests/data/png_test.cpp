#include "data/byte_array.hpp"
#include "data/golden.hpp"
#include "files/allocations.hpp"
#include "files/check_golden.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/data/png.hpp>
#include <xtape/files/read.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using data::ByteArray;
using support::byte_array;
using support::bytes;
using support::Bytes;
using support::png;
using support::png_chunk;
using support::operator+;

namespace {

ByteArray read(const Bytes& content) { return data::read_png(content, "x"); }

// Bytes without a pattern that compression would find.
ByteArray noise(const Shape& shape) {
    ByteArray result = empty_array<std::uint8_t>(shape);
    std::uint32_t state = 1;
    for (std::uint8_t& value : result) value = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
    return result;
}

}  // namespace

TEST_CASE("a PNG file that is not as it must be is refused with what is wrong and where") {
    support::check_refused(support::golden_png(), [](const Bytes& content) { return read(content); });
}

TEST_CASE("a PNG file that is unusual but right is read") {
    support::check_read(support::golden_png(), [](const Bytes& content) { return read(content); });
}

TEST_CASE("gray, color and opacity are read as they are") {
    CHECK(read(png({.width = 3, .height = 2, .rows = bytes({0, 1, 2, 3, 0, 4, 5, 255})})) ==
          byte_array({2, 3, 1}, {1, 2, 3, 4, 5, 255}));
    CHECK(read(png({.width = 2, .color_type = 2, .rows = bytes({0, 1, 2, 3, 4, 5, 6})})) ==
          byte_array({1, 2, 3}, {1, 2, 3, 4, 5, 6}));
    CHECK(read(png({.height = 2, .color_type = 6, .rows = bytes({0, 1, 2, 3, 4, 0, 5, 6, 7, 8})})) ==
          byte_array({2, 1, 4}, {1, 2, 3, 4, 5, 6, 7, 8}));
    // Filter 1: each byte is the difference from the pixel on the left.
    CHECK(read(png({.width = 3, .rows = bytes({1, 10, 5, 250})})) == byte_array({1, 3, 1}, {10, 15, 9}));
}

TEST_CASE("gray of few bits takes the whole range, 16 bits go to the nearest of 8") {
    CHECK(read(png({.width = 9, .depth = 1, .rows = bytes({0, 0xa5, 0x80})})) ==
          byte_array({1, 9, 1}, {255, 0, 255, 0, 0, 255, 0, 255, 255}));
    CHECK(read(png({.width = 4, .depth = 2, .rows = bytes({0, 0x1b})})) == byte_array({1, 4, 1}, {0, 85, 170, 255}));
    CHECK(read(png({.width = 3, .depth = 4, .rows = bytes({0, 0x0f, 0x70})})) == byte_array({1, 3, 1}, {0, 255, 119}));
    // 257 v is exactly v: 0x0100 = 256 is nearest to 1 (257), 0x0080 = 128 to 0, 0x0081 = 129 to 1.
    CHECK(read(png({.width = 4, .depth = 16, .rows = bytes({0, 1, 0, 0, 0x80, 0, 0x81, 255, 255})})) ==
          byte_array({1, 4, 1}, {1, 0, 1, 255}));
    CHECK(read(png({.depth = 16, .color_type = 2, .rows = bytes({0, 1, 1, 2, 2, 3, 3})})) == byte_array({1, 1, 3}, {1, 2, 3}));
}

TEST_CASE("palettes become colors, and transparency becomes opacity") {
    const Bytes palette = png_chunk("PLTE", bytes({1, 2, 3, 4, 5, 6}));
    CHECK(read(png({.width = 2, .color_type = 3, .rows = bytes({0, 1, 0}), .before = palette})) ==
          byte_array({1, 2, 3}, {4, 5, 6, 1, 2, 3}));
    CHECK(read(png({.width = 2, .depth = 1, .color_type = 3, .rows = bytes({0, 0x80}), .before = palette})) ==
          byte_array({1, 2, 3}, {4, 5, 6, 1, 2, 3}));
    CHECK(read(png({.width = 2, .color_type = 3, .rows = bytes({0, 1, 0}),
                    .before = palette + png_chunk("tRNS", bytes({7}))})) ==
          byte_array({1, 2, 4}, {4, 5, 6, 255, 1, 2, 3, 7}));
    CHECK(read(png({.width = 2, .color_type = 4, .rows = bytes({0, 50, 60, 70, 80})})) ==
          byte_array({1, 2, 4}, {50, 50, 50, 60, 70, 70, 70, 80}));
    CHECK(read(png({.width = 2, .rows = bytes({0, 9, 8}), .before = png_chunk("tRNS", bytes({0, 8}))})) ==
          byte_array({1, 2, 4}, {9, 9, 9, 255, 8, 8, 8, 0}));
    CHECK(read(png({.color_type = 2, .rows = bytes({0, 1, 2, 3}), .before = png_chunk("tRNS", bytes({0, 1, 0, 2, 0, 3}))})) ==
          byte_array({1, 1, 4}, {1, 2, 3, 0}));
}

TEST_CASE("interlaced pictures are read as others") {
    // 3 x 3 pixels in the seven passes of the specification (section 8.2): 1: (0, 0); 5: row 2, columns 0 and 2;
    // 4: row 0, column 2; 6: rows 0 and 2, column 1; 7: row 1.
    const Bytes rows = bytes({0, 1,        // pass 1
                              0, 3,        // pass 4
                              0, 7, 9,     // pass 5
                              0, 2, 0, 8,  // pass 6
                              0, 4, 5, 6});
    CHECK(read(png({.width = 3, .height = 3, .rows = rows, .interlacing = 1})) ==
          byte_array({3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_CASE("what is written is read again, and the same image gives the same bytes") {
    for (const Shape& shape : {Shape{1, 1, 1}, Shape{5, 3, 1}, Shape{70, 90, 3}, Shape{7, 130, 4}, Shape{1, 65536, 1}}) {
        INFO(to_string(shape));
        const ByteArray pixels = noise(shape);
        const std::vector<std::byte> file = data::encode_png(pixels);
        CHECK(read(file) == pixels);
        CHECK(data::encode_png(pixels) == file);
    }
    const ByteArray flat = byte_array({2, 3}, {1, 2, 3, 4, 5, 6});
    CHECK(read(data::encode_png(flat)) == byte_array({2, 3, 1}, {1, 2, 3, 4, 5, 6}));

    const support::TemporaryFolder folder;
    data::write_png(folder.path() / "a.png", flat);
    CHECK(data::read_png(folder.path() / "a.png")(1, 2, 0) == 6);
    CHECK(files::read_file(folder.path() / "a.png") == data::encode_png(flat));
}

TEST_CASE("files and shapes that do not go are named") {
    const support::TemporaryFolder folder;
    const std::string path = folder.path().string();
    CHECK_THROWS_WITH_AS(data::read_png(folder.path() / "none"),
                         (path + "/none: cannot read: No such file or directory").c_str(), IoError);
    CHECK_THROWS_WITH_AS(data::read_png(folder.write("a.png", bytes("GIF89a"))),
                         (path + "/a.png: expected a PNG file, which starts with 89 50 4E 47 0D 0A 1A 0A, got a GIF file at byte 0")
                             .c_str(),
                         DataError);
    const std::string wanted =
        "png: expected an image (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with sides from 1 to 65536, got shape ";
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 2, 2}, Shape{2, 2, 5}, Shape{0, 2}, Shape{2, 0, 3}, Shape{1, 65537},
                               Shape{2, 2, 1, 1}, Shape{2, 2, 0}}) {
        try {
            data::encode_png(empty_array<std::uint8_t>(shape));
            FAIL("encoded " << to_string(shape));
        } catch (const ShapeError& error) {
            CHECK(error.message() == wanted + to_string(shape));
        }
    }
}

TEST_CASE("a header that promises gigabytes makes nobody allocate them") {
    for (const support::Golden& golden : support::golden_png()) {
        INFO(golden.name);
        const std::size_t asked = support::bytes_asked_by([&] {
            try {
                read(golden.bytes);
            } catch (const DataError&) {
            }
        });
        CHECK(asked < 1 << 20);
    }
}

TEST_CASE("a PNG file cut at any byte is refused, also with its checksums made right") {
    const Bytes whole = data::encode_png(noise({3, 4, 3}));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO("length ", length, " of ", whole.size());
        const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        CHECK_THROWS_AS(read(part), DataError);
        CHECK_THROWS_AS(read(support::with_png_checksums(part)), DataError);
    }
}

TEST_CASE("a PNG file with any one bit changed is refused; with its checksums made right it ends in a value or an error") {
    const Bytes whole = data::encode_png(noise({3, 4, 3}));
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        INFO("bit ", bit, " of ", whole.size() * 8);
        Bytes changed = whole;
        changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        CHECK_THROWS_AS(read(changed), DataError);
        std::size_t size = 1;
        try {
            size = read(support::with_png_checksums(changed)).size();
        } catch (const DataError&) {
        }
        CHECK(size > 0);
    }
}
