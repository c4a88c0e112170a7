#include <xtape/autodiff/ops/solve.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::distance;
using support::located;

namespace {

const Tensor64 a(Array64{{0.0, 2.0}, {4.0, 1.0}}), vector(Array64{2.0, 9.0});

// The unit matrix in a batch of five, with a singular matrix in place 3: its second row is twice the first.
Array64 batch_with_singular() {
    Array64 x(Shape{5, 2, 2}, 0.0);
    for (std::size_t i = 0; i < 5; ++i) x(i, 0, 0) = x(i, 1, 1) = 1;
    x(3, 0, 1) = x(3, 1, 0) = 2;
    x(3, 1, 1) = 4;
    return x;
}

}  // namespace

TEST_CASE("systems by hand: vectors, matrices, transposed, exchanged rows") {
    CHECK(distance(solve(a, vector).value(), Array64{2.0, 1.0}) < 1e-15);
    CHECK(distance(solve(a, Array64{{2.0, 4.0}, {9.0, 2.0}}).value(), Array64{{2.0, 0.0}, {1.0, 2.0}}) < 1e-15);
    CHECK(distance(solve(a, vector, {.transpose = true}).value(), Array64{4.25, 0.5}) < 1e-15);
    CHECK(distance(inv(a).value(), Array64{{-0.125, 0.25}, {0.5, 0.0}}) < 1e-15);
}

TEST_CASE("substitution reads its triangle alone") {
    const Tensor64 t(Array64{{2.0, 3.0}, {4.0, 5.0}});
    CHECK(distance(triangular_solve(t, vector).value(), Array64{1.0, 1.0}) < 1e-15);
    CHECK(distance(triangular_solve(t, vector, {.upper = true}).value(), Array64{-1.7, 1.8}) < 1e-15);
    CHECK(distance(triangular_solve(t, vector, {.transpose = true}).value(), Array64{-2.6, 1.8}) < 1e-15);
    CHECK(distance(triangular_solve(t, vector, {.unit_diagonal = true}).value(), Array64{2.0, 1.0}) < 1e-15);
    const Tensor64 holes(Array64{{NAN, NAN}, {4.0, NAN}});
    CHECK(distance(triangular_solve(holes, vector, {.unit_diagonal = true}).value(), Array64{2.0, 1.0}) < 1e-15);
    const auto total = [](const Tensor64& x) { return sum(triangular_solve(x, vector, {.unit_diagonal = true})); };
    CHECK(grad(total)(holes).value() == Array64{{0.0, 0.0}, {-2.0, 0.0}});
}

TEST_CASE("batch axes broadcast, and a vector is solved for by every matrix") {
    const Tensor64 stack(sample::exchanged({2, 1, 3, 3}, 1)), sides(sample::uniform({4, 3, 2}, 2)),
        one(sample::uniform({3}, 3));
    const Tensor64 x = solve(stack, sides), y = solve(stack, one);
    REQUIRE(x.shape() == Shape{2, 4, 3, 2});
    REQUIRE(y.shape() == Shape{2, 1, 3});
    CHECK(distance(matmul(stack, x).value(), broadcast_to(sides, {2, 4, 3, 2}).value()) < 1e-13);
    CHECK(distance(matmul(stack, reshape(y, {2, 1, 3, 1})).value(),
                   broadcast_to(reshape(one, {3, 1}), {2, 1, 3, 1}).value()) < 1e-13);
    const Tensor64 t = triangular_solve(stack, sides + 0.0, {.unit_diagonal = true});
    CHECK(t.shape() == Shape{2, 4, 3, 2});
}

TEST_CASE("systems of size 0") {
    const Tensor64 none(Array64(Shape{0, 0})), no_matrices(Array64(Shape{0, 2, 2})), no_columns(Array64(Shape{2, 0}));
    CHECK(solve(none, Array64(Shape{0, 3})).shape() == Shape{0, 3});
    CHECK(solve(none, Array64(Shape{0})).shape() == Shape{0});
    CHECK(solve(no_matrices, vector).shape() == Shape{0, 2});
    CHECK(solve(a, no_columns).shape() == Shape{2, 0});
    CHECK(triangular_solve(none, Array64(Shape{0, 3})).shape() == Shape{0, 3});
    CHECK(triangular_solve(no_matrices, vector).shape() == Shape{0, 2});
    CHECK(inv(none).shape() == Shape{0, 0});
    CHECK(inv(no_matrices).shape() == Shape{0, 2, 2});
    Tape tape;
    const Tensor64 x = tape.watch(a), b = tape.watch(no_columns);
    const auto g = tape.gradient(sum(solve(x, b)), {x, b});
    CHECK(g[0].value() == Array64(Shape{2, 2}, 0.0));
    CHECK(g[1].shape() == Shape{2, 0});
}

