#include <xtape/autodiff/ops/linalg.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::distance;
using support::located;

namespace {
const Tensor a(Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}}), b(Array{{1.F, 0.F}, {0.F, 1.F}, {2.F, -1.F}});
}

TEST_CASE("matrix products by hand, plain and transposed") {
    CHECK(matmul(a, b).value() == Array{{7.F, -1.F}, {16.F, -1.F}});
    CHECK(matmul(transpose(a), b, {.transpose_a = true}).value() == matmul(a, b).value());
    CHECK(matmul(a, transpose(b), {.transpose_b = true}).value() == matmul(a, b).value());
    CHECK(matmul(transpose(a), transpose(b), {.transpose_a = true, .transpose_b = true}).value() ==
          matmul(a, b).value());
    CHECK(matmul(a, a, {.transpose_b = true}).value() == Array{{14.F, 32.F}, {32.F, 77.F}});
}

TEST_CASE("the gradient of a product with itself has both parts") {
    const auto f = [](const Tensor& x) {
        return sum(matmul(x, x, {.transpose_b = true}) * Array{{1.F, 0.F}, {0.F, 0.F}});
    };
    CHECK(grad(f)(a).value() == Array{{2.F, 4.F, 6.F}, {0.F, 0.F, 0.F}});
}

TEST_CASE("stacked matrices broadcast their leading axes") {
    const Tensor stack(Array{{{1.F, 2.F}, {3.F, 4.F}}, {{5.F, 6.F}, {7.F, 8.F}}}), one(Array{{1.F}, {10.F}});
    CHECK(matmul(stack, one).shape() == Shape{2, 2, 1});
    CHECK(reshape(matmul(stack, one), {2, 2}).value() == Array{{21.F, 43.F}, {65.F, 87.F}});
    CHECK(matmul(Array{{1.F, 10.F}}, stack).value() == Array{{{31.F, 42.F}}, {{75.F, 86.F}}});
    // Both sides are broadcast: p's second axis against q's first.
    const Tensor64 p(sample::uniform({2, 1, 3, 4}, 1)), q(sample::uniform({5, 4, 2}, 2));
    const Array64 y = matmul(p, q).value();
    REQUIRE(y.shape() == Shape{2, 5, 3, 2});
    double want = 0;
    for (std::size_t k = 0; k < 4; ++k) want += p.value()(1, 0, 2, k) * q.value()(3, k, 1);
    CHECK(y(1, 3, 2, 1) == doctest::Approx(want));
}

TEST_CASE("vectors are one row on the left and one column on the right, and the axis is missing in the result") {
    const Tensor row(Array{1.F, 10.F}), column(Array{1.F, 0.F, -1.F}), stack(Array{{{1.F, 2.F}, {3.F, 4.F}}, {{5.F, 6.F}, {7.F, 8.F}}});
    CHECK(matmul(row, row).value() == Array(101.F));
    CHECK(matmul(row, a).value() == Array{41.F, 52.F, 63.F});
    CHECK(matmul(a, column).value() == Array{-2.F, -2.F});
    CHECK(matmul(row, stack).value() == Array{{31.F, 42.F}, {75.F, 86.F}});
    CHECK(matmul(stack, row).value() == Array{{21.F, 43.F}, {65.F, 87.F}});
    CHECK(matmul(stack, row, {.transpose_a = true, .transpose_b = true}).value() == Array{{31.F, 42.F}, {75.F, 86.F}});
    CHECK(matmul(row, Tensor(Array(Shape{2, 0}))).shape() == Shape{0});
    CHECK(matmul(Tensor(Array(Shape{2, 0})), Tensor(Array(Shape{0}))).value() == Array{0.F, 0.F});
    CHECK(grad([&](const Tensor& x) { return sum(matmul(x, stack)); })(row).value() == Array{14.F, 22.F});
}

