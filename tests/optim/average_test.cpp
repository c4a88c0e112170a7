#include <xtape/optim/average.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>

#include "optim/support.hpp"

#include <doctest/doctest.h>

using namespace xtape;

namespace {

void set(Parameter64& p, double value) { p.assign(Array64(p.shape(), value)); }

}  // namespace

TEST_CASE("an exponential average forgets by its decay") {
    Parameter64 p{Array64{8., 8.}};
    optim::Ema64 ema{{p}, {.decay = 0.75}};
    CHECK(ema[0] == Array64{8., 8.});
    set(p, 0);
    ema.update();
    CHECK(ema[0] == Array64{6., 6.});
    set(p, 2);
    ema.update();
    CHECK(ema[0] == Array64{5., 5.});
    CHECK(ema.updates() == 2);
    CHECK(p.value() == Array64{2., 2.});
}

TEST_CASE("with a warm-up the first values count for more") {
    Parameter64 p{Array64{0.}};
    optim::Ema64 ema{{p}, {.decay = 0.15, .warm_up = true}};
    set(p, 10);
    ema.update();  // memory 1 / 10
    CHECK(ema[0](0) == doctest::Approx(9));
    set(p, 20);
    ema.update();  // 2 / 11 is more than 0.15
    CHECK(ema[0](0) == doctest::Approx(0.15 * 9 + 0.85 * 20));
}

TEST_CASE("stochastic weight averaging takes the mean of what it has seen, not of the start") {
    Parameter64 p{Array64{100.}};
    optim::Swa64 swa{{p}};
    for (const double value : {1., 2., 6.}) {
        set(p, value);
        swa.update();
    }
    CHECK(swa[0](0) == doctest::Approx(3).epsilon(1e-14));
}

TEST_CASE("the averages stand in for the parameters until the end of a scope") {
    Parameter64 p{Array64{4.}, "w"};
    optim::Ema64 ema{{p}, {.decay = 0.5}};
    set(p, 0);
    ema.update();
    {
        const auto scope = ema.applied();
        CHECK(p.value() == Array64{2.});
        CHECK_THROWS_WITH_AS(ema.update(Location{}), "Ema: expected update() outside of applied(), got it inside",
                             GraphError);
        CHECK_THROWS_WITH_AS(ema.load_state({}, Location{}),
                             "Ema: expected load_state() outside of applied(), got it inside", GraphError);
        CHECK_THROWS_WITH_AS((void)ema.applied(), "Ema: expected applied() once at a time, got it inside of another",
                             GraphError);
        CHECK(p.value() == Array64{2.});
    }
    CHECK(p.value() == Array64{0.});
    ema.update();
    CHECK(ema[0] == Array64{1.});
    ema.assign();
    CHECK(p.value() == Array64{1.});
}

TEST_CASE("a tensor made inside of the scope keeps the average of then") {
    Parameter64 p{Array64{4.}};
    optim::Ema64 ema{{p}, {.decay = 0.5}};
    Tensor64 inside;
    {
        const auto scope = ema.applied();
        inside = p;
    }
    set(p, 0);
    ema.update();
    CHECK(inside.value() == Array64{4.});
    CHECK(ema[0] == Array64{2.});
}

TEST_CASE("a tape that needs a parameter from before the scope refuses to deliver gradients") {
    Parameter64 p{Array64{4.}};
    optim::Swa64 swa{{p}};
    Tape tape;
    const Tensor64 y = sum(square(p));
    { const auto scope = swa.applied(); }
    CHECK_THROWS_AS(tape.backward(y), GraphError);
}

TEST_CASE("an average continues from its state with the same bits") {
    Parameter64 p{Array64{1., 2., 3.}};
    optim::Swa64 straight{{p}}, first{{p}}, second{{p}};
    for (int n = 0; n < 3; ++n) {
        set(p, 1.0 / (n + 1));
        straight.update();
        first.update();
    }
    second.load_state(first.state());
    set(p, 0.1);
    straight.update();
    second.update();
    CHECK(support::same_bits(second[0], straight[0]));
    CHECK(second.updates() == 4);
    CHECK_THROWS_WITH_AS(second.load_state({}, Location{}), "Swa: load_state: expected an array \"0\", got none",
                         DataError);
}

TEST_CASE("averages of nothing, of a parameter twice, or without end are errors") {
    Parameter p{Array{1.f}, "w"};
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(optim::Ema(ParameterList{}, {}, nowhere), "Ema: expected at least one parameter, got none",
                         ConfigError);
    CHECK_THROWS_WITH_AS(optim::Swa({p, p}, nowhere), "Swa: expected each parameter once, got \"w\" twice",
                         ConfigError);
    CHECK_THROWS_WITH_AS(optim::Ema({p}, {.decay = 1}, nowhere), "Ema: expected a decay in [0, 1), got 1", ConfigError);
}