TEST_CASE("a singular matrix is an error that says which one of the batch") {
    const Tensor64 x(batch_with_singular());
    const std::string got = "expected invertible matrices, got a singular one: ",
                      third = "matrix 3 of shape (5, 2, 2), pivot 2 is 0";
    CHECK_THROWS_WITH_AS(solve(x, vector), located("solve: " + got + third, __LINE__), DataError);
    CHECK_THROWS_WITH_AS(inv(x), located("inv: " + got + third, __LINE__), DataError);
    const Tensor64 two_axes = reshape(x, {1, 5, 2, 2}), zero(Array64(Shape{2, 2}, 0.0));
    const std::string place = "matrix (0, 3) of shape (1, 5, 2, 2), pivot 2 is 0";
    CHECK_THROWS_WITH_AS(inv(two_axes), located("inv: " + got + place, __LINE__), DataError);
    const std::string single = "solve: " + got + "shape (2, 2), pivot 1 is 0";
    CHECK_THROWS_WITH_AS(solve(zero, vector), located(single, __LINE__), DataError);
    const std::string diagonal = "triangular_solve: expected diagonals without zeros, got one: ";
    const std::string row = diagonal + "shape (2, 2), row 0";
    CHECK_THROWS_WITH_AS(triangular_solve(zero, vector), located(row, __LINE__), DataError);
    Array64 late = batch_with_singular();
    late(4, 1, 1) = 0;
    const std::string fourth = diagonal + "matrix 4 of shape (5, 2, 2), row 1";
    CHECK_THROWS_WITH_AS(triangular_solve(Tensor64(late), vector), located(fourth, __LINE__), DataError);
}

TEST_CASE("NaN and infinity give NaN for their matrix alone") {
    for (const double bad : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
        Array64 x(Shape{2, 2, 2}, 0.0);
        for (std::size_t i = 0; i < 2; ++i) x(i, 0, 0) = x(i, 1, 1) = 2;
        x(0, 1, 0) = bad;
        CHECK(distance(solve(Tensor64(x), vector).value(), Array64{{NAN, NAN}, {1.0, 4.5}}) == 0);
        CHECK(distance(inv(Tensor64(x)).value(), Array64{{{NAN, NAN}, {NAN, NAN}}, {{0.5, 0.0}, {0.0, 0.5}}}) == 0);
    }
    CHECK(std::isnan(solve(a, Array64{NAN, 1.0}).value()(0)));
}

TEST_CASE("large systems: small residuals in float and double, and the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const auto run = [](auto scalar, const Shape& shape, const Shape& side) {
        using T = decltype(scalar);
        Tape tape;
        const BasicTensor<T> x = tape.watch(BasicTensor<T>(BasicArray<T>(xt::cast<T>(sample::exchanged(shape, 1)))));
        const BasicTensor<T> b = tape.watch(BasicTensor<T>(BasicArray<T>(xt::cast<T>(sample::uniform(side, 2)))));
        const BasicTensor<T> y = solve(x, b), i = inv(x);
        CHECK(distance(matmul(x, y).value(), BasicArray<T>(b.value())) <
              200 * static_cast<double>(std::numeric_limits<T>::epsilon()));
        std::vector<BasicArray<T>> result{y.value(), i.value()};
        for (const auto& g : tape.gradient(sum(square(y)) + sum(square(i)), {x, b})) result.push_back(g.value());
        return result;
    };
    const auto compare = [&](auto scalar, const Shape& shape, const Shape& side) {
        set_threads(1);
        const auto one = run(scalar, shape, side);
        for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
            set_threads(count);
            const auto more = run(scalar, shape, side);
            for (std::size_t i = 0; i < one.size(); ++i) CHECK(support::same_bits(one[i], more[i]));
        }
    };
    compare(float(), {150, 150}, {150, 7});
    compare(double(), {150, 150}, {150, 1});
    compare(double(), {300, 12, 12}, {300, 12, 5});
    compare(float(), {300, 12, 12}, {300, 12, 1});
    set_threads(before);
}

TEST_CASE("shapes that do not fit are named") {
    const Tensor64 wide(Array64(Shape{2, 3})), three(Array64(Shape{3})), stack(Array64(Shape{3, 2, 2})),
        sides(Array64(Shape{4, 2, 1}));
    const std::string text = ": expected square matrices (..., n, n) and right-hand sides (n) or (..., n, k), got ";
    CHECK_THROWS_WITH_AS(solve(wide, vector), located("solve" + text + "(2, 3) and (2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(solve(a, three), located("solve" + text + "(2, 2) and (3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(solve(vector, vector), located("solve" + text + "(2) and (2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(solve(a, 1.0), located("solve" + text + "(2, 2) and ()", __LINE__), ShapeError);
    const std::string triangular = "triangular_solve" + text + "(2, 2) and (3)";
    CHECK_THROWS_WITH_AS(triangular_solve(a, three), located(triangular, __LINE__), ShapeError);
    const std::string batch = ": expected batch axes that broadcast together, got (3, 2, 2) and (4, 2, 1)";
    CHECK_THROWS_WITH_AS(solve(stack, sides), located("solve" + batch, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(triangular_solve(stack, sides), located("triangular_solve" + batch, __LINE__), ShapeError);
    const char* const square = "inv: expected square matrices (..., n, n), got (2, 3)";
    CHECK_THROWS_WITH_AS(inv(wide), located(square, __LINE__), ShapeError);
}
