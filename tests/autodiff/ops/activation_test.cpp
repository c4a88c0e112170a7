#include <xtape/autodiff/ops/activation.hpp>

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

TEST_CASE("leaky_relu and prelu: at 0 the slope is that of the left side") {
    const Array x{-2.F, -0.F, 0.F, 3.F, -inf, inf, NAN};
    CHECK(distance(leaky_relu(Tensor(x), 0.5).value(), Array{-1.F, 0.F, 0.F, 3.F, -inf, inf, NAN}) == 0);
    CHECK(leaky_relu(Tensor(-1.F)).item() == -0.01F);
    CHECK(slope([](const Tensor& t) { return leaky_relu(t, 0.5); }, {-2.F, -0.F, 0.F, 3.F}) ==
          Array{0.5F, 0.5F, 0.5F, 1.F});

    Tape tape;
    const Tensor t = tape.watch(Array{-2.F, 0.F, 3.F}), w = tape.watch(Array{0.25F});
    const Tensor y = prelu(t, w);
    CHECK(y.value() == Array{-0.5F, 0.F, 3.F});
    const auto g = tape.gradient(sum(y), {t, w});
    CHECK(g[0].value() == Array{0.25F, 0.25F, 1.F});
    CHECK(g[1].value() == Array{-2.F});
}

TEST_CASE("a weight of prelu that does not broadcast is an error") {
    const Tensor x(Array(Shape{2, 3, 4})), w(Array(Shape{3}));
    const char* const text = "prelu: expected shapes that broadcast together, got (2, 3, 4) and (3)";
    CHECK_THROWS_WITH_AS(prelu(x, w), located(text, __LINE__), ShapeError);
}

TEST_CASE("hard_tanh, relu6 and hard_sigmoid cut; their slope at the bounds is 0") {
    const Array x{-4.F, -3.F, -1.F, 0.F, 0.5F, 1.F, 3.F, 6.F, 7.F};
    CHECK(hard_tanh(Tensor(x)).value() == Array{-1.F, -1.F, -1.F, 0.F, 0.5F, 1.F, 1.F, 1.F, 1.F});
    CHECK(slope([](const Tensor& t) { return hard_tanh(t); }, x) == Array{0.F, 0.F, 0.F, 1.F, 1.F, 0.F, 0.F, 0.F, 0.F});
    CHECK(relu6(Tensor(x)).value() == Array{0.F, 0.F, 0.F, 0.F, 0.5F, 1.F, 3.F, 6.F, 6.F});
    CHECK(slope([](const Tensor& t) { return relu6(t); }, x) == Array{0.F, 0.F, 0.F, 0.F, 1.F, 1.F, 1.F, 0.F, 0.F});
    const float third = 1.F / 3, sixth = 1.F / 6;
    CHECK(distance(hard_sigmoid(Tensor(x)).value(), Array{0.F, 0.F, third, 0.5F, 3.5F / 6, 2 * third, 1.F, 1.F, 1.F}) <
          1e-6);
    CHECK(slope([](const Tensor& t) { return hard_sigmoid(t); }, x) ==
          Array{0.F, 0.F, sixth, sixth, sixth, sixth, 0.F, 0.F, 0.F});
    CHECK(std::isnan(hard_tanh(Tensor(NAN)).item()));
    CHECK(std::isnan(hard_sigmoid(Tensor(NAN)).item()));
    CHECK(hard_tanh(Tensor(Array{-inf, inf}), -2, 5).value() == Array{-2.F, 5.F});
    const char* const text = "hard_tanh: expected low <= high, got low = 1 and high = 0";
    CHECK_THROWS_WITH_AS(hard_tanh(Tensor(1.F), 1, 0), located(text, __LINE__), ConfigError);
}
