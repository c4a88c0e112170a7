#include <xtape/files/text.hpp>

#include <doctest/doctest.h>

using xtape::files::detail::in_quotes;

TEST_CASE("text of a file is quoted so that a message stays one short line") {
    CHECK(in_quotes("layer.0") == "\"layer.0\"");
    CHECK(in_quotes("") == "\"\"");
    CHECK(in_quotes(std::string("a\0\n\x7f", 4)) == "\"a\\x00\\x0a\\x7f\"");
    CHECK(in_quotes(std::string(80, 'a')) == "\"" + std::string(80, 'a') + "\"");
    CHECK(in_quotes(std::string(81, 'a')) == "\"" + std::string(80, 'a') + "...\"");
}

TEST_CASE("text of a file is not cut inside a character") {
    const std::string before(79, 'a');
    CHECK(in_quotes("a" + before + "é") == "\"a" + before + "...\"");
    CHECK(in_quotes(before + "é") == "\"" + before + "...\"");
    CHECK(in_quotes(before.substr(1) + "é" + "b") == "\"" + before.substr(1) + "é...\"");
    CHECK(in_quotes(before.substr(2) + "😀") == "\"" + before.substr(2) + "...\"");
}
