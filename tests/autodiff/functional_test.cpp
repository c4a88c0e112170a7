#include <xtape/autodiff/functional.hpp>

#include <xtape/autodiff/ops.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::distance;
using support::located;

TEST_CASE("grad gives the derivative of a function of an array, a tensor and a parameter") {
    const auto df = grad([](const Tensor& x) { return sum(x * x * x); });
    const Array x{1.F, -2.F};
    CHECK(df(x).value() == Array{3.F, 12.F});
    CHECK(df(Tensor(x)).value() == Array{3.F, 12.F});
    CHECK(df(Parameter(x)).value() == Array{3.F, 12.F});
    CHECK(df(x * 2.F).value() == Array{12.F, 48.F});  // a lazy xtensor expression
    CHECK(Tape::current() == nullptr);
}

TEST_CASE("grad of grad of grad") {
    const auto f = [](const Tensor64& x) { return sum(square(square(x)) * x); };
    const Array64 x{2.0, -1.0};
    CHECK(grad(f)(x).value() == Array64{80.0, 5.0});  // 5 x⁴
    const auto second = grad([&](const Tensor64& t) { return sum(grad(f)(t)); });
    CHECK(second(x).value() == Array64{160.0, -20.0});  // 20 x³
    const auto third = grad([&](const Tensor64& t) { return sum(second(t)); });
    CHECK(third(x).value() == Array64{240.0, 60.0});  // 60 x²
    const auto scalar = [](const Tensor64& t) { return sin(t); };
    CHECK(distance(grad(grad(grad(scalar)))(Tensor64(0.3)).value(), Tensor64(-std::cos(0.3)).value()) < 1e-14);
}

TEST_CASE("value_and_grad gives both") {
    const auto [value, slope] = value_and_grad([](const Tensor& x) { return sum(square(x)); })(Array{3.F, 4.F});
    CHECK(value.item() == 25.F);
    CHECK(slope.value() == Array{6.F, 8.F});
}

TEST_CASE("grad inside a live tape can be differentiated there") {
    Tape tape;
    const Tensor64 x = tape.watch(Array64{2.0, 3.0});
    const Tensor64 g = grad([](const Tensor64& t) { return sum(t * t * t); })(x);
    CHECK(tape.gradient(sum(square(g)), x).value() == Array64{288.0, 972.0});  // (9 x⁴)' = 36 x³
}

TEST_CASE("grad inside a live tape sees a parameter as its argument and as a captured value") {
    Parameter64 p(Array64{2.0}), q(Array64{5.0});
    Tape tape;
    const Tensor64 g = grad([&](const Tensor64& t) { return sum(t * t * q); })(p);  // 2 p q
    CHECK(g.value() == Array64{20.0});
    tape.backward(sum(g));
    CHECK(p.grad() == Array64{10.0});
    CHECK(q.grad() == Array64{4.0});
}

TEST_CASE("a function may close over a watched tensor, and its gradient depends on it") {
    Tape tape;
    const Tensor64 a = tape.watch(Tensor64(3.0)), x = tape.watch(Tensor64(2.0));
    const Tensor64 g = grad([&](const Tensor64& t) { return a * t * t; })(x);  // 2 a x
    CHECK(g.item() == 12.0);
    const auto second = tape.gradient(g, {a, x});
    CHECK(second[0].item() == 4.0);
    CHECK(second[1].item() == 6.0);
}

TEST_CASE("only the argument is differentiated, not other uses of the same tensor") {
    Tape tape;
    const Tensor64 x = tape.watch(Tensor64(3.0));
    const Tensor64 g = grad([&](const Tensor64& t) { return t * x; })(x);
    CHECK(g.item() == 3.0);                    // d/dt t x at t = x, not 2x
    CHECK(tape.gradient(g, x).item() == 1.0);  // but it does depend on x
}

TEST_CASE("a function that does not depend on its argument has zeros for derivatives") {
    const Array64 x{1.0, 2.0};
    const auto f = [](const Tensor64&) { return Tensor64(4.0); };
    CHECK(grad(f)(x).value() == Array64{0.0, 0.0});
    CHECK(value_and_grad(f)(x).first.item() == 4.0);
    CHECK(hessian(f, x) == Array64{{0.0, 0.0}, {0.0, 0.0}});
    CHECK(hvp(f, x, x) == Array64{0.0, 0.0});
    CHECK(jacobian(f, x) == Array64{0.0, 0.0});
    Tape tape;
    const Tensor64 w = tape.watch(x);
    CHECK(grad([&](const Tensor64&) { return sum(w); })(w).value() == Array64{0.0, 0.0});
    CHECK(grad([&](const Tensor64&) { return sum(w * 2.0); })(x).value() == Array64{0.0, 0.0});
}

TEST_CASE("a linear function has a zero Hessian") {
    const auto f = [](const Tensor64& x) { return sum(x * 3.0); };
    const Array64 x{1.0, 2.0};
    CHECK(grad(grad([](const Tensor64& t) { return t * 3.0; }))(Tensor64(1.0)).item() == 0.0);
    CHECK(hessian(f, x) == Array64{{0.0, 0.0}, {0.0, 0.0}});
    CHECK(hvp(f, x, x) == Array64{0.0, 0.0});
}

