#include <xtape/autodiff/ops/selection.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::distance;
using support::slope;

namespace {
const float inf = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("where takes one branch; a NaN mask counts as not 0") {
    const Tensor mask(Array{1.F, 0.F, -2.F, -0.F, NAN}), a(Array{1.F, 2.F, 3.F, 4.F, 5.F});
    CHECK(where(mask, a, -a).value() == Array{1.F, -2.F, 3.F, -4.F, 5.F});
}

TEST_CASE("a NaN or an infinite slope in the branch not taken does not reach the gradient") {
    const auto safe = [](const Tensor& x) { return where(x > 0, x * 3.F, Tensor(NAN)); };
    CHECK(slope(safe, {2.F, 3.F}) == Array{3.F, 3.F});
    Tape tape;
    const Tensor x = tape.watch(Array{1.F, -1.F}), nan = tape.watch(Array{NAN, NAN});
    const auto g = tape.gradient(sum(where(x > 0, x, nan)), {x, nan});
    CHECK(g[0].value() == Array{1.F, 0.F});
    CHECK(g[1].value() == Array{0.F, 1.F});
}

TEST_CASE("no gradient flows into the mask of where, even when it is watched") {
    Tape tape;
    const Tensor mask = tape.watch(Array{1.F, 0.F}), x = tape.watch(Array{5.F, 6.F});
    const auto g = tape.gradient(sum(where(mask, x, 2.F * x)), {mask, x});
    CHECK(g[0].value() == Array{0.F, 0.F});
    CHECK(g[1].value() == Array{1.F, 2.F});
}

TEST_CASE("maximum and minimum share the gradient of equal operands half and half") {
    Tape tape;
    const Tensor a = tape.watch(Array{1.F, 2.F, 3.F}), b = tape.watch(Array{2.F, 2.F, 2.F});
    const auto high = tape.gradient(sum(maximum(a, b)), {a, b}), low = tape.gradient(sum(minimum(a, b)), {a, b});
    CHECK(high[0].value() == Array{0.F, 0.5F, 1.F});
    CHECK(high[1].value() == Array{1.F, 0.5F, 0.F});
    CHECK(low[0].value() == Array{1.F, 0.5F, 0.F});
    CHECK(low[1].value() == Array{0.F, 0.5F, 1.F});
    CHECK(slope([](const Tensor& x) { return maximum(x, x); }, {1.F, -1.F}) == Array{1.F, 1.F});
}

TEST_CASE("maximum and minimum with NaN on either side are NaN") {
    const Array a{NAN, 1.F, NAN, inf, -inf}, b{1.F, NAN, NAN, 1.F, 1.F};
    CHECK(distance(maximum(Tensor(a), b).value(), Array{NAN, NAN, NAN, inf, 1.F}) == 0);
    CHECK(distance(minimum(Tensor(a), b).value(), Array{NAN, NAN, NAN, 1.F, -inf}) == 0);
}

TEST_CASE("the absolute value has slope 0 at 0 and keeps NaN") {
    CHECK(distance(abs(Tensor(Array{-2.F, -0.F, 0.F, -inf, NAN})).value(), Array{2.F, 0.F, 0.F, inf, NAN}) == 0);
    CHECK(slope([](const Tensor& x) { return abs(x); }, {-2.F, -0.F, 0.F, 3.F, -inf}) ==
          Array{-1.F, 0.F, 0.F, 1.F, -1.F});
    CHECK(std::isnan(slope([](const Tensor& x) { return abs(x); }, {NAN})(0)));
}

TEST_CASE("all derivatives of the absolute value at 0 are 0") {
    const auto f = [](const Tensor64& x) { return abs(x); };
    CHECK(grad(grad(f))(Tensor64(0.0)).item() == 0);
    CHECK(grad(f)(Tensor64(0.0)).item() == 0);
}

TEST_CASE("shapes that do not broadcast are named") {
    const Tensor a(Array(Shape{2}, 1.F)), b(Array(Shape{3}, 1.F)), c(Array(Shape{4, 3}, 1.F));
    const auto text = [](const char* name) {
        return std::string(name) + ": expected shapes that broadcast together, got (2) and (3)";
    };
    CHECK_THROWS_WITH_AS(maximum(a, b), text("maximum").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(minimum(a, b), text("minimum").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(where(a, b, c), "where: expected shapes that broadcast together, got (2), (3) and (4, 3)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(where(b, c, a), "where: expected shapes that broadcast together, got (3), (4, 3) and (2)",
                         ShapeError);
}

TEST_CASE("operands whose common shape has more elements than can be counted are refused") {
    constexpr std::size_t n = std::size_t{1} << 22;
    const Tensor a(Array(Shape{n, 1, 1})), b(Array(Shape{n, 1})), c(Array(Shape{n}));
    CHECK_THROWS_WITH_AS(where(a, b, c),
                         "array: expected fewer than 2^64 elements, got shape (4194304, 4194304, 4194304)", ShapeError);
}
