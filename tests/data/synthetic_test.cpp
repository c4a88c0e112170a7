#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/synthetic.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>

using namespace xtape;

namespace {

random::Stream stream(std::uint64_t number = 0) { return {7, number}; }

struct Line {
    double slope, intercept, deviation;
};

// Least squares of y on x, and the deviation of what remains.
Line fit(const Array& x, const Array& y) {
    const auto n = static_cast<double>(x.size());
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double a = x.data()[i], b = y.data()[i];
        sx += a, sy += b, sxx += a * a, sxy += a * b;
    }
    Line line{(sxy - sx * sy / n) / (sxx - sx * sx / n), 0, 0};
    line.intercept = (sy - line.slope * sx) / n;
    double squares = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double rest = y.data()[i] - line.slope * x.data()[i] - line.intercept;
        squares += rest * rest;
    }
    line.deviation = std::sqrt(squares / n);
    return line;
}

std::map<std::int64_t, std::size_t> counts(const data::TensorDataset& set) {
    std::map<std::int64_t, std::size_t> result;
    for (const std::int64_t label : set.labels()) ++result[label];
    return result;
}

bool same(const data::TensorDataset& a, const data::TensorDataset& b) { return a.features() == b.features() && a.labels() == b.labels(); }

struct Point {
    double x, y;
};

Point point(const data::TensorDataset& set, std::size_t row) {
    return {set.features().data()[2 * row], set.features().data()[2 * row + 1]};
}

template <class F>
void check_refused(const std::string& message, F&& make) {
    try {
        make();
        FAIL("accepted, but expected: " << message);
    } catch (const ConfigError& error) {
        CHECK(error.message() == message);
    }
}

}  // namespace

TEST_CASE("a line has the slope, the intercept and the noise it was asked for") {
    const auto [x, y] = data::make_line({.samples = 20000, .stream = stream()});
    CHECK(x.shape() == Shape{20000, 1});
    CHECK(y.shape() == Shape{20000, 1});
    const Line line = fit(x, y);
    // Four standard errors: 1 / sqrt(N) of the noise, over sqrt(3) for the slope.
    CHECK(std::abs(line.slope - 8) < 0.017);
    CHECK(std::abs(line.intercept - 2) < 0.029);
    CHECK(std::abs(line.deviation - 1) < 0.02);
    for (const float value : x) CHECK_MESSAGE((value >= -3.f && value <= 3.f), value);

    const auto exact = data::make_line({.samples = 3, .slope = -2, .intercept = 1, .deviation = 0, .low = 5, .high = 6, .stream = stream()});
    for (std::size_t i = 0; i < 3; ++i) CHECK(exact.y.data()[i] == doctest::Approx(1 - 2 * exact.x.data()[i]).epsilon(1e-6));
}

TEST_CASE("a sine is one, with noise or without") {
    const auto [x, y] = data::make_sine({.samples = 100, .amplitude = 2, .frequency = 3, .phase = 0.5, .stream = stream()});
    for (std::size_t i = 0; i < 100; ++i) {
        CHECK(y.data()[i] == doctest::Approx(2 * std::sin(3.0 * x.data()[i] + 0.5)).epsilon(1e-6));
        CHECK((x.data()[i] >= 0 && x.data()[i] < 6.2832f));
    }
    const auto noisy = data::make_sine({.samples = 20000, .amplitude = 0, .deviation = 0.3, .stream = stream()});
    CHECK(std::abs(fit(noisy.x, noisy.y).deviation - 0.3) < 0.006);
}

