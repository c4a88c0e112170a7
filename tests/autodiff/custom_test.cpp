#include <xtape/autodiff/custom.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::located;
using support::same_bits;

namespace {

auto cube() {
    return custom(
        "cube", []<class T>(const Arrays<T>& x) -> BasicArray<T> { return x[0] * x[0] * x[0]; },
        [](const auto& g, const auto& x) { return 3 * g * square(x[0]); });
}

}  // namespace

TEST_CASE("a custom operation has value and gradient in float and double") {
    const auto f = cube();
    CHECK(f(Tensor(Array{2.F, -1.F})).value() == Array{8.F, -1.F});
    CHECK(f(Tensor64(Array64{2.0, -1.0})).value() == Array64{8.0, -1.0});
    CHECK(grad([&](const Tensor& x) { return sum(f(x)); })(Array{2.F, -1.F}).value() == Array{12.F, 3.F});
    CHECK(grad([&](const Tensor64& x) { return sum(f(x)); })(Array64{2.0, -1.0}).value() == Array64{12.0, 3.0});
    CHECK(f(Parameter(Array{3.F})).value() == Array{27.F});
}

TEST_CASE("a custom operation is differentiated to third order") {
    const auto f = cube();
    const Array64 x = sample::uniform({2, 3}, 1);
    const auto g = [&](const Tensor64& t) { return f(t); };
    CHECK(gradcheck(g, {x}).ok);
    CHECK(gradcheck(g, {x}, {.order = 2}).ok);
    const auto scalar = [&](const Tensor64& t) { return f(t); };
    CHECK(grad(grad(grad(scalar)))(Tensor64(0.7)).item() == doctest::Approx(6.0).epsilon(1e-14));
}

TEST_CASE("a custom operation of two inputs may read its output and broadcast") {
    const auto ratio = custom(
        "ratio", []<class T>(const Arrays<T>& x) -> BasicArray<T> { return x[0] / x[1]; },
        [](const auto& g, const auto& x, const auto& y) {
            const auto da = g / x[1];
            return std::array{da, -(da * y)};
        });
    const auto f = [&](const Tensor64& a, const Tensor64& b) { return ratio(a, b); };
    const std::vector<Array64> x{sample::uniform({2, 3}, 1), sample::positive({3}, 2)};
    CHECK(gradcheck(f, x).message.find("ok") != std::string::npos);
    CHECK(gradcheck(f, x, {.order = 2}).ok);
    CHECK(ratio(Tensor(6.F), 3).item() == 2.F);  // a number beside a tensor
    CHECK(ratio(Array{6.F, 9.F}, Parameter(Array{3.F})).value() == Array{2.F, 3.F});
}

TEST_CASE("a custom operation of a list of inputs may leave gradients out") {
    const auto first = custom(
        "first", [](const Arrays<float>& x) -> Array { return x[0] + 0.F * x[x.size() - 1]; },
        [](const Tensor& g, const std::vector<Tensor>& x) {
            std::vector<Tensor> gradients(x.size());
            gradients[0] = g;
            return gradients;
        });
    Tape tape;
    const std::vector<Tensor> x{tape.watch(Array{1.F, 2.F}), tape.watch(Array{3.F, 4.F})};
    const auto g = tape.gradient(sum(first(x)), {x[0], x[1]});
    CHECK(g[0].value() == Array{1.F, 1.F});
    CHECK(g[1].value() == Array{0.F, 0.F});
}

TEST_CASE("a parameter used by a custom operation gets its gradient, and nothing is recorded without need") {
    const auto f = cube();
    Parameter64 p(Array64{2.0});
    CHECK(f(p).value() == Array64{8.0});
    Tape tape;
    (void)f(Tensor64(1.0));
    CHECK(tape.size() == 0);
    tape.backward(f(p));
    CHECK(p.grad() == Array64{12.0});
}

