#include <xtape/autodiff/ops/arithmetic.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::distance;
using support::located;

namespace {
const float inf = std::numeric_limits<float>::infinity();
}

TEST_CASE("sums, differences, products and quotients broadcast") {
    const Tensor a(Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}}), row(Array{10.F, 20.F, 30.F}), column(Array{{1.F}, {2.F}});
    CHECK((a + row).value() == Array{{11.F, 22.F, 33.F}, {14.F, 25.F, 36.F}});
    CHECK((row - column).value() == Array{{9.F, 19.F, 29.F}, {8.F, 18.F, 28.F}});
    CHECK((a * column).value() == Array{{1.F, 2.F, 3.F}, {8.F, 10.F, 12.F}});
    CHECK((row / column).value() == Array{{10.F, 20.F, 30.F}, {5.F, 10.F, 15.F}});
    CHECK((-column).value() == Array{{-1.F}, {-2.F}});
    CHECK((Tensor(2.F) * Tensor(3.F)).shape() == Shape{});
}

TEST_CASE("shapes that do not broadcast are an error; operators cannot say where") {
    const Tensor a(Array(Shape{2, 3}, 1.F)), b(Array(Shape{2}, 1.F));
    const auto text = [](const char* name) {
        return std::string(name) + ": expected shapes that broadcast together, got (2, 3) and (2)";
    };
    CHECK_THROWS_WITH_AS(a + b, text("add").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(a - b, text("subtract").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(a * b, text("multiply").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(a / b, text("divide").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(add(a, b), located(text("add"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(subtract(a, b), located(text("subtract"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(multiply(a, b), located(text("multiply"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(divide(a, b), located(text("divide"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(a + Array(Shape{0, 3}), "add: expected shapes that broadcast together, got (2, 3) and (0, 3)",
                         ShapeError);
}

TEST_CASE("a shape with more elements than can be counted is an error") {
    const std::size_t n = std::size_t{1} << 17;
    CHECK(element_count(Shape{n, n, n, n, 0}) == 0);
    const char* const text = "array: expected fewer than 2^64 elements, got shape (131072, 131072, 131072, 131072)";
    CHECK_THROWS_WITH_AS(element_count(Shape{n, n, n, n}), text, ShapeError);
}

TEST_CASE("division by zero gives what IEEE arithmetic gives, and so does its gradient") {
    const Tensor a(Array{1.F, -1.F, 0.F}), zero(Array{0.F, 0.F, 0.F});
    CHECK(distance((a / zero).value(), Array{inf, -inf, NAN}) == 0);
    CHECK(grad([&](const Tensor& x) { return sum(x / zero); })(a).value() == Array{inf, inf, inf});
}

TEST_CASE("NaN and infinities pass through arithmetic") {
    const Tensor a(Array{NAN, inf, -inf, 1.F}), b(Array{1.F, 1.F, inf, NAN});
    CHECK(distance((a + b).value(), Array{NAN, inf, NAN, NAN}) == 0);
    CHECK(distance((a * b).value(), Array{NAN, inf, -inf, NAN}) == 0);
    CHECK(distance(square(a).value(), Array{NAN, inf, inf, 1.F}) == 0);
    CHECK(distance((-a).value(), Array{NAN, -inf, inf, -1.F}) == 0);
}

TEST_CASE("a power and its derivatives at zero are those of the formula, never NaN") {
    const auto at_zero = [](double p) {
        const auto f = [p](const Tensor64& x) { return pow(x, p); };
        const Tensor64 zero(0.0);
        return Array64{f(zero).item(), grad(f)(zero).item(), grad(grad(f))(zero).item()};
    };
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(at_zero(3) == Array64{0.0, 0.0, 0.0});
    CHECK(at_zero(2) == Array64{0.0, 0.0, 2.0});
    CHECK(at_zero(1) == Array64{0.0, 1.0, 0.0});
    CHECK(at_zero(0) == Array64{1.0, 0.0, 0.0});
    CHECK(at_zero(0.5) == Array64{0.0, infinity, -infinity});
    CHECK(at_zero(-1) == Array64{infinity, -infinity, infinity});
}

TEST_CASE("powers of negative numbers: whole exponents have a value, others are NaN") {
    const Tensor x(Array{-2.F, -0.5F});
    CHECK(distance(pow(x, 3).value(), Array{-8.F, -0.125F}) < 1e-7);
    CHECK(distance(pow(x, -2).value(), Array{0.25F, 4.F}) < 1e-7);
    CHECK(distance(pow(x, 0.5).value(), Array{NAN, NAN}) == 0);
    CHECK(grad([](const Tensor& t) { return sum(pow(t, 3)); })(x.value()).value() == Array{12.F, 0.75F});
    CHECK(distance(pow(Tensor(Array{NAN, inf, -inf}), 2).value(), Array{NAN, inf, inf}) == 0);
}

TEST_CASE("a square root at zero has an infinite slope, below zero there is none") {
    const Array x{4.F, 0.F, -1.F, inf};
    CHECK(distance(sqrt(Tensor(x)).value(), Array{2.F, 0.F, NAN, inf}) == 0);
    CHECK(distance(grad([](const Tensor& t) { return sum(sqrt(t)); })(x).value(), Array{0.25F, inf, NAN, 0.F}) == 0);
}

TEST_CASE("empty tensors and scalars go through arithmetic") {
    const Tensor none(Array(Shape{0, 3})), row(Array{1.F, 2.F, 3.F});
    CHECK((none + row).shape() == Shape{0, 3});
    CHECK((none * 2 - Array(Shape{0, 1})).shape() == Shape{0, 3});
    CHECK(square(none).shape() == Shape{0, 3});
    Tape tape;
    const Tensor x = tape.watch(none), r = tape.watch(row);
    const auto g = tape.gradient(sum(x * r), {x, r});
    CHECK(g[0].shape() == Shape{0, 3});
    CHECK(g[1].value() == Array{0.F, 0.F, 0.F});
}

TEST_CASE("a reciprocal square root and a reciprocal at zero are infinite, and their slopes minus infinity") {
    const Array x{4.F, 0.F, -1.F, inf, NAN};
    CHECK(distance(rsqrt(Tensor(x)).value(), Array{0.5F, inf, NAN, 0.F, NAN}) == 0);
    CHECK(distance(grad([](const Tensor& t) { return sum(rsqrt(t)); })(x).value(),
                   Array{-0.0625F, -inf, NAN, 0.F, NAN}) == 0);
    CHECK(reciprocal(Tensor(Array{4.F, 0.F, -0.F, -inf})).value() == Array{0.25F, inf, -inf, 0.F});
    const Array slopes = grad([](const Tensor& t) { return sum(reciprocal(t)); })(Array{4.F, 0.F, -0.F, inf}).value();
    CHECK(slopes == Array{-0.0625F, -inf, -inf, 0.F});
}
