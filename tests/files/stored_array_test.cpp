#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/files/stored_array.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

using namespace xtape;
using files::Element;

namespace {

using support::bytes;
using support::Bytes;

template <class T>
BasicArray<T> numbers(Element element, const Bytes& content) {
    const files::StoredArray array{"w", element, {content.size() / files::byte_count(element)}, content};
    return files::to_array<T>(array, "x");
}

template <class N>
Bytes little(std::initializer_list<N> values) {
    Bytes result(values.size() * sizeof(N));
    std::memcpy(result.data(), std::data(values), result.size());
    return result;
}

}  // namespace

TEST_CASE("a half-precision number is the float of the same value, for all 65536") {
    // Reference: the definition, (-1)^s 2^(e-15) (1 + f / 1024), subnormal (-1)^s 2^-14 f / 1024.
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
        const double sign = bits >> 15 != 0 ? -1 : 1, fraction = (bits & 1023) / 1024.0;
        const int exponent = static_cast<int>(bits >> 10 & 31);
        const float value = files::float_from_half(static_cast<std::uint16_t>(bits));
        if (exponent == 31) {
            REQUIRE((fraction == 0 ? std::isinf(value) : std::isnan(value)));
            if (fraction == 0) REQUIRE(value == sign * std::numeric_limits<double>::infinity());
        } else {
            const double expected =
                sign * (exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15));
            REQUIRE(static_cast<double>(value) == expected);
            REQUIRE(std::signbit(value) == (sign < 0));
        }
    }
}

TEST_CASE("numbers of every kind become float, double and integers where they can") {
    // bfloat16 is the upper half of a float: 3F C0 is 1.5, FF 80 minus infinity.
    CHECK(numbers<float>(Element::bfloat16, bytes({0xc0, 0x3f, 0x80, 0xff})) ==
          Array{1.5f, -std::numeric_limits<float>::infinity()});
    CHECK(numbers<double>(Element::float16, bytes({0x00, 0x3e, 0x00, 0xc0})) == Array64{1.5, -2.});
    CHECK(numbers<float>(Element::float32, little<float>({1.25f, -3.f})) == Array{1.25f, -3.f});
    CHECK(numbers<double>(Element::float32, little<float>({0.1f})) == Array64{static_cast<double>(0.1f)});
    CHECK(numbers<float>(Element::float64, little<double>({0.1, -1e-60})) == Array{0.1f, -0.f});
    CHECK(numbers<float>(Element::boolean, bytes({0, 1})) == Array{0.f, 1.f});
    CHECK(numbers<float>(Element::int8, bytes({0xff, 0x80})) == Array{-1.f, -128.f});
    CHECK(numbers<float>(Element::uint8, bytes({0xff})) == Array{255.f});
    CHECK(numbers<float>(Element::int16, little<std::int16_t>({-32768})) == Array{-32768.f});
    CHECK(numbers<float>(Element::uint16, little<std::uint16_t>({65535})) == Array{65535.f});
    CHECK(numbers<double>(Element::int32, little<std::int32_t>({-2147483647})) == Array64{-2147483647.});
    CHECK(numbers<double>(Element::uint32, little<std::uint32_t>({4294967295})) == Array64{4294967295.});
    CHECK(numbers<float>(Element::int64, little<std::int64_t>({-(1 << 24)})) == Array{-16777216.f});
    CHECK(numbers<double>(Element::uint64, little<std::uint64_t>({std::uint64_t{1} << 63})) ==
          Array64{std::ldexp(1., 63)});
    CHECK(numbers<std::int64_t>(Element::uint64, little<std::uint64_t>({7})) == IndexArray{7});
    CHECK(numbers<std::int64_t>(Element::int64, little<std::int64_t>({std::numeric_limits<std::int64_t>::min()})) ==
          IndexArray{std::numeric_limits<std::int64_t>::min()});
    CHECK(numbers<std::int64_t>(Element::boolean, bytes({1})) == IndexArray{1});
}

TEST_CASE("NaN and infinity are converted as what they are") {
    const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
    const Array converted = numbers<float>(Element::float64, little<double>({nan, inf, -inf}));
    CHECK(std::isnan(converted(0)));
    CHECK(converted(1) == std::numeric_limits<float>::infinity());
    CHECK(converted(2) == -std::numeric_limits<float>::infinity());
}

