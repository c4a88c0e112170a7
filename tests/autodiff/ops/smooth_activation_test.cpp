#include <xtape/autodiff/ops/smooth_activation.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::distance;
using support::located;
using support::slope;

namespace {
const float inf = std::numeric_limits<float>::infinity();

// First and second derivatives at x.
template <class F>
std::pair<Array, Array> slopes(F f, const Array& x) {
    const auto first = [f](const Tensor& t) { return grad([f](const Tensor& u) { return sum(f(u)); })(t); };
    return {first(Tensor(x)).value(), grad([first](const Tensor& t) { return sum(first(t)); })(Tensor(x)).value()};
}
}  // namespace

TEST_CASE("smooth activations far out: no overflow, no NaN, up to second derivatives") {
    const Array x{-1e30F, -1e4F, -100.F, 100.F, 1e4F, 1e30F};
    const Array zero{0.F, 0.F, 0.F, 0.F, 0.F, 0.F}, ramp{0.F, 0.F, 0.F, 100.F, 1e4F, 1e30F},
        step{0.F, 0.F, 0.F, 1.F, 1.F, 1.F};
    const auto check = [&](const char* name, auto f) {
        CAPTURE(name);
        CHECK(distance(f(Tensor(x)).value(), ramp) < 1e-30);
        const auto [first, second] = slopes(f, x);
        CHECK(distance(first, step) < 1e-30);
        CHECK(distance(second, zero) < 1e-30);
    };
    check("gelu", [](const Tensor& t) { return gelu(t); });
    check("gelu tanh", [](const Tensor& t) { return gelu(t, GeluForm::tanh); });
    check("silu", [](const Tensor& t) { return silu(t); });
    check("softplus", [](const Tensor& t) { return softplus(t); });
    check("softplus 2", [](const Tensor& t) { return softplus(t, 2); });
    check("mish", [](const Tensor& t) { return mish(t); });
    check("elu + 1", [](const Tensor& t) { return elu(t) + where(t > 0, Tensor(0.F), Tensor(1.F)); });
}

TEST_CASE("left tails keep their relative accuracy in float") {
    const float x = -9.F;
    CHECK(softplus(Tensor(x)).item() / std::log1p(std::exp(-9.0)) == doctest::Approx(1).epsilon(1e-6));
    CHECK(silu(Tensor(x)).item() / (-9 / (1 + std::exp(9.0))) == doctest::Approx(1).epsilon(1e-6));
    CHECK(gelu(Tensor(x)).item() / (-9 * std::erfc(9 / std::sqrt(2.0)) / 2) == doctest::Approx(1).epsilon(1e-5));
    const double u = std::sqrt(2 / std::acos(-1.0)) * (-9 - 0.044715 * 729);
    CHECK(gelu(Tensor(x), GeluForm::tanh).item() / (-9 / (1 + std::exp(-2 * u))) == doctest::Approx(1).epsilon(1e-4));
    CHECK(mish(Tensor(x)).item() / (-9 * std::tanh(std::log1p(std::exp(-9.0)))) == doctest::Approx(1).epsilon(1e-6));
    CHECK(elu(Tensor(-1e-20F)).item() == -1e-20F);
}

TEST_CASE("activations at 0: gelu, silu and mish are 0 there, softplus ln 2; elu turns from alpha to 1") {
    for (const auto form : {GeluForm::exact, GeluForm::tanh}) {
        CHECK(gelu(Tensor(0.F), form).item() == 0.F);
        CHECK(slope([&](const Tensor& t) { return gelu(t, form); }, {0.F})(0) == doctest::Approx(0.5));
    }
    CHECK(slope([](const Tensor& t) { return silu(t); }, {0.F}) == Array{0.5F});
    CHECK(slope([](const Tensor& t) { return mish(t); }, {0.F})(0) == doctest::Approx(0.6));
    CHECK(softplus(Tensor64(0.0)).item() == doctest::Approx(std::log(2.0)).epsilon(1e-15));
    CHECK(slope([](const Tensor& t) { return softplus(t); }, {0.F}) == Array{0.5F});
    CHECK(elu(Tensor(0.F), 2).item() == 0.F);
    CHECK(slope([](const Tensor& t) { return elu(t, 2); }, {-0.F, 0.F, 1e-30F}) == Array{2.F, 2.F, 1.F});
}

TEST_CASE("smooth activations pass NaN") {
    const Tensor nan(NAN);
    CHECK(std::isnan(elu(nan).item()));
    CHECK(std::isnan(gelu(nan).item()));
    CHECK(std::isnan(gelu(nan, GeluForm::tanh).item()));
    CHECK(std::isnan(silu(nan).item()));
    CHECK(std::isnan(softplus(nan).item()));
    CHECK(std::isnan(mish(nan).item()));
}

TEST_CASE("at infinity: softplus and elu have their limits; products with a vanishing factor are NaN at -inf") {
    CHECK(softplus(Tensor(Array{-inf, inf})).value() == Array{0.F, inf});
    CHECK(elu(Tensor(Array{-inf, inf}), 0.5).value() == Array{-0.5F, inf});
    CHECK(gelu(Tensor(inf)).item() == inf);
    CHECK(silu(Tensor(inf)).item() == inf);
    for (const Tensor& y :
         {gelu(Tensor(-inf)), gelu(Tensor(-inf), GeluForm::tanh), silu(Tensor(-inf)), mish(Tensor(-inf))})
        CHECK(std::isnan(y.item()));
}

TEST_CASE("selu and log_sigmoid are compositions") {
    // Klambauer et al. 2017: selu(1) = lambda, selu(-inf) = -lambda alpha
    CHECK(distance(selu(Tensor64(Array64{1.0, -1e3})).value(), Array64{1.0507009873554805, -1.7580993408473766}) <
          1e-15);
    CHECK(distance(log_sigmoid(Tensor64(Array64{-1e3, 0.0, 40.0})).value(),
                   Array64{-1e3, -std::log(2.0), -std::exp(-40.0)}) < 1e-15);
    CHECK(slope([](const Tensor& t) { return log_sigmoid(t); }, {-1e4F, 0.F, 1e4F}) == Array{1.F, 0.5F, 0.F});
}

TEST_CASE("softplus asks for a positive beta") {
    const Tensor x(1.F);
    CHECK_THROWS_WITH_AS(softplus(x, 0), located("softplus: expected beta > 0, got 0", __LINE__), ConfigError);
    CHECK_THROWS_WITH_AS(softplus(x, -1.5), located("softplus: expected beta > 0, got -1.5", __LINE__), ConfigError);
    CHECK_THROWS_WITH_AS(softplus(x, NAN), located("softplus: expected beta > 0, got nan", __LINE__), ConfigError);
}
