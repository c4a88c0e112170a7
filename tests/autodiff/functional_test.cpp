#include <xtape/autodiff/functional.hpp>

#include <xtape/autodiff/ops.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::distance;
using support::located;
using support::same_bits;

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
    CHECK_THROWS_WITH_AS(value_and_grad(f)(x), located("value_and_" + text, __LINE__), GraphError);
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
    const auto f = [](const Tensor& x) { return sum(matmul(reshape(x, {1, 2}), reshape(x, {1, 2}))); };
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

TEST_CASE("grad of several arguments differentiates the first, or those whose positions are given") {
    const auto f = [](const Tensor64& a, const Tensor64& b) { return sum(a * a * b); };
    const Array64 a{1.0, 2.0}, b{3.0, 4.0};
    CHECK(grad(f)(a, b).value() == Array64{6.0, 16.0});
    CHECK(grad<0>(f)(a, b).value() == Array64{6.0, 16.0});
    CHECK(grad<1>(f)(a, b).value() == Array64{1.0, 4.0});
    const auto [da, db] = grad<0, 1>(f)(a, b);
    CHECK(da.value() == Array64{6.0, 16.0});
    CHECK(db.value() == Array64{1.0, 4.0});
    const auto [second, first] = grad<1, 0>(f)(a, Tensor64(b));
    CHECK(same_bits(first.value(), da.value()));
    CHECK(same_bits(second.value(), db.value()));
    const auto [value, slopes] = value_and_grad<0, 1>(f)(a, b);
    CHECK(value.item() == 19.0);
    CHECK(same_bits(std::get<1>(slopes).value(), db.value()));
}

TEST_CASE("arguments that are not differentiated reach the function as they are") {
    const auto f = [](const Tensor& w, const IndexArray& rows, double scale, const std::string& name) {
        CHECK(name == "batch");
        return w * (scale * static_cast<double>(rows(1)));
    };
    CHECK(grad(f)(Tensor(2.F), IndexArray{3, 5}, 0.5, std::string("batch")).item() == 2.5F);
    const auto g = [](const Tensor& x, Tensor y) { return sum(x * y); };
    CHECK(grad(g)(Array{1.F}, Array{2.F}).value() == Array{2.F});  // an array converts as in any call
}

TEST_CASE("mixed derivatives of a function of two arguments") {
    // f = a³ b²: f_ab = 6 a² b, f_aab = 12 a b, f_bba = 6 a²
    const auto f = [](const Tensor64& a, const Tensor64& b) { return a * a * a * b * b; };
    const Tensor64 a(2.0), b(5.0);
    CHECK(grad<1>(grad<0>(f))(a, b).item() == 120.0);
    CHECK(grad<0>(grad<1>(grad<0>(f)))(a, b).item() == 120.0);
    CHECK(grad<1>(grad<1>(grad<0>(f)))(a, b).item() == 24.0);
    const auto [aa, ab] = grad<0, 1>(grad(f))(a, b);
    CHECK(aa.item() == 300.0);
    CHECK(ab.item() == 120.0);
}

TEST_CASE("a function of a list of tensors has a list of gradients") {
    const auto f = [](const std::vector<Tensor64>& x) { return sum(x[0] * x[1]) + sum(square(x[2])); };
    const std::vector<Tensor64> x{Array64{1.0, 2.0}, Array64{3.0, 4.0}, Array64{{5.0}}};
    const std::vector<Tensor64> g = grad(f)(x);
    REQUIRE(g.size() == 3);
    CHECK(g[0].value() == Array64{3.0, 4.0});
    CHECK(g[1].value() == Array64{1.0, 2.0});
    CHECK(g[2].value() == Array64{{10.0}});
    const auto h = [](const std::vector<Tensor64>& w, const Tensor64& t) { return sum(w[0] * t); };
    const auto [dw, dt] = grad<0, 1>(h)(std::vector<Tensor64>{x[0]}, x[1]);
    CHECK(dw[0].value() == Array64{3.0, 4.0});
    CHECK(dt.value() == Array64{1.0, 2.0});
    CHECK(grad(h)(std::vector<Tensor64>(x), x[1])[2].value() == Array64{{0.0}});  // zeros for what is not used
}

TEST_CASE("a number may be an argument: its type, or the function's, says float or double") {
    CHECK(grad([](const Tensor& x) { return x * x; })(3.F).item() == 6.F);
    CHECK(grad([](const Tensor64& x) { return x * x; })(3.0).item() == 6.0);
    CHECK(grad([](const Tensor& x) { return x * x; })(3.0).item() == 6.F);
    CHECK(grad([](const Tensor64& x) { return x * x; })(3.F).item() == 6.0);
    CHECK(grad([](const Tensor64& x) { return x * x; })(3).item() == 6.0);
    const auto generic = [](const auto& x) { return x * x * x; };
    static_assert(std::same_as<decltype(grad(generic)(1.F)), Tensor>);
    static_assert(std::same_as<decltype(grad(generic)(1.0)), Tensor64>);
    static_assert(std::same_as<decltype(grad(generic)(1)), Tensor>);
    CHECK(grad(grad(generic))(2.0).item() == 12.0);
    CHECK(hessian(generic, 2.0) == Array64(12.0));
    CHECK(hvp(generic, 2.0, 0.5) == Array64(6.0));
    CHECK(jacobian(generic, 2.0) == Array64(12.0));
    const IndexArray labels{1, 2};
    CHECK(grad([](const Tensor64& x) { return sum(x * x); })(labels).value() == Array64{2.0, 4.0});
}

