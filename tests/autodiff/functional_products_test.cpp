// Products with derivatives (vjp, jvp, hvp) against each other, and derivatives against closed forms.
#include <xtape/autodiff/functional.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <optional>

using namespace xtape;
using support::distance;
using support::located;
using support::same_bits;

namespace {

double dot(const Array64& a, const Array64& b) {
    double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i) total += a.data()[i] * b.data()[i];
    return total;
}

/// sum over i of 100 (x_{i+1} - x_i²)² + (1 - x_i)²
Tensor64 rosenbrock(const Tensor64& x) {
    const Tensor64 here = slice(x, {{0, -1}}), next = slice(x, {{1}});
    return sum(100 * square(next - square(here)) + square(1 - here));
}

Array64 rosenbrock_hessian(const Array64& x) {
    const std::size_t n = x.size();
    Array64 h(Shape{n, n}, 0.0);
    for (std::size_t i = 0; i + 1 < n; ++i) {
        h(i, i) += 1200 * x(i) * x(i) - 400 * x(i + 1) + 2;
        h(i + 1, i + 1) += 200;
        h(i, i + 1) = h(i + 1, i) = -400 * x(i);
    }
    return h;
}

/// Depends on everything, in a shape of its own: (2, 3) -> (3, 2, 2).
Tensor64 tangled(const Tensor64& x) {
    const Tensor64 y = matmul(transpose(sin(x)), exp(x * 0.5));
    return reshape(
        concat({slice(y, {{0, 2}, {0, 2}}), square(slice(y, {{1, 3}, {1, 3}})), slice(x, {{}, {0, 2}}) * sum(y)}),
        {3, 2, 2});
}

}  // namespace

TEST_CASE("the Hessian of a Rosenbrock function of 50 variables is its closed form") {
    const Array64 x = sample::uniform({50}, 7);
    const Array64 h = hessian(rosenbrock, x), wanted = rosenbrock_hessian(x);
    REQUIRE(h.shape() == Shape{50, 50});
    double worst = 0;
    for (std::size_t i = 0; i < h.size(); ++i) worst = std::max(worst, std::abs(h.data()[i] - wanted.data()[i]));
    CHECK(worst < 1e-10);
    CHECK(distance(h, wanted) < 1e-14);
}

TEST_CASE("hvp is the Hessian times a vector") {
    const Array64 x = sample::uniform({50}, 7), h = hessian(rosenbrock, x);
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        const Array64 v = sample::uniform({50}, seed), product = hvp(rosenbrock, x, v);
        double worst = 0;
        for (std::size_t i = 0; i < 50; ++i) {
            double wanted = 0;
            for (std::size_t j = 0; j < 50; ++j) wanted += h(i, j) * v(j);
            worst = std::max(worst, std::abs(product(i) - wanted) / (1 + std::abs(wanted)));
        }
        CHECK(worst < 1e-12);
    }
}

TEST_CASE("third derivatives") {
    const auto f = [](const Tensor64& x) { return sin(x) * exp(2 * x); };  // f''' = e^2x (2 sin x + 11 cos x)
    const double x = 0.3, wanted = std::exp(2 * x) * (2 * std::sin(x) + 11 * std::cos(x));
    CHECK(grad(grad(grad(f)))(x).item() == doctest::Approx(wanted).epsilon(1e-13));
    const auto second = [&](const Tensor64& t) { return grad(grad(f))(t); };
    CHECK(jvp(second, x, 1.0).second.item() == doctest::Approx(wanted).epsilon(1e-13));
    CHECK(hessian(grad(f), x).data()[0] == doctest::Approx(wanted).epsilon(1e-13));
    // Of a vector function, contracted: d/dx of v' H(x) v for sum x⁴ is 24 x v².
    const Array64 at{1.0, -2.0}, v{3.0, 0.5};
    const auto quartic = [](const Tensor64& t) { return sum(square(square(t))); };
    const auto curvature = [&](const Tensor64& t) {
        const auto slope_along = [&](const Tensor64& u) { return sum(grad(quartic)(u) * v); };
        return sum(grad(slope_along)(t) * v);
    };
    CHECK(grad(curvature)(at).value() == Array64{216.0, -12.0});
}

