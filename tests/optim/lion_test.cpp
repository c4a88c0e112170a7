#include <xtape/optim/lion.hpp>

#include "optim/support.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;
using support::check_path;
using support::path;

TEST_CASE("Lion's steps have one size, and their sign comes from memory and gradient") {
    // m = 0: sign(0.2); m = 0.02 -> 0.5 * 2 ... with beta1 = 0.9, beta2 = 0.5: m = 1, 0.9 - 0.2 > 0; m = -0.5, -0.45 + 0.1 < 0
    check_path(path<optim::Lion64>({.lr = 0.1, .beta1 = 0.9, .beta2 = 0.5}, {2, -2, 1}), {0.9, 0.8, 0.9});
}

TEST_CASE("Lion stays where there is neither gradient nor memory, but for the decay") {
    check_path(path<optim::Lion64>({.lr = 0.1, .weight_decay = 0.5}, {0, 0}), {0.95, 0.9025});
}

TEST_CASE("options of Lion out of range are errors that name them") {
    Parameter p{Array{1.f}};
    const auto make = [&](const optim::LionOptions& options) { optim::Lion({p}, options, Location{}); };
    CHECK_THROWS_WITH_AS(make({.beta1 = 1}), "Lion: expected a beta1 in [0, 1), got 1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.beta2 = 1}), "Lion: expected a beta2 in [0, 1), got 1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.weight_decay = -1}), "Lion: expected a weight_decay of at least 0, got -1",
                         ConfigError);
}
