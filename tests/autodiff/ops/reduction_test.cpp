#include <xtape/autodiff/ops/reduction.hpp>

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

TEST_CASE("sums, means and maxima over all axes, one, several and none") {
    CHECK(sum(six).item() == 22.F);
    CHECK(sum(six, 0).value() == Array{5.F, 7.F, 10.F});
    CHECK(sum(six, -1).value() == Array{6.F, 16.F});
    CHECK(sum(six, 1, true).value() == Array{{6.F}, {16.F}});
    CHECK(sum(six, {0, 1}).shape() == Shape{});
    CHECK(sum(six, {-1, 0}, true).value() == Array{{22.F}});
    CHECK(sum(six, {}).item() == 22.F);
    CHECK(sum(six, Axes(std::vector<int>{})).value() == six.value());
    CHECK(mean(six, 0).value() == Array{2.5F, 3.5F, 5.F});
    CHECK(mean(six, 1, true).value() == Array{{2.F}, {16.F / 3}});
    CHECK(max(six).item() == 7.F);
    CHECK(max(six, 1).value() == Array{3.F, 7.F});
    CHECK(max(six, 0, true).value() == Array{{4.F, 5.F, 7.F}});
    CHECK(sum(Tensor(3.F)).item() == 3.F);
    CHECK(max(Tensor(3.F)).item() == 3.F);
}

TEST_CASE("a parameter is reduced like a tensor") {
    const Parameter p(six.value());
    CHECK(sum(p).item() == 22.F);
    CHECK(mean(p, 1).value() == Array{2.F, 16.F / 3});
    CHECK(max(p, 0).value() == Array{4.F, 5.F, 7.F});
}

