#include <xtape/optim/adagrad.hpp>

#include "optim/support.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;
using support::check_path;
using support::path;

TEST_CASE("Adagrad divides by the root of the sum of squares") {
    // s = 9, step 0.1 * 3 / 3; s = 25, step 0.1 * 4 / 5
    check_path(path<optim::Adagrad64>({.lr = 0.1, .epsilon = 0}, {3, 4}), {0.9, 0.82});
}

TEST_CASE("the sum may begin with a number, and the rate may fall") {
    // s = 16 + 9 = 25, 0.1 * 3 / 5; s = 25 + 144 - 25 + 25 = 169, 0.1 / 1.5 * 12 / 13
    check_path(path<optim::Adagrad64>({.lr = 0.1, .lr_decay = 0.5, .initial_sum = 16, .epsilon = 0}, {3, 12}),
               {0.94, 0.94 - 0.1 / 1.5 * 12 / 13});
}

TEST_CASE("options of Adagrad out of range are errors that name them") {
    Parameter p{Array{1.f}};
    const auto make = [&](const optim::AdagradOptions& options) { optim::Adagrad({p}, options, Location{}); };
    CHECK_THROWS_WITH_AS(make({.lr_decay = -1}), "Adagrad: expected an lr_decay of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.weight_decay = -1}), "Adagrad: expected a weight_decay of at least 0, got -1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(make({.initial_sum = -1}), "Adagrad: expected an initial_sum of at least 0, got -1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(make({.epsilon = -1}), "Adagrad: expected an epsilon of at least 0, got -1", ConfigError);
}