TEST_CASE("problems of a calculator are right when their scales are multiplied in") {
    for (const auto calculation : {data::Calculation::add, data::Calculation::multiply}) {
        const bool adds = calculation == data::Calculation::add;
        const auto problems = data::make_calculator({.samples = 2000, .calculation = calculation, .stream = stream()});
        CHECK(problems.x.shape() == Shape{2000, 2});
        CHECK(problems.y.shape() == Shape{2000, 1});
        CHECK(problems.x_scale == 100);
        CHECK(problems.y_scale == (adds ? 200 : 10000));
        std::map<long, int> seen;
        for (std::size_t i = 0; i < 2000; ++i) {
            const double a = problems.x.data()[2 * i] * problems.x_scale, b = problems.x.data()[2 * i + 1] * problems.x_scale;
            CHECK(problems.y.data()[i] * problems.y_scale == doctest::Approx(adds ? a + b : a * b).epsilon(1e-6));
            CHECK(std::abs(a - std::round(a)) < 1e-5);
            ++seen[std::lround(a)];
        }
        CHECK(seen.begin()->first == 0);
        CHECK(seen.rbegin()->first == 100);
        CHECK(seen.size() == 101);  // each of 101 numbers about 20 times: none is missed with probability 1 - 3e-7
    }
    const auto plain = data::make_calculator({.samples = 1, .low = -3, .high = -3, .scaled = false, .stream = stream()});
    CHECK(plain.x == Array{{-3.f, -3.f}});
    CHECK(plain.y == Array{{-6.f}});
    CHECK(plain.y_scale == 1);
    const auto negative = data::make_calculator({.samples = 1, .calculation = data::Calculation::multiply, .low = -4, .high = -4, .stream = stream()});
    CHECK(negative.x == Array{{-1.f, -1.f}});
    CHECK(negative.y == Array{{1.f}});
}

TEST_CASE("blobs lie around their centers") {
    const auto set = data::make_blobs({.samples = 30001, .centers = {{-2, 0, 1}, {3, 4, 5}, {0, 0, 0}}, .deviation = 0.5, .stream = stream()});
    CHECK(set.features().shape() == Shape{30001, 3});
    CHECK(set.classes() == 3);
    CHECK(counts(set) == std::map<std::int64_t, std::size_t>{{0, 10001}, {1, 10000}, {2, 10000}});
    double sum = 0, squares = 0;
    std::size_t count = 0;
    for (std::size_t row = 0; row < set.size(); ++row) {
        if (set.labels().data()[row] != 1) continue;
        const double value = set.features().data()[3 * row + 1] - 4;
        sum += value, squares += value * value, ++count;
    }
    CHECK(std::abs(sum / static_cast<double>(count)) < 0.02);  // four standard errors
    CHECK(std::abs(std::sqrt(squares / static_cast<double>(count)) - 0.5) < 0.015);
}

TEST_CASE("blobs without centers get some in the box") {
    const auto set = data::make_blobs({.samples = 8, .classes = 4, .features = 5, .box = 3, .deviation = 0, .stream = stream()});
    CHECK(set.features().shape() == Shape{8, 5});
    CHECK(counts(set).size() == 4);
    for (const float value : set.features()) CHECK_MESSAGE(std::abs(value) <= 3.f, value);
}

TEST_CASE("moons are those of scikit-learn") {
    // sklearn.datasets.make_moons(5, shuffle=False) of version 1.2.1.
    const auto set = data::make_moons({.samples = 5, .noise = 0, .shuffle = false, .stream = stream()});
    const Array expected{{1.f, 0.f}, {-1.f, 0.f}, {0.f, 0.5f}, {1.f, -0.5f}, {2.f, 0.5f}};
    CHECK(set.labels() == IndexArray{0, 0, 1, 1, 1});
    for (std::size_t i = 0; i < 10; ++i) CHECK(std::abs(set.features().data()[i] - expected.data()[i]) < 1e-6);

    const auto noisy = data::make_moons({.samples = 10000, .noise = 0.1, .stream = stream()});
    double squares = 0;
    for (std::size_t row = 0; row < noisy.size(); ++row) {
        auto [x, y] = point(noisy, row);
        if (noisy.labels().data()[row] == 1) x = 1 - x, y = 0.5 - y;
        const double off = std::hypot(x, y) - 1;  // across the arc, except near its ends
        squares += off * off;
    }
    CHECK(std::sqrt(squares / 10000) == doctest::Approx(0.1).epsilon(0.05));
}

