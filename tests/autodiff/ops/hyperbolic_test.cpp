#include <xtape/autodiff/ops/hyperbolic.hpp>

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
}  // namespace

TEST_CASE("hyperbolic functions and their inverses undo each other") {
    const Tensor64 x(Array64{0.3, 1.0, 2.5});
    CHECK(distance(asinh(sinh(x)).value(), x.value()) < 1e-15);
    CHECK(distance(acosh(cosh(x)).value(), x.value()) < 1e-15);
    CHECK(distance(atanh(sinh(x / 2) / cosh(x / 2)).value(), (x / 2).value()) < 1e-15);
}

TEST_CASE("inverse hyperbolic functions at the ends of their domains, and beyond") {
    CHECK(distance(acosh(Tensor(Array{1.F, 0.5F, -1e38F, inf, NAN})).value(), Array{0.F, NAN, NAN, inf, NAN}) == 0);
    CHECK(distance(slope([](const Tensor& t) { return acosh(t); }, {1.F, 0.5F, -2.F, inf}),
                   Array{inf, NAN, NAN, 0.F}) == 0);
    CHECK(distance(atanh(Tensor(Array{-1.F, 0.F, 1.F, 2.F, NAN})).value(), Array{-inf, 0.F, inf, NAN, NAN}) == 0);
    CHECK(slope([](const Tensor& t) { return atanh(t); }, {-1.F, 0.F, 1.F}) == Array{inf, 1.F, inf});
    CHECK(distance(asinh(Tensor(Array{-inf, 0.F, inf, NAN})).value(), Array{-inf, 0.F, inf, NAN}) == 0);
}

TEST_CASE("inverse hyperbolic functions and their slopes stay accurate for small and large numbers") {
    for (const float x : {1e-30F, 1e-8F, 1e-3F, 1e3F, 1e10F, 1e25F}) {
        CAPTURE(x);
        CHECK(asinh(Tensor(x)).item() / std::asinh(x) == doctest::Approx(1).epsilon(5e-7));
        CHECK(asinh(Tensor(-x)).item() / std::asinh(-x) == doctest::Approx(1).epsilon(5e-7));
        const double exact = 1 / std::hypot(1.0, static_cast<double>(x));
        CHECK(slope([](const Tensor& t) { return asinh(t); }, {x})(0) / exact == doctest::Approx(1).epsilon(5e-7));
    }
    CHECK(slope([](const Tensor& t) { return acosh(t); }, {1e25F})(0) / 1e-25 == doctest::Approx(1).epsilon(5e-7));
}

TEST_CASE("hyperbolic sine and cosine far out") {
    CHECK(distance(sinh(Tensor(Array{-inf, -1e4F, 1e-20F, inf, NAN})).value(), Array{-inf, -inf, 1e-20F, inf, NAN}) ==
          0);
    CHECK(distance(cosh(Tensor(Array{-inf, -1e4F, 0.F, inf, NAN})).value(), Array{inf, inf, 1.F, inf, NAN}) == 0);
}
