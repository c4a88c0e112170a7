#include "data/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/memory.hpp>
#include <xtape/data/idx.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using support::bytes;
using support::Bytes;
using support::idx;
using support::operator+;

namespace {

data::ByteArray read(const Bytes& content) { return data::read_idx(content, "x"); }

}  // namespace

TEST_CASE("an IDX file is read in the shape of its header") {
    // The bytes of a 2 x 3 file written out by hand, from the description of the format.
    const data::ByteArray values = read(bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 255}));
    CHECK(to_string(values.shape()) == "(2, 3)");
    CHECK(values(0, 2) == 30);
    CHECK(values(1, 0) == 40);
    CHECK(values(1, 2) == 255);

    CHECK(to_string(read(idx({3}, bytes({1, 2, 3}))).shape()) == "(3)");
    CHECK(to_string(read(idx({1, 2, 1, 2}, bytes({1, 2, 3, 4}))).shape()) == "(1, 2, 1, 2)");
    CHECK(read(idx({258}, Bytes(258))).size() == 258);
}

TEST_CASE("an IDX file may be empty") {
    CHECK(to_string(read(idx({0}, {})).shape()) == "(0)");
    CHECK(to_string(read(idx({0, 28, 28}, {})).shape()) == "(0, 28, 28)");
    CHECK(to_string(read(idx({0, 0xffffffff}, {})).shape()) == "(0, 4294967295)");
}

TEST_CASE("gzip is recognised by content, not by name") {
    const support::TemporaryFolder folder;
    const Bytes plain = idx({2, 2}, bytes({1, 2, 3, 4}));
    CHECK(data::read_idx(folder.write("packed", support::gzip(plain)))(1, 1) == 4);
    CHECK(data::read_idx(folder.write("plain.gz", plain))(1, 1) == 4);
    CHECK_THROWS_WITH_AS(data::read_idx(folder.path() / "none"),
                         (folder.path().string() + "/none: cannot read: No such file or directory").c_str(), IoError);
}

TEST_CASE("what is not IDX is refused with its first bytes") {
    const std::string wanted = "x: expected an IDX file (00 00, type 08, rank 01 to 04), got ";
    CHECK_THROWS_WITH_AS(read({}), (wanted + "no bytes at byte 0").c_str(), DataError);
    CHECK_THROWS_WITH_AS(read(bytes({0, 0, 8})), (wanted + "00 00 08 at byte 0").c_str(), DataError);
    CHECK_THROWS_WITH_AS(read(bytes({0, 1, 8, 1})), (wanted + "00 01 08 01 at byte 0").c_str(), DataError);
    CHECK_THROWS_WITH_AS(read(bytes({0, 0, 0x0a, 1})), (wanted + "00 00 0A 01 at byte 0").c_str(), DataError);
    CHECK_THROWS_WITH_AS(read(bytes("PK\x03\x04")), (wanted + "50 4B 03 04 at byte 0").c_str(), DataError);
    CHECK_THROWS_WITH_AS(read(bytes("<!DOCTYPE html>")),
                         (wanted + "3C 21 44 4F; this looks like an HTML page instead of the data at byte 0").c_str(),
                         DataError);
    CHECK_THROWS_WITH_AS(read(bytes("\r\n <html>")),
                         (wanted + "0D 0A 20 3C; this looks like an HTML page instead of the data at byte 0").c_str(),
                         DataError);
    CHECK_THROWS_WITH_AS(
        read(support::gzip(support::gzip(idx({1}, bytes({1}))))),
        (wanted + "1F 8B 08 00; this is gzip inside gzip: decompress it once at byte 0 of the decompressed data")
            .c_str(),
        DataError);
}

TEST_CASE("IDX types other than unsigned bytes are refused by name") {
    const auto text = [](const std::string& type) {
        return "x: expected IDX values of type 08 (unsigned byte), got type " + type + " at byte 2";
    };
    CHECK_THROWS_WITH_AS(read(bytes({0, 0, 0x09, 1})), text("09 (signed byte)").c_str(), DataError);
    CHECK_THROWS_WITH_AS(read(bytes({0, 0, 0x0b, 1})), text("0B (16-bit integer)").c_str(), DataError);
    CHECK_THROWS_WITH_AS(read(bytes({0, 0, 0x0c, 1})), text("0C (32-bit integer)").c_str(), DataError);
    CHECK_THROWS_WITH_AS(read(bytes({0, 0, 0x0d, 1})), text("0D (float)").c_str(), DataError);
    CHECK_THROWS_WITH_AS(read(bytes({0, 0, 0x0e, 1})), text("0E (double)").c_str(), DataError);
}

