#include <xtape/autodiff/ops/activation.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::distance;
using support::slope;

namespace {
const float inf = std::numeric_limits<float>::infinity();

const auto relu_of = [](const Tensor& x) { return relu(x); };
const auto tanh_of = [](const Tensor& x) { return tanh(x); };
const auto sigmoid_of = [](const Tensor& x) { return sigmoid(x); };
}  // namespace

TEST_CASE("relu cuts at 0, where its slope is 0, and passes NaN") {
    const Array x{-1.F, -0.F, 0.F, 2.F, inf, -inf, NAN};
    CHECK(distance(relu(Tensor(x)).value(), Array{0.F, 0.F, 0.F, 2.F, inf, 0.F, NAN}) == 0);
    CHECK(slope(relu_of, {-1.F, -0.F, 0.F, 2.F, inf, -inf}) == Array{0.F, 0.F, 0.F, 1.F, 1.F, 0.F});
    const float tiny = std::numeric_limits<float>::denorm_min();
    CHECK(slope(relu_of, {tiny, -tiny}) == Array{1.F, 0.F});
}

TEST_CASE("tanh and sigmoid saturate without overflow, and so do their slopes") {
    const Array x{-inf, -1e4F, -100.F, 0.F, 100.F, 1e4F, inf};
    CHECK(distance(tanh(Tensor(x)).value(), Array{-1.F, -1.F, -1.F, 0.F, 1.F, 1.F, 1.F}) == 0);
    CHECK(slope(tanh_of, x) == Array{0.F, 0.F, 0.F, 1.F, 0.F, 0.F, 0.F});
    const Array s = sigmoid(Tensor(x)).value();
    CHECK(distance(s, Array{0.F, 0.F, 0.F, 0.5F, 1.F, 1.F, 1.F}) < 1e-40);
    CHECK(distance(slope(sigmoid_of, x), Array{0.F, 0.F, 0.F, 0.25F, 0.F, 0.F, 0.F}) < 1e-40);
    CHECK(distance(tanh(Tensor64(Array64{-1e4, 1e4, 0.0})).value(), Array64{-1.0, 1.0, 0.0}) == 0);
    CHECK(distance(sigmoid(Tensor64(Array64{-1e4, 1e4, 0.0})).value(), Array64{0.0, 1.0, 0.5}) == 0);
}

TEST_CASE("small sigmoids keep their relative accuracy") {
    const float y = sigmoid(Tensor(Array{-50.F})).value()(0);
    CHECK(y / std::exp(-50.F) == doctest::Approx(1).epsilon(1e-5));
    const double z = sigmoid(Tensor64(Array64{-500.0})).value()(0);
    CHECK(z / std::exp(-500.0) == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("tanh of small numbers keeps its relative accuracy") {
    for (const float x : {1e-30F, 1e-10F, 1e-4F, 1e-2F, 0.3F, 0.6F, 1.F, 5.F}) {
        CAPTURE(x);
        CHECK(tanh(Tensor(Array{x})).value()(0) / std::tanh(x) == doctest::Approx(1).epsilon(1e-6));
        CHECK(tanh(Tensor(Array{-x})).value()(0) / std::tanh(-x) == doctest::Approx(1).epsilon(1e-6));
    }
}

TEST_CASE("tanh and sigmoid pass NaN") {
    CHECK(std::isnan(tanh(Tensor(Array{NAN})).value()(0)));
    CHECK(std::isnan(sigmoid(Tensor(Array{NAN})).value()(0)));
    CHECK(std::isnan(tanh(Tensor64(Array64{NAN})).value()(0)));
    CHECK(std::isnan(sigmoid(Tensor64(Array64{NAN})).value()(0)));
}
