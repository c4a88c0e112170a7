#include "train/golden.hpp"

#include <xtape/train/metric.hpp>
#include <xtape/train/ranking_metrics.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

using namespace xtape;
using nlohmann::json;

namespace {

struct Scored {
    explicit Scored(const json& row)
        : labels(golden::vector<std::int64_t>(row.at("labels"))),
          columns(row.at("columns").get<std::size_t>()),
          scores(golden::array<double>(row.at("scores"), columns == 1 ? Shape{labels.size()}
                                                                        : Shape{labels.size(), columns})) {}
    IndexArray labels;
    std::size_t columns;
    Array64 scores;
};

Array64 logarithms(const Array64& x) {
    Array64 y = x;
    std::transform(x.begin(), x.end(), y.begin(), [](double p) { return std::log(p) + 3; });
    return y;
}

}  // namespace

TEST_CASE("areas and log losses are scikit-learn's, with ties and absent classes") {
    for (const json& row : golden::cases("scored")) {
        CAPTURE(row.at("name").get<std::string>());
        const Scored given(row);
        const double loss = row.at("log_loss").get<double>();
        CHECK(std::abs(train::log_loss(given.labels, given.scores) - loss) <= 1e-13 * (1 + loss));
        train::RocAuc auc(train::Outputs::probabilities);
        auc.update(given.scores, given.labels);
        if (row.at("roc_auc").is_null()) {
            CHECK_THROWS_AS(train::roc_auc(given.labels, given.scores), DataError);
            CHECK(std::isnan(auc.value()));
        } else {
            CHECK(std::abs(train::roc_auc(given.labels, given.scores) - row.at("roc_auc").get<double>()) <= 1e-14);
            CHECK(auc.value() == train::roc_auc(given.labels, given.scores));
        }
        train::LogLoss metric(train::Outputs::probabilities);
        metric.update(given.scores, given.labels);
        CHECK(metric.value() == train::log_loss(given.labels, given.scores));
    }
}

TEST_CASE("logits give what their probabilities give") {
    const Scored given(golden::cases("scored").at(0));
    train::RocAuc auc;
    train::LogLoss loss;
    auc.update(logarithms(given.scores), given.labels);
    loss.update(logarithms(given.scores), given.labels);
    CHECK(std::abs(auc.value() - train::roc_auc(given.labels, given.scores)) <= 1e-14);
    CHECK(std::abs(loss.value() - train::log_loss(given.labels, given.scores)) <= 1e-13);
}

TEST_CASE("one output an item, or two columns, say the same of two classes") {
    const IndexArray labels{0, 1, 1, 0};
    const Array one{{-1.f}, {2.f}, {0.5f}, {0.75f}}, two{{0.f, -1.f}, {0.f, 2.f}, {0.f, 0.5f}, {0.f, 0.75f}};
    const Array targets{{0.f}, {1.f}, {1.f}, {0.f}};
    train::RocAuc auc_of_labels, auc_of_targets, auc_of_two;
    auc_of_labels.update(one, labels);
    auc_of_targets.update(one, targets);
    auc_of_two.update(two, labels);
    CHECK(auc_of_labels.value() == 0.75);
    CHECK(auc_of_targets.value() == 0.75);
    CHECK(auc_of_two.value() == 0.75);
    CHECK(train::roc_auc(labels, two) == 0.75);
    train::LogLoss of_labels, of_targets, of_two;
    of_labels.update(one, labels);
    of_targets.update(one, targets);
    of_two.update(two, labels);
    const double expected = (std::log1p(std::exp(-1.)) + std::log1p(std::exp(-2.)) + std::log1p(std::exp(-0.5)) +
                             std::log1p(std::exp(0.75))) / 4;
    CHECK(std::abs(of_labels.value() - expected) <= 1e-15);
    CHECK(of_targets.value() == of_labels.value());
    CHECK(std::abs(of_two.value() - expected) <= 1e-15);
}

TEST_CASE("large logits make a large loss, not an infinite one") {
    train::LogLoss loss;
    loss.update(Array{{1000.f, 0.f, -1000.f}}, IndexArray{2});
    CHECK(loss.value() == 2000);
    loss.reset();
    loss.update(Array{1000.f}, IndexArray{0});
    CHECK(loss.value() == 1000);
}

TEST_CASE("areas and losses of an epoch go on from a saved state") {
    const Scored given(golden::cases("scored").at(1));
    for (const train::Metric& kind : {train::Metric(train::RocAuc{}), train::Metric(train::LogLoss{})}) {
        CAPTURE(kind.name());
        CHECK(std::isnan(kind.value()));
        train::Metric whole = kind, first = kind, rest = kind;
        whole.update(given.scores, given.labels);
        first.update(given.scores, given.labels);
        whole.update(given.scores, given.labels);
        rest.load_state(first.state());
        rest.update(given.scores, given.labels);
        CHECK(rest.value() == whole.value());
        rest.load_state(kind.state());
        CHECK(std::isnan(rest.value()));
    }
    train::RocAuc auc;
    CHECK_THROWS_WITH_AS(auc.load_state({3, 0, 1}),
                         "metric 'roc_auc': expected a state of a number of columns, labels and scores, got 3 numbers "
                         "that are not one",
                         DataError);
    CHECK_THROWS_WITH_AS(auc.load_state({1, 5, 0.5}),
                         "metric 'roc_auc': expected a state of a number of columns, labels and scores, got 3 numbers "
                         "that are not one",
                         DataError);
}

TEST_CASE("what has no area or no loss is an error") {
    const Location nowhere{};
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH_AS(train::roc_auc(IndexArray{0, 0}, Array{1.f, 2.f}, nowhere),
                         "roc_auc: expected items of class 1 and of others, got 0 of class 1 among 2", DataError);
    CHECK_THROWS_WITH_AS(train::roc_auc(IndexArray{0, 1}, Array64{1., nan}, nowhere),
                         "roc_auc: expected scores that can be ordered, got nan at row 1", DataError);
    CHECK_THROWS_WITH_AS(train::roc_auc(IndexArray{0, 1}, Array{1.f}, nowhere),
                         "roc_auc: expected outputs (N) or (N, C) and labels (N), got (1) and (2)", ShapeError);
    CHECK_THROWS_WITH_AS(train::roc_auc(IndexArray{0, 2}, Array{1.f, 2.f}, nowhere),
                         "roc_auc: expected labels in 0 .. 1, got 2 at row 1", DataError);
    CHECK_THROWS_WITH_AS(train::log_loss(IndexArray{0}, Array64{{1.5, 0.}}, nowhere),
                         "log_loss: expected probabilities in [0, 1], got 1.5 at row 0", DataError);
    CHECK(std::isnan(train::log_loss(empty_array<std::int64_t>({0}), empty_array<float>({0, 2}))));
    train::LogLoss loss;
    CHECK_THROWS_WITH_AS(loss.update(Array{{1.f, 2.f}}, Array{{1.f, 0.f}}),
                         "log_loss: expected outputs and targets of one shape (N) or (N, 1), got (1, 2) and (1, 2)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(loss.update(Array{1.f}, Array{0.5f}),
                         "log_loss: expected targets that are 0 or 1, got 0.5 at row 0", DataError);
}