TEST_CASE("vjp gives the value and the products with any cotangent") {
    const auto f = [](const Tensor64& x) { return x * sum(x); };  // J = sum(x) 1 + x 1'
    const Array64 x{1.0, 2.0};
    const auto [y, pull] = vjp(f, x);
    CHECK(y.value() == Array64{3.0, 6.0});
    CHECK(pull(Array64{1.0, 0.0}).value() == Array64{4.0, 1.0});
    CHECK(pull(Tensor64(Array64{0.0, 1.0})).value() == Array64{2.0, 5.0});
    CHECK(pull(Array64{1.0, 0.0}).value() == Array64{4.0, 1.0});  // as often as one likes
    CHECK(Tape::current() == nullptr);
    CHECK(vjp([](const Tensor64&) { return Tensor64(1.0); }, x).second(1.0).value() == Array64{0.0, 0.0});
    const char* const text = "vjp: expected a cotangent of the value's shape (2), got (1)";
    CHECK_THROWS_WITH_AS(pull(Array64{1.0}), located(text, __LINE__), ShapeError);
}

TEST_CASE("vjp of several arguments gives a tuple") {
    const auto f = [](const Tensor64& a, const Tensor64& b) { return a * b; };
    const auto [y, pull] = vjp(f, Array64{1.0, 2.0}, Tensor64(3.0));
    CHECK(y.value() == Array64{3.0, 6.0});
    const auto [da, db] = pull(Array64{1.0, 10.0});
    CHECK(da.value() == Array64{3.0, 30.0});
    CHECK(db.item() == 21.0);
}

TEST_CASE("the pullback of vjp does not disturb tapes that are made while it lives") {
    const auto square_of = [](const Tensor64& x) { return x * x; };
    const auto [y, pull] = vjp(square_of, Tensor64(3.0));
    Tape tape;
    const Tensor64 x = tape.watch(Tensor64(5.0));
    const Tensor64 product = pull(x);  // plain: it does not depend on this tape
    CHECK(product.item() == 30.0);
    CHECK(tape.size() == 1);
    CHECK(tape.gradient(x * y * product, x).item() == 270.0);
}

TEST_CASE("vjp on a live tape is part of it") {
    Tape tape;
    const Tensor64 x = tape.watch(Array64{1.0, 2.0}), v = tape.watch(Array64{3.0, 4.0});
    const auto [y, pull] = vjp([](const Tensor64& t) { return t * t * t; }, x);
    const Tensor64 product = pull(v);  // 3 x² v
    CHECK(product.value() == Array64{9.0, 48.0});
    const auto g = tape.gradient(sum(product), {x, v}, {.keep = true});  // 6 x v, 3 x²
    CHECK(g[0].value() == Array64{18.0, 48.0});
    CHECK(g[1].value() == Array64{3.0, 12.0});
    CHECK(tape.gradient(sum(y), x).value() == Array64{3.0, 12.0});
}

TEST_CASE("a pullback made on a tape ends with it") {
    const auto make = [](const Tensor64& x) { return vjp([](const Tensor64& t) { return t * t; }, x).second; };
    std::optional<decltype(make(Tensor64()))> pull;
    {
        Tape tape;
        pull.emplace(make(tape.watch(Tensor64(2.0))));
        const auto pause = tape.pause();
        CHECK((*pull)(1.0).item() == 4.0);
    }
    const char* const text = "vjp: the tape that recorded the function has ended";
    CHECK_THROWS_WITH_AS((*pull)(1.0), located(text, __LINE__), GraphError);
}

TEST_CASE("jvp is the Jacobian times a vector") {
    const Array64 x = sample::uniform({2, 3}, 1), v = sample::uniform({2, 3}, 2);
    const auto [y, derivative] = jvp(tangled, x, v);
    CHECK(same_bits(y.value(), tangled(x).value()));
    const Array64 j = jacobian(tangled, x);
    REQUIRE(j.shape() == Shape{3, 2, 2, 2, 3});
    Array64 wanted(Shape{3, 2, 2}, 0.0);
    for (std::size_t i = 0; i < 12; ++i) {
        for (std::size_t k = 0; k < 6; ++k) wanted.data()[i] += j.data()[i * 6 + k] * v.data()[k];
    }
    CHECK(distance(derivative.value(), wanted) < 1e-14);
}

