#include <xtape/autodiff/ops/comparison.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::located;

namespace {
const float inf = std::numeric_limits<float>::infinity();
}

TEST_CASE("comparisons give masks, and 0 wherever NaN takes part") {
    const Tensor a(Array{1.F, 2.F, 3.F, NAN, NAN, inf}), b(Array{2.F, 2.F, 2.F, 1.F, NAN, inf});
    CHECK((a < b).value() == Array{1.F, 0.F, 0.F, 0.F, 0.F, 0.F});
    CHECK((a <= b).value() == Array{1.F, 1.F, 0.F, 0.F, 0.F, 1.F});
    CHECK((a > b).value() == Array{0.F, 0.F, 1.F, 0.F, 0.F, 0.F});
    CHECK((a >= b).value() == Array{0.F, 1.F, 1.F, 0.F, 0.F, 1.F});
    CHECK(not_equal(a, b).value() == Array{1.F, 0.F, 1.F, 1.F, 1.F, 0.F});
    CHECK(equal(a, b).value() == Array{0.F, 1.F, 0.F, 0.F, 0.F, 1.F});
    CHECK((Tensor(Array{0.F}) <= Tensor(Array{-0.F})).value() == Array{1.F});
}

TEST_CASE("logic on masks and on any numbers: only 0 is false, NaN is true") {
    const Tensor a(Array{0.F, 0.F, 1.F, 1.F, NAN, -2.F, -0.F}), b(Array{0.F, 1.F, 0.F, 1.F, 0.F, NAN, 0.5F});
    CHECK(logical_and(a, b).value() == Array{0.F, 0.F, 0.F, 1.F, 0.F, 1.F, 0.F});
    CHECK(logical_or(a, b).value() == Array{0.F, 1.F, 1.F, 1.F, 1.F, 1.F, 1.F});
    CHECK(logical_not(a).value() == Array{1.F, 1.F, 0.F, 0.F, 0.F, 0.F, 1.F});
    CHECK(logical_and(a > 0, a < 2).value() == Array{0.F, 0.F, 1.F, 1.F, 0.F, 0.F, 0.F});
    CHECK(logical_not(Tensor(Array(Shape{0, 2}))).shape() == Shape{0, 2});
}

TEST_CASE("masks are constants: nothing is recorded for them") {
    Tape tape;
    const Tensor x = tape.watch(Array{1.F, 2.F});
    const std::size_t before = tape.size();
    (void)logical_or(x > 1, logical_not(not_equal(x, 1)));
    CHECK(tape.size() == before);
}

TEST_CASE("operands of comparisons that do not broadcast are named") {
    const Tensor a(Array(Shape{2}, 1.F)), b(Array(Shape{3}, 1.F));
    const auto text = [](const char* name) {
        return std::string(name) + ": expected shapes that broadcast together, got (2) and (3)";
    };
    CHECK_THROWS_WITH_AS((void)(a < b), text("less").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS((void)(a <= b), text("less_equal").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS((void)(b > a), text("less").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS((void)(b >= a), text("less_equal").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(equal(a, b), text("equal").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(not_equal(a, b), text("not_equal").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(logical_and(a, b), located(text("logical_and"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(logical_or(a, b), located(text("logical_or"), __LINE__), ShapeError);
}
