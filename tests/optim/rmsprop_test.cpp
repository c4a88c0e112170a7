#include <xtape/optim/rmsprop.hpp>

#include "optim/support.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;
using support::check_path;
using support::path;

TEST_CASE("RMSprop divides by the root of the mean of squares") {
    // alpha = 0.75: v = 0.25 * 16 = 4, step 0.1 * 4 / 2; v = 3 + 0.25 * 4 = 4, step 0.1 * -2 / 2
    check_path(path<optim::RMSprop64>({.lr = 0.1, .alpha = 0.75, .epsilon = 0}, {4, -2}), {0.8, 0.9});
}

TEST_CASE("RMSprop's epsilon stands outside the square root, and momentum sums up the quotients") {
    // 4 / (2 + 2) = 1; -2 / (2 + 2) + 0.5 * 1 = 0
    check_path(path<optim::RMSprop64>({.lr = 0.1, .alpha = 0.75, .epsilon = 2, .momentum = 0.5}, {4, -2}), {0.9, 0.9});
}

TEST_CASE("centered RMSprop takes the mean out, and what rounding leaves below zero counts as zero") {
    // v = 4, m = 1: 4 / sqrt(3)
    check_path(path<optim::RMSprop64>({.lr = 0.1, .alpha = 0.75, .epsilon = 0, .centered = true}, {4}),
               {1 - 0.4 / std::sqrt(3)});
    Parameter p{Array{1.f}};
    optim::RMSprop rmsprop{{p}, {.lr = 0, .alpha = 0, .epsilon = 1, .centered = true}};
    for (const float g : {0.1f, 0.3f, 1.7f, 2.3f}) {
        p.accumulate_grad(Array{g});
        rmsprop.step();
        rmsprop.zero_grad();
        CHECK(p.value()(0) == 1);
    }
}

TEST_CASE("options of RMSprop out of range are errors that name them") {
    Parameter p{Array{1.f}};
    const auto make = [&](const optim::RMSpropOptions& options) { optim::RMSprop({p}, options, Location{}); };
    CHECK_THROWS_WITH_AS(make({.alpha = 1}), "RMSprop: expected an alpha in [0, 1), got 1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.epsilon = -1}), "RMSprop: expected an epsilon of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.weight_decay = -1}), "RMSprop: expected a weight_decay of at least 0, got -1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(make({.momentum = -1}), "RMSprop: expected a momentum of at least 0, got -1", ConfigError);
}