TEST_CASE("the Hessian of a vector function, by hand") {
    // f = x² y + y³: f_xx = 2y, f_xy = 2x, f_yy = 6y
    const auto f = [](const Tensor64& v) {
        const Tensor64 x = slice(v, {{0, 1}}), y = slice(v, {{1, 2}});
        return sum(x * x * y + y * y * y);
    };
    const Array64 at{3.0, 5.0};
    CHECK(hessian(f, at) == Array64{{10.0, 6.0}, {6.0, 30.0}});
    CHECK(hvp(f, at, Array64{1.0, 2.0}) == Array64{22.0, 66.0});
    CHECK(hvp(f, Tensor64(at), Tensor64(Array64{1.0, 2.0})) == Array64{22.0, 66.0});
}

TEST_CASE("Hessians and Jacobians of matrices have both shapes joined") {
    const Array64 x{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    const auto f = [](const Tensor64& t) { return sum(square(t) * t); };
    const Array64 h = hessian(f, x);
    REQUIRE(h.shape() == Shape{2, 3, 2, 3});
    for (std::size_t i = 0; i < 6; ++i) {
        for (std::size_t j = 0; j < 6; ++j) CHECK(h.data()[i * 6 + j] == (i == j ? 6 * x.data()[i] : 0.0));
    }
    CHECK(hvp(f, x, x) == Array64(6 * x * x));
    const Array64 j = jacobian([](const Tensor64& t) { return sum(t, 0); }, x);
    REQUIRE(j.shape() == Shape{3, 2, 3});
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t k = 0; k < 6; ++k) CHECK(j.data()[i * 6 + k] == (k % 3 == i ? 1.0 : 0.0));
    }
    const Array64 a{{1.0, 2.0, 3.0}, {0.0, -1.0, 5.0}};
    CHECK(jacobian(
              [&](const Tensor64& v) {
                  return reshape(matmul(a, reshape(v, {3, 1})), {2});
              },
              Array64{1.0, 1.0, 1.0}) == a);
}

TEST_CASE("derivatives of functions of no elements are empty") {
    const Array64 none(Shape{0});
    CHECK(grad([](const Tensor64& t) { return sum(t); })(none).shape() == Shape{0});
    CHECK(hessian([](const Tensor64& t) { return sum(square(t)); }, none).shape() == Shape{0, 0});
    CHECK(jacobian([](const Tensor64& t) { return t * 2.0; }, none).shape() == Shape{0, 0});
    CHECK(jacobian([](const Tensor64& t) { return slice(t, {{0, 0}}); }, Array64{1.0, 2.0}).shape() == Shape{0, 2});
}

TEST_CASE("a function with several output elements has no gradient, and says so") {
    const auto f = [](const Tensor& x) { return x * 2.F; };
    const Array x{1.F, 2.F};
    const std::string what = ": expected a function with one output element, got shape (2)", text = "grad" + what;
    // The place is where grad(f) is written: the call operator it returns has no room for another.
    const int line = __LINE__ + 1;
    const auto df = grad(f);
    CHECK_THROWS_WITH_AS(df(x), located(text, line), GraphError);
    CHECK_THROWS_WITH_AS(value_and_grad(f)(x), located(text, __LINE__), GraphError);
    CHECK_THROWS_WITH_AS(hessian(f, x), located("hessian" + what, __LINE__), GraphError);
    CHECK_THROWS_WITH_AS(hvp(f, x, x), located("hvp" + what, __LINE__), GraphError);
    CHECK(Tape::current() == nullptr);
}

TEST_CASE("hvp refuses a vector of another shape") {
    const auto f = [](const Tensor& x) { return sum(square(x)); };
    const Array x{1.F, 2.F}, v{{1.F, 2.F}};
    const char* const text = "hvp: expected a vector of x's shape (2), got (1, 2)";
    CHECK_THROWS_WITH_AS(hvp(f, x, v), located(text, __LINE__), ShapeError);
}

TEST_CASE("a function that throws leaves no tape behind") {
    const auto f = [](const Tensor& x) { return sum(matmul(x, x)); };
    const Array x{1.F, 2.F};
    CHECK_THROWS_AS(grad(f)(x), ShapeError);
    CHECK_THROWS_AS(hessian(f, x), ShapeError);
    CHECK_THROWS_AS(jacobian(f, x), ShapeError);
    CHECK(Tape::current() == nullptr);
}

TEST_CASE("while a tape is paused, grad gives plain values") {
    Tape tape;
    const Tensor x = tape.watch(Tensor(3.F));
    const auto pause = tape.pause();
    const std::size_t before = tape.size();
    const Tensor g = grad([](const Tensor& t) { return t * t; })(x);
    CHECK(g.item() == 6.F);
    CHECK(tape.size() == before);
}
