#include "train/golden.hpp"

#include <xtape/train/classification_metrics.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

using namespace xtape;
using nlohmann::json;

namespace {

const float missing = std::numeric_limits<float>::quiet_NaN();

void compare(const std::vector<double>& ours, const json& theirs) {
    REQUIRE(ours.size() == theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) CHECK(std::abs(ours[i] - theirs[i].get<double>()) <= 1e-14);
}

// Outputs (N, classes) whose largest element is that of the prediction.
Array outputs_for(const IndexArray& predictions, std::size_t classes) {
    Array outputs(Shape{predictions.size(), classes}, 0.f);
    for (std::size_t i = 0; i < predictions.size(); ++i) outputs(i, predictions(i)) = 1;
    return outputs;
}

}  // namespace

TEST_CASE("scores of classes and their averages are scikit-learn's, with absent classes") {
    for (const json& row : golden::cases("labelled")) {
        CAPTURE(row.at("name").get<std::string>());
        const auto labels = golden::vector<std::int64_t>(row.at("labels"));
        const auto predictions = golden::vector<std::int64_t>(row.at("predictions"));
        const auto classes = row.at("classes").get<std::size_t>();
        CHECK(train::accuracy(labels, predictions) == row.at("accuracy").get<double>());
        const IndexArray matrix = train::confusion_matrix(labels, predictions, classes);
        CHECK(matrix == golden::array<std::int64_t>(row.at("confusion"), {classes, classes}));
        const train::ClassScores scores = train::class_scores(matrix);
        compare(scores.precision, row.at("precision"));
        compare(scores.recall, row.at("recall"));
        compare(scores.f1, row.at("f1"));
        CHECK(scores.support == row.at("support").get<std::vector<std::int64_t>>());
        using train::Average;
        const std::vector<std::pair<Average, std::string>> averages{
            {Average::macro, "macro"}, {Average::weighted, "weighted"}, {Average::micro, "micro"}};
        for (const auto& [average, name] : averages) {
            compare({train::precision(matrix, average), train::recall(matrix, average), train::f1(matrix, average)},
                    row.at(name));
            train::Precision precision(average);
            train::Recall recall(average);
            train::F1 f1(average);
            const Array outputs = outputs_for(predictions, classes);
            precision.update(outputs, labels);
            recall.update(outputs, labels);
            f1.update(outputs, labels);
            compare({precision.value(), recall.value(), f1.value()}, row.at(name));
            CHECK(recall.name() == "recall_" + name);
        }
    }
}

TEST_CASE("top-k accuracy is scikit-learn's, with ties") {
    std::size_t compared = 0;
    for (const json& row : golden::cases("scored")) {
        if (!row.contains("top")) continue;
        CAPTURE(row.at("name").get<std::string>());
        const auto labels = golden::vector<std::int64_t>(row.at("labels"));
        const auto classes = row.at("columns").get<std::size_t>();
        const auto scores = golden::array<double>(row.at("scores"), {labels.size(), classes});
        for (std::size_t k = 1; k <= classes; ++k) {
            CHECK(train::top_k_accuracy(labels, scores, k) == row.at("top")[k - 1].get<double>());
            train::TopK metric(k);
            metric.update(scores, labels);
            CHECK(metric.value() == row.at("top")[k - 1].get<double>());
            ++compared;
        }
    }
    CHECK(compared == 12);
}

TEST_CASE("of equal scores the higher class comes first, and NaN before all") {
    CHECK(train::top_k_accuracy(IndexArray{0, 1, 2}, Array{{1.f, 1.f, 0.f}, {1.f, 1.f, 0.f}, {5.f, 4.f, missing}}, 1) ==
          2. / 3);
    CHECK(train::top_k_accuracy(IndexArray{0}, Array{{missing, missing, 7.f}}, 1) == 0);
    CHECK(train::top_k_accuracy(IndexArray{0}, Array{{missing, missing, 7.f}}, 2) == 1);
    CHECK(train::top_k_accuracy(IndexArray{0}, Array{{1.f, 2.f}}, 9) == 1);
}

TEST_CASE("shares of nothing are NaN") {
    const IndexArray none = empty_array<std::int64_t>({0});
    CHECK(std::isnan(train::accuracy(none, none)));
    CHECK(std::isnan(train::top_k_accuracy(none, empty_array<float>({0, 3}), 1)));
    CHECK(std::isnan(train::Accuracy{}.value()));
    CHECK(std::isnan(train::TopK{}.value()));
    CHECK(std::isnan(train::F1{}.value()));
    CHECK(train::f1(empty_array<std::int64_t>({0, 0}), train::Average::macro) == 0);
}

TEST_CASE("batches count as one epoch") {
    const IndexArray labels{0, 1, 2, 1, 0}, predictions{0, 2, 2, 1, 1};
    train::F1 whole(train::Average::macro), parts(train::Average::macro);
    whole.update(outputs_for(predictions, 3), labels);
    parts.update(outputs_for(IndexArray{0, 2}, 3), IndexArray{0, 1});
    parts.update(outputs_for(IndexArray{2, 1, 1}, 3), IndexArray{2, 1, 0});
    CHECK(parts.value() == whole.value());
    parts.reset();
    CHECK(std::isnan(parts.value()));
}

TEST_CASE("binary accuracy compares the sign of one output, or its side of a threshold") {
    train::BinaryAccuracy logits, probabilities(0.5);
    logits.update(Array{-1.f, 0.5f, 0.f, 2.f}, Array{0.f, 1.f, 1.f, 0.f});
    CHECK(logits.value() == 0.5);
    probabilities.update(Array64{{0.4}, {0.6}}, Array64{{0.}, {1.}});
    CHECK(probabilities.value() == 1);
    CHECK_THROWS_WITH_AS(logits.update(Array{1.f}, Array{{1.f}}),
                         "binary_accuracy: expected outputs and targets of one shape, got (1) and (1, 1)", ShapeError);
    CHECK_THROWS_WITH_AS(logits.update(Array{1.f, 1.f}, Array{1.f, 0.5f}),
                         "binary_accuracy: expected targets that are 0 or 1, got 0.5 at element 1", DataError);
}

TEST_CASE("what does not fit is an error") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(train::accuracy(IndexArray{0, 1}, IndexArray{0}, nowhere),
                         "accuracy: expected labels (N) and predictions (N), got (2) and (1)", ShapeError);
    CHECK_THROWS_WITH_AS(train::top_k_accuracy(IndexArray{0}, Array{{1.f, 2.f}}, 0, nowhere),
                         "top_k_accuracy: expected k >= 1, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(train::top_k_accuracy(IndexArray{2}, Array{{1.f, 2.f}}, 1, nowhere),
                         "top_k_accuracy: expected labels in 0 .. 1, got 2 at row 0", DataError);
    CHECK_THROWS_WITH_AS(train::TopK(0, nowhere), "TopK: expected k >= 1, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(train::class_scores(IndexArray{{1, 2}}, nowhere),
                         "class_scores: expected a matrix (C, C), got (1, 2)", ShapeError);
    train::Precision precision;
    precision.update(Array{{1.f, 2.f}}, IndexArray{0});
    CHECK_THROWS_WITH_AS(precision.update(Array{{1.f, 2.f, 3.f}}, IndexArray{0}),
                         "precision: expected outputs (N, 2) as before, got (1, 3)", ShapeError);
    CHECK_THROWS_WITH_AS(precision.update(Array{{1.f, 2.f}}, IndexArray{5}),
                         "precision: expected labels in 0 .. 1, got 5 at row 1", DataError);
}
