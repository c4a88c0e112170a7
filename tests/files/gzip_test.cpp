#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/files/gzip.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using support::bytes;
using support::Bytes;
using support::operator+;

namespace {

// Compresses well in some parts and badly in others, so that all kinds of deflate blocks occur.
Bytes sample(std::size_t size) {
    Bytes content(size);
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < size; ++i) {
        state = state * 1664525 + 1013904223;
        content[i] = static_cast<std::byte>(i % 64 < 32 ? 0 : state >> 24);
    }
    return content;
}

}  // namespace

TEST_CASE("gunzip gives back what was compressed") {
    for (const std::size_t size : {0u, 1u, 1000u, 65536u, 65537u, 300000u}) {
        INFO("size ", size);
        const Bytes content = sample(size);
        CHECK(files::gunzip(support::gzip(content), size, "x.gz") == content);
        CHECK(files::gunzip(support::gzip(content), 1000000, "x.gz") == content);
    }
}

TEST_CASE("the members of a gzip file follow each other") {
    const Bytes two = support::gzip(bytes("first ")) + support::gzip({}) + support::gzip(bytes("second"));
    CHECK(files::gunzip(two, 100, "x.gz") == bytes("first second"));
}

TEST_CASE("a gzip reader gives as much as is asked for and then what is left") {
    const Bytes content = sample(10000);
    const Bytes packed = support::gzip(content);
    files::GzipReader reader(packed, "x.gz");
    Bytes part(7000);
    CHECK(reader.read(part) == 7000);
    CHECK(part == Bytes(content.begin(), content.begin() + 7000));
    CHECK(reader.read({}) == 0);
    CHECK(reader.read(part) == 3000);
    CHECK(Bytes(part.begin(), part.begin() + 3000) == Bytes(content.begin() + 7000, content.end()));
    CHECK(reader.read(part) == 0);
}

TEST_CASE("gunzip stops at the most bytes that are allowed") {
    const Bytes bomb = support::gzip(Bytes(10'000'000));
    CHECK(bomb.size() < 10'000);
    CHECK_THROWS_WITH_AS(files::gunzip(bomb, 1000, "bomb.gz"),
                         "bomb.gz: expected at most 1000 bytes after decompression, got more", DataError);
    CHECK_THROWS_WITH_AS(files::gunzip(bomb, 0, "bomb.gz"),
                         "bomb.gz: expected at most 0 bytes after decompression, got more", DataError);
}

TEST_CASE("no deflate stream grows by more than the ratio that is assumed") {
    const std::size_t size = 30'000'000;
    CHECK(support::gzip(Bytes(size)).size() * files::max_gzip_ratio >= size);
}

TEST_CASE("damaged gzip data is refused with what is wrong and where") {
    const Bytes good = support::gzip(bytes("hello, hello, hello"));
    const std::string size = std::to_string(good.size());

    CHECK_THROWS_WITH_AS(files::gunzip({}, 100, "x.gz"),
                         "x.gz: expected more gzip data, got the end of the file at byte 0 (truncated)", DataError);
    CHECK_THROWS_WITH_AS(files::gunzip(std::span(good).first(15), 100, "x.gz"),
                         "x.gz: expected more gzip data, got the end of the file at byte 15 (truncated)", DataError);
    CHECK_THROWS_WITH_AS(files::gunzip(bytes("plain text"), 100, "x.gz"),
                         "x.gz: expected intact gzip data, got \"incorrect header check\" near byte 2", DataError);
    CHECK_THROWS_WITH_AS(
        files::gunzip(good + bytes("abc"), 100, "x.gz"),
        ("x.gz: expected the end of the file after the gzip data, got 3 more bytes at byte " + size).c_str(),
        DataError);
    CHECK_THROWS_WITH_AS(
        files::gunzip(good + bytes({0x1f}), 100, "x.gz"),
        ("x.gz: expected the end of the file after the gzip data, got 1 more bytes at byte " + size).c_str(),
        DataError);

    Bytes wrong_sum = good;
    wrong_sum[good.size() - 8] ^= std::byte{1};
    CHECK_THROWS_WITH_AS(
        files::gunzip(wrong_sum, 100, "x.gz"),
        ("x.gz: expected intact gzip data, got \"incorrect data check\" near byte " + std::to_string(good.size() - 4))
            .c_str(),
        DataError);
    Bytes wrong_length = good;
    wrong_length[good.size() - 1] ^= std::byte{1};
    CHECK_THROWS_WITH_AS(files::gunzip(wrong_length, 100, "x.gz"),
                         ("x.gz: expected intact gzip data, got \"incorrect length check\" near byte " + size).c_str(),
                         DataError);
}

TEST_CASE("gzip data cut at any byte is refused") {
    const Bytes packed = support::gzip(sample(200));
    for (std::size_t length = 0; length < packed.size(); ++length) {
        INFO("length ", length);
        CHECK_THROWS_AS(files::gunzip(std::span(packed).first(length), 1000, "x.gz"), DataError);
    }
}

TEST_CASE("gzip data with any one bit changed is refused or gives the same content") {
    const Bytes content = sample(200);
    const Bytes packed = support::gzip(content);
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
        Bytes changed = packed;
        changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        INFO("bit ", bit);
        Bytes result = content;
        try {
            result = files::gunzip(changed, 1000, "x.gz");
        } catch (const DataError&) {
            ++refused;
        }
        CHECK(result == content);
    }
    // Harmless are the 6 bytes of modification time, compression level and system, and a few bits that deflate leaves
    // unused.
    CHECK(refused >= (packed.size() - 8) * 8);
}
