#include "files/allocations.hpp"
#include "files/check_golden.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/safetensors.hpp>

#include <doctest/doctest.h>

#include <cstring>

using namespace xtape;
using support::Bytes;

namespace {

files::Safetensors read(const Bytes& content) { return files::read_safetensors(content, "x"); }

Bytes written(std::span<const files::StoredArray> arrays, const std::map<std::string, std::string>& metadata = {}) {
    const support::TemporaryFolder folder;
    files::write_safetensors(folder.path() / "a.safetensors", arrays, metadata);
    return files::read_file(folder.path() / "a.safetensors");
}

}  // namespace

TEST_CASE("a safetensors file that is not as it must be is refused with what is wrong and where") {
    support::check_refused(support::golden_safetensors(), [](const auto& bytes) { return read(bytes); });
}

TEST_CASE("a safetensors file that is unusual but right is read") {
    support::check_read(support::golden_safetensors(), [](const auto& bytes) { return read(bytes); });
}

TEST_CASE("the arrays of a safetensors file come in the order of their bytes, with type, shape and numbers") {
    // Written by hand from the description of the format: 1.5f is 00 00 C0 3F.
    const std::string header = R"({"b":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},)"
                               R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                               R"("__metadata__":{"format":"pt","note":"é"}})";
    Bytes file = support::safetensors(header, 0);
    file = support::operator+(file, support::bytes({0, 0, 0xc0, 0x3f, 0, 0, 0xc0, 0xbf, 5, 1, 0, 0, 0, 0, 0, 0}));
    const files::Safetensors content = read(file);
    REQUIRE(content.arrays.size() == 2);
    CHECK(content.arrays[0].name == "a");
    CHECK(content.arrays[0].element == files::Element::float32);
    CHECK(files::to_array<float>(content.arrays[0], "x") == Array{{1.5f}, {-1.5f}});
    CHECK(content.arrays[1].name == "b");
    CHECK(files::to_array<std::int64_t>(content.arrays[1], "x") == IndexArray{261});
    CHECK(content.metadata == std::map<std::string, std::string>{{"format", "pt"}, {"note", "é"}});
}

TEST_CASE("what is written as safetensors is read again, every bit") {
    const Array a{{1.f, -0.f}, {std::numeric_limits<float>::infinity(), 1e-45f}};
    const Array64 b(Shape{}, 0.1);
    const IndexArray c{-1, std::numeric_limits<std::int64_t>::max()};
    const Array none = empty_array<float>({0, 3});
    const std::vector<files::StoredArray> arrays{files::stored("a", a), files::stored("layer.\"b\"", b),
                                                 files::stored("c", c), files::stored("none", none)};
    const Bytes file = written(arrays, {{"key", "value"}});
    const files::Safetensors content = read(file);
    CHECK(content.metadata == std::map<std::string, std::string>{{"key", "value"}});
    REQUIRE(content.arrays.size() == 4);
    for (const files::StoredArray& read_back : content.arrays) {
        const auto original =
            std::find_if(arrays.begin(), arrays.end(), [&](auto& x) { return x.name == read_back.name; });
        REQUIRE(original != arrays.end());
        CHECK(read_back.element == original->element);
        CHECK(read_back.shape == original->shape);
        CHECK(
            std::equal(read_back.bytes.begin(), read_back.bytes.end(), original->bytes.begin(), original->bytes.end()));
        const auto offset = static_cast<std::size_t>(read_back.bytes.data() - file.data());
        CHECK(offset % files::byte_count(read_back.element) == 0);
    }
    CHECK(written(arrays, {{"key", "value"}}) == file);
}

TEST_CASE("the bytes of a safetensors file are what the format says") {
    const Array a{1.f};
    const BasicArray<std::uint8_t> b(Shape{3}, std::uint8_t{7});
    const std::vector<files::StoredArray> arrays{files::stored("b", b), files::stored("a", a)};
    const std::string header = R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                               R"("b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}})";
    const std::string padding((8 - header.size() % 8) % 8, ' ');
    Bytes expected = support::safetensors(header + padding, 0);
    expected = support::operator+(expected, support::bytes({0, 0, 0x80, 0x3f, 7, 7, 7}));
    CHECK(written(arrays, {{"k", "v"}}) == expected);
}

TEST_CASE("a file read from its path keeps its bytes alive, also when it is replaced") {
    const support::TemporaryFolder folder;
    const auto path = folder.path() / "a.safetensors";
    const Array old{1.f, 2.f}, next{3.f, 4.f};
    files::write_safetensors(path, std::vector{files::stored("a", old)});
    const std::vector<files::StoredArray> loaded = files::read_safetensors(path).arrays;
    files::write_safetensors(path, std::vector{files::stored("a", next)});
    CHECK(files::to_array<float>(loaded[0], "x") == old);
    // Written over the file that it was read from.
    files::write_safetensors(path, loaded);
    CHECK(files::to_array<float>(files::read_safetensors(path).arrays[0], "x") == old);
    CHECK_THROWS_WITH_AS(files::read_safetensors(folder.path() / "none"),
                         (folder.path().string() + "/none: cannot read: No such file or directory").c_str(), IoError);
}

TEST_CASE("arrays that have no place in a safetensors file are refused before anything is written") {
    const support::TemporaryFolder folder;
    const auto path = folder.path() / "a.safetensors";
    const Array a{1.f};
    const auto write = [&](const std::string& first, const std::string& second) {
        files::write_safetensors(path, std::vector{files::stored(first, a), files::stored(second, a)});
    };
    CHECK_THROWS_WITH_AS(write("w", "w"),
                         "safetensors: expected names that differ and are not \"__metadata__\", got \"w\"",
                         ConfigError);
    CHECK_THROWS_WITH_AS(write("__metadata__", "w"),
                         "safetensors: expected names that differ and are not \"__metadata__\", got \"__metadata__\"",
                         ConfigError);
    CHECK_THROWS_WITH_AS(write("\xff", "w"), "safetensors: expected names and strings in UTF-8, got another encoding",
                         ConfigError);
    CHECK_THROWS_WITH_AS(write(std::string(files::max_safetensors_header, 'w'), "w"),
                         "safetensors: expected a header of at most 16777216 bytes, got 16777328", ConfigError);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("no small safetensors file makes anybody allocate a megabyte") {
    for (const support::Golden& golden : support::golden_safetensors()) {
        if (golden.bytes.size() > 1000) continue;
        INFO(golden.name);
        const std::size_t asked = support::bytes_asked_by([&] {
            try {
                read(golden.bytes);
            } catch (const DataError&) {
            }
        });
        CHECK(asked < 100'000);
    }
}

TEST_CASE("a safetensors file cut at any byte is refused") {
    const Array a{1.f, 2.f, 3.f};
    const Bytes whole = written(std::vector{files::stored("a", a)});
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO("length ", length, " of ", whole.size());
        CHECK_THROWS_AS(files::read_safetensors(std::span(whole).first(length), "x"), DataError);
    }
}

TEST_CASE("a safetensors file with any one bit changed ends in a value or a typed error") {
    const Array a{1.f, 2.f, 3.f};
    const Bytes whole = written(std::vector{files::stored("a", a)}, {{"key", "value"}});
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        Bytes changed = whole;
        changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        try {
            for (const files::StoredArray& array : read(changed).arrays) files::to_array<float>(array, "x");
        } catch (const DataError&) {
            ++refused;
        }
    }
    CHECK(refused > whole.size() * 8 / 2);  // most of the file is its header
}
