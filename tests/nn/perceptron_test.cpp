#include <xtape/nn/perceptron.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/state.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

using namespace xtape;

namespace {

struct Examples {
    Array64 x;
    IndexArray labels;
    double bound;  // Novikoff's, of the separating line they were made with
};

// Points of the square [-1, 1]^2 at least `gap` from the line 0.6 x - 0.8 y + 0.1 = 0.
Examples separable(std::size_t count, double gap, std::uint64_t number) {
    Examples made{Array64(Shape{count, 2}), IndexArray(Shape{count}), 0};
    random::Stream stream(11, number);
    const double length = std::sqrt(0.6 * 0.6 + 0.8 * 0.8 + 0.1 * 0.1);  // of the line's own weights
    double margin = INFINITY, radius = 0;
    for (std::size_t row = 0; row < count;) {
        const double x = 2 * stream.uniform() - 1, y = 2 * stream.uniform() - 1, side = 0.6 * x - 0.8 * y + 0.1;
        if (std::abs(side) < gap) continue;
        made.x(row, 0) = x;
        made.x(row, 1) = y;
        made.labels(row) = side > 0;
        margin = std::min(margin, std::abs(side) / length);
        radius = std::max(radius, std::sqrt(x * x + y * y + 1));
        ++row;
    }
    made.bound = radius * radius / (margin * margin);
    return made;
}

const Array64 corners{{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}};

}  // namespace

TEST_CASE("a mistake moves the weights by the row, towards its label") {
    // By hand, from zeros: (2, 1) with label 1 is answered 0: w = (2, 1), b = 1. Then (1, 3) with label 0 scores 6, is
    // answered 1: w = (1, -2), b = 0. Second epoch: (2, 1) scores 0, answered 0: w = (3, -1), b = 1; (1, 3) scores 1:
    // w = (2, -4), b = 0. Third: (2, 1) scores 0: w = (4, -3), b = 1; (1, 3) scores -4, right.
    nn::Perceptron64 unit{2};
    const Array64 x{{2., 1.}, {1., 3.}};
    const IndexArray labels{1, 0};
    nn::PerceptronHistory history = unit.fit(x, labels, {.epochs = 1});
    CHECK(history.mistakes == std::vector<std::size_t>{2});
    CHECK_FALSE(history.converged);
    CHECK(unit.weight.value() == Array64{{1., -2.}});
    CHECK(unit.bias.value() == Array64{0.});
    history = unit.fit(x, labels, {.epochs = 2});
    CHECK(history.mistakes == std::vector<std::size_t>{2, 1});
    CHECK(unit.weight.value() == Array64{{4., -3.}});
    CHECK(unit.bias.value() == Array64{1.});
    history = unit.fit(x, labels);
    CHECK(history.mistakes == std::vector<std::size_t>{0});
    CHECK(history.converged);
    CHECK(unit.predict(x) == labels);
}

TEST_CASE("separable rows are learned with no more mistakes than Novikoff allows") {
    for (const std::uint64_t number : {0u, 1u, 2u, 3u}) {
        for (const bool shuffle : {false, true}) {
            const Examples examples = separable(100, 0.05, number);
            nn::Perceptron64 unit{2};
            const nn::PerceptronHistory history =
                unit.fit(examples.x, examples.labels, {.epochs = 1000, .shuffle = shuffle});
            const auto mistakes = std::accumulate(history.mistakes.begin(), history.mistakes.end(), std::size_t{0});
            CHECK(history.converged);
            CHECK(history.mistakes.back() == 0);
            CHECK(mistakes > 0);
            CHECK(static_cast<double>(mistakes) <= examples.bound);
            CHECK(unit.predict(examples.x) == examples.labels);
        }
    }
}

TEST_CASE("the gates AND and OR are learned, in float too") {
    const Array x = xt::cast<float>(corners);
    for (const IndexArray& labels : {IndexArray{0, 0, 0, 1}, IndexArray{0, 1, 1, 1}}) {
        nn::Perceptron unit{2};
        CHECK(unit.fit(x, labels).converged);
        CHECK(unit.predict(x) == labels);
    }
}

