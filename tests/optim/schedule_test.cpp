#include <xtape/optim/schedule.hpp>

#include <xtape/optim/adam.hpp>
#include <xtape/optim/sgd.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xtape;

// That each curve is PyTorch's is asserted in tests/parity/schedules_test.cpp.

TEST_CASE("a schedule sets the rate of every group from the rate it started with") {
    Parameter a{Array{1.f}}, b{Array{1.f}};
    optim::Adam adam{{{{a}, {.lr = 0.5}}, {{b}, {.lr = 0.25}}}};
    optim::Schedule schedule(adam, optim::linear({.steps = 4, .from = 0}));
    CHECK(adam.learning_rate(0) == 0);
    schedule.step();
    CHECK(adam.learning_rate(0) == 0.125);
    CHECK(adam.learning_rate(1) == 0.0625);
    schedule.go_to(100);
    CHECK(adam.learning_rate(1) == 0.25);
    CHECK(schedule.steps() == 100);
}

TEST_CASE("any function can be a curve") {
    Parameter p{Array{1.f}};
    optim::SGD sgd{{p}, {.lr = 2}};
    optim::Schedule schedule(sgd,
                             [](double start, std::uint64_t step) { return start / static_cast<double>(1 + step); });
    schedule.step();
    CHECK(sgd.learning_rate() == 1);
    CHECK_THROWS_WITH_AS(optim::Schedule(
                             sgd, [](double, std::uint64_t) { return -1.; }, Location{}),
                         "Schedule: expected a curve with rates of at least 0, got -1", ConfigError);
    CHECK(sgd.learning_rate() == 1);
}

TEST_CASE("curves go on beyond their last step") {
    CHECK(optim::polynomial({.steps = 4})(0.5, 9) == 0);
    CHECK(optim::one_cycle({.steps = 10})(1, 50) == optim::one_cycle({.steps = 10})(1, 9));
    CHECK(optim::anneal_to({.rate = 0.05, .steps = 0})(1, 0) == 0.05);
    CHECK(optim::cosine({.steps = 10})(1, 20) == doctest::Approx(1));
    CHECK(optim::cosine_restarts({.steps = 10, .growth = 3})(1, 40) == 1);  // 10 + 30
}

TEST_CASE("a schedule continues from its state") {
    Parameter p{Array{1.f}};
    optim::SGD first{{p}, {.lr = 0.1}}, second{{p}, {.lr = 7}};
    optim::Schedule straight(first, optim::cosine({.steps = 9}));
    for (int n = 0; n < 5; ++n) straight.step();
    optim::Schedule resumed(second, optim::cosine({.steps = 9}));
    resumed.load_state(straight.state());
    CHECK(second.learning_rate() == first.learning_rate());
    straight.step();
    resumed.step();
    CHECK(second.learning_rate() == first.learning_rate());
    CHECK_THROWS_WITH_AS(resumed.load_state({{"steps", 1}}, Location{}),
                         "Schedule: load_state: expected a number \"group 0.start\", got none", DataError);
    CHECK_THROWS_WITH_AS(resumed.load_state({{"steps", 0}, {"group 0.start", -2}}, Location{}),
                         "Schedule: expected a curve with rates of at least 0, got -2", ConfigError);
    CHECK(resumed.steps() == 6);
}

TEST_CASE("a plateau continues from its state, and NaN is no improvement") {
    Parameter p{Array{1.f}};
    optim::SGD first{{p}, {.lr = 1}}, second{{p}, {.lr = 1}};
    optim::Plateau straight(first, {.factor = 0.5, .patience = 1}), resumed(second, {.factor = 0.5, .patience = 1});
    straight.step(3);
    straight.step(std::nan(""));
    CHECK(straight.best() == 3);
    resumed.load_state(straight.state());
    straight.step(4);
    resumed.step(4);
    CHECK(first.learning_rate() == 0.5);
    CHECK(second.learning_rate() == 0.5);
    CHECK_THROWS_WITH_AS(resumed.load_state({{"best", 1}, {"bad", 0.5}, {"cooldown", 0}}, Location{}),
                         "Plateau: load_state: expected a count as \"bad\", got 0.5", DataError);
}

