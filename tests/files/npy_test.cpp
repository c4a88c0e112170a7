#include "files/allocations.hpp"
#include "files/check_golden.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/files/npy.hpp>
#include <xtape/files/read.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xtape;
using support::Bytes;

namespace {

files::StoredArray read(const Bytes& content) { return files::read_npy(content, "x"); }

template <class T>
BasicArray<T> numpy(const std::string& name) {
    const Bytes content = support::numpy_file(name);
    return files::to_array<T>(files::read_npy(content, name), name);
}

// What tests/files/golden/generate calls GRID.
const Array64 grid{{1.5, -2., 3.}, {0.25, 0., -0.5}};

}  // namespace

TEST_CASE("a .npy file that is not as it must be is refused with what is wrong and where") {
    support::check_refused(support::golden_npy(), [](const auto& bytes) { return read(bytes); });
}

TEST_CASE("a .npy file that is unusual but right is read") {
    support::check_read(support::golden_npy(), [](const auto& bytes) { return read(bytes); });
}

TEST_CASE("NumPy's files are read in every byte order, memory order and version") {
    CHECK(numpy<float>("float32.npy") == Array(grid));
    CHECK(numpy<double>("float64_big_endian.npy") == grid);
    CHECK(numpy<double>("float64_fortran.npy") == grid);
    CHECK(numpy<double>("float16.npy") == grid);
    CHECK(numpy<float>("version_2.npy") == Array(grid));
    CHECK(numpy<float>("version_3.npy") == Array(grid));
    CHECK(numpy<float>("bool.npy") == Array{{1.f, 0.f, 1.f}, {1.f, 0.f, 0.f}});
    CHECK(numpy<float>("uint8.npy") == Array{0.f, 127.f, 255.f});
    CHECK(numpy<std::int64_t>("int64.npy") ==
          IndexArray{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()});
    CHECK(numpy<double>("scalar.npy") == Array64(2.5));
    CHECK(numpy<float>("empty.npy").shape() == Shape{0, 3});

    const IndexArray counted = numpy<std::int64_t>("int16_fortran_big_endian.npy");
    CHECK(counted.shape() == Shape{2, 3, 4});
    for (std::size_t i = 0; i < 24; ++i) CHECK(counted.data()[i] == static_cast<std::int64_t>(i));

    const IndexArray deep = numpy<std::int64_t>("rank_32.npy");
    CHECK(deep.shape() == Shape(32, 1));
    CHECK(deep.data()[0] == 7);
}

TEST_CASE("NumPy's files of other things than numbers are refused by name") {
    CHECK_THROWS_WITH_AS(read(support::numpy_file("structured.npy")),
                         "x: expected a text as descr, got \"[\" at byte 20", DataError);
    CHECK_THROWS_WITH_AS(
        read(support::numpy_file("text.npy")),
        "x: expected a descr of b1, i1 to i8, u1 to u8, f2, f4 or f8 behind <, > or |, got \"<U2\" at byte 20",
        DataError);
}

TEST_CASE("what is written as .npy is what NumPy writes, byte for byte") {
    const support::TemporaryFolder folder;
    const auto written = [&](const auto& array) {
        files::write_npy(folder.path() / "a.npy", files::stored("a", array));
        return files::read_file(folder.path() / "a.npy");
    };
    CHECK(written(Array(grid)) == support::numpy_file("float32.npy"));
    CHECK(written(Array64(2.5)) == support::numpy_file("scalar.npy"));
    CHECK(written(empty_array<float>({0, 3})) == support::numpy_file("empty.npy"));
    BasicArray<std::uint8_t> small(Shape{3});
    small(0) = 0;
    small(1) = 127;
    small(2) = 255;
    CHECK(written(small) == support::numpy_file("uint8.npy"));
    CHECK(written(IndexArray{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) ==
          support::numpy_file("int64.npy"));
}

TEST_CASE("a .npy file read from its path keeps its bytes alive") {
    const support::TemporaryFolder folder;
    for (const char* name : {"float32.npy", "float64_fortran.npy"}) {
        const files::StoredArray array = files::read_npy(folder.write("a.npy", support::numpy_file(name)));
        CHECK(files::to_array<double>(array, "a") == grid);
    }
    CHECK_THROWS_WITH_AS(files::read_npy(folder.path() / "none"),
                         (folder.path().string() + "/none: cannot read: No such file or directory").c_str(), IoError);
}

TEST_CASE("what NumPy does not have is refused") {
    const Bytes content(4);
    CHECK_THROWS_WITH_AS(files::npy_header({"w", files::Element::bfloat16, {2}, content}),
                         "npy: expected a kind of number that NumPy has, got bfloat16", ConfigError);
    CHECK_THROWS_WITH_AS(files::npy_header({"w", files::Element::float32, Shape(33, 1), content}),
                         ("npy: expected at most 32 axes, got shape " + to_string(Shape(33, 1))).c_str(), ConfigError);
}

TEST_CASE("no small .npy file makes anybody allocate a megabyte") {
    for (const support::Golden& golden : support::golden_npy()) {
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

TEST_CASE("a .npy file cut at any byte is refused") {
    const Bytes whole = support::numpy_file("float64_fortran.npy");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO("length ", length, " of ", whole.size());
        CHECK_THROWS_AS(files::read_npy(std::span(whole).first(length), "x"), DataError);
    }
}

TEST_CASE("a .npy file with any one bit changed ends in a value or a typed error") {
    const Bytes whole = support::numpy_file("float64_big_endian.npy");
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        Bytes changed = whole;
        changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        INFO("bit ", bit);
        std::size_t size = 48;
        try {
            size = read(changed).bytes.size();
        } catch (const DataError&) {
        }
        CHECK(size == 48);
    }
}