TEST_CASE("headers that cannot be are refused") {
    CHECK_THROWS_WITH_AS(read(bytes({0, 0, 8, 0, 7})), "x: expected an IDX rank from 1 to 4, got 0 at byte 3",
                         DataError);
    CHECK_THROWS_WITH_AS(read(idx({1, 1, 1, 1, 1}, bytes({7}))), "x: expected an IDX rank from 1 to 4, got 5 at byte 3",
                         DataError);
    CHECK_THROWS_WITH_AS(read(bytes({0, 0, 8, 3, 0, 0, 0})),
                         "x: expected an IDX header of 16 bytes, got the end at byte 7", DataError);
    const std::uint32_t most = 0xffffffff;
    CHECK_THROWS_WITH_AS(read(idx({most, most, most, most}, {})),
                         "x: expected at most 8589934592 IDX values, got shape (4294967295, 4294967295, 4294967295, "
                         "4294967295) at byte 4",
                         DataError);
    CHECK_THROWS_WITH_AS(read(idx({0, most, most, most}, {})),
                         "x: expected at most 8589934592 IDX values, got shape (0, 4294967295, 4294967295, "
                         "4294967295) at byte 4",
                         DataError);
}

TEST_CASE("the values must be as many as the header tells") {
    CHECK_THROWS_WITH_AS(read(idx({2, 3}, bytes({1, 2, 3}))),
                         "x: expected 6 values of shape (2, 3), got 3 bytes at byte 12", DataError);
    CHECK_THROWS_WITH_AS(read(support::gzip(idx({2, 3}, bytes({1, 2, 3})))),
                         "x: expected 6 values of shape (2, 3), got 3 bytes at byte 12 of the decompressed data",
                         DataError);
    CHECK_THROWS_WITH_AS(read(idx({2}, bytes({1, 2, 3}))),
                         "x: expected the end after 2 values of shape (2), got more at byte 10", DataError);
    CHECK_THROWS_WITH_AS(
        read(support::gzip(idx({2}, bytes({1, 2, 3})))),
        "x: expected the end after 2 values of shape (2), got more at byte 10 of the decompressed data", DataError);
}

TEST_CASE("a truncated or damaged gzip IDX file is refused") {
    const Bytes packed = support::gzip(idx({3}, bytes({1, 2, 3})));
    CHECK_THROWS_WITH_AS(data::read_idx(std::span(packed).first(20), "x.gz"),
                         "x.gz: expected more gzip data, got the end of the file at byte 20 (truncated)", DataError);
    CHECK_THROWS_WITH_AS(data::read_idx(packed + bytes("!!"), "x.gz"),
                         ("x.gz: expected the end of the file after the gzip data, got 2 more bytes at byte " +
                          std::to_string(packed.size()))
                             .c_str(),
                         DataError);
}

TEST_CASE("a header that promises gigabytes makes nobody allocate them") {
    const Bytes header = idx({65536, 65535}, {});
    const Bytes packed = support::gzip(header);
    const std::size_t before = memory_stats().peak_reserved;
    CHECK_THROWS_WITH_AS(read(header), "x: expected 4294901760 values of shape (65536, 65535), got 0 bytes at byte 12",
                         DataError);
    CHECK_THROWS_WITH_AS(
        read(packed),
        ("x: expected 4294901760 values of shape (65536, 65535), got a file that cannot hold more than " +
         std::to_string(packed.size() * 1032) + " at byte 12 of the decompressed data")
            .c_str(),
        DataError);
    CHECK(memory_stats().peak_reserved - before < 1 << 20);
}

TEST_CASE("an IDX file cut at any byte is refused, plain and packed") {
    const Bytes plain = idx({2, 3, 4}, Bytes(24, std::byte{200}));
    for (const Bytes& whole : {plain, support::gzip(plain)}) {
        for (std::size_t length = 0; length < whole.size(); ++length) {
            INFO("length ", length, " of ", whole.size());
            CHECK_THROWS_AS(data::read_idx(std::span(whole).first(length), "x"), DataError);
        }
    }
}

TEST_CASE("an IDX file with any one bit changed ends in a value or a typed error") {
    const Bytes plain = idx({2, 3, 4}, Bytes(24, std::byte{200}));
    for (const Bytes& whole : {plain, support::gzip(plain)}) {
        for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
            Bytes changed = whole;
            changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
            INFO("bit ", bit, " of ", whole.size() * 8);
            std::size_t size = 24;
            try {
                size = read(changed).size();
            } catch (const DataError&) {
            }
            CHECK(size == 24);
        }
    }
}
