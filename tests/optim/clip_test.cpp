#include <xtape/optim/clip.hpp>

#include <xtape/autodiff/parallel.hpp>

#include "optim/support.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xtape;

namespace {

const double inf = std::numeric_limits<double>::infinity();

Parameter with_gradient(const Array& gradient, const char* name = "w") {
    Parameter p{Array(gradient.shape(), 0.f), name};
    p.accumulate_grad(gradient);
    return p;
}

}  // namespace

TEST_CASE("the norm is taken over all gradients together, and all are scaled by the same factor") {
    Parameter a = with_gradient(Array{3.f, 0.f}), b = with_gradient(Array{{4.f}}), none{Array{1.f}};
    CHECK(optim::clip_grad_norm({a, none, b}, 1) == doctest::Approx(5).epsilon(1e-12));
    CHECK(a.grad()(0) == doctest::Approx(3 / 5.000001));
    CHECK(b.grad()(0, 0) == doctest::Approx(4 / 5.000001));
    CHECK_FALSE(none.has_grad());
    CHECK(optim::clip_grad_norm({a, none, b}, 1) == doctest::Approx(1));
}

TEST_CASE("gradients within the limit keep their bits") {
    Parameter a = with_gradient(Array{3.f, 4.f});
    CHECK(optim::clip_grad_norm({a}, 5.1) == doctest::Approx(5));
    CHECK(a.grad() == Array{3.f, 4.f});
    CHECK(optim::clip_grad_norm({a}, 4, {.order = inf}) == doctest::Approx(4));
    CHECK(a.grad()(1) == doctest::Approx(4));
    CHECK(optim::clip_grad_norm({a}, 2, {.order = inf}) == doctest::Approx(4));
    CHECK(a.grad()(0) == doctest::Approx(1.5));
}

TEST_CASE("squares that overflow or vanish do not spoil the norm") {
    for (const float size : {3e30f, 3e-30f, 1e38f, 1e-44f, 1e19f, 1e-19f}) {
        Parameter a = with_gradient(Array{size, 0.f, size}), b = with_gradient(Array{size, size});
        CAPTURE(size);
        CHECK(optim::clip_grad_norm({a, b}, inf) == doctest::Approx(2 * static_cast<double>(size)).epsilon(1e-6));
    }
    Parameter64 c{Array64{0., 0.}};
    c.accumulate_grad(Array64{3e200, 4e200});
    CHECK(optim::clip_grad_norm({c}, inf) == doctest::Approx(5e200).epsilon(1e-14));
}

TEST_CASE("the norm of many gradients is accurate and has the same bits on any number of threads") {
    Array gradient(Shape{1000003}, 0.1f);
    gradient(7) = -5;
    Parameter a = with_gradient(gradient), b = with_gradient(Array{0.25f});
    const double exact = std::sqrt(1000002 * std::pow(static_cast<double>(0.1f), 2) + 25 + 0.0625);
    const std::size_t before = threads();
    set_threads(1);
    const double one = optim::clip_grad_norm({a, b}, inf);
    set_threads(4);
    const double four = optim::clip_grad_norm({a, b}, inf);
    set_threads(before);
    CHECK(one == four);
    CHECK(one == doctest::Approx(exact).epsilon(1e-7));
}

TEST_CASE("a norm that is not finite is an error that names the parameter, or is left to the caller") {
    Parameter good = with_gradient(Array{1.f, 2.f}, "good"), bad = with_gradient(Array{1.f, NAN}, "bad");
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(optim::clip_grad_norm({good, bad}, 1, {}, nowhere),
                         "clip_grad_norm: expected finite gradients, got a norm of nan, first in parameter \"bad\"",
                         AnomalyError);
    CHECK(good.grad() == Array{1.f, 2.f});
    CHECK(std::isnan(optim::clip_grad_norm({good, bad}, 1, {.non_finite = optim::NonFinite::keep})));
    CHECK(good.grad() == Array{1.f, 2.f});
    Parameter infinite = with_gradient(Array{-INFINITY}, "infinite");
    CHECK_THROWS_WITH_AS(
        optim::clip_grad_norm({infinite}, 1, {.order = inf}, nowhere),
        "clip_grad_norm: expected finite gradients, got a norm of inf, first in parameter \"infinite\"", AnomalyError);
}

TEST_CASE("clipping by value moves each element into the limits and keeps NaN") {
    Parameter a = with_gradient(Array{-3.f, -1.f, 0.5f, 2.f, NAN, INFINITY});
    optim::clip_grad_value({a}, 1);
    CHECK(a.grad()(0) == -1);
    CHECK(a.grad()(1) == -1);
    CHECK(a.grad()(2) == 0.5f);
    CHECK(a.grad()(3) == 1);
    CHECK(std::isnan(a.grad()(4)));
    CHECK(a.grad()(5) == 1);
}

TEST_CASE("gradients of several batches can be turned into their mean") {
    Parameter64 a{Array64{0.}};
    for (const double g : {1., 2., 6.}) a.accumulate_grad(Array64{g});
    optim::scale_grad({a}, 1. / 3);
    CHECK(a.grad()(0) == doctest::Approx(3));
}

TEST_CASE("clipping changes no array that somebody else holds") {
    Parameter a = with_gradient(Array{3.f, 4.f});
    const auto held = a.shared_state()->grad;
    optim::clip_grad_norm({a}, 1);
    CHECK(held->array == Array{3.f, 4.f});
    CHECK(a.grad()(0) == doctest::Approx(0.6));
}

TEST_CASE("limits that make no sense are errors") {
    Parameter a = with_gradient(Array{1.f});
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(optim::clip_grad_norm({a}, -1, {}, nowhere),
                         "clip_grad_norm: expected a max_norm of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(optim::clip_grad_norm({a}, NAN, {}, nowhere),
                         "clip_grad_norm: expected a max_norm of at least 0, got nan", ConfigError);
    CHECK_THROWS_WITH_AS(optim::clip_grad_norm({a}, 1, {.order = 3}, nowhere),
                         "clip_grad_norm: expected order 2 or infinity, got 3", ConfigError);
    CHECK_THROWS_WITH_AS(optim::clip_grad_value({a}, -1, nowhere),
                         "clip_grad_value: expected a limit of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(optim::scale_grad({a}, inf, nowhere), "scale_grad: expected a finite factor, got inf",
                         ConfigError);
}