TEST_CASE("the record of a custom operation outlives the operation") {
    Tape tape;
    const Tensor64 x = tape.watch(Tensor64(2.0));
    Tensor64 y;
    {
        const double factor = 5;
        const auto scaled = custom(
            "scaled", [factor](const Arrays<double>& a) -> Array64 { return factor * a[0]; },
            [factor](const Tensor64& g, const std::vector<Tensor64>&) { return factor * g; });
        y = scaled(x);
    }
    CHECK(tape.gradient(y, x).item() == 5.0);
}

TEST_CASE("wrong gradients of a custom operation are named") {
    Tape tape;
    const Tensor x = tape.watch(Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}}), b = tape.watch(Array{1.F, 2.F, 3.F});
    const auto forward = []<class T>(const Arrays<T>& in) -> BasicArray<T> { return in[0] * in[1]; };
    const auto rows = [](const auto& g, const auto& in) { return std::array{g * in[1], sum(g * in[0], 1)}; };
    const auto one = [](const auto& g, const auto& in) { return g * in[1]; };
    const int line = __LINE__ + 1;
    const auto wrong_shape = custom("scale", forward, rows);
    const auto wrong_count = custom("scale", forward, one);
    const auto broadcast = custom("scale", forward, [](const auto& g, const auto& in) {
        return std::array{g * in[1], g * in[0]};
    });
    CHECK_THROWS_WITH_AS(tape.gradient(sum(wrong_shape(x, b)), {x, b}),
                         located("scale: expected backward to give input 1 a gradient of its shape (3), got (2)", line),
                         ShapeError);
    CHECK_THROWS_WITH_AS(tape.gradient(sum(wrong_count(x, b)), {x, b}),
                         located("scale: expected backward to give one gradient an input, 2 in all, got 1", line + 1),
                         ShapeError);
    CHECK(tape.gradient(sum(broadcast(x, b)), b).value() == Array{5.F, 7.F, 9.F});  // summed over the broadcast axis
}

TEST_CASE("errors thrown inside a custom operation say where it was made") {
    const auto forward = []<class T>(const Arrays<T>& x) -> BasicArray<T> {
        throw ShapeError("refuses: expected a vector, got " + to_string(x[0].shape()));
    };
    const auto backward = [](const auto& g, const auto&) { return g; };
    const int line = __LINE__ + 1;
    const auto refuses = custom("refuses", forward, backward);
    CHECK_THROWS_WITH_AS(refuses(Tensor(1.F)), located("refuses: expected a vector, got ()", line), ShapeError);
}

TEST_CASE("a wrong custom gradient is found by gradcheck") {
    const auto wrong = custom(
        "wrong_cube", []<class T>(const Arrays<T>& x) -> BasicArray<T> { return x[0] * x[0] * x[0]; },
        [](const auto& g, const auto& x) { return 2 * g * square(x[0]); });
    CHECK_FALSE(gradcheck([&](const Tensor64& x) { return wrong(x); }, {sample::uniform({3}, 1)}).ok);
}

TEST_CASE("an observed tape knows a custom operation by its name") {
    Tape tape{{.check_finite = true, .profile = true}};
    const Tensor64 x = tape.watch(Array64{2.0, 3.0});
    const Tensor64 y = cube()(x);
    CHECK(to_string(tape.summary()).find("cube") != std::string::npos);
    CHECK(tape.dot().find("cube\\n(2)") != std::string::npos);
    CHECK(tape.gradient(sum(y), x).value() == Array64{12.0, 27.0});
    const auto broken = custom(
        "broken", []<class T>(const Arrays<T>& in) -> BasicArray<T> { return in[0]; },
        [](const auto& g, const auto& in) { return g / (in[0] - in[0]); });
    const Tensor64 z = broken(x);
    try {
        (void)tape.gradient(sum(z), x);
        FAIL("a division by zero");
    } catch (const AnomalyError& error) {
        CHECK(std::string(error.what()).find("broken: backward made") == 0);
    }
}
