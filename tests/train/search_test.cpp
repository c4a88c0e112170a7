#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/train/search.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>

using namespace xtape;
using train::Better;
using train::Range;
using train::Trial;

namespace {

train::Space plane() { return {{"x", Range::uniform(-5, 5)}, {"y", Range::log_uniform(1e-3, 1e3)}}; }

// Smallest, 0, at x = 1, y = 10.
double bowl(const Trial& trial) {
    const double x = trial.number("x") - 1, y = std::log10(trial.number("y")) - 1;
    return x * x + y * y;
}

std::vector<double> values(const train::SearchResult& result) {
    std::vector<double> values;
    for (const auto& outcome : result.outcomes()) values.push_back(outcome.value);
    return values;
}

}  // namespace

TEST_CASE("a grid search tries every combination, the last range fastest") {
    std::vector<std::string> tried;
    const auto result = train::grid_search({{"lr", Range::log_uniform(0.01, 1)}, {"f", Range::choice({"relu", "tanh"})}, {"n", Range::integer(1, 2)}}, 3,
                                           [&](const Trial& trial) {
                                               tried.push_back(trial.describe());
                                               return static_cast<double>(trial.index());
                                           });
    CHECK(tried.size() == 12);
    CHECK(tried[0] == "lr 0.01, f relu, n 1");
    CHECK(tried[1] == "lr 0.01, f relu, n 2");
    CHECK(tried[2] == "lr 0.01, f tanh, n 1");
    CHECK(tried[11] == "lr 1, f tanh, n 2");
    CHECK(result.best().trial.index() == 0);
    CHECK(result.spent() == 12);
}

TEST_CASE("a random search draws within the ranges, evenly on their scale") {
    std::size_t low = 0;
    std::set<std::int64_t> whole;
    std::set<std::string> texts;
    train::random_search({{"y", Range::log_uniform(1e-3, 1e3)}, {"n", Range::integer(1, 4)}, {"f", Range::choice({"a", "b", "c"})}},
                         [&](const Trial& trial) {
                             const double y = trial.number("y");
                             CHECK(y >= 1e-3);
                             CHECK(y <= 1e3);
                             low += y < 1 ? 1 : 0;
                             whole.insert(trial.integer("n"));
                             texts.insert(trial.text("f"));
                             return 0.0;
                         },
                         {.trials = 400, .seed = 3});
    CHECK(low > 160);  // 200 expected, 10 the standard deviation
    CHECK(low < 240);
    CHECK(whole == std::set<std::int64_t>{1, 2, 3, 4});
    CHECK(texts.size() == 3);
}

TEST_CASE("successive halving gives the best third more and more") {
    std::vector<std::pair<std::size_t, double>> tried;
    const auto result = train::halving_search({{"x", Range::uniform(0, 1)}},
                                              [&](const Trial& trial) {
                                                  tried.emplace_back(trial.index(), trial.budget());
                                                  return trial.number("x");
                                              },
                                              {.min_budget = 1, .max_budget = 9, .factor = 3}, {.trials = 9, .seed = 1});
    REQUIRE(tried.size() == 9 + 3 + 1);
    CHECK(tried[9].second == 3);
    CHECK(tried[12].second == 9);
    const double smallest = std::ranges::min_element(result.outcomes(), {}, &train::Outcome::value)->value;
    CHECK(result.best().value == smallest);
    CHECK(result.best().trial.budget() == 9);
    CHECK(result.spent() == 9 + 9 + 9);
}

TEST_CASE("a Bayesian search finds better points than a random one of twice the trials") {
    std::vector<double> bayesian, random;
    for (std::uint64_t seed = 0; seed < 11; ++seed) {
        bayesian.push_back(train::tpe_search(plane(), bowl, {.trials = 30, .seed = seed}).best().value);
        random.push_back(train::random_search(plane(), bowl, {.trials = 60, .seed = seed}).best().value);
    }
    std::ranges::sort(bayesian);
    std::ranges::sort(random);
    CHECK(bayesian[5] < random[5]);
}

TEST_CASE("a search is the same on any number of threads") {
    const std::size_t before = threads();
    std::vector<double> first;
    for (const std::size_t count : {1U, 4U}) {
        set_threads(count);
        const auto objective = [](const Trial& trial) { return bowl(trial) + random::next_stream().uniform() / 100; };
        const auto result = train::tpe_search(plane(), objective, {.trials = 24, .seed = 5, .parallel = 4});
        if (count == 1) first = values(result);
        CHECK(values(result) == first);
    }
    set_threads(before);
}

