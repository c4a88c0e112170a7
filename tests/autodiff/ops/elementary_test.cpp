#include <xtape/autodiff/ops/elementary.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::distance;

namespace {

template <class T>
constexpr T inf = std::numeric_limits<T>::infinity();

template <class F>
Array64 slope(F f, const Array64& x) {
    return grad([&](const Tensor64& t) { return sum(f(t)); })(x).value();
}

// The vector forms against the standard library's scalar ones.
template <class T, class F, class G>
void check_range(F f, G scalar, double low, double high, double tolerance) {
    constexpr std::size_t n = 10'001;
    BasicArray<T> x(Shape{n}), want(Shape{n});
    for (std::size_t i = 0; i < n; ++i) {
        x.data()[i] = static_cast<T>(low + (high - low) * static_cast<double>(i) / (n - 1));
        want.data()[i] = static_cast<T>(scalar(static_cast<double>(x.data()[i])));
    }
    CHECK(distance(f(BasicTensor<T>(x)).value(), want) < tolerance);
}

}  // namespace

TEST_CASE("exp log sin cos agree with the standard library over a wide range") {
    const auto e = [](const auto& x) { return exp(x); };
    const auto l = [](const auto& x) { return log(x); };
    const auto s = [](const auto& x) { return sin(x); };
    const auto c = [](const auto& x) { return cos(x); };
    check_range<float>(
        e, [](double x) { return std::exp(x); }, -80, 80, 1e-6);
    check_range<double>(
        e, [](double x) { return std::exp(x); }, -700, 700, 1e-14);
    check_range<float>(
        l, [](double x) { return std::log(x); }, 1e-30, 1e30, 1e-6);
    check_range<double>(
        l, [](double x) { return std::log(x); }, 1e-300, 1e300, 1e-14);
    check_range<float>(
        s, [](double x) { return std::sin(x); }, -1000, 1000, 1e-6);
    check_range<double>(
        s, [](double x) { return std::sin(x); }, -1e6, 1e6, 1e-13);
    check_range<float>(
        c, [](double x) { return std::cos(x); }, -1000, 1000, 1e-6);
    check_range<double>(
        c, [](double x) { return std::cos(x); }, -1e6, 1e6, 1e-13);
}

TEST_CASE("exp at its limits: zero on the left, infinity on the right, NaN for NaN") {
    CHECK(distance(exp(Tensor(Array{-inf<float>, -1e4F, 0.F, 1e4F, inf<float>, NAN})).value(),
                   Array{0.F, 0.F, 1.F, inf<float>, inf<float>, NAN}) == 0);
    CHECK(distance(exp(Tensor64(Array64{-inf<double>, -1e4, 0.0, 1e4, inf<double>, NAN})).value(),
                   Array64{0.0, 0.0, 1.0, inf<double>, inf<double>, NAN}) == 0);
    CHECK(slope([](const Tensor64& x) { return exp(x); }, {-1e4, 0.0}) == Array64{0.0, 1.0});
}

TEST_CASE("log at zero is minus infinity with an infinite slope, below zero NaN") {
    CHECK(distance(log(Tensor(Array{0.F, -1.F, 1.F, inf<float>, NAN})).value(),
                   Array{-inf<float>, NAN, 0.F, inf<float>, NAN}) == 0);
    CHECK(distance(log(Tensor64(Array64{0.0, -1.0, 1.0, inf<double>, NAN})).value(),
                   Array64{-inf<double>, NAN, 0.0, inf<double>, NAN}) == 0);
    CHECK(distance(slope([](const Tensor64& x) { return log(x); }, {0.0, 2.0, inf<double>}),
                   Array64{inf<double>, 0.5, 0.0}) == 0);
}

TEST_CASE("sin and cos of NaN and infinity are NaN") {
    const Array x{NAN, inf<float>, -inf<float>}, nothing{NAN, NAN, NAN};
    CHECK(distance(sin(Tensor(x)).value(), nothing) == 0);
    CHECK(distance(cos(Tensor(x)).value(), nothing) == 0);
    CHECK(distance(sin(Tensor64(Array64{NAN, inf<double>})).value(), Array64{NAN, NAN}) == 0);
}

TEST_CASE("derivatives of sin go round in a circle") {
    const auto f = [](const Tensor64& x) { return sin(x); };
    const Tensor64 x(0.7);
    CHECK(distance(grad(f)(x).value(), cos(x).value()) < 1e-15);
    CHECK(distance(grad(grad(f))(x).value(), (-sin(x)).value()) < 1e-15);
    CHECK(distance(grad(grad(grad(grad(f))))(x).value(), sin(x).value()) < 1e-15);
}
