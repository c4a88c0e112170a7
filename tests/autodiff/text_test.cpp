#include <xtape/autodiff/text.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xtape;

TEST_CASE("bytes are given in the largest unit that leaves at least one") {
    CHECK(detail::bytes_text(std::size_t{0}) == "0 B");
    CHECK(detail::bytes_text(std::size_t{1023}) == "1023 B");
    CHECK(detail::bytes_text(std::size_t{1024}) == "1.0 KiB");
    CHECK(detail::bytes_text(std::size_t{1536}) == "1.5 KiB");
    CHECK(detail::bytes_text(std::size_t{1024 * 1024 - 1}) == "1.0 MiB");
    CHECK(detail::bytes_text(5.0 * 1024 * 1024 * 1024) == "5.0 GiB");
}

TEST_CASE("digits stand in groups of three") {
    CHECK(detail::grouped(0) == "0");
    CHECK(detail::grouped(999) == "999");
    CHECK(detail::grouped(1000) == "1,000");
    CHECK(detail::grouped(123456) == "123,456");
    CHECK(detail::grouped(1234567) == "1,234,567");
    CHECK(detail::grouped(std::numeric_limits<std::size_t>::max()) == "18,446,744,073,709,551,615");
}

TEST_CASE("nouns have their number") {
    CHECK(detail::counted(0, "layer") == "0 layers");
    CHECK(detail::counted(1, "layer") == "1 layer");
    CHECK(detail::counted(1234, "layer") == "1,234 layers");
}