TEST_CASE("a search goes on from its file, and refuses that of another") {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "runs" / "search.jsonl";
    const auto whole = values(train::tpe_search(plane(), bowl, {.trials = 20, .seed = 1}));
    std::size_t calls = 0;
    const auto counted = [&](const Trial& trial) {
        ++calls;
        return bowl(trial);
    };
    const auto stops = [&](const Trial& trial) {
        if (trial.index() == 13) throw std::runtime_error("power failure");
        return counted(trial);
    };
    CHECK_THROWS_AS(train::tpe_search(plane(), stops, {.trials = 20, .seed = 1, .file = file}), std::runtime_error);
    CHECK(calls == 13);
    CHECK(values(train::tpe_search(plane(), counted, {.trials = 20, .seed = 1, .file = file})) == whole);
    CHECK(calls == 20);
    CHECK_THROWS_AS(train::tpe_search(plane(), counted, {.trials = 20, .seed = 2, .file = file}), ConfigError);

    const auto bad = folder.write("bad.jsonl", support::bytes("{\"value\":1}\nhello\n"));
    CHECK_THROWS_WITH_AS(train::random_search(plane(), bowl, {.file = bad}),
                         (bad.string() + ": line 2: expected a trial of a search as JSON, got \"hello\"").c_str(), DataError);
}

TEST_CASE("a trial whose numbers run away is the worst, and other exceptions end the search") {
    const auto result = train::random_search(plane(), [](const Trial& trial) -> double {
        if (trial.index() == 0) throw AnomalyError("nan");
        if (trial.index() == 1) return std::numeric_limits<double>::quiet_NaN();
        return bowl(trial);
    }, {.trials = 4});
    CHECK(std::isnan(result.outcomes()[0].value));
    CHECK(std::isnan(result.ranked()[3].value));
    CHECK_FALSE(std::isnan(result.best().value));
}

TEST_CASE("a search's table ranks the trials") {
    const auto result = train::grid_search({{"lr", Range::choice({0.1, 0.001})}, {"units", Range::choice({8, 16})}}, 1,
                                           [](const Trial& trial) { return trial.number("lr") * trial.number("units"); },
                                           {.better = Better::larger});
    CHECK(result.table(3) ==
          "rank  trial  budget     lr  units  value\n"
          "   1      1       1    0.1     16    1.6\n"
          "   2      0       1    0.1      8    0.8\n"
          "   3      3       1  0.001     16  0.016\n");
}

TEST_CASE("searches refuse spaces and options out of range") {
    const auto zero = [](const Trial&) { return 0.0; };
    CHECK_THROWS_WITH_AS(Range::uniform(1, 1, Location{}), "Range: expected finite low < high, got 1 and 1", ConfigError);
    CHECK_THROWS_WITH_AS(Range::log_uniform(0, 1, Location{}), "Range: expected positive, finite low < high, got 0 and 1", ConfigError);
    CHECK_THROWS_WITH_AS(Range::choice({1, 2, 1}, Location{}), "Range: expected choices that differ, got 1 twice", ConfigError);
    CHECK_THROWS_WITH_AS(train::random_search({}, zero, {}, Location{}), "random_search: expected at least one range, got an empty space", ConfigError);
    CHECK_THROWS_WITH_AS(train::random_search({{"x", Range::uniform(0, 1)}, {"x", Range::uniform(0, 1)}}, zero, {}, Location{}),
                         "random_search: expected names that differ, got \"x\" twice", ConfigError);
    CHECK_THROWS_WITH_AS(train::random_search(plane(), zero, {.trials = 0}, Location{}), "random_search: expected at least 1 trial, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(train::halving_search(plane(), zero, {.factor = 1}, {}, Location{}),
                         "halving_search: expected 0 < min_budget <= max_budget and factor > 1, got 1, 27 and 1", ConfigError);
    CHECK_THROWS_WITH_AS(train::tpe_search(plane(), zero, {}, {.startup = 1}, Location{}),
                         "tpe_search: expected startup >= 2, candidates >= 1 and good in (0, 1), got 1, 24 and 0.25", ConfigError);
    CHECK_THROWS_WITH_AS(train::random_search(plane(), [](const Trial& t) { return t.number("z"); }),
                         "Trial: expected one of x, y, got \"z\"", ConfigError);
    CHECK_THROWS_WITH_AS(train::random_search(plane(), [](const Trial& t) { return static_cast<double>(t.text("x").size()); }, {.seed = 1}),
                         doctest::Contains("Trial: expected \"x\" to be a text, got the number"), ConfigError);
}
