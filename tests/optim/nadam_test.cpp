#include <xtape/optim/nadam.hpp>

#include "optim/support.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;
using support::check_path;
using support::path;

TEST_CASE("NAdam's first steps are those worked by hand") {
    // momentum_decay = 0: mu is always beta1 / 2 = 0.25; beta2 = 0.5, epsilon = 0, g = 2: m = 1, v^ = 4.
    // m^ = 0.25 / (1 - 0.0625) 1 + 0.75 / 0.75 2; the step is 0.1 m^ / 2.
    const double first = 1 - 0.1 * (0.25 / 0.9375 + 2) / 2;
    // g = -1: m = 0, v = 1.5, v^ = 2; m^ = -0.75 / (1 - 0.0625) = -0.8.
    const double second = first + 0.1 * 0.8 / std::sqrt(2);
    check_path(
        path<optim::NAdam64>({.lr = 0.1, .beta1 = 0.5, .beta2 = 0.5, .epsilon = 0, .momentum_decay = 0}, {2, -1}),
        {first, second});
}

TEST_CASE("the product of momenta belongs to each parameter") {
    Parameter64 early{Array64{1.}}, late{Array64{1.}};
    optim::NAdam64 nadam{{early, late}, {.lr = 0.1}};
    early.accumulate_grad(Array64{2.});
    nadam.step();
    const double first = early.value()(0);
    late.accumulate_grad(Array64{2.});
    nadam.step();
    CHECK(late.value()(0) == first);
}

TEST_CASE("options of NAdam out of range are errors that name them") {
    Parameter p{Array{1.f}};
    const auto make = [&](const optim::NAdamOptions& options) { optim::NAdam({p}, options, Location{}); };
    CHECK_THROWS_WITH_AS(make({.beta1 = 1}), "NAdam: expected a beta1 in [0, 1), got 1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.beta2 = 2}), "NAdam: expected a beta2 in [0, 1), got 2", ConfigError);
    CHECK_THROWS_WITH_AS(make({.epsilon = -1}), "NAdam: expected an epsilon of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.weight_decay = -1}), "NAdam: expected a weight_decay of at least 0, got -1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(make({.momentum_decay = -1}), "NAdam: expected a momentum_decay of at least 0, got -1",
                         ConfigError);
}
