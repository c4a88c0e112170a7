#include <xtape/optim/lbfgs.hpp>

#include <xtape/autodiff/ops.hpp>

#include "optim/support.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

namespace {

template <class T>
BasicTensor<T> rosenbrock(BasicParameter<T>& x, BasicParameter<T>& y) {
    const BasicTensor<T> a = x, b = y;
    return sum(square(1 - a) + 100 * square(b - square(a)));
}

}  // namespace

// That the iterates are PyTorch's is asserted in tests/parity/optimizers_test.cpp.

TEST_CASE("L-BFGS finds the minimum of Rosenbrock's function, in double and in float") {
    Parameter64 x{Array64{-1.2}}, y{Array64{1.}};
    optim::LBFGS64 lbfgs{{x, y}, {.max_iterations = 100, .tolerance_change = 1e-15}};
    CHECK(lbfgs.step([&] { return rosenbrock(x, y); }) == doctest::Approx(24.2));
    CHECK(x.value()(0) == doctest::Approx(1).epsilon(1e-6));
    CHECK(y.value()(0) == doctest::Approx(1).epsilon(1e-6));
    CHECK_FALSE(x.has_grad());

    Parameter u{Array{-1.2f}}, v{Array{1.f}};
    optim::LBFGS single{{u, v}, {.max_iterations = 100}};
    single.step([&] { return rosenbrock(u, v); });
    CHECK(u.value()(0) == doctest::Approx(1).epsilon(1e-2));
}

TEST_CASE("a quadratic function of n variables takes few iterations, whatever its scales") {
    const Array64 scales{1., 10., 100., 1000.}, target{1., -2., 3., -4.};
    Parameter64 x{Array64{5., 5., 5., 5.}};
    optim::LBFGS64 lbfgs{{x}, {.max_iterations = 60}};
    lbfgs.step([&] { return sum(scales * square(x - target)); });
    for (std::size_t i = 0; i < 4; ++i) CHECK(x.value()(i) == doctest::Approx(target(i)).epsilon(1e-5));
    CHECK(lbfgs.iterations() < 60);
}

TEST_CASE("a line search finds its way back from where the loss is not finite") {
    // The first length leads to where the logarithm is NaN.
    Parameter64 x{Array64{0.01}};
    optim::LBFGS64 lbfgs{{x}, {.lr = 100, .max_iterations = 50}};
    lbfgs.step([&] { return sum(x * x - log(x)); });
    CHECK(x.value()(0) == doctest::Approx(std::sqrt(0.5)).epsilon(1e-5));
}

TEST_CASE("frozen parameters stay, and so do those the loss does not depend on") {
    Parameter64 x{Array64{3.}}, frozen{Array64{3.}}, unused{Array64{3.}};
    frozen.set_frozen(true);
    optim::LBFGS64 lbfgs{{x, frozen, unused}};
    lbfgs.step([&] { return sum(square(x) * square(frozen)); });
    CHECK(x.value()(0) == doctest::Approx(0));
    CHECK(frozen.value() == Array64{3.});
    CHECK(unused.value() == Array64{3.});
}

TEST_CASE("L-BFGS continues from its state with the same bits") {
    Parameter64 a{Array64{-1.2}}, b{Array64{1.}}, c{Array64{0.}}, d{Array64{0.}};
    const optim::LBFGSOptions options{.max_iterations = 3};
    optim::LBFGS64 straight{{a, b}, options}, resumed{{c, d}, options};
    for (int n = 0; n < 3; ++n) straight.step([&] { return rosenbrock(a, b); });
    c.assign(a.value());
    d.assign(b.value());
    resumed.load_state(straight.state());
    for (int n = 0; n < 3; ++n) {
        straight.step([&] { return rosenbrock(a, b); });
        resumed.step([&] { return rosenbrock(c, d); });
        CHECK(support::same_bits(a.value(), c.value()));
        CHECK(support::same_bits(b.value(), d.value()));
    }
    CHECK(resumed.evaluations() == straight.evaluations());
    CHECK_THROWS_WITH_AS(resumed.load_state({}, Location{}),
                         "LBFGS: load_state: expected an array \"direction\", got none", DataError);
}