TEST_CASE("axes out of range or given twice are errors") {
    const auto rank = [](const char* name, int axis) {
        return std::string(name) + ": expected axes of a tensor of rank 2, got axis " + std::to_string(axis) +
               " for shape (2, 3)";
    };
    CHECK_THROWS_WITH_AS(sum(six, 2), located(rank("sum", 2), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(max(six, -3), located(rank("max", -3), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(mean(six, 5), located(rank("mean", 5), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(prod(six, 2), located(rank("prod", 2), __LINE__), ShapeError);
    const auto twice = [](const char* name, int axis) {
        return std::string(name) + ": axis " + std::to_string(axis) + " was given twice for shape (2, 3)";
    };
    CHECK_THROWS_WITH_AS(sum(six, {1, -1}), located(twice("sum", -1), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(mean(six, {1, -1}), located(twice("mean", -1), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(prod(six, {1, 1}), located(twice("prod", 1), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(max(six, {0, -2}), located(twice("max", -2), __LINE__), ShapeError);
    const char* const none = "sum: expected axes of a tensor of rank 0, got axis 0 for shape ()";
    CHECK_THROWS_WITH_AS(sum(Tensor(1.F), 0), located(none, __LINE__), ShapeError);
}

TEST_CASE("an empty sum is 0, an empty mean NaN, an empty maximum an error") {
    const Tensor none(Array(Shape{2, 0, 3}));
    CHECK(sum(none).item() == 0.F);
    CHECK(sum(none, 1).value() == Array{{0.F, 0.F, 0.F}, {0.F, 0.F, 0.F}});
    CHECK(sum(none, 0).shape() == Shape{0, 3});
    CHECK(sum(none, 1, true).shape() == Shape{2, 1, 3});
    CHECK(std::isnan(mean(none).item()));
    CHECK(mean(none, 0).shape() == Shape{0, 3});
    CHECK(max(none, 0).shape() == Shape{0, 3});
    const char* const text = "max: expected at least one element along axis 1, got shape (2, 0, 3)";
    CHECK_THROWS_WITH_AS(max(none), located(text, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(max(none, {0, 1}), located(text, __LINE__), ShapeError);
    CHECK(slope([](const Tensor& x) { return sum(x, 1); }, none.value()).shape() == Shape{2, 0, 3});
    CHECK(slope([](const Tensor& x) { return max(x, 0); }, none.value()).shape() == Shape{2, 0, 3});
}

TEST_CASE("gradients of reductions are spread over what was reduced") {
    const Array& x = six.value();
    CHECK(slope(
              [](const Tensor& t) {
                  return sum(t, 0) * Array{1.F, 10.F, 100.F};
              },
              x) == Array{{1.F, 10.F, 100.F}, {1.F, 10.F, 100.F}});
    CHECK(slope(
              [](const Tensor& t) {
                  return mean(t, 1) * Array{3.F, 6.F};
              },
              x) == Array{{1.F, 1.F, 1.F}, {2.F, 2.F, 2.F}});
    CHECK(slope(
              [](const Tensor& t) {
                  return max(t, 1) * Array{3.F, 6.F};
              },
              x) == Array{{0.F, 0.F, 3.F}, {0.F, 0.F, 6.F}});
}

TEST_CASE("equal largest elements share the gradient evenly") {
    CHECK(slope([](const Tensor& t) { return max(t); }, {2.F, 2.F, 1.F, 2.F, 2.F}) ==
          Array{0.25F, 0.25F, 0.F, 0.25F, 0.25F});
    CHECK(slope([](const Tensor& t) { return max(t, 0); }, {{1.F, 5.F}, {1.F, 2.F}}) ==
          Array{{0.5F, 1.F}, {0.5F, 0.F}});
    CHECK(slope([](const Tensor& t) { return max(t); }, {-inf, -inf}) == Array{0.5F, 0.5F});
}

TEST_CASE("NaN makes sums and maxima NaN, wherever it stands, and spoils no other row") {
    for (const std::size_t n : {1U, 3U, 16U, 17U, 100U, 5000U}) {
        for (const std::size_t place : {std::size_t{0}, n / 2, n - 1}) {
            Array x(Shape{2, n}, 1.F);
            x(0, place) = NAN;
            CHECK(distance(max(Tensor(x), 1).value(), Array{NAN, 1.F}) == 0);
            CHECK(distance(sum(Tensor(x), 1).value(), Array{NAN, static_cast<float>(n)}) == 0);
            const Array turned = xt::transpose(x);
            CHECK(distance(max(Tensor(turned), 0).value(), Array{NAN, 1.F}) == 0);
            const Array g = slope([](const Tensor& t) { return max(t, 1); }, x);
            CHECK(g(1, 0) == doctest::Approx(1.0 / static_cast<double>(n)));
        }
    }
}

TEST_CASE("infinities in sums and maxima") {
    CHECK(sum(Tensor(Array{inf, 1.F})).item() == inf);
    CHECK(std::isnan(sum(Tensor(Array{inf, -inf})).item()));
    CHECK(max(Tensor(Array{-inf, -inf})).item() == -inf);
    CHECK(max(Tensor(Array{-inf, 3.F, inf})).item() == inf);
}

TEST_CASE("ten million floats of 0.1 sum to a million, and their mean is 0.1") {
    const Tensor x(Array(Shape{10'000'000}, 0.1F));
    CHECK(std::abs(sum(x).item() / 1e6 - 1) < 1e-6);
    CHECK(std::abs(mean(x).item() / 0.1 - 1) < 1e-6);
    const Tensor column = Tensor(Array(Shape{5'000'000, 2}, 0.1F));
    CHECK(distance(sum(column, 0).value(), Array{500'000.F, 500'000.F}) < 1e-6);
}

TEST_CASE("products over all axes, one, several and none") {
    CHECK(prod(six).item() == 840.F);
    CHECK(prod(six, 0).value() == Array{4.F, 10.F, 21.F});
    CHECK(prod(six, -1, true).value() == Array{{6.F}, {140.F}});
    CHECK(prod(six, {1, 0}).item() == 840.F);
    CHECK(prod(Tensor(3.F)).item() == 3.F);
    CHECK(prod(Parameter(six.value()), 1).value() == Array{6.F, 140.F});
    const Tensor none(Array(Shape{2, 0, 3}));
    CHECK(prod(none).item() == 1.F);
    CHECK(prod(none, 1).value() == Array{{1.F, 1.F, 1.F}, {1.F, 1.F, 1.F}});
    CHECK(prod(none, 0).shape() == Shape{0, 3});
    CHECK(slope([](const Tensor& x) { return prod(x, 1); }, none.value()).shape() == Shape{2, 0, 3});
    CHECK(std::isnan(prod(Tensor(Array{inf, 0.F})).item()));
    CHECK(std::isnan(prod(Tensor(Array{NAN, 0.F})).item()));
}

TEST_CASE("the gradient of a product is right with no zero, one and several, to second order") {
    const auto f = [](const Tensor& t) { return prod(t, 1); };
    CHECK(slope(f, {{2.F, 3.F, 5.F}, {2.F, 0.F, 5.F}, {0.F, 3.F, 0.F}, {0.F, 0.F, 0.F}}) ==
          Array{{15.F, 10.F, 6.F}, {0.F, 10.F, 0.F}, {0.F, 0.F, 0.F}, {0.F, 0.F, 0.F}});
    CHECK(slope(
              [](const Tensor& t) {
                  return prod(t, 0) * Array{1.F, 10.F};
              },
              {{0.F, 2.F}, {3.F, 4.F}}) == Array{{3.F, 40.F}, {0.F, 20.F}});
    // Axes that do not stand side by side.
    CHECK(slope(
              [](const Tensor& t) {
                  return prod(t, {0, 2});
              },
              {{{0.F, 2.F}, {1.F, 2.F}}, {{3.F, 4.F}, {0.F, 0.F}}}) ==
          Array{{{24.F, 0.F}, {0.F, 0.F}}, {{0.F, 0.F}, {0.F, 0.F}}});
    // d²(x y z) = {{0, z, y}, {z, 0, x}, {y, x, 0}}
    const auto all = [](const Tensor64& x) { return prod(x); };
    CHECK(hessian(all, Array64{2.0, 0.0, 5.0}) == Array64{{0.0, 5.0, 0.0}, {5.0, 0.0, 2.0}, {0.0, 2.0, 0.0}});
    CHECK(hessian(all, Array64{0.0, 0.0, 5.0}) == Array64{{0.0, 5.0, 0.0}, {5.0, 0.0, 0.0}, {0.0, 0.0, 0.0}});
    CHECK(hessian(all, Array64{0.0, 0.0, 0.0}) == Array64(Shape{3, 3}, 0.0));
    const auto bent = [](const Tensor64& x) { return square(prod(x + 1.0, {0, 2})) + prod(x, {0, 2}); };
    for (const int order : {1, 2}) {
        const GradcheckReport report = gradcheck(bent, {Array64{{{0.0, 2.0}, {1.0, 2.0}}, {{3.0, -1.0}, {0.0, 0.0}}}},
                                                 {.order = order, .tolerance = 1e-9});
        CHECK_MESSAGE(report.ok, report.message);
    }
}

TEST_CASE("a product of a thousand factors keeps its precision") {
    const Array64 x = sample::positive({1000}, 1) / 1.1;
    long double want = 1;
    for (const double v : x) want *= static_cast<long double>(v);
    CHECK(std::abs(static_cast<long double>(prod(Tensor64(x)).item()) / want - 1) < 1e-14L);
}

TEST_CASE("the fused gradient of a maximum over any axes is the recorded one") {
    const Array x = xt::round(Array(xt::cast<float>(sample::uniform({3, 4, 5}, 1) * 2)));
    for (const Axes& axes : {Axes(), Axes(0), Axes(1), Axes(2), Axes({0, 2}), Axes({0, 1})}) {
        for (const bool keepdims : {false, true}) {
            Tape tape;
            const Tensor t = tape.watch(x);
            const Array recorded = tape.gradient(sum(max(t, axes, keepdims)), t, {.create_graph = true}).value();
            CHECK(slope([&](const Tensor& v) { return max(v, axes, keepdims); }, x) == recorded);
        }
    }
}

TEST_CASE("sum_to undoes broadcasting") {
    CHECK(sum_to(six, {2, 3}).value() == six.value());
    CHECK(sum_to(six, {3}).value() == Array{5.F, 7.F, 10.F});
    CHECK(sum_to(six, {1, 3}).value() == Array{{5.F, 7.F, 10.F}});
    CHECK(sum_to(six, {2, 1}).value() == Array{{6.F}, {16.F}});
    CHECK(sum_to(six, {1}).value() == Array{22.F});
    CHECK(sum_to(six, {}).item() == 22.F);
    CHECK(sum_to(Tensor64(Array64(Shape{4, 1, 0, 3})), {1, 3}).value() == Array64{{0.0, 0.0, 0.0}});
    const std::string text = "sum_to: expected a shape that broadcasts to (2, 3), got ";
    CHECK_THROWS_WITH_AS(sum_to(six, {2}), located(text + "(2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(sum_to(six, {1, 2, 3}), located(text + "(1, 2, 3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(sum_to(six, {0, 3}), located(text + "(0, 3)", __LINE__), ShapeError);
}
