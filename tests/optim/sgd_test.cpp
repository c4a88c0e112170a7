#include <xtape/optim/sgd.hpp>

#include "optim/support.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace xtape;
using support::check_path;
using support::path;

// All numbers are worked by hand from the definition that the header cites.

TEST_CASE("plain descent subtracts lr times the gradient") {
    check_path(path<optim::SGD64>({.lr = 0.1}, {2, -1, 0.5}), {0.8, 0.9, 0.85});
}

TEST_CASE("weight decay adds a part of the parameter to the gradient") {
    // 1 - 0.1 (2 + 0.5) = 0.75; 0.75 - 0.1 (2 + 0.375) = 0.5125
    check_path(path<optim::SGD64>({.lr = 0.1, .weight_decay = 0.5}, {2, 2}), {0.75, 0.5125});
}

TEST_CASE("momentum sums up gradients that are forgotten step by step") {
    // b = 2, 0.9*2 + 1 = 2.8, 0.9*2.8 - 1 = 1.52
    check_path(path<optim::SGD64>({.lr = 0.1, .momentum = 0.9}, {2, 1, -1}), {0.8, 0.52, 0.368});
}

TEST_CASE("dampening weakens all gradients but the first") {
    // b = 2, 0.9*2 + 0.25*1 = 2.05, 0.9*2.05 + 0.25*(-1) = 1.595
    check_path(path<optim::SGD64>({.lr = 0.1, .momentum = 0.9, .dampening = 0.75}, {2, 1, -1}), {0.8, 0.595, 0.4355});
}

TEST_CASE("Nesterov's momentum looks ahead") {
    // b = 2, 2.8; steps 2 + 0.9*2 = 3.8 and 1 + 0.9*2.8 = 3.52
    check_path(path<optim::SGD64>({.lr = 0.1, .momentum = 0.9, .nesterov = true}, {2, 1}), {0.62, 0.268});
}

TEST_CASE("momentum and weight decay together") {
    // g = 2 + 0.5*1 = 2.5, b = 2.5, x = 0.75; g = 1 + 0.375 = 1.375, b = 2.25 + 1.375 = 3.625, x = 0.3875
    check_path(path<optim::SGD64>({.lr = 0.1, .momentum = 0.9, .weight_decay = 0.5}, {2, 1}), {0.75, 0.3875});
}

TEST_CASE("momentum as an average starts from 0 and has weights that sum up to 1") {
    // b = 0.1 * 2, 0.9 * 0.2 + 0.1 = 0.28, 0.252 - 0.1 = 0.152
    check_path(
        path<optim::SGD64>({.lr = 1, .momentum = 0.9, .momentum_form = optim::MomentumForm::average}, {2, 1, -1}),
        {0.8, 0.52, 0.368});
}

TEST_CASE("the first gradient of a parameter counts as first whenever it comes") {
    Parameter64 early{Array64{1.}}, late{Array64{1.}};
    optim::SGD64 sgd{{early, late}, {.lr = 0.1, .momentum = 0.9, .dampening = 0.75}};
    early.accumulate_grad(Array64{2.});
    sgd.step();
    late.accumulate_grad(Array64{2.});
    sgd.step();
    CHECK(late.value()(0) == doctest::Approx(0.8).epsilon(1e-14));
}

TEST_CASE("options of SGD out of range are errors that name them") {
    Parameter p{Array{1.f}};
    const Location nowhere{};
    const auto make = [&](const optim::SGDOptions& options) { optim::SGD({p}, options, nowhere); };
    CHECK_THROWS_WITH_AS(make({.momentum = -0.5}), "SGD: expected a momentum of at least 0, got -0.5", ConfigError);
    CHECK_THROWS_WITH_AS(make({.dampening = 1. / 0.}), "SGD: expected a finite dampening, got inf", ConfigError);
    CHECK_THROWS_WITH_AS(make({.weight_decay = -1}), "SGD: expected a weight_decay of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.nesterov = true}), "SGD: expected a momentum above 0 with nesterov, got 0",
                         ConfigError);
    CHECK_THROWS_WITH_AS(make({.momentum = 0.9, .dampening = 0.1, .nesterov = true}),
                         "SGD: expected a dampening of 0 with nesterov, got 0.1", ConfigError);
    const auto average = optim::MomentumForm::average;
    CHECK_THROWS_WITH_AS(make({.momentum = 1, .momentum_form = average}),
                         "SGD: expected a momentum below 1 with MomentumForm::average, got 1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.momentum = 0.9, .dampening = 0.1, .momentum_form = average}),
                         "SGD: expected a dampening of 0 with MomentumForm::average, got 0.1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.momentum = 0.9, .nesterov = true, .momentum_form = average}),
                         "SGD: expected no nesterov with MomentumForm::average, got it", ConfigError);
}