TEST_CASE("a loss that is not finite at the start is an error") {
    Parameter64 x{Array64{-1.}};
    optim::LBFGS64 lbfgs{{x}};
    CHECK_THROWS_WITH_AS(lbfgs.step([&] { return sum(log(x)); }, Location{}),
                         "LBFGS: expected a finite loss and gradient to start from, got a loss of nan", AnomalyError);
    CHECK(x.value() == Array64{-1.});
}

TEST_CASE("a loss that throws on the way leaves parameters and state as they were before the step") {
    struct Interrupted {};
    const optim::LBFGSOptions options{.max_iterations = 4, .history = 3};
    Parameter64 x{Array64{-1.2}}, y{Array64{1.}}, frozen{Array64{7.}};
    frozen.set_frozen(true);
    optim::LBFGS64 lbfgs{{x, frozen, y}, options};
    lbfgs.step([&] { return rosenbrock(x, y); });
    const Array64 x_before = x.value(), y_before = y.value();
    const optim::State64 before = lbfgs.state();

    for (int last = 1; last <= 4; ++last) {
        int calls = 0;
        const auto loss = [&] {
            if (++calls > last) throw Interrupted{};
            return rosenbrock(x, y);
        };
        CHECK_THROWS_AS(lbfgs.step(loss), Interrupted);
        CHECK(calls == last + 1);
        CHECK(support::same_bits(x.value(), x_before));
        CHECK(support::same_bits(y.value(), y_before));
        CHECK(frozen.value() == Array64{7.});
        CHECK_FALSE(x.has_grad());
        const optim::State64 after = lbfgs.state();
        CHECK(after.numbers == before.numbers);
        REQUIRE(after.arrays.size() == before.arrays.size());
        for (std::size_t i = 0; i < after.arrays.size(); ++i) {
            CHECK(after.arrays[i].first == before.arrays[i].first);
            CHECK(support::same_bits(after.arrays[i].second, before.arrays[i].second));
        }
    }

    // And the next step is the one that was interrupted.
    Parameter64 u{x.value()}, v{y.value()}, still{Array64{7.}};
    still.set_frozen(true);
    optim::LBFGS64 straight{{u, still, v}, options};
    straight.load_state(before);
    straight.step([&] { return rosenbrock(u, v); });
    lbfgs.step([&] { return rosenbrock(x, y); });
    CHECK(support::same_bits(x.value(), u.value()));
    CHECK(support::same_bits(y.value(), v.value()));
    CHECK_FALSE(x.value() == x_before);
}

TEST_CASE("a state with a learning rate out of range is refused and changes nothing") {
    Parameter64 x{Array64{3.}};
    optim::LBFGS64 lbfgs{{x}, {.lr = 0.5}};
    lbfgs.step([&] { return sum(square(x)); });
    const std::uint64_t iterations = lbfgs.iterations();
    optim::State64 state = optim::LBFGS64({x}).state();
    for (const auto& [rate, text] : {std::pair{-1.0, "-1"}, std::pair{double(INFINITY), "inf"}}) {
        for (auto& [name, value] : state.numbers) {
            if (name == "lr") value = rate;
        }
        const std::string message =
            std::string("LBFGS: load_state: expected a learning rate of at least 0 as \"lr\", got ") + text;
        CHECK_THROWS_WITH_AS(lbfgs.load_state(state, Location{}), message.c_str(), DataError);
        CHECK(lbfgs.learning_rate() == 0.5);
        CHECK(lbfgs.iterations() == iterations);
    }
}

TEST_CASE("options of LBFGS out of range are errors that name them") {
    Parameter p{Array{1.f}, "w"};
    const auto make = [&](const optim::LBFGSOptions& options) { optim::LBFGS({p}, options, Location{}); };
    CHECK_THROWS_WITH_AS(make({.lr = -1}), "LBFGS: expected a learning rate of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.max_iterations = 0}), "LBFGS: expected at least 1 iteration in max_iterations, got 0",
                         ConfigError);
    CHECK_THROWS_WITH_AS(make({.history = 0}), "LBFGS: expected at least 1 difference in history, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(make({.tolerance_gradient = -1}), "LBFGS: expected a tolerance_gradient of at least 0, got -1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(make({.tolerance_change = -1}), "LBFGS: expected a tolerance_change of at least 0, got -1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(optim::LBFGS({p, p}, {}, Location{}), "LBFGS: expected each parameter once, got \"w\" twice",
                         ConfigError);
}
