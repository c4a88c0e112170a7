#include "train/golden.hpp"

#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/train/metric.hpp>
#include <xtape/train/regression_metrics.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace xtape;

TEST_CASE("errors and R2 are scikit-learn's, with columns of equal targets") {
    for (const nlohmann::json& row : golden::cases("regression")) {
        CAPTURE(row.at("name").get<std::string>());
        const auto extents = row.at("shape").get<std::vector<std::size_t>>();
        const Shape shape(extents.begin(), extents.end());
        const auto targets = golden::array<double>(row.at("targets"), shape);
        const auto predictions = golden::array<double>(row.at("predictions"), shape);
        const auto close = [&](double ours, const char* what) {
            // scikit-learn's own sums lose digits of the targets with a large mean.
            CHECK(std::abs(ours - row.at(what).get<double>()) <= 1e-9);
        };
        close(train::mean_squared_error(targets, predictions), "mean_squared_error");
        close(train::mean_absolute_error(targets, predictions), "mean_absolute_error");
        close(train::r2(targets, predictions), "r2");
        train::MeanSquaredError squared;
        train::MeanAbsoluteError absolute;
        train::R2 r2;
        squared.update(predictions, targets);
        absolute.update(predictions, targets);
        r2.update(predictions, targets);
        CHECK(squared.value() == train::mean_squared_error(targets, predictions));
        CHECK(absolute.value() == train::mean_absolute_error(targets, predictions));
        CHECK(r2.value() == train::r2(targets, predictions));
    }
}

TEST_CASE("batches of numbers count as one epoch, also from a saved state") {
    const Array64 targets{{1e6, 0.}, {1e6 + 1, 4.}, {1e6 + 2, 1.}, {1e6 + 5, 3.}};
    const Array64 predictions{{1e6, 1.}, {1e6 + 2, 4.}, {1e6 + 2, 0.}, {1e6 + 4, 3.}};
    const auto rows = [](const Array64& x, std::size_t first, std::size_t count) {
        Array64 part = empty_array<double>({count, 2});
        std::copy_n(x.data() + first * 2, count * 2, part.data());
        return part;
    };
    for (const train::Metric& kind : std::vector<train::Metric>{train::MeanSquaredError{}, train::MeanAbsoluteError{},
                                                                train::R2{}}) {
        CAPTURE(kind.name());
        CHECK(kind.larger_is_better() == (kind.name() == "r2"));
        CHECK(std::isnan(kind.value()));
        train::Metric whole = kind, first = kind, rest = kind;
        whole.update(predictions, targets);
        first.update(rows(predictions, 0, 1), rows(targets, 0, 1));
        rest.load_state(first.state());
        rest.update(rows(predictions, 1, 3), rows(targets, 1, 3));
        CHECK(std::abs(rest.value() - whole.value()) <= 1e-12);
        CHECK_THROWS_AS(rest.load_state({1, -1}), DataError);
    }
}

TEST_CASE("R2 of fewer than two rows is NaN") {
    CHECK(std::isnan(train::r2(Array{1.f}, Array{1.f})));
    CHECK(std::isnan(train::r2(empty_array<float>({0}), empty_array<float>({0}))));
    CHECK(std::isnan(train::mean_squared_error(empty_array<float>({0}), empty_array<float>({0}))));
}

TEST_CASE("sums of errors have the same bits on any number of threads") {
    const Array targets = random::normal<float>({100000}, 0.f, 1.f, random::Stream(1, 0));
    const Array predictions = random::normal<float>({100000}, 0.f, 1.f, random::Stream(1, 1));
    const std::size_t before = threads();
    std::vector<double> results;
    for (const std::size_t count : {1U, 2U, 4U}) {
        set_threads(count);
        results.push_back(train::mean_squared_error(targets, predictions));
    }
    set_threads(before);
    CHECK(results[1] == results[0]);
    CHECK(results[2] == results[0]);
}

TEST_CASE("targets and predictions of different shapes are an error") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(train::mean_squared_error(Array{1.f}, Array{{1.f}}, nowhere),
                         "mean_squared_error: expected targets and predictions of one shape, got (1) and (1, 1)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(train::mean_absolute_error(Array{1.f}, Array{1.f, 2.f}, nowhere),
                         "mean_absolute_error: expected targets and predictions of one shape, got (1) and (2)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(train::r2(Array(1.f), Array(1.f), nowhere), "r2: expected targets (N, ...), got ()",
                         ShapeError);
    train::R2 metric;
    metric.update(Array{{1.f, 2.f}}, Array{{1.f, 2.f}});
    CHECK_THROWS_WITH_AS(metric.update(Array{1.f}, Array{1.f}), "r2: expected 2 columns as before, got targets (1)",
                         ShapeError);
}
