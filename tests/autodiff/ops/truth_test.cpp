#include <xtape/autodiff/ops/truth.hpp>

#include <xtape/autodiff/ops/selection.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::located;

namespace {
const Tensor some(Array{{0.F, 2.F, -3.F}, {0.F, 0.F, 0.F}, {1.F, 1.F, 0.5F}});
}  // namespace

TEST_CASE("any and all over all axes, one, several and none") {
    CHECK(any(some).item() == 1.F);
    CHECK(all(some).item() == 0.F);
    CHECK(any(some, 1).value() == Array{1.F, 0.F, 1.F});
    CHECK(all(some, 1).value() == Array{0.F, 0.F, 1.F});
    CHECK(any(some, 0, true).value() == Array{{1.F, 1.F, 1.F}});
    CHECK(all(some, -2).value() == Array{0.F, 0.F, 0.F});
    CHECK(any(some, {0, 1}, true).value() == Array{{1.F}});
    CHECK(all(some, Axes(std::vector<int>{})).value() == Array{{0.F, 1.F, 1.F}, {0.F, 0.F, 0.F}, {1.F, 1.F, 1.F}});
    CHECK(all(Tensor(2.F)).item() == 1.F);
    CHECK(any(Tensor(-0.F)).item() == 0.F);
    CHECK(any(Parameter(some.value()), 1).value() == Array{1.F, 0.F, 1.F});
    CHECK(any(some > 1.5F).item() == 1.F);
    CHECK(all(some > 1.5F).item() == 0.F);
}

TEST_CASE("NaN and infinity are true, and one element decides however many there are") {
    CHECK(all(Tensor(Array{NAN, std::numeric_limits<float>::infinity()})).item() == 1.F);
    for (const std::size_t n : {1U, 7U, 8U, 33U, 1000U, 100'000U}) {
        CAPTURE(n);
        Array zeros(Shape{n, 2}, 0.F), ones(Shape{n, 2}, 1.F);
        CHECK(any(Tensor(zeros)).item() == 0.F);
        CHECK(all(Tensor(ones)).item() == 1.F);
        zeros(n - 1, 1) = 1e-45F;
        ones(n - 1, 0) = 0.F;
        CHECK(any(Tensor(zeros)).item() == 1.F);
        CHECK(any(Tensor(zeros), 0).value() == Array{0.F, 1.F});
        CHECK(all(Tensor(ones)).item() == 0.F);
        CHECK(all(Tensor(ones), 0).value() == Array{0.F, 1.F});
    }
}

TEST_CASE("any of nothing is false, all of nothing true") {
    const Tensor none(Array(Shape{2, 0, 3}));
    CHECK(any(none).item() == 0.F);
    CHECK(all(none).item() == 1.F);
    CHECK(any(none, 1).value() == Array{{0.F, 0.F, 0.F}, {0.F, 0.F, 0.F}});
    CHECK(all(none, 1).value() == Array{{1.F, 1.F, 1.F}, {1.F, 1.F, 1.F}});
    CHECK(all(none, 0).shape() == Shape{0, 3});
}

TEST_CASE("truths are constants for differentiation") {
    Tape tape;
    const Tensor x = tape.watch(some);
    const std::size_t before = tape.size();
    const Tensor both = any(x) + all(x, 0);
    CHECK(tape.size() == before);
    CHECK_THROWS_AS(tape.backward(sum(both)), GraphError);
}

TEST_CASE("axes out of range or given twice are errors") {
    const char* const range = ": expected axes of a tensor of rank 2, got axis 2 for shape (3, 3)";
    CHECK_THROWS_WITH_AS(any(some, 2), located(std::string("any") + range, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(all(some, 2), located(std::string("all") + range, __LINE__), ShapeError);
    const char* const twice = ": axis -2 was given twice for shape (3, 3)";
    CHECK_THROWS_WITH_AS(any(some, {0, -2}), located(std::string("any") + twice, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(all(some, {0, -2}), located(std::string("all") + twice, __LINE__), ShapeError);
}