TEST_CASE("a function that changes itself works on a copy") {
    int calls = 0;
    auto f = [&calls, n = 0](const Tensor& x) mutable {
        calls += ++n;
        return x * x;
    };
    const auto df = grad(f);
    CHECK(df(Tensor(3.F)).item() == 6.F);
    CHECK(df(Tensor(4.F)).item() == 8.F);
    CHECK(calls == 2);
}

TEST_CASE("value_and_grad with parameters takes a list, or anything that has one") {
    struct Model {
        Parameter64 w{Array64{2.0, 3.0}, "w"}, b{Array64{1.0}, "b"}, unused{Array64{7.0}, "unused"};
        Tensor64 operator()(const Tensor64& x) const { return w * x + b; }
        ParameterList64 parameters() { return {w, b, unused}; }
    } model;
    const Array64 x{10.0, 20.0};
    const auto check = [](const auto& result) {
        const auto& [loss, gradients] = result;
        CHECK(loss.item() == 82.0);
        REQUIRE(gradients.size() == 3);
        CHECK(gradients[0].value() == Array64{10.0, 20.0});
        CHECK(gradients[1].value() == Array64{2.0});
        CHECK(gradients[2].value() == Array64{0.0});
    };
    check(value_and_grad(model, [](auto& m, const Tensor64& t) { return sum(m(t)); })(x));
    check(value_and_grad(model, [&](const Tensor64& t) { return sum(model(t)); })(x));
    check(value_and_grad(model, [&] { return sum(model(x)); })());
    check(value_and_grad(model, [&](Model& m) { return sum(m(x)); })());
    check(value_and_grad(model.parameters(), [&] { return sum(model(x)); })());
    const ParameterList64 list = model.parameters();
    check(value_and_grad(list, [&](const Tensor64& t) { return sum(model(t)); })(x));
    const auto gradients = grad(model, [](auto& m, const Tensor64& t) { return sum(m(t)); })(x);
    CHECK(gradients[0].value() == Array64{10.0, 20.0});
    CHECK(grad(model.parameters(), [&] { return sum(model(x)); })()[1].value() == Array64{2.0});
    CHECK_FALSE(model.w.has_grad());  // left alone

    model.w.set_frozen(true);
    const auto [loss, frozen] = value_and_grad(model, [](auto& m, const Tensor64& t) { return sum(m(t)); })(x);
    CHECK(frozen[0].value() == Array64{0.0, 0.0});
    CHECK(frozen[1].value() == Array64{2.0});
    CHECK(value_and_grad(model, [] { return Tensor64(4.0); })().second[1].value() == Array64{0.0});
}

TEST_CASE("gradients by parameters inside a live tape can be differentiated") {
    Parameter64 w(Array64{2.0, 3.0});
    const ParameterList64 list{w};
    Tape tape;
    const auto [loss, gradients] = value_and_grad(list, [&] { return sum(w * w * w); })();
    CHECK(loss.item() == 35.0);
    tape.backward(sum(square(gradients[0])));  // (9 w⁴)' = 36 w³
    CHECK(w.grad() == Array64{288.0, 972.0});
}

TEST_CASE("a loss with several elements is refused by its shape") {
    Parameter w(Array{1.F, 2.F});
    const ParameterList list{w};
    const int line = __LINE__ + 1;
    const auto step = value_and_grad(list, [&] { return w * 2.F; });
    CHECK_THROWS_WITH_AS(step(),
                         located("value_and_grad: expected a function with one output element, got shape (2)", line),
                         GraphError);
}

TEST_CASE("hessian, hvp and jacobian inside a live tape take its tensors for constants") {
    Tape tape;
    const Tensor64 a = tape.watch(Tensor64(3.0)), x = tape.watch(Array64{1.0, 2.0});
    const auto f = [&](const Tensor64& t) { return sum(a * t * t); };
    const std::size_t before = tape.size();
    CHECK(hessian(f, x) == Array64{{6.0, 0.0}, {0.0, 6.0}});
    CHECK(hvp(f, x, x) == Array64{6.0, 12.0});
    CHECK(jacobian(f, x) == Array64{6.0, 12.0});
    CHECK(tape.size() == before);
    CHECK(tape.recording());
}

TEST_CASE("a module as the function is not copied: a gradient penalty reaches its parameters") {
    struct Model {
        Parameter64 w{Array64{2.0, 3.0}, "w"};
        Tensor64 operator()(const Tensor64& x) { return sum(w * x * x); }
        ParameterList64 parameters() { return {w}; }
    } model;
    const Array64 x{1.0, 2.0};
    const auto penalty = [&](const auto& slope) {
        Tape tape;
        tape.backward(sum(square(slope())));  // sum (2 w x)², by w: 8 w x²
        CHECK(model.w.grad() == Array64{16.0, 96.0});
        model.w.zero_grad();
    };
    penalty([&] { return grad(model)(x); });
    penalty([&] { return value_and_grad(model)(x).second; });
    penalty([&] { return vjp(model, x).second(1.0); });
    Tape tape;
    tape.backward(jvp(model, x, Array64{1.0, 0.0}).second);
    CHECK(model.w.grad() == Array64{2.0, 0.0});
    CHECK(hessian(model, x) == Array64{{4.0, 0.0}, {0.0, 6.0}});
}