TEST_CASE("circles have their radii, and spirals their arms") {
    const auto circles = data::make_circles({.samples = 101, .factor = 0.25, .noise = 0, .stream = stream()});
    CHECK(counts(circles) == std::map<std::int64_t, std::size_t>{{0, 50}, {1, 51}});
    for (std::size_t row = 0; row < circles.size(); ++row) {
        const auto [x, y] = point(circles, row);
        CHECK(std::abs(std::hypot(x, y) - (circles.labels().data()[row] == 0 ? 1 : 0.25)) < 1e-6);
    }

    const data::SpiralsOptions options{.samples = 200, .arms = 4, .turns = 1.5, .noise = 0, .stream = stream()};
    const auto spirals = data::make_spirals(options);
    CHECK(spirals.classes() == 4);
    for (std::size_t row = 0; row < spirals.size(); ++row) {
        const auto [x, y] = point(spirals, row);
        const double r = std::hypot(x, y), a = 2 * std::numbers::pi * (1.5 * r + static_cast<double>(spirals.labels().data()[row]) / 4);
        CHECK(std::hypot(x - r * std::cos(a), y - r * std::sin(a)) < 1e-5);
    }
}

TEST_CASE("the best accuracy on four Gaussians is what the best rule reaches") {
    CHECK(data::bayes_accuracy({.distance = 0}) == 0.5);
    CHECK(data::bayes_accuracy({.distance = 1, .deviation = 0}) == 1);
    // Phi(1) = 0.841344746068543, Phi(2) = 0.977249868051821.
    CHECK(std::abs(data::bayes_accuracy({.distance = 1, .deviation = 1}) - 0.7330324713) < 1e-9);
    CHECK(std::abs(data::bayes_accuracy({.distance = -1, .deviation = 0.5}) - 0.9555348731) < 1e-9);

    const data::FourGaussiansOptions options{.samples = 40000, .distance = 1, .deviation = 0.8, .stream = stream()};
    const auto set = data::make_four_gaussians(options);
    CHECK(counts(set) == std::map<std::int64_t, std::size_t>{{0, 20000}, {1, 20000}});
    std::size_t right = 0;
    for (std::size_t row = 0; row < set.size(); ++row) {
        const auto [x, y] = point(set, row);
        right += (x * y > 0) == (set.labels().data()[row] == 0);
    }
    CHECK(std::abs(static_cast<double>(right) / 40000 - data::bayes_accuracy(options)) < 0.008);  // four standard errors
}

TEST_CASE("a checkerboard has the right color in every cell") {
    const auto set = data::make_checkerboard({.samples = 4000, .cells = 3, .side = 6, .stream = stream()});
    std::map<std::pair<int, int>, std::size_t> cells;
    for (std::size_t row = 0; row < set.size(); ++row) {
        const auto [x, y] = point(set, row);
        const int column = static_cast<int>(std::floor((x + 3) / 2)), line = static_cast<int>(std::floor((y + 3) / 2));
        CHECK(set.labels().data()[row] == (column + line) % 2);
        ++cells[{column, line}];
    }
    CHECK(cells.size() == 9);
    for (const auto& [cell, count] : cells) CHECK(std::abs(static_cast<double>(count) - 4000. / 9) < 80);  // four deviations

    const auto sorted = data::make_checkerboard({.samples = 50, .shuffle = false, .stream = stream()});
    CHECK(std::is_sorted(sorted.labels().begin(), sorted.labels().end()));
}

TEST_CASE("classes come in random order, or one after the other") {
    const auto sorted = data::make_blobs({.samples = 90, .shuffle = false, .stream = stream()});
    CHECK(std::is_sorted(sorted.labels().begin(), sorted.labels().end()));
    const auto mixed = data::make_blobs({.samples = 90, .stream = stream()});
    CHECK(!std::is_sorted(mixed.labels().begin(), mixed.labels().end()));
    CHECK(counts(mixed) == counts(sorted));
}