TEST_CASE("one matrix that multiplies a batch has the gradient of the recorded way, transposed or not") {
    const Tensor64 x(sample::uniform({3, 2, 4, 5}, 1)), w(sample::uniform({5, 6}, 2)), wt(sample::uniform({6, 5}, 3));
    const auto compare = [&](const Tensor64& weight, MatmulOptions options) {
        Tape tape;
        const Tensor64 watched = tape.watch(weight);
        const Tensor64 y = sum(square(matmul(x, watched, options)));
        const Array64 fused = tape.gradient(y, watched, {.keep = true}).value();
        const Array64 recorded = tape.gradient(y, watched, {.create_graph = true}).value();
        CHECK(distance(fused, recorded) < 1e-13);
    };
    compare(w, {});
    compare(wt, {.transpose_b = true});
}

TEST_CASE("products with extents of 0 are empty or zero, and so are their gradients") {
    const Tensor none(Array(Shape{2, 0})), wide(Array(Shape{0, 3})), empty(Array(Shape{0, 2, 3}));
    CHECK(matmul(none, wide).value() == Array(Shape{2, 3}, 0.F));
    CHECK(matmul(wide, b).shape() == Shape{0, 2});
    CHECK(matmul(a, Tensor(Array(Shape{3, 0}))).shape() == Shape{2, 0});
    CHECK(matmul(empty, b).shape() == Shape{0, 2, 2});
    Tape tape;
    const Tensor x = tape.watch(none), y = tape.watch(wide), z = tape.watch(empty), w = tape.watch(b);
    const auto g = tape.gradient(sum(matmul(x, y)) + sum(matmul(z, w)), {x, y, z, w});
    CHECK(g[0].shape() == Shape{2, 0});
    CHECK(g[1].shape() == Shape{0, 3});
    CHECK(g[2].shape() == Shape{0, 2, 3});
    CHECK(g[3].value() == Array(Shape{3, 2}, 0.F));
}

