#include "files/allocations.hpp"
#include "files/check_golden.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/files/npz.hpp>
#include <xtape/files/read.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using support::Bytes;

namespace {

std::vector<files::StoredArray> read(const Bytes& content) { return files::read_npz(content, "x"); }

const Array grid{{1.5f, -2.f, 3.f}, {0.25f, 0.f, -0.5f}};

void check_numpy(const std::vector<files::StoredArray>& arrays, std::size_t start) {
    REQUIRE(arrays.size() == start + 3);
    CHECK(arrays[start].name == "0.weight");
    CHECK(files::to_array<float>(arrays[start], "x") == grid);
    CHECK(arrays[start + 1].name == "0.bias");
    CHECK(files::to_array<double>(arrays[start + 1], "x") == Array64{1., 2.});
    CHECK(arrays[start + 2].name == "steps");
    CHECK(files::to_array<std::int64_t>(arrays[start + 2], "x") == IndexArray(std::int64_t{3}));
}

}  // namespace

TEST_CASE("an .npz file that is not as it must be is refused with what is wrong and where") {
    support::check_refused(support::golden_npz(), [](const auto& bytes) { return read(bytes); });
}

TEST_CASE("an .npz file that is unusual but right is read") {
    support::check_read(support::golden_npz(), [](const auto& bytes) { return read(bytes); });
}

TEST_CASE("NumPy's .npz files are read, stored and compressed") {
    const Bytes stored = support::numpy_file("stored.npz"), deflated = support::numpy_file("deflated.npz");
    check_numpy(read(stored), 0);
    const std::vector<files::StoredArray> arrays = read(deflated);
    check_numpy(arrays, 1);
    CHECK(arrays[0].name == "zeros");
    CHECK(files::to_array<float>(arrays[0], "x") == Array(Shape{100, 10}, 0.f));
}

TEST_CASE("what is written as .npz is read again, and the same arrays give the same bytes") {
    const support::TemporaryFolder folder;
    const auto path = folder.path() / "a.npz";
    const Array64 scalar(0.1);
    const Array none = empty_array<float>({0, 3});
    const std::vector<files::StoredArray> arrays{files::stored("0.weight", grid), files::stored("scalar", scalar),
                                                 files::stored("none", none)};
    files::write_npz(path, arrays);
    const Bytes first = files::read_file(path);
    const std::vector<files::StoredArray> loaded = files::read_npz(path);
    REQUIRE(loaded.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(loaded[i].name == arrays[i].name);
        CHECK(loaded[i].element == arrays[i].element);
        CHECK(loaded[i].shape == arrays[i].shape);
        CHECK(
            std::equal(loaded[i].bytes.begin(), loaded[i].bytes.end(), arrays[i].bytes.begin(), arrays[i].bytes.end()));
    }
    files::write_npz(path, loaded);  // over the file that the arrays were read from
    CHECK(files::read_file(path) == first);
    CHECK(files::to_array<float>(loaded[0], "x") == grid);
}

TEST_CASE("arrays that have no place in an .npz file are refused before anything is written") {
    const support::TemporaryFolder folder;
    const auto path = folder.path() / "a.npz";
    const auto write = [&](const std::string& first, const std::string& second) {
        files::write_npz(path, std::vector{files::stored(first, grid), files::stored(second, grid)});
    };
    const std::string wanted = "zip: expected names that differ, are not empty and have no NUL and no \"..\", got ";
    CHECK_THROWS_WITH_AS(write("w", "w"), (wanted + "\"w.npy\"").c_str(), ConfigError);
    CHECK_THROWS_WITH_AS(write("w", "../w"), (wanted + "\"../w.npy\"").c_str(), ConfigError);
    CHECK_THROWS_WITH_AS(write(std::string("w\0", 2), "v"), (wanted + "\"w\\x00.npy\"").c_str(), ConfigError);

    std::vector<files::StoredArray> many(65535, files::stored("w", grid));
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < many.size(); ++i) {
        many[i].name = std::to_string(i);
        // Header and numbers, and twice the name: in the local header of 30 bytes and in the directory's entry of 46.
        bytes += 128 + 24 + 2 * (many[i].name.size() + 4) + 30 + 46;
    }
    CHECK_THROWS_WITH_AS(files::write_npz(path, many),
                         ("zip: expected less than 65535 members and 4 GiB, got 65535 members and " +
                          std::to_string(bytes + 22) + " bytes")
                             .c_str(),
                         ConfigError);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("no small .npz file makes anybody allocate a megabyte") {
    for (const support::Golden& golden : support::golden_npz()) {
        if (golden.bytes.size() > 2000) continue;
        INFO(golden.name);
        const std::size_t asked = support::bytes_asked_by([&] {
            try {
                read(golden.bytes);
            } catch (const DataError&) {
            }
        });
        CHECK(asked < 200'000);
    }
}

TEST_CASE("an .npz file cut at any byte is refused") {
    for (const char* name : {"stored.npz", "deflated.npz"}) {
        const Bytes whole = support::numpy_file(name);
        for (std::size_t length = 0; length < whole.size(); ++length) {
            INFO("length ", length, " of ", whole.size());
            CHECK_THROWS_AS(files::read_npz(std::span(whole).first(length), "x"), DataError);
        }
    }
}

TEST_CASE("an .npz file with any one bit changed is refused or has the same arrays") {
    for (const char* name : {"stored.npz", "deflated.npz"}) {
        const Bytes whole = support::numpy_file(name);
        const std::size_t start = name[0] == 'd' ? 1 : 0;
        std::size_t refused = 0;
        for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
            Bytes changed = whole;
            changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
            INFO("bit ", bit);
            try {
                check_numpy(read(changed), start);
            } catch (const DataError&) {
                ++refused;
            }
        }
        // Harmless are dates, versions, attributes and the like.
        CHECK(refused > whole.size() * 8 * 3 / 4);
    }
}
