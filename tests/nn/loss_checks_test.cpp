#include <xtape/nn/loss_checks.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

TEST_CASE("probabilities are numbers in 0 .. 1, and what rounding leaves above") {
    const auto check = [](const Array64& x) { nn::detail::require_probabilities("loss", x, Location{}); };
    CHECK_NOTHROW(check({0., 0.5, 1., 1 + 1e-7}));
    CHECK_NOTHROW(check(Array64(Shape{0, 2})));
    CHECK_THROWS_WITH_AS(check({{0., 0.5}, {1.25, 2.}}), "loss: expected targets in 0 .. 1, got 1.25 at (1, 0)",
                         DataError);
    CHECK_THROWS_WITH_AS(check({-0.5}), "loss: expected targets in 0 .. 1, got -0.5 at (0)", DataError);
    CHECK_THROWS_WITH_AS(check({0., std::abs(NAN)}), "loss: expected targets in 0 .. 1, got nan at (1)", DataError);
}

TEST_CASE("signs are -1 and 1") {
    const auto check = [](const Array& x) { nn::detail::require_signs("loss", x, Location{}); };
    CHECK_NOTHROW(check({1.f, -1.f}));
    CHECK_THROWS_WITH_AS(check({1.f, 0.f}), "loss: expected labels -1 or 1, got 0 at (1)", DataError);
}

TEST_CASE("only a mean needs elements") {
    CHECK_THROWS_WITH_AS(nn::detail::require_elements("loss", {0, 2}, Reduction::mean, Location{}),
                         "loss: expected at least one element to average, got shape (0, 2)", ShapeError);
    CHECK_NOTHROW(nn::detail::require_elements("loss", {0, 2}, Reduction::sum, Location{}));
    CHECK_THROWS_WITH_AS(nn::detail::require_one_shape("loss", {2}, {2, 1}, Reduction::none, Location{}),
                         "loss: expected prediction and target of one shape, got (2) and (2, 1)", ShapeError);
}

TEST_CASE("losses are averaged, summed or given each") {
    const Tensor64 losses = Array64{{1., 2.}, {3., 6.}};
    CHECK(nn::detail::reduced(losses, Reduction::mean, Location{}).item() == 3);
    CHECK(nn::detail::reduced(losses, Reduction::sum, Location{}).item() == 12);
    CHECK(nn::detail::reduced(losses, Reduction::none, Location{}).shape() == Shape{2, 2});
}
