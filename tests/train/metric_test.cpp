#include <xtape/train/metric.hpp>

#include <xtape/train/classification_metrics.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace xtape;

namespace {

// A user's own metric: the mean prediction, of float predictions only.
struct MeanPrediction {
    static constexpr bool larger_is_better = false;
    double sum = 0, seen = 0;

    std::string name() const { return "mean_prediction"; }
    void reset() { sum = seen = 0; }
    void update(const Array& prediction, const Array&) {
        for (const float p : prediction) sum += p;
        seen += static_cast<double>(prediction.size());
    }
    double value() const { return sum / seen; }
};

// Notes which of its overloads was called.
struct Notes {
    std::string called;

    std::string name() const { return "notes"; }
    void reset() { called.clear(); }
    void update(const Array&, const IndexArray&) { called += "f"; }
    void update(const Array64&, const IndexArray&) { called += "d"; }
    void update(const Array64&, const Array64&) { called += "n"; }
    double value() const { return static_cast<double>(called.size()); }
};

struct NoMetric {
    std::string name() const { return ""; }
};

static_assert(train::MetricLike<MeanPrediction> && train::MetricLike<Notes> && train::MetricLike<train::Accuracy>);
static_assert(!train::MetricLike<NoMetric>);
static_assert(!std::is_constructible_v<train::Metric, NoMetric>);

}  // namespace

TEST_CASE("a metric gathers batches until it is reset") {
    train::Metric metric = train::Accuracy{};
    CHECK(metric.name() == "accuracy");
    CHECK(metric.larger_is_better());
    metric.update(Array{{1.f, 0.f}, {1.f, 0.f}}, IndexArray{0, 1});
    CHECK(metric.value() == 0.5);
    metric.update(Array64{{1., 0.}, {1., 0.}}, IndexArray{0, 0});
    CHECK(metric.value() == 0.75);
    metric.reset();
    metric.update(Array{{0.f, 1.f}}, IndexArray{1});
    CHECK(metric.value() == 1);
}

TEST_CASE("a copy of a metric goes on by itself") {
    train::Metric first = train::Accuracy{};
    first.update(Array{{1.f, 0.f}}, IndexArray{0});
    train::Metric second = first;
    second.update(Array{{1.f, 0.f}}, IndexArray{1});
    CHECK(first.value() == 1);
    CHECK(second.value() == 0.5);
    first = second;
    CHECK(first.value() == 0.5);
    const std::vector<train::Metric> several{train::Accuracy{}, train::F1{train::Average::weighted}, second};
    const std::vector<train::Metric> copies = several;
    CHECK(copies[1].name() == "f1_weighted");
    CHECK(copies[2].value() == 0.5);
}

TEST_CASE("a metric of one's own needs a name, reset, update and value") {
    train::Metric metric = MeanPrediction{};
    CHECK(metric.name() == "mean_prediction");
    CHECK_FALSE(metric.larger_is_better());
    metric.update(Array{1.f, 2.f}, Array{0.f, 0.f});
    metric.update(Array64{6.}, Array64{0.});  // narrowed: it knows float only
    CHECK(metric.value() == 3);
}

TEST_CASE("each batch reaches the overload for its types") {
    train::Metric metric = Notes{};
    CHECK(metric.takes_labels());
    CHECK(metric.takes_numbers());
    metric.update(Array{1.f}, IndexArray{0});
    metric.update(Array64{1.}, IndexArray{0});
    metric.update(Array{1.f}, Array{0.f});
    CHECK(metric.value() == 3);
}

TEST_CASE("targets that a metric does not take are an error that names it") {
    train::Metric labels = train::Accuracy{}, numbers = MeanPrediction{};
    CHECK(labels.takes_labels());
    CHECK_FALSE(labels.takes_numbers());
    CHECK_FALSE(numbers.takes_labels());
    CHECK(numbers.takes_numbers());
    CHECK_THROWS_WITH_AS(labels.update(Array{1.f}, Array{1.f}),
                         "metric 'accuracy': expected targets that are class labels, got numbers", ConfigError);
    CHECK_THROWS_WITH_AS(numbers.update(Array{1.f}, IndexArray{1}),
                         "metric 'mean_prediction': expected targets that are numbers, got class labels", ConfigError);
}

TEST_CASE("a metric goes on from a saved state") {
    const Array outputs{{3.f, 1.f, 2.f}, {1.f, 5.f, 2.f}, {0.f, 1.f, 2.f}, {9.f, 1.f, 2.f}};
    const IndexArray labels{0, 2, 2, 1};
    for (const train::Metric& kind : std::vector<train::Metric>{train::Accuracy{}, train::TopK{2}, train::F1{}}) {
        CAPTURE(kind.name());
        train::Metric whole = kind, first = kind, rest = kind;
        whole.update(outputs, labels);
        first.update(outputs, labels);
        whole.update(outputs, labels);
        REQUIRE(first.has_state());
        rest.load_state(first.state());
        rest.update(outputs, labels);
        CHECK(rest.value() == whole.value());
        CHECK(rest.state() == whole.state());
    }
}

TEST_CASE("a state of something else is an error that names the metric") {
    train::Metric share = train::Accuracy{}, matrix = train::F1{}, none = MeanPrediction{};
    CHECK_THROWS_WITH_AS(share.load_state({2, 1}),
                         "metric 'accuracy': expected a state of two counts, got 2 numbers that are not one", DataError);
    CHECK_THROWS_WITH_AS(
        matrix.load_state({1, 2, 3}),
        "metric 'f1_macro': expected a state of a square of counts, got 3 numbers that are not one", DataError);
    CHECK_FALSE(none.has_state());
    CHECK(none.state().empty());
    none.load_state({});
    CHECK_THROWS_WITH_AS(none.load_state({1}),
                         "metric 'mean_prediction': expected a state of no numbers, got 1 numbers that are not one",
                         DataError);
}
