#include <xtape/autodiff/ops/dropout.hpp>

#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/parallel.hpp>

#include "autodiff/support.hpp"

#include <algorithm>
#include <limits>

using namespace xtape;
using support::located;
using support::same_bits;
using support::slope;

namespace {

const random::Stream stream(17, 3);

Array ones(const Shape& shape) { return Array(shape, 1.F); }

double kept_share(const Array& y) {
    std::size_t kept = 0;
    for (const float v : y) kept += v != 0;
    return static_cast<double>(kept) / static_cast<double>(y.size());
}

}  // namespace

TEST_CASE("an element is dropped when its draw of the stream is below p") {
    random::Stream draws = stream;
    const Array y = dropout(Tensor(ones({1000})), 0.25, stream).value();
    for (const float v : y) CHECK(v == (draws.bits() < 0x40000000 ? 0.F : 4 / 3.F));
}

TEST_CASE("dropout keeps a share of 1 - p and the expectation") {
    for (const double p : {0.1, 0.5, 0.9}) {
        const Array y = dropout(Tensor(ones({1000, 1000})), p, stream).value();
        // Five deviations of a share of a million draws.
        CHECK(std::abs(kept_share(y) - (1 - p)) < 5 * std::sqrt(p * (1 - p) / 1e6));
        const float scale = static_cast<float>(1 / (1 - p));
        CHECK(std::all_of(y.begin(), y.end(), [scale](float v) { return v == 0 || v == scale; }));
        CHECK(std::abs(static_cast<double>(xt::mean(y)()) - 1) < 5 * std::sqrt(p / (1 - p) / 1e6) + 1e-4);
    }
}

TEST_CASE("rows, columns, neighbours and streams are dropped independently") {
    const std::size_t n = 1000;
    const Array y = dropout(Tensor(ones({n, n})), 0.5, stream).value();
    const Array other = dropout(Tensor(ones({n, n})), 0.5, random::Stream(17, 4)).value();
    const Array seeded = dropout(Tensor(ones({n, n})), 0.5, random::Stream(18, 3)).value();
    const auto correlation = [&](auto partner) {
        double total = 0;
        for (std::size_t i = 0; i + 1 < n; ++i) {
            for (std::size_t k = 0; k + 1 < n; ++k) total += (y(i, k) - 1.0) * (static_cast<double>(partner(i, k)) - 1.0);
        }
        return std::abs(total) / static_cast<double>((n - 1) * (n - 1));
    };
    CHECK(correlation([&](std::size_t i, std::size_t k) { return y(i + 1, k); }) < 5e-3);
    CHECK(correlation([&](std::size_t i, std::size_t k) { return y(i, k + 1); }) < 5e-3);
    CHECK(correlation([&](std::size_t i, std::size_t k) { return other(i, k); }) < 5e-3);
    CHECK(correlation([&](std::size_t i, std::size_t k) { return seeded(i, k); }) < 5e-3);
    CHECK(correlation([&](std::size_t i, std::size_t k) { return y(i, k); }) > 0.99);
}

TEST_CASE("the gradient passes where the value did, at every order and on any number of threads") {
    const std::size_t before = threads();
    const Array x = ones({301, 257});
    set_threads(1);
    const Array mask = dropout(Tensor(x), 0.3, stream).value();
    for (const std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
        set_threads(count);
        CHECK(same_bits(dropout(Tensor(x), 0.3, stream).value(), mask));
        CHECK(same_bits(slope([](const Tensor& t) { return dropout(t, 0.3, stream); }, x), mask));
        Tape tape;
        const Tensor t = tape.watch(x);
        const Tensor g = tape.gradient(sum(square(dropout(t, 0.3, stream))), t, {.create_graph = true});
        const Array second = tape.gradient(sum(g), t).value();
        CHECK(support::distance(second, Array(2.F * mask * mask)) < 1e-6);
    }
    set_threads(before);
}

TEST_CASE("each call takes the next stream of the process, and the seed brings them back") {
    const random::State saved = random::state();
    const Tensor x(ones({1000}));
    seed(5);
    const Array first = dropout(x, 0.5).value(), second = dropout(x, 0.5).value();
    CHECK(!same_bits(first, second));
    seed(5);
    CHECK(same_bits(dropout(x, 0.5).value(), first));
    CHECK(same_bits(dropout(x, 0.5).value(), second));
    random::set_state(saved);
}

TEST_CASE("a stream that has been drawn from goes on where it stands") {
    random::Stream later = stream;
    later.skip(5);
    const Array all = dropout(Tensor(ones({105})), 0.5, stream).value(), rest = dropout(Tensor(ones({100})), 0.5, later).value();
    for (std::size_t i = 0; i < 100; ++i) CHECK(all(i + 5) == rest(i));
}

TEST_CASE("p = 0 keeps everything, p = 1 nothing, and what is dropped is 0 even if it was NaN") {
    const float inf = std::numeric_limits<float>::infinity();
    const Array x{1.F, NAN, inf};
    CHECK(same_bits(dropout(Tensor(x), 0).value(), x));
    CHECK(dropout(Tensor(x), 1).value() == Array{0.F, 0.F, 0.F});
    CHECK(slope([](const Tensor& t) { return dropout(t, 1); }, x) == Array{0.F, 0.F, 0.F});
    CHECK(slope([](const Tensor& t) { return dropout(t, 0); }, x) == Array{1.F, 1.F, 1.F});
    CHECK(dropout(Tensor(Array(Shape{0, 3})), 0.5).shape() == Shape{0, 3});
    // So near to 1 that no draw is large enough.
    CHECK(dropout(Tensor(ones({3})), 1 - 1e-16).value() == Array{0.F, 0.F, 0.F});
}

TEST_CASE("a probability outside 0 .. 1 is an error") {
    const Tensor x(ones({2}));
    const std::string text = "dropout: expected a probability in 0 .. 1, got ";
    const Location here = Location::current();
    const int line = static_cast<int>(here.line());
    CHECK_THROWS_WITH_AS(dropout(x, 1.5, stream, here), located(text + "1.5", line), ConfigError);
    CHECK_THROWS_WITH_AS(dropout(x, -0.5, stream, here), located(text + "-0.5", line), ConfigError);
    CHECK_THROWS_WITH_AS(dropout(x, NAN, stream, here), located(text + "nan", line), ConfigError);
}
