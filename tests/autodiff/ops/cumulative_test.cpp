#include <xtape/autodiff/ops/cumulative.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::distance;
using support::located;
using support::slope;

namespace {
const float inf = std::numeric_limits<float>::infinity();
const Tensor six(Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 7.F}});
}  // namespace

TEST_CASE("running sums and products by hand, along each axis") {
    CHECK(cumsum(six, 0).value() == Array{{1.F, 2.F, 3.F}, {5.F, 7.F, 10.F}});
    CHECK(cumsum(six, -1).value() == Array{{1.F, 3.F, 6.F}, {4.F, 9.F, 16.F}});
    CHECK(cumprod(six, 0).value() == Array{{1.F, 2.F, 3.F}, {4.F, 10.F, 21.F}});
    CHECK(cumprod(six, 1).value() == Array{{1.F, 2.F, 6.F}, {4.F, 20.F, 140.F}});
    const Parameter p(six.value());
    CHECK(cumsum(p, 0).value() == cumsum(six, 0).value());
    CHECK(cumprod(p, 1).value() == cumprod(six, 1).value());
    CHECK(cumsum(Tensor(Array{3.F}), 0).value() == Array{3.F});
}

TEST_CASE("a linear recurrence by hand: Fibonacci's sums, and a moving average of exponential weights") {
    const Tensor a(Array{9.F, 2.F, 0.5F, -1.F}), b(Array{1.F, 3.F, 2.F, 0.F});
    CHECK(linear_recurrence(a, b, 0).value() == Array{1.F, 5.F, 4.5F, -4.5F});
    CHECK(linear_recurrence(Tensor(Array(Shape{2, 3}, 0.5F)), Tensor(Array(Shape{2, 3}, 1.F)), 1).value() ==
          Array{{1.F, 1.5F, 1.75F}, {1.F, 1.5F, 1.75F}});
    // What a_0 holds plays no part.
    CHECK(linear_recurrence(Tensor(Array{NAN, 2.F}), Tensor(Array{inf, 1.F}), 0).value() == Array{inf, inf});
    CHECK(slope(
              [](const Tensor& t) {
                  return linear_recurrence(t, Tensor(Array{1.F, 2.F, 3.F}), 0);
              },
              {5.F, 2.F, 3.F}) == Array{0.F, 4.F, 4.F});
}

TEST_CASE("gradients of running sums and products by hand") {
    CHECK(slope(
              [](const Tensor& t) {
                  return cumsum(t, 0) * Array{1.F, 10.F, 100.F};
              },
              {1.F, 2.F, 3.F}) == Array{111.F, 110.F, 100.F});
    // x + x y + x y z: 1 + y + y z, x + x z, x y
    CHECK(slope([](const Tensor& t) { return cumprod(t, 0); }, {2.F, 3.F, 5.F}) == Array{19.F, 12.F, 6.F});
}

TEST_CASE("the gradient of a running product is right with one zero and with several, to second order") {
    CHECK(slope([](const Tensor& t) { return cumprod(t, 0); }, {2.F, 0.F, 5.F}) == Array{1.F, 12.F, 0.F});
    CHECK(slope([](const Tensor& t) { return cumprod(t, 0); }, {0.F, 0.F, 5.F}) == Array{1.F, 0.F, 0.F});
    CHECK(slope([](const Tensor& t) { return cumprod(t, 0); }, {0.F, 3.F, 0.F}) == Array{4.F, 0.F, 0.F});
    // d²(x + x y + x y z) = {{0, 1 + z, y}, {1 + z, 0, x}, {y, x, 0}}
    const auto total = [](const Tensor64& x) { return sum(cumprod(x, 0)); };
    CHECK(hessian(total, Array64{2.0, 0.0, 5.0}) == Array64{{0.0, 6.0, 0.0}, {6.0, 0.0, 2.0}, {0.0, 2.0, 0.0}});
    CHECK(hessian(total, Array64{0.0, 0.0, 0.0}) == Array64{{0.0, 1.0, 0.0}, {1.0, 0.0, 0.0}, {0.0, 0.0, 0.0}});
    const auto bent = [](const Tensor64& x) { return square(cumprod(x, 1)); };
    for (const int order : {1, 2}) {
        const GradcheckReport report =
            gradcheck(bent, {Array64{{0.0, 1.5, 0.5, 2.0}, {1.5, 0.0, 2.0, 0.0}, {1.0, 2.0, 0.0, 0.0}}},
                      {.order = order, .tolerance = 1e-9});
        CHECK_MESSAGE(report.ok, report.message);
    }
}

