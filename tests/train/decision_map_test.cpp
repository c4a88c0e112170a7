#include "files/support.hpp"
#include "train/content.hpp"

#include <xtape/train/decision_map.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <limits>
#include <string>

using namespace xtape;
using support::content;

namespace {

namespace fs = std::filesystem;

// Label 1 where the sum of the coordinates is above 1.
IndexArray above(const Array& x) {
    IndexArray labels = IndexArray::from_shape({x.shape()[0]});
    for (std::size_t i = 0; i < labels.size(); ++i) labels(i) = x(i, 0) + x(i, 1) > 1;
    return labels;
}

const Array corners{{0, 0}, {1, 0}, {0, 1}, {1, 1}};
const IndexArray one_corner{0, 0, 0, 1};

std::string message_of(const Array& points, const IndexArray& labels, const train::DecisionMapOptions& options = {},
                       const train::Classifier& classify = above) {
    try {
        train::write_decision_map("never.png", classify, points, labels, options);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a decision map is a PNG of the wanted size") {
    const support::TemporaryFolder folder;
    train::write_decision_map(folder.path() / "map.png", above, corners, one_corner, {.width = 320, .height = 240});
    const std::string png = content(folder.path() / "map.png");
    REQUIRE(png.size() > 24);
    CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    CHECK(png.substr(16, 8) == std::string("\0\0\x01\x40\0\0\0\xf0", 8));
}

TEST_CASE("a decision map as SVG has both regions, both colours of points, and the names") {
    const support::TemporaryFolder folder;
    train::write_decision_map(folder.path() / "map.svg", above, corners, one_corner, {.title = "and", .classes = {"no", "yes"}, .cells = 20});
    const std::string svg = content(folder.path() / "map.svg");
    for (const char* part : {">and<", ">no<", ">yes<", ">x1<", ">x2<"}) CHECK_MESSAGE(says(svg, part), std::string(part));
    const auto count = [&](const std::string& part) {
        std::size_t n = 0;
        for (std::size_t at = svg.find(part); at != std::string::npos; at = svg.find(part, at + 1)) ++n;
        return n;
    };
    // The line through (1, 0) and (0, 1) halves the square; gnuplot writes a polygon for each cell.
    CHECK(count("rgb(191, 220, 236)") + count("rgb(245, 215, 191)") >= 20 * 20);
    CHECK(count("rgb(191, 220, 236)") >= 180);
    CHECK(count("rgb(245, 215, 191)") >= 180);
}

TEST_CASE("the classifier is asked at the middle of each cell, with a margin around the points") {
    const support::TemporaryFolder folder;
    Array places;
    train::write_decision_map(
        folder.path() / "map.png",
        [&](const Array& x) {
            places = x;
            return above(x);
        },
        corners, one_corner, {.cells = 2, .margin = 0.5});
    CHECK(places == Array{{0, 0}, {1, 0}, {0, 1}, {1, 1}});    // of the square from -0.5 to 1.5
}

TEST_CASE("a decision map of one point is drawn") {
    const support::TemporaryFolder folder;
    train::write_decision_map(folder.path() / "map.png", above, Array{{2, 3}}, IndexArray{1});
    CHECK(fs::file_size(folder.path() / "map.png") > 500);
}

TEST_CASE("what cannot be a decision map is an error that says why") {
    CHECK(says(message_of(Array{1, 2}, IndexArray{0}), "write_decision_map: expected points (N, 2) and labels (N), N at least 1, got (2) and (1)"));
    CHECK(says(message_of(corners, IndexArray{0, 1}), "N at least 1, got (4, 2) and (2)"));
    CHECK(says(message_of(corners, IndexArray{0, 1, 7, 0}), "write_decision_map: expected labels from 0 to 6, got 7 in row 2"));
    const float infinity = std::numeric_limits<float>::infinity();
    CHECK(says(message_of(Array{{0, infinity}}, IndexArray{0}), "write_decision_map: expected finite points, got (0, inf) in row 0"));
    CHECK(says(message_of(corners, one_corner, {.cells = 1}), "write_decision_map: expected 2 to 2000 cells, got 1"));
    CHECK(says(message_of(corners, one_corner, {.margin = -1}), "write_decision_map: expected a margin of at least 0, got -1"));
    CHECK(says(message_of(corners, one_corner, {.classes = {"no"}}), "write_decision_map: expected no names of classes or 2, got 1"));
    const auto short_answer = [](const Array&) { return IndexArray{0}; };
    CHECK(says(message_of(corners, one_corner, {.cells = 2}, short_answer), "write_decision_map: expected answers (4) for places (4, 2), got (1)"));
    const auto wrong = [](const Array& x) {
        IndexArray labels = above(x);
        labels(1) = -1;
        return labels;
    };
    CHECK(says(message_of(corners, one_corner, {.cells = 2}, wrong), "write_decision_map: expected answers from 0 to 6, got -1 in row 1"));
}
