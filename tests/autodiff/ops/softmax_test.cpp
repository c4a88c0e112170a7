#include <xtape/autodiff/ops/softmax.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::distance;
using support::slope;
using support::located;

namespace {
const float inf = std::numeric_limits<float>::infinity();

bool finite(const Array& x) {
    for (const float v : x) {
        if (!std::isfinite(v)) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("softmax by hand, along each axis") {
    const float e = std::exp(1.F);
    const Tensor x(Array{{0.F, 0.F}, {1.F, 0.F}});
    CHECK(distance(softmax(x).value(), Array{{0.5F, 0.5F}, {e / (1 + e), 1 / (1 + e)}}) < 1e-6);
    CHECK(distance(softmax(x, 0).value(), Array{{1 / (1 + e), 0.5F}, {e / (1 + e), 0.5F}}) < 1e-6);
    CHECK(distance(log_softmax(x, -2).value(),
                   Array{{-std::log(1 + e), -std::log(2.F)}, {1 - std::log(1 + e), -std::log(2.F)}}) < 1e-6);
    CHECK(softmax(Tensor(Array{3.F})).value() == Array{1.F});
    CHECK(log_softmax(Tensor(Array{3.F})).value() == Array{0.F});
}

TEST_CASE("rows of a softmax sum to 1, whatever their length and size") {
    for (const std::size_t width : {1U, 2U, 7U, 16U, 33U, 1000U}) {
        for (const double scale : {1.0, 100.0, 1e4}) {
            const Tensor x(Array(xt::cast<float>(sample::uniform({5, width}, width) * scale)));
            CHECK(distance(sum(softmax(x), 1).value(), Array(Shape{5}, 1.F)) < 2e-6);
            CHECK(distance(sum(softmax(transpose(x), 0), 0).value(), Array(Shape{5}, 1.F)) < 2e-6);
        }
    }
}

TEST_CASE("softmax and its logarithm are finite with finite gradients at logits of 10,000") {
    const Array x{{1e4F, -1e4F, 0.F}, {-1e4F, -1e4F, -1e4F}, {1e4F, 1e4F, 1e4F}};
    CHECK(distance(softmax(Tensor(x)).value(),
                   Array{{1.F, 0.F, 0.F}, {1 / 3.F, 1 / 3.F, 1 / 3.F}, {1 / 3.F, 1 / 3.F, 1 / 3.F}}) < 1e-6);
    const float third = -std::log(3.F);
    CHECK(distance(log_softmax(Tensor(x)).value(),
                   Array{{0.F, -2e4F, -1e4F}, {third, third, third}, {third, third, third}}) < 1e-3);
    const Array w{1.F, 2.F, 3.F};
    CHECK(finite(slope([&](const Tensor& t) { return softmax(t) * w; }, x)));
    CHECK(finite(slope([&](const Tensor& t) { return log_softmax(t) * w; }, x)));
}

TEST_CASE("minus infinity is a probability of 0; NaN and infinity spoil their own row only") {
    const Array x{{-inf, 0.F, 0.F}, {NAN, 0.F, 1.F}, {inf, 0.F, 0.F}, {0.F, 0.F, 0.F}};
    const float third = 1 / 3.F;
    CHECK(distance(softmax(Tensor(x)).value(),
                   Array{{0.F, 0.5F, 0.5F}, {NAN, NAN, NAN}, {NAN, NAN, NAN}, {third, third, third}}) < 1e-6);
    const Array logs = log_softmax(Tensor(x)).value();
    CHECK(logs(0, 0) == -inf);
    CHECK(logs(0, 1) == doctest::Approx(-std::log(2.F)));
    CHECK(std::isnan(logs(1, 1)));
    const Array g = slope([](const Tensor& t) { return log_softmax(t) * Array{0.F, 1.F, 0.F}; }, {{-inf, 0.F, 0.F}});
    CHECK(distance(g, Array{{0.F, 0.5F, -0.5F}}) < 1e-6);
}

TEST_CASE("shifting all logits of a row changes nothing") {
    const Array64 x = sample::uniform({4, 9}, 1);
    CHECK(distance(softmax(Tensor64(x)).value(), softmax(Tensor64(x + 1000.0)).value()) < 1e-12);
    CHECK(distance(log_softmax(Tensor64(x)).value(), log_softmax(Tensor64(x - 1000.0)).value()) < 1e-12);
}

TEST_CASE("no rows are fine, no columns are an error") {
    const Tensor rows(Array(Shape{0, 3})), columns(Array(Shape{3, 0}));
    CHECK(softmax(rows).shape() == Shape{0, 3});
    CHECK(log_softmax(columns, 0).shape() == Shape{3, 0});
    CHECK(slope([](const Tensor& t) { return softmax(t); }, rows.value()).shape() == Shape{0, 3});
    const std::string text = ": expected at least one element along axis 1, got shape (3, 0)";
    CHECK_THROWS_WITH_AS(softmax(columns), located("softmax" + text, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(log_softmax(columns, 1), located("log_softmax" + text, __LINE__), ShapeError);
}

TEST_CASE("an axis out of range is an error") {
    const Tensor x(Array(Shape{2, 3})), scalar(1.F);
    const auto text = [](const char* name, const char* axis) {
        return std::string(name) + ": expected an axis of a tensor of rank 2, got axis " + axis + " for shape (2, 3)";
    };
    CHECK_THROWS_WITH_AS(softmax(x, 2), located(text("softmax", "2"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(log_softmax(x, -3), located(text("log_softmax", "-3"), __LINE__), ShapeError);
    const char* const none = "softmax: expected an axis of a tensor of rank 0, got axis -1 for shape ()";
    CHECK_THROWS_WITH_AS(softmax(scalar), located(none, __LINE__), ShapeError);
}

TEST_CASE("large softmaxes and their gradients have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const Array x(xt::cast<float>(sample::uniform({1001, 77}, 1)));
    const auto run = [&] {
        Tape tape;
        const Tensor t = tape.watch(x);
        const Tensor y = softmax(t) * log_softmax(t, 0);
        return std::pair{y.value(), tape.gradient(sum(square(y)), t).value()};
    };
    set_threads(1);
    const auto one = run();
    for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
        set_threads(count);
        const auto more = run();
        CHECK(support::same_bits(one.first, more.first));
        CHECK(support::same_bits(one.second, more.second));
    }
    set_threads(before);
}
