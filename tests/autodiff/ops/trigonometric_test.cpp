#include <xtape/autodiff/ops/trigonometric.hpp>

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

template <class F>
Array64 gradients_at(F f, double first, double second) {
    Tape tape;
    const Tensor64 a = tape.watch(Tensor64(first)), b = tape.watch(Tensor64(second));
    const auto g = tape.gradient(f(a, b), {a, b});
    return {g[0].item(), g[1].item()};
}
const auto angle = [](const auto& a, const auto& b) { return atan2(a, b); };
const auto length = [](const auto& a, const auto& b) { return hypot(a, b); };
}  // namespace

TEST_CASE("arc sine and arc cosine have infinite slopes at their ends and are NaN beyond") {
    const Array x{-1.F, 0.F, 1.F, 1.5F, -inf, NAN};
    const float half_pi = std::acos(0.F), pi = std::acos(-1.F);
    CHECK(distance(asin(Tensor(x)).value(), Array{-half_pi, 0.F, half_pi, NAN, NAN, NAN}) < 1e-6);
    CHECK(distance(acos(Tensor(x)).value(), Array{pi, half_pi, 0.F, NAN, NAN, NAN}) < 1e-6);
    CHECK(distance(slope([](const Tensor& t) { return asin(t); }, x), Array{inf, 1.F, inf, NAN, NAN, NAN}) == 0);
    CHECK(distance(slope([](const Tensor& t) { return acos(t); }, x), Array{-inf, -1.F, -inf, NAN, NAN, NAN}) == 0);
}

TEST_CASE("the slope of arc sine is accurate next to its ends") {
    const float x = 1 - 1e-6F;
    const double exact = 1 / std::sqrt((1 - static_cast<double>(x)) * (1 + static_cast<double>(x)));
    CHECK(slope([](const Tensor& t) { return asin(t); }, {x})(0) == doctest::Approx(exact).epsilon(1e-6));
}

TEST_CASE("tan and arc tangent far out") {
    const float half_pi = std::acos(0.F);
    CHECK(distance(atan(Tensor(Array{-inf, -1e30F, 1e30F, inf, NAN})).value(),
                   Array{-half_pi, -half_pi, half_pi, half_pi, NAN}) < 1e-6);
    CHECK(slope([](const Tensor& t) { return atan(t); }, {-inf, -1e30F, 0.F, 1e30F, inf}) ==
          Array{0.F, 0.F, 1.F, 0.F, 0.F});
    CHECK(distance(tan(Tensor(Array{inf, NAN, 0.F})).value(), Array{NAN, NAN, 0.F}) == 0);
}

TEST_CASE("atan2 knows all quadrants and the axes") {
    const double pi = std::acos(-1.0);
    const Tensor64 a(Array64{0.0, 1.0, 1.0, 1.0, 0.0, -1.0, -1.0, -0.0}),
        b(Array64{1.0, 1.0, 0.0, -1.0, -1.0, -1.0, 1.0, -1.0});
    CHECK(distance(atan2(a, b).value(), Array64{0.0, pi / 4, pi / 2, 3 * pi / 4, pi, -3 * pi / 4, -pi / 4, -pi}) <
          1e-15);
    CHECK(gradients_at(angle, 0, -2) == Array64{-0.5, 0.0});
    CHECK(gradients_at(angle, 2, 0) == Array64{0.0, -0.5});
}

TEST_CASE("atan2 and hypot at the origin have derivatives 0, of every order") {
    CHECK(gradients_at(angle, 0, 0) == Array64{0.0, 0.0});
    CHECK(gradients_at(length, 0, 0) == Array64{0.0, 0.0});
    const auto f = [](const Tensor64& x) { return hypot(x, 0.0 * x); };
    CHECK(std::isfinite(grad(grad(f))(Tensor64(0.0)).item()));
    CHECK(hypot(Tensor(0.F), 0.F).item() == 0.F);
    CHECK(atan2(Tensor(0.F), Tensor(-0.F)).item() == std::atan2(0.F, -0.F));
}

TEST_CASE("atan2 and hypot neither overflow nor underflow, nor do their derivatives") {
    for (const float scale : {1e-30F, 1.F, 1e30F}) {
        CAPTURE(scale);
        CHECK(hypot(Tensor(3 * scale), Tensor(4 * scale)).item() / scale == doctest::Approx(5).epsilon(1e-6));
        CHECK(slope([&](const Tensor& x) { return hypot(x, 4 * scale); }, {3 * scale})(0) ==
              doctest::Approx(0.6).epsilon(1e-6));
        CHECK(slope([&](const Tensor& x) { return atan2(x, 4 * scale); }, {3 * scale})(0) * scale ==
              doctest::Approx(4.0 / 25).epsilon(1e-6));
    }
    CHECK(hypot(Tensor(inf), Tensor(NAN)).item() == inf);
    CHECK(std::isnan(hypot(Tensor(1.F), Tensor(NAN)).item()));
}

TEST_CASE("operands of atan2 and hypot that do not broadcast are named") {
    const Tensor a(Array{1.F, 2.F, 3.F}), b(Array{1.F, 2.F});
    CHECK_THROWS_WITH_AS(atan2(a, b), "atan2: expected shapes that broadcast together, got (3) and (2)", ShapeError);
    CHECK_THROWS_WITH_AS(hypot(a, b), "hypot: expected shapes that broadcast together, got (3) and (2)", ShapeError);
    CHECK(hypot(a, Array{1.F, 1.F, 1.F}).shape() == Shape{3});
    CHECK(atan2(Array{1.F, 1.F, 1.F}, a).shape() == Shape{3});
    CHECK(atan2(1, Tensor(Array(Shape{0}))).shape() == Shape{0});
}
