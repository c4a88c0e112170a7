#include <xtape/autodiff/ops/exponential.hpp>

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

// Value, derivative for a, derivative for b.
Array64 power_at(double base, double exponent) {
    Tape tape;
    const Tensor64 a = tape.watch(Tensor64(base)), b = tape.watch(Tensor64(exponent)), y = pow(a, b);
    const auto g = tape.gradient(y, {a, b});
    return {y.item(), g[0].item(), g[1].item()};
}
}  // namespace

TEST_CASE("expm1 and log1p keep their accuracy near 0") {
    const double x = 1e-12;
    CHECK(expm1(Tensor64(x)).item() == std::expm1(x));
    CHECK(log1p(Tensor64(x)).item() == doctest::Approx(x - x * x / 2).epsilon(1e-15));
    CHECK(expm1(Tensor(1e-20F)).item() == 1e-20F);
    CHECK(log1p(Tensor(-1e-20F)).item() == -1e-20F);
}

TEST_CASE("exponentials and logarithms at whole numbers") {
    CHECK(distance(exp2(Tensor(Array{-2.F, 0.F, 10.F})).value(), Array{0.25F, 1.F, 1024.F}) < 1e-6);
    CHECK(distance(log2(Tensor(Array{0.25F, 1.F, 1024.F})).value(), Array{-2.F, 0.F, 10.F}) < 1e-6);
    CHECK(distance(log10(Tensor64(Array64{1e-5, 1.0, 1000.0})).value(), Array64{-5.0, 0.0, 3.0}) < 1e-15);
}

TEST_CASE("the derivative of expm1 keeps its relative accuracy where the value is nearly -1") {
    CHECK(slope([](const Tensor& x) { return expm1(x); }, {-40.F})(0) ==
          doctest::Approx(std::exp(-40.0)).epsilon(1e-6));
}

TEST_CASE("logarithms at the end of their domain are minus infinity with an infinite slope, NaN beyond") {
    const auto at_zero = [](auto f) {
        CHECK(distance(f(Tensor(Array{0.F, -1.F, inf, NAN})).value(), Array{-inf, NAN, inf, NAN}) == 0);
        CHECK(slope(f, {0.F, inf}) == Array{inf, 0.F});
    };
    at_zero([](const Tensor& x) { return log2(x); });
    at_zero([](const Tensor& x) { return log10(x); });
    CHECK(distance(log1p(Tensor(Array{-1.F, -2.F, inf, NAN})).value(), Array{-inf, NAN, inf, NAN}) == 0);
    CHECK(slope([](const Tensor& x) { return log1p(x); }, {-1.F, 0.F, inf}) == Array{inf, 1.F, 0.F});
}

TEST_CASE("exponentials saturate without NaN, and so do their slopes") {
    const Array x{-inf, -1e4F, 1e4F, inf};
    CHECK(exp2(Tensor(x)).value() == Array{0.F, 0.F, inf, inf});
    CHECK(expm1(Tensor(x)).value() == Array{-1.F, -1.F, inf, inf});
    CHECK(slope([](const Tensor& t) { return exp2(t); }, {-inf, -1e4F}) == Array{0.F, 0.F});
    CHECK(slope([](const Tensor& t) { return expm1(t); }, {-inf, -1e4F}) == Array{0.F, 0.F});
}

TEST_CASE("a power of tensors at 0: 0^0 is 1 and flat, derivatives are PyTorch's") {
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(power_at(0, 0) == Array64{1.0, 0.0, 0.0});
    CHECK(power_at(0, 0.5) == Array64{0.0, infinity, 0.0});
    CHECK(power_at(0, 1) == Array64{0.0, 1.0, 0.0});
    CHECK(power_at(0, 2) == Array64{0.0, 0.0, 0.0});
    CHECK(power_at(0, -1) == Array64{infinity, -infinity, -infinity});
    CHECK(distance(power_at(2, 0), Array64{1.0, 0.0, std::log(2.0)}) < 1e-15);
}

TEST_CASE("a power of a negative number needs a whole exponent and has no derivative for it") {
    CHECK(distance(power_at(-2, 3), Array64{-8.0, 12.0, NAN}) == 0);
    CHECK(distance(power_at(-2, 0), Array64{1.0, 0.0, NAN}) == 0);
    CHECK(distance(power_at(-2, 0.5), Array64{NAN, NAN, NAN}) == 0);
}

TEST_CASE("second derivatives of a power exist at exponent 0 and 1 and at base 0") {
    const auto second = [](double base, double exponent) {
        Tape tape;
        const Tensor64 a = tape.watch(Tensor64(base)), b = tape.watch(Tensor64(exponent));
        const auto g = tape.gradient(pow(a, b), {a, b}, {.create_graph = true});
        const auto of_a = tape.gradient(g[0], {a, b}, {.keep = true}),
                   of_b = tape.gradient(g[1], {a, b}, {.keep = true});
        return Array64{of_a[0].item(), of_a[1].item(), of_b[0].item(), of_b[1].item()};
    };
    const double l = std::log(2.0);
    CHECK(distance(second(2, 0), Array64{0.0, 0.5, 0.5, l * l}) < 1e-15);
    CHECK(distance(second(2, 1), Array64{0.0, 1 + l, 1 + l, 2 * l * l}) < 1e-15);
    CHECK(distance(second(0, 2), Array64{2.0, 0.0, 0.0, 0.0}) == 0);
    CHECK(distance(second(0, 3), Array64{0.0, 0.0, 0.0, 0.0}) == 0);
}

TEST_CASE("pow takes tensors, arrays and numbers on either side") {
    const Tensor x(Array{1.F, 2.F, 3.F});
    CHECK(pow(x, Array{2.F, 3.F, 0.F}).value() == Array{1.F, 8.F, 1.F});
    CHECK(pow(Array{2.F, 3.F, 4.F}, x).value() == Array{2.F, 9.F, 64.F});
    CHECK(pow(2, x).value() == Array{2.F, 4.F, 8.F});
    CHECK(pow(x, 2).value() == Array{1.F, 4.F, 9.F});
    CHECK(slope([](const Tensor& t) { return pow(2.F, t); }, {3.F})(0) == doctest::Approx(8 * std::log(2.0)));
    CHECK(pow(Tensor(Array(Shape{0, 3})), x).shape() == Shape{0, 3});
    CHECK_THROWS_WITH_AS(pow(x, Tensor(Array{1.F, 2.F})),
                         "power: expected shapes that broadcast together, got (3) and (2)", ShapeError);
}
