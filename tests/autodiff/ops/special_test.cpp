#include <xtape/autodiff/ops/special.hpp>

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

TEST_CASE("the error function at known places") {
    // Abramowitz and Stegun, table 7.1
    CHECK(distance(erf(Tensor64(Array64{0.0, 0.5, 1.0, 2.0})).value(),
                   Array64{0.0, 0.5204998778, 0.8427007929, 0.9953222650}) < 1e-10);
    CHECK(distance(erf(Tensor(Array{-inf, inf, NAN, -0.5F})).value(), Array{-1.F, 1.F, NAN, -0.5204999F}) < 1e-6);
    CHECK(distance(erfc(Tensor(Array{-inf, inf, NAN, 0.F})).value(), Array{2.F, 0.F, NAN, 1.F}) == 0);
}

TEST_CASE("the complementary error function keeps its relative accuracy in the tail") {
    CHECK(erfc(Tensor(8.F)).item() / std::erfc(8.0) == doctest::Approx(1).epsilon(1e-6));
    CHECK(erfc(Tensor64(20.0)).item() / std::erfc(20.0) == doctest::Approx(1).epsilon(1e-14));
}

TEST_CASE("slopes of the error functions vanish far out, without NaN in any order") {
    const Array x{-1e30F, -1e4F, 1e4F, 1e30F};
    CHECK(slope([](const Tensor& t) { return erf(t); }, x) == Array{0.F, 0.F, 0.F, 0.F});
    CHECK(slope([](const Tensor& t) { return erfc(t); }, x) == Array{0.F, 0.F, 0.F, 0.F});
    const auto second = grad([](const Tensor& t) { return sum(grad([](const Tensor& u) { return sum(erf(u)); })(t)); });
    CHECK(second(Tensor(x)).value() == Array{0.F, 0.F, 0.F, 0.F});
    CHECK(slope([](const Tensor& t) { return erf(t); }, {0.F})(0) == doctest::Approx(2 / std::sqrt(std::acos(-1.0))));
}