TEST_CASE("noisy images lie beside the clean ones, with the same bits on any number of threads") {
    const Array clean(Shape{40, 1, 30, 30}, 0.5f);
    const std::size_t before = threads();
    Array first;
    for (const std::size_t count : {1u, 2u, 4u}) {
        set_threads(count);
        const auto pair = data::make_noisy(clean, {.deviation = 0.2, .stream = stream()});
        CHECK(pair.clean == clean);
        if (count == 1) first = pair.noisy;
        CHECK(pair.noisy == first);
    }
    set_threads(before);
    double sum = 0, squares = 0;
    for (const float value : data::make_noisy(clean, {.deviation = 0.8, .clamp = false, .stream = stream()}).noisy) {
        sum += value - 0.5, squares += (value - 0.5) * (value - 0.5);
    }
    CHECK(std::abs(sum / 36000) < 0.017);  // four standard errors
    CHECK(std::abs(std::sqrt(squares / 36000) - 0.8) < 0.012);
    for (const float value : data::make_noisy(clean, {.deviation = 0.8, .stream = stream()}).noisy) {
        CHECK_MESSAGE((value >= 0 && value <= 1), value);
    }
}

TEST_CASE("the same stream gives the same set, the process-wide seed a new one each time") {
    CHECK(same(data::make_moons({.stream = stream(1)}), data::make_moons({.stream = stream(1)})));
    CHECK(!same(data::make_moons({.stream = stream(1)}), data::make_moons({.stream = stream(2)})));
    seed(5);
    const auto first = data::make_circles();
    const auto second = data::make_circles();
    CHECK(!same(first, second));
    seed(5);
    CHECK(same(data::make_circles(), first));
    seed(0);
}

TEST_CASE("options out of range are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    check_refused("make_line: expected samples of at least 1, got 0", [] { data::make_line({.samples = 0}); });
    check_refused("make_line: expected a finite slope, got nan", [=] { data::make_line({.slope = nan}); });
    check_refused("make_line: expected finite low < high, got 2.000000 and 2.000000", [] { data::make_line({.low = 2, .high = 2}); });
    check_refused("make_sine: expected a finite deviation of at least 0, got -1.000000", [] { data::make_sine({.deviation = -1}); });
    check_refused("make_calculator: expected low <= high, both within 1000000000, got 1 and 0",
                  [] { data::make_calculator({.low = 1, .high = 0}); });
    check_refused("make_calculator: expected low <= high, both within 1000000000, got 0 and 1000000001",
                  [] { data::make_calculator({.high = 1'000'000'001}); });
    check_refused("make_blobs: expected centers with 2 features each, got 1", [] { data::make_blobs({.centers = {{1, 2}, {3}}}); });
    check_refused("make_blobs: expected classes of at least 1, got 0", [] { data::make_blobs({.classes = 0}); });
    check_refused("make_moons: expected a finite noise of at least 0, got -0.100000", [] { data::make_moons({.noise = -0.1}); });
    check_refused("make_circles: expected a factor in [0, 1), got 1.000000", [] { data::make_circles({.factor = 1}); });
    check_refused("make_spirals: expected arms of at least 1, got 0", [] { data::make_spirals({.arms = 0}); });
    check_refused("make_four_gaussians: expected a finite deviation of at least 0, got nan",
                  [=] { data::make_four_gaussians({.deviation = nan}); });
    check_refused("make_checkerboard: expected cells of at least 1, got 0", [] { data::make_checkerboard({.cells = 0}); });
    check_refused("make_checkerboard: expected a finite side above 0, got 0.000000", [] { data::make_checkerboard({.side = 0}); });
    check_refused("make_noisy: expected a finite deviation of at least 0, got -1.000000",
                  [] { data::make_noisy(Array{1.f}, {.deviation = -1}); });
    check_refused("bayes_accuracy: expected a finite deviation of at least 0, got -1.000000",
                  [] { data::bayes_accuracy({.deviation = -1}); });
}