TEST_CASE("jvp and vjp are transposes of each other: <J v, w> = <v, J' w>") {
    const Array64 x = sample::uniform({2, 3}, 3);
    const auto pull = vjp(tangled, x).second;
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
        const Array64 v = sample::uniform({2, 3}, seed), w = sample::uniform({3, 2, 2}, seed + 10);
        const double left = dot(jvp(tangled, x, v).second.value(), w), right = dot(v, pull(w).value());
        CHECK(left == doctest::Approx(right).epsilon(1e-13));
    }
}

TEST_CASE("jvp of several arguments adds up their parts") {
    const auto f = [](const Tensor64& a, const Tensor64& b) { return a * a * b; };
    const auto [y, derivative] =
        jvp(f, std::tuple(Tensor64(3.0), Array64{2.0, 5.0}), std::tuple(1.0, Array64{10.0, 0.0}));
    CHECK(y.value() == Array64{18.0, 45.0});
    CHECK(derivative.value() == Array64{102.0, 30.0});  // 2ab va + a² vb
}

TEST_CASE("jvp on a live tape can be differentiated, by x and by v") {
    Tape tape;
    const Tensor64 x = tape.watch(Tensor64(2.0)), v = tape.watch(Tensor64(5.0));
    const auto cube = [](const Tensor64& t) { return t * t * t; };
    const auto [y, derivative] = jvp(cube, x, v);  // 3 x² v
    CHECK(derivative.item() == 60.0);
    const auto g = tape.gradient(derivative, {x, v}, {.keep = true});
    CHECK(g[0].item() == 60.0);  // 6 x v
    CHECK(g[1].item() == 12.0);
    CHECK(tape.gradient(y, x).item() == 12.0);
    // Forward over forward.
    const auto along = [&](const Tensor64& t) { return jvp(cube, t, 1.0).second; };
    CHECK(jvp(along, 2.0, 1.0).second.item() == 12.0);
}

TEST_CASE("jvp of what does not depend on its argument is zero, and of a linear function the function") {
    const Array64 x{1.0, 2.0};
    CHECK(jvp(
              [](const Tensor64&) {
                  return Tensor64(Array64{1.0, 2.0, 3.0});
              },
              x, x)
              .second.value() == Array64{0.0, 0.0, 0.0});
    CHECK(jvp([](const Tensor64& t) { return 3 * t; }, x, x).second.value() == Array64{3.0, 6.0});
    CHECK(jvp([](const Tensor64& t) { return t; }, x, x).second.value() == x);
    const Array64 none(Shape{0});
    CHECK(jvp([](const Tensor64& t) { return square(t); }, none, none).second.shape() == Shape{0});
    const char* const text = "jvp: expected a tangent of its argument's shape (2), got (1)";
    const auto same = [](const Tensor64& t) { return t; };
    CHECK_THROWS_WITH_AS(jvp(same, x, Array64{1.0}), located(text, __LINE__), ShapeError);
}

TEST_CASE("the Jacobian of a matrix product by each factor") {
    const Array64 a = sample::uniform({2, 3}, 1), b = sample::uniform({3, 2}, 2);
    const Array64 ja = jacobian([&](const Tensor64& t) { return matmul(t, b); }, a);
    REQUIRE(ja.shape() == Shape{2, 2, 2, 3});
    for (std::size_t i = 0; i < 2; ++i) {
        for (std::size_t j = 0; j < 2; ++j) {
            for (std::size_t k = 0; k < 2; ++k) {
                for (std::size_t l = 0; l < 3; ++l) CHECK(ja(i, j, k, l) == (i == k ? b(l, j) : 0.0));
            }
        }
    }
}

TEST_CASE("derivatives in float agree with those in double") {
    const auto f = [](const auto& x) { return sum(exp(x) * square(x)); };
    const Array x{0.5F, -1.F, 2.F};
    const Array64 x64{0.5, -1.0, 2.0};
    const auto near = [](const Array& got, const Array64& want) {
        return distance(Array64(xt::cast<double>(got)), want) < 1e-6;
    };
    CHECK(near(grad(f)(x).value(), grad(f)(x64).value()));
    CHECK(near(hessian(f, x), hessian(f, x64)));
    CHECK(near(hvp(f, x, x), hvp(f, x64, x64)));
    CHECK(near(jacobian(f, x), jacobian(f, x64)));
    CHECK(near(jvp(f, x, x).second.value(), jvp(f, x64, x64).second.value()));
}