TEST_CASE("a number that the wanted kind does not hold is refused") {
    CHECK_THROWS_WITH_AS(
        numbers<float>(Element::float64, little<double>({1., 1e39})),
        "x: \"w\": expected numbers that float holds, got 999999999999999939709166371603178586112.000000 "
        "at element 1",
        DataError);
    CHECK_THROWS_WITH_AS(numbers<float>(Element::int32, little<std::int32_t>({(1 << 24) + 1})),
                         "x: \"w\": expected numbers that float holds, got 16777217 at element 0", DataError);
    CHECK_THROWS_WITH_AS(
        numbers<double>(Element::int64, little<std::int64_t>({std::numeric_limits<std::int64_t>::max()})),
        "x: \"w\": expected numbers that double holds, got 9223372036854775807 at element 0", DataError);
    CHECK_THROWS_WITH_AS(numbers<float>(Element::uint64, little<std::uint64_t>({~std::uint64_t{0}})),
                         "x: \"w\": expected numbers that float holds, got 18446744073709551615 at element 0",
                         DataError);
    CHECK_THROWS_WITH_AS(numbers<std::int64_t>(Element::uint64, little<std::uint64_t>({std::uint64_t{1} << 63})),
                         "x: \"w\": expected integers that 64 bits hold, got 9223372036854775808 at element 0",
                         DataError);
    CHECK_THROWS_WITH_AS(numbers<std::int64_t>(Element::float32, little<float>({1.f})),
                         "x: \"w\": expected integers, got float32", DataError);
    CHECK_THROWS_WITH_AS(numbers<float>(Element::boolean, bytes({1, 2})),
                         "x: \"w\": expected 0 or 1, got 2 at element 1", DataError);
}

TEST_CASE("bytes that are not as many as the shape needs are refused") {
    const Bytes content(7);
    CHECK_THROWS_WITH_AS(files::to_array<float>({"w", Element::float32, {2}, content}, "x"),
                         "x: \"w\": expected the bytes of float32 of shape (2), got 7 bytes", DataError);
    CHECK_THROWS_WITH_AS(files::to_array<float>({"w", Element::float32, {std::size_t{1} << 62, 4}, {}}, "x"),
                         "x: \"w\": expected the bytes of float32 of shape (4611686018427387904, 4), got 0 bytes",
                         DataError);
}

TEST_CASE("numbers are read from any address") {
    Bytes content = bytes({9});
    content = support::operator+(content, little<double>({0.1, 0.2}));
    const files::StoredArray array{"w", Element::float64, {2}, std::span(content).subspan(1)};
    CHECK(files::to_array<double>(array, "x") == Array64{0.1, 0.2});
}

TEST_CASE("the bytes of a shape are counted or the count is refused") {
    const std::size_t big = std::size_t{1} << 32;
    CHECK(files::checked_byte_count({}, Element::float64) == 8);
    CHECK(files::checked_byte_count({2, 3}, Element::float32) == 24);
    CHECK(files::checked_byte_count({2, 0, 3}, Element::float32) == 0);
    CHECK(files::checked_byte_count({big, big / 2}, Element::uint8) == std::nullopt);
    CHECK(files::checked_byte_count({big, big / 2 - 1}, Element::boolean) == big * (big / 2 - 1));
    CHECK(files::checked_byte_count({big, big}, Element::uint8) == std::nullopt);
    CHECK(files::checked_byte_count({0, big, big}, Element::uint8) == std::nullopt);
    CHECK(files::checked_byte_count({std::size_t{1} << 62}, Element::float32) == std::nullopt);
    CHECK(files::checked_byte_count(Shape(32, 1), Element::int8) == 1);
    CHECK(files::checked_byte_count(Shape(33, 1), Element::int8) == std::nullopt);
}

TEST_CASE("kinds of numbers have a size and a name") {
    CHECK(files::byte_count(Element::boolean) == 1);
    CHECK(files::byte_count(Element::bfloat16) == 2);
    CHECK(files::byte_count(Element::uint32) == 4);
    CHECK(files::byte_count(Element::int64) == 8);
    CHECK(files::name_of(Element::boolean) == "bool");
    CHECK(files::name_of(Element::float16) == "float16");
    CHECK(files::name_of(Element::float64) == "float64");
}
