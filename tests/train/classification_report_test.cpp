#include "train/golden.hpp"

#include <xtape/train/classification_metrics.hpp>
#include <xtape/train/classification_report.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace xtape;

TEST_CASE("a classification report is scikit-learn's to the letter") {
    for (const nlohmann::json& row : golden::cases("labelled")) {
        CAPTURE(row.at("name").get<std::string>());
        const auto classes = row.at("classes").get<std::size_t>();
        const auto matrix = golden::array<std::int64_t>(row.at("confusion"), {classes, classes});
        CHECK(train::classification_report(matrix, {.names = row.at("names").get<std::vector<std::string>>(),
                                                    .digits = row.at("digits").get<unsigned>()}) ==
              row.at("report").get<std::string>());
    }
}

TEST_CASE("a report that cannot be written is an error") {
    const IndexArray matrix{{1, 0}, {0, 1}};
    CHECK_THROWS_WITH_AS(train::classification_report(matrix, {.names = {"a"}}, Location{}),
                         "classification_report: expected 2 names or none for a matrix (2, 2), got 1", ShapeError);
    CHECK_THROWS_WITH_AS(train::classification_report(matrix, {.digits = 16}, Location{}),
                         "classification_report: expected at most 15 digits, got 16", ConfigError);
    CHECK_THROWS_WITH_AS(train::classification_report(IndexArray{1}, {}, Location{}),
                         "classification_report: expected a matrix (C, C), got (1)", ShapeError);
}
