#include <xtape/optim/adadelta.hpp>

#include "optim/support.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;
using support::check_path;
using support::path;

TEST_CASE("Adadelta's steps have the size of its former steps") {
    // rho = 0.5, epsilon = 1: v = 4.5, d = 3 sqrt(1 / 5.5), u = d^2 / 2; then v = 2.25 + 2 = 4.25, d = 2 sqrt((u + 1) / 5.25)
    const double d = 3 / std::sqrt(5.5), second = 2 * std::sqrt((d * d / 2 + 1) / 5.25);
    check_path(path<optim::Adadelta64>({.lr = 0.1, .rho = 0.5, .epsilon = 1}, {3, 2}),
               {1 - 0.1 * d, 1 - 0.1 * (d + second)});
}

TEST_CASE("options of Adadelta out of range are errors that name them") {
    Parameter p{Array{1.f}};
    const auto make = [&](const optim::AdadeltaOptions& options) { optim::Adadelta({p}, options, Location{}); };
    CHECK_THROWS_WITH_AS(make({.rho = 1}), "Adadelta: expected a rho in [0, 1), got 1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.epsilon = -1}), "Adadelta: expected an epsilon of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.weight_decay = -1}), "Adadelta: expected a weight_decay of at least 0, got -1",
                         ConfigError);
}