TEST_CASE("infinities and NaN run on from where they stand") {
    CHECK(cumsum(Tensor(Array{1.F, inf, 2.F}), 0).value() == Array{1.F, inf, inf});
    CHECK(distance(cumsum(Tensor(Array{1.F, inf, -inf}), 0).value(), Array{1.F, inf, NAN}) == 0);
    CHECK(distance(cumsum(Tensor(Array{1.F, NAN, 2.F}), 0).value(), Array{1.F, NAN, NAN}) == 0);
    CHECK(distance(cumprod(Tensor(Array{2.F, inf, 0.F}), 0).value(), Array{2.F, inf, NAN}) == 0);
    // A sum in blocks keeps infinities too.
    Array x(Shape{5000}, 1.F);
    x(1500) = inf;
    const Array y = cumsum(Tensor(x), 0).value();
    CHECK(y(1499) == 1500.F);
    CHECK(y(1500) == inf);
    CHECK(y(4999) == inf);
}

TEST_CASE("running along an axis without elements, or beside one, is nothing") {
    const Tensor none(Array(Shape{2, 0, 3}));
    for (const int axis : {0, 1, 2}) {
        CHECK(cumsum(none, axis).shape() == Shape{2, 0, 3});
        CHECK(cumprod(none, axis).shape() == Shape{2, 0, 3});
        CHECK(linear_recurrence(none, none, axis).shape() == Shape{2, 0, 3});
        CHECK(slope([&](const Tensor& x) { return cumsum(x, axis) + cumprod(x, axis) + linear_recurrence(x, x, axis); },
                    none.value())
                  .shape() == Shape{2, 0, 3});
    }
}

TEST_CASE("running sums of ten million elements do not lose precision with the length") {
    const std::size_t n = 10'000'000;
    const Array x(xt::cast<float>(sample::positive({n}, 1)));
    const Array y = cumsum(Tensor(x), 0).value();
    const Array64 x64(xt::cast<double>(x)), y64 = cumsum(Tensor64(x64), 0).value();
    const Array backwards = grad([](const Tensor& t) { return sum(cumsum(t, 0)); })(Array(Shape{n}, 1.F)).value();
    long double total = 0;
    double worst = 0, worst64 = 0, worst_count = 0;
    for (std::size_t i = 0; i < n; ++i) {
        total += static_cast<long double>(x.data()[i]);
        worst = std::max(worst, static_cast<double>(std::abs(static_cast<long double>(y.data()[i]) / total - 1)));
        worst64 = std::max(worst64, static_cast<double>(std::abs(static_cast<long double>(y64.data()[i]) / total - 1)));
        worst_count =
            std::max(worst_count, std::abs(static_cast<double>(backwards.data()[i]) / static_cast<double>(n - i) - 1));
    }
    CHECK(worst < 6.1e-8);  // half a unit in the last place
    CHECK(worst64 < 2e-15);
    CHECK(worst_count < 6.1e-8);
}

TEST_CASE("axes out of range and shapes that differ are errors") {
    const auto text = [](const char* name, int axis) {
        return std::string(name) + ": expected an axis of a tensor of rank 2, got axis " + std::to_string(axis) +
               " for shape (2, 3)";
    };
    CHECK_THROWS_WITH_AS(cumsum(six, 2), located(text("cumsum", 2), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(cumprod(six, -3), located(text("cumprod", -3), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(linear_recurrence(six, six, 5), located(text("linear_recurrence", 5), __LINE__), ShapeError);
    const char* const scalar = "cumsum: expected an axis of a tensor of rank 0, got axis 0 for shape ()";
    CHECK_THROWS_WITH_AS(cumsum(Tensor(1.F), 0), located(scalar, __LINE__), ShapeError);
    const char* const shapes = "linear_recurrence: expected a and b of the same shape, got (2, 3) and (3)";
    CHECK_THROWS_WITH_AS(linear_recurrence(six, Array{1.F, 2.F, 3.F}, 0), located(shapes, __LINE__), ShapeError);
}