TEST_CASE("options of curves out of range are errors that name them") {
    using namespace optim;
    const Location nowhere{};
    const double inf = std::numeric_limits<double>::infinity();
    const auto refuses = [](auto make, const char* text) { CHECK_THROWS_WITH_AS(make(), text, ConfigError); };
    refuses([&] { step_decay({.every = 0}, nowhere); }, "step_decay: expected at least 1 step for every, got 0");
    refuses([&] { step_decay({.factor = -1}, nowhere); }, "step_decay: expected a factor of at least 0, got -1");
    refuses([&] { multistep({.at = {3, 2}}, nowhere); }, "multistep: expected milestones that never fall, got 3, 2");
    refuses([&] { multistep({.factor = inf}, nowhere); }, "multistep: expected a factor of at least 0, got inf");
    refuses([&] { exponential(-1, nowhere); }, "exponential: expected a factor of at least 0, got -1");
    refuses([&] { linear({.steps = 0}, nowhere); }, "linear: expected at least 1 step, got 0");
    refuses([&] { linear({.from = -1}, nowhere); }, "linear: expected a factor `from` of at least 0, got -1");
    refuses([&] { linear({.to = -1}, nowhere); }, "linear: expected a factor `to` of at least 0, got -1");
    refuses([&] { polynomial({.steps = 0}, nowhere); }, "polynomial: expected at least 1 step, got 0");
    refuses([&] { polynomial({.power = -1}, nowhere); }, "polynomial: expected a power of at least 0, got -1");
    refuses([&] { cosine({}, nowhere); }, "cosine: expected at least 1 step, got 0");
    refuses([&] { cosine({.steps = 1, .lowest = -1}, nowhere); },
            "cosine: expected a lowest rate of at least 0, got -1");
    refuses([&] { cosine_restarts({}, nowhere); }, "cosine_restarts: expected at least 1 step, got 0");
    refuses([&] { cosine_restarts({.steps = 1, .growth = 0}, nowhere); },
            "cosine_restarts: expected a growth of at least 1, got 0");
    refuses([&] { cosine_restarts({.steps = 1, .lowest = -1}, nowhere); },
            "cosine_restarts: expected a lowest rate of at least 0, got -1");
    refuses([&] { one_cycle({.steps = 1}, nowhere); }, "one_cycle: expected at least 2 steps, got 1");
    refuses([&] { one_cycle({.steps = 10, .rising = 1}, nowhere); },
            "one_cycle: expected a rising part in (0, 1), got 1");
    refuses([&] { one_cycle({.steps = 10, .rising = 0.5, .three_phases = true}, nowhere); },
            "one_cycle: expected a rising part in (0, 0.5), got 0.5");
    refuses([&] { one_cycle({.steps = 10, .rising = 0.1}, nowhere); },
            "one_cycle: expected more than 1 step to rise, got 1");
    refuses([&] { one_cycle({.steps = 10, .first_divisor = 0}, nowhere); },
            "one_cycle: expected a first_divisor above 0, got 0");
    refuses([&] { one_cycle({.steps = 10, .last_divisor = 0}, nowhere); },
            "one_cycle: expected a last_divisor above 0, got 0");
    refuses([&] { anneal_to({.rate = -1}, nowhere); }, "anneal_to: expected a rate of at least 0, got -1");
    refuses([&] { sequence({exponential(1)}, {2}, nowhere); },
            "sequence: expected one milestone less than curves, got 1 and 1");
    refuses(
        [&] {
            sequence({exponential(1), exponential(1), exponential(1)}, {2, 2}, nowhere);
        },
        "sequence: expected milestones that rise, got 2, 2");
    refuses([&] { chain({}, nowhere); }, "chain: expected at least one curve, got none");
}

TEST_CASE("options of Plateau out of range are errors that name them") {
    Parameter p{Array{1.f}};
    optim::SGD sgd{{p}};
    const auto make = [&](const optim::PlateauOptions& options) { optim::Plateau(sgd, options, Location{}); };
    CHECK_THROWS_WITH_AS(make({.factor = 1}), "Plateau: expected a factor in [0, 1), got 1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.threshold = -1}), "Plateau: expected a threshold of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.lowest = -1}), "Plateau: expected a lowest rate of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.smallest_change = -1}), "Plateau: expected a smallest_change of at least 0, got -1",
                         ConfigError);
}
