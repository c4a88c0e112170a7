#include <xtape/autodiff/ops/rounding.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::distance;
using support::located;
using support::slope;

namespace {
const float inf = std::numeric_limits<float>::infinity();
}  // namespace

TEST_CASE("rounding to whole numbers; halves go to the even one") {
    const Tensor x(Array{-2.5F, -1.5F, -0.5F, -0.2F, 0.5F, 1.5F, 2.5F, 2.6F, inf, -inf, NAN});
    CHECK(distance(round(x).value(), Array{-2.F, -2.F, 0.F, 0.F, 0.F, 2.F, 2.F, 3.F, inf, -inf, NAN}) == 0);
    CHECK(distance(floor(x).value(), Array{-3.F, -2.F, -1.F, -1.F, 0.F, 1.F, 2.F, 2.F, inf, -inf, NAN}) == 0);
    CHECK(distance(ceil(x).value(), Array{-2.F, -1.F, 0.F, 0.F, 1.F, 2.F, 3.F, 3.F, inf, -inf, NAN}) == 0);
    CHECK(distance(sign(x).value(), Array{-1.F, -1.F, -1.F, -1.F, 1.F, 1.F, 1.F, 1.F, 1.F, -1.F, NAN}) == 0);
    CHECK(sign(Tensor(Array{0.F, -0.F})).value() == Array{0.F, 0.F});
}

TEST_CASE("steps have slope 0 everywhere, and in a product only the other factor counts") {
    const Array x{-1.F, -0.5F, 0.F, 0.3F, 2.5F}, zero{0.F, 0.F, 0.F, 0.F, 0.F};
    CHECK(slope([](const Tensor& t) { return sign(t); }, x) == zero);
    CHECK(slope([](const Tensor& t) { return floor(t); }, x) == zero);
    CHECK(slope([](const Tensor& t) { return ceil(t); }, x) == zero);
    CHECK(slope([](const Tensor& t) { return round(t); }, x) == zero);
    CHECK(slope([](const Tensor& t) { return t * floor(t); }, x) == Array{-1.F, -1.F, 0.F, 0.F, 2.F});
    const auto f = [](const Tensor64& t) { return square(t) * sign(t); };
    CHECK(grad(grad(f))(Tensor64(-3.0)).item() == -2);
}

TEST_CASE("a NaN or infinite gradient does not pass a step") {
    Tape tape;
    const Tensor x = tape.watch(Array{0.5F, 1.5F});
    const Tensor y = floor(x);
    const Tensor seed(Array{NAN, inf});
    CHECK(tape.gradient(sum(y * seed), x).value() == Array{0.F, 0.F});
}

TEST_CASE("clamp cuts; its slope is 1 inside and at the bounds, 0 outside") {
    const Array x{-2.F, -1.F, 0.F, 0.5F, 3.F, -inf, inf};
    const auto f = [](const Tensor& t) { return clamp(t, -1, 0.5); };
    CHECK(f(Tensor(x)).value() == Array{-1.F, -1.F, 0.F, 0.5F, 0.5F, -1.F, 0.5F});
    CHECK(slope(f, x) == Array{0.F, 1.F, 1.F, 1.F, 0.F, 0.F, 0.F});
    CHECK(std::isnan(f(Tensor(NAN)).item()));
    const auto half_open = [](const Tensor& t) { return clamp(t, 0, INFINITY); };
    CHECK(half_open(Tensor(x)).value() == Array{0.F, 0.F, 0.F, 0.5F, 3.F, 0.F, inf});
    CHECK(slope(half_open, x) == Array{0.F, 0.F, 1.F, 1.F, 1.F, 0.F, 1.F});
    CHECK(clamp(Tensor(x), 2, 2).value() == Array{2.F, 2.F, 2.F, 2.F, 2.F, 2.F, 2.F});
}

TEST_CASE("bounds in the wrong order, or NaN, are an error") {
    const Tensor x(1.F);
    const char* const turned = "clamp: expected low <= high, got low = 2 and high = 1.5";
    CHECK_THROWS_WITH_AS(clamp(x, 2, 1.5), located(turned, __LINE__), ConfigError);
    const char* const nan = "clamp: expected low <= high, got low = nan and high = 1";
    CHECK_THROWS_WITH_AS(clamp(x, NAN, 1), located(nan, __LINE__), ConfigError);
}