TEST_CASE("XOR goes round in a circle: the same weights come again") {
    nn::Perceptron64 unit{2};
    const IndexArray labels{0, 1, 1, 0};
    std::vector<Array64> weights;
    std::size_t again = 0, first = 0;
    for (std::size_t epoch = 0; again == 0 && epoch < 100; ++epoch) {
        const nn::PerceptronHistory history = unit.fit(corners, labels, {.epochs = 1});
        CHECK_FALSE(history.converged);
        CHECK(history.mistakes[0] > 0);
        const Array64& w = unit.weight.value();
        const Array64 now{w(0, 0), w(0, 1), unit.bias.value()(0)};
        const auto before = std::find(weights.begin(), weights.end(), now);
        if (before != weights.end()) {
            first = static_cast<std::size_t>(before - weights.begin());
            again = epoch;
        }
        weights.push_back(now);
    }
    REQUIRE(again > first);
    // An epoch is a function of the weights it starts from, so the circle never ends.
    const nn::PerceptronHistory long_after = unit.fit(corners, labels, {.epochs = 1000 * (again - first)});
    CHECK_FALSE(long_after.converged);
    CHECK(Array64{unit.weight.value()(0, 0), unit.weight.value()(0, 1), unit.bias.value()(0)} == weights[again]);
}

TEST_CASE("from weights of zero the learning rate changes no answer") {
    const Examples examples = separable(50, 0.1, 9);
    nn::Perceptron64 one{2}, half{2};
    const nn::PerceptronHistory a = one.fit(examples.x, examples.labels, {.epochs = 1000}),
                                b = half.fit(examples.x, examples.labels, {.epochs = 1000, .learning_rate = 0.5});
    CHECK(a.mistakes == b.mistakes);
    CHECK(half.weight.value()(0, 1) == one.weight.value()(0, 1) / 2);
}

TEST_CASE("a shuffled order depends on the seed alone") {
    const Examples examples = separable(50, 0.02, 4);
    const auto run = [&](std::uint64_t number) {
        seed(number);
        nn::Perceptron64 unit{2};
        unit.fit(examples.x, examples.labels, {.epochs = 3, .shuffle = true});
        return unit.weight.value();
    };
    CHECK(run(1) == run(1));
    CHECK_FALSE(run(1) == run(2));
}

TEST_CASE("a perceptron is a module with the state of a linear layer") {
    nn::Perceptron64 unit{2};
    unit.fit(corners, {0, 0, 0, 1});
    CHECK(unit.describe() == "Perceptron 2");
    REQUIRE(unit.named_parameters().size() == 2);
    CHECK(unit.named_parameters()[0].name == "weight");
    CHECK(unit.named_parameters()[1].name == "bias");
    nn::Linear64 linear{2, 1};
    CHECK(nn::load(linear, nn::state(unit)).complete());
    CHECK(linear(corners).value() == unit(corners).value());
    CHECK(unit(corners).shape() == Shape{4, 1});
    const auto report = gradcheck(unit, [&] { return sum(square(unit(corners) - 1)); });
    CHECK_MESSAGE(report.ok, report.message);
}

TEST_CASE("what does not fit a perceptron is an error and changes nothing") {
    constexpr Location nowhere{};
    nn::Perceptron64 unit{2};
    const Array64 x{{1., 2.}, {3., 4.}};
    const auto fit = [&](const Array64& rows, const IndexArray& labels, nn::PerceptronOptions options = {}) {
        unit.fit(rows, labels, options, nowhere);
    };
    CHECK_THROWS_WITH_AS(nn::Perceptron64(0, nowhere), "Perceptron: expected at least 1 input, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(fit(Array64{{1., 2., 3.}}, {1}), "Perceptron: fit: expected rows (N, 2), got (1, 3)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(unit.predict(Array64{1., 2.}, nowhere), "Perceptron: predict: expected rows (N, 2), got (2)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(
        fit(x, {1}), "Perceptron: fit: expected a label for each of at least one row, got rows (2, 2) and labels (1)",
        ShapeError);
    CHECK_THROWS_WITH_AS(
        fit(Array64(Shape{0, 2}), IndexArray(Shape{0})),
        "Perceptron: fit: expected a label for each of at least one row, got rows (0, 2) and labels (0)", ShapeError);
    CHECK_THROWS_WITH_AS(fit(x, {1, -1}), "Perceptron: fit: expected labels 0 or 1, got -1 in row 1", DataError);
    CHECK_THROWS_WITH_AS(fit({{1., 2.}, {NAN, 4.}}, {1, 0}),
                         "Perceptron: fit: expected finite numbers, got nan at (1, 0)", DataError);
    CHECK_THROWS_WITH_AS(fit(x, {1, 0}, {.epochs = 0}), "Perceptron: fit: expected at least 1 epoch, got 0",
                         ConfigError);
    CHECK_THROWS_WITH_AS(fit(x, {1, 0}, {.learning_rate = 0}),
                         "Perceptron: fit: expected a finite learning rate of more than 0, got 0", ConfigError);
    CHECK(unit.weight.value() == Array64{{0., 0.}});
}