TEST_CASE("matmul names the shapes that do not fit, and the transpositions") {
    const Tensor vector(Array{1.F, 2.F, 3.F}), stack(Array(Shape{2, 3, 2})), other(Array(Shape{4, 2, 3}));
    const char* const plain = "matmul: expected (m, k) x (k, n), got (2, 3) x (2, 3)";
    CHECK_THROWS_WITH_AS(matmul(a, a), located(plain, __LINE__), ShapeError);
    const std::string with = "matmul: expected (m, k) x (k, n), got (2, 3) x (3, 2) with the ";
    const MatmulOptions first{.transpose_a = true}, second{.transpose_b = true};
    CHECK_THROWS_WITH_AS(matmul(a, b, first), located(with + "first transposed", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(matmul(a, b, second), located(with + "second transposed", __LINE__), ShapeError);
    const char* const both = "matmul: expected (m, k) x (k, n), got (2, 3) x (2, 3) with both transposed";
    CHECK_THROWS_WITH_AS(matmul(a, a, {.transpose_a = true, .transpose_b = true}), located(both, __LINE__), ShapeError);
    const char* const rank = "matmul: expected vectors or matrices (..., m, k) x (..., k, n), got (2, 3) x ()";
    CHECK_THROWS_WITH_AS(matmul(a, Tensor(1.F)), located(rank, __LINE__), ShapeError);
    const char* const left = "matmul: expected (k) x (k, n), got (3) x (2, 3)";
    CHECK_THROWS_WITH_AS(matmul(vector, a), located(left, __LINE__), ShapeError);
    const char* const right = "matmul: expected (m, k) x (k), got (3, 2) x (3)";
    CHECK_THROWS_WITH_AS(matmul(b, vector), located(right, __LINE__), ShapeError);
    const char* const both_vectors = "matmul: expected (k) x (k), got (3) x (2)";
    CHECK_THROWS_WITH_AS(matmul(vector, Tensor(Array{1.F, 2.F})), located(both_vectors, __LINE__), ShapeError);
    const char* const batch = "matmul: expected batch axes that broadcast together, got (2, 3, 2) x (4, 2, 3)";
    CHECK_THROWS_WITH_AS(matmul(stack, other), located(batch, __LINE__), ShapeError);
}

TEST_CASE("linear is a product with the transposed weight plus a bias, over the last axis") {
    const Tensor weight(Array{{1.F, 2.F, 3.F}, {0.F, 1.F, 0.F}}), bias(Array{10.F, 20.F});
    CHECK(linear(a, weight, bias).value() == Array{{24.F, 22.F}, {42.F, 25.F}});
    CHECK(linear(a, weight).value() == Array{{14.F, 2.F}, {32.F, 5.F}});
    CHECK(linear(Array{1.F, 2.F, 3.F}, weight, bias).value() == Array{24.F, 22.F});
    CHECK(linear(reshape(a, {2, 1, 3}), weight, bias).value() == Array{{{24.F, 22.F}}, {{42.F, 25.F}}});
    CHECK(linear(Tensor(Array(Shape{0, 3})), weight, bias).shape() == Shape{0, 2});
    const Tensor narrow(Array(Shape{2, 0}));
    CHECK(linear(Tensor(Array(Shape{4, 0})), narrow, bias).value() ==
          Array{{10.F, 20.F}, {10.F, 20.F}, {10.F, 20.F}, {10.F, 20.F}});
}

TEST_CASE("linear over no rows has zero gradients for weight and bias") {
    Parameter weight(Array(Shape{2, 3}, 1.F)), bias(Array{1.F, 2.F});
    Tape tape;
    tape.backward(sum(linear(Tensor(Array(Shape{0, 3})), weight, bias)));
    CHECK(weight.grad() == Array(Shape{2, 3}, 0.F));
    CHECK(bias.grad() == Array{0.F, 0.F});
}

TEST_CASE("linear names the shapes that do not fit") {
    const Tensor weight(Array(Shape{2, 3})), bias(Array(Shape{2})), wrong(Array(Shape{3})), scalar(1.F);
    const std::string text = "linear: expected input (..., in), weight (out, in), bias (out), got ";
    CHECK_THROWS_WITH_AS(linear(b, weight, bias), located(text + "(3, 2), (2, 3), (2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(linear(a, weight, wrong), located(text + "(2, 3), (2, 3), (3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(linear(a, bias, bias), located(text + "(2, 3), (2), (2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(linear(scalar, weight, bias), located(text + "(), (2, 3), (2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(linear(a, weight, scalar), located(text + "(2, 3), (2, 3), ()", __LINE__), ShapeError);
    const char* const without = "linear: expected input (..., in), weight (out, in), got (3, 2), (2, 3)";
    CHECK_THROWS_WITH_AS(linear(b, weight), located(without, __LINE__), ShapeError);
}

TEST_CASE("NaN and infinity in a product stay in their rows and columns") {
    Array x = a.value();
    x(1, 2) = NAN;
    CHECK(distance(matmul(x, b).value(), Array{{7.F, -1.F}, {NAN, NAN}}) == 0);
}

TEST_CASE("large products and their gradients have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const auto run = [] {
        const auto large = [](const Shape& shape, std::uint64_t seed) {
            return Array(xt::cast<float>(sample::uniform(shape, seed)));
        };
        Tape tape;
        const Tensor x = tape.watch(large({301, 257}, 1)), w = tape.watch(large({129, 257}, 2)),
                     bias = tape.watch(large({129}, 3));
        const Tensor y = linear(x, w, bias);
        std::vector<Array> result{y.value()};
        for (const Tensor& g : tape.gradient(sum(square(y)), {x, w, bias})) result.push_back(g.value());
        return result;
    };
    set_threads(1);
    const auto one = run();
    for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
        set_threads(count);
        const auto more = run();
        for (std::size_t i = 0; i < one.size(); ++i) CHECK(support::same_bits(one[i], more[i]));
    }
    set_threads(before);
}
