#include <xtape/autodiff/ops/decomposition.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::distance;
using support::located;

namespace {

// Wikipedia, "Cholesky decomposition", its first example.
const Array64 spd{{4.0, 12.0, -16.0}, {12.0, 37.0, -43.0}, {-16.0, -43.0, 98.0}};
const Array64 singular{{1.0, 2.0}, {2.0, 4.0}};

}  // namespace

TEST_CASE("a factor, determinants and their logarithms by hand") {
    CHECK(distance(cholesky(Tensor64(spd)).value(), Array64{{2.0, 0.0, 0.0}, {6.0, 1.0, 0.0}, {-8.0, 5.0, 3.0}}) <
          1e-14);
    CHECK(distance(det(Tensor64(spd)).value(), Array64(36.0)) < 1e-12);
    CHECK(distance(logdet(Tensor64(spd)).value(), Array64(std::log(36.0))) < 1e-12);
    const Tensor64 swap(Array64{{0.0, 2.0}, {3.0, 0.0}});
    CHECK(det(swap).value() == Array64(-6.0));
    CHECK(slogdet(swap).sign.value() == Array64(-1.0));
    CHECK(distance(slogdet(swap).logabsdet.value(), Array64(std::log(6.0))) < 1e-15);
}

TEST_CASE("cholesky factors the symmetric part, so its gradient is symmetric") {
    Array64 skewed = spd;
    skewed(0, 1) += 1;
    skewed(1, 0) -= 1;
    CHECK(distance(cholesky(Tensor64(skewed)).value(), cholesky(Tensor64(spd)).value()) < 1e-14);
    const Array64 g =
        grad([](const Tensor64& x) { return sum(square(cholesky(x)) * cholesky(x)); })(Tensor64(skewed)).value();
    CHECK(distance(g, Array64(xt::transpose(g))) < 1e-14);
    // The sum of the squares of L is the trace of X.
    CHECK(distance(grad([](const Tensor64& x) { return sum(square(cholesky(x))); })(Tensor64(spd)).value(),
                   Array64{{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}}) < 1e-12);
}

TEST_CASE("a matrix that is not positive definite is an error that says which one of the batch") {
    Array64 x(Shape{5, 3, 3}, 0.0);
    for (std::size_t i = 0; i < 5; ++i) x(i, 0, 0) = x(i, 1, 1) = x(i, 2, 2) = 1;
    x(3, 1, 1) = -1;
    const std::string got = "cholesky: expected positive definite matrices, got one ", shape = " of shape (5, 3, 3)";
    const std::string third = got + "that is not: matrix 3" + shape + ", leading minor 2";
    const std::string first = got + "with NaN or infinity: matrix 1" + shape;
    const std::string single = got + "that is not: shape (2, 2), leading minor 2";
    CHECK_THROWS_WITH_AS(cholesky(Tensor64(x)), located(third, __LINE__), DataError);
    CHECK_THROWS_WITH_AS(cholesky(Tensor64(singular)), located(single, __LINE__), DataError);
    x(1, 2, 0) = NAN;
    CHECK_THROWS_WITH_AS(cholesky(Tensor64(x)), located(first, __LINE__), DataError);
    x(1, 2, 0) = INFINITY;
    CHECK_THROWS_WITH_AS(cholesky(Tensor64(x)), located(first, __LINE__), DataError);
}

TEST_CASE("the determinant of a singular matrix is 0, and its gradient is the matrix of the cofactors") {
    CHECK(det(Tensor64(singular)).value() == Array64(0.0));
    const auto f = [](const Tensor64& x) { return det(x); };
    CHECK(distance(grad(f)(Tensor64(singular)).value(), Array64{{4.0, -2.0}, {-2.0, 1.0}}) < 1e-15);
    CHECK(grad(f)(Tensor64(Array64{{0.0}})).value() == Array64{{1.0}});
    // Rank 1 of 3: every cofactor is 0, and the second derivative is not.
    const Array64 rank_one{{1.0, 2.0, 3.0}, {2.0, 4.0, 6.0}, {-1.0, -2.0, -3.0}};
    CHECK(distance(grad(f)(Tensor64(rank_one)).value(), Array64(Shape{3, 3}, 0.0)) < 1e-15);
    const GradcheckReport second = gradcheck(f, {rank_one}, {.order = 2});
    CHECK_MESSAGE(second.ok, second.message);
    // A batch of both kinds: each as if it were alone.
    Array64 both(Shape{2, 2, 2});
    std::copy(singular.begin(), singular.end(), both.begin());
    both(1, 0, 0) = 3;
    both(1, 0, 1) = 1;
    both(1, 1, 0) = 1;
    both(1, 1, 1) = 2;
    CHECK(distance(grad([](const Tensor64& x) { return sum(det(x)); })(Tensor64(both)).value(),
                   Array64{{{4.0, -2.0}, {-2.0, 1.0}}, {{2.0, -1.0}, {-1.0, 3.0}}}) < 1e-15);
}

TEST_CASE("logdet is NaN below 0 and -inf for a singular matrix, whose derivative is an error") {
    const Tensor64 negative(Array64{{0.0, 2.0}, {3.0, 0.0}}), flat{singular};
    const auto f = [](const Tensor64& x) { return logdet(x); };
    CHECK(std::isnan(logdet(negative).value()()));
    CHECK(distance(grad(f)(negative).value(), Array64{{0.0, 0.5}, {1.0 / 3, 0.0}}) < 1e-15);
    CHECK(logdet(flat).value() == Array64(-INFINITY));
    CHECK(slogdet(flat).logabsdet.value() == Array64(-INFINITY));
    CHECK(slogdet(flat).sign.value() == Array64(0.0));
    const auto message = [](auto function) -> std::string {
        Array64 x(Shape{3, 2, 2}, 1.0);
        x(0, 0, 0) = x(2, 0, 0) = 3;
        Tape tape;
        const Tensor64 watched = tape.watch(x);
        const Tensor64 y = sum(function(watched));
        try {
            (void)tape.gradient(y, watched);
        } catch (const DataError& error) {
            return error.message();
        }
        return "nothing thrown";
    };
    const std::string text =
        ": expected invertible matrices, got a singular one: matrix 1 of shape (3, 2, 2), pivot 2 is 0";
    CHECK(message([](const Tensor64& x) { return logdet(x); }) == "logdet" + text);
    CHECK(message([](const Tensor64& x) { return slogdet(x).logabsdet; }) == "slogdet" + text);
}

TEST_CASE("NaN and infinity give NaN for their matrix alone") {
    Array64 x(Shape{3, 2, 2}, 0.0);
    for (std::size_t i = 0; i < 3; ++i) x(i, 0, 0) = x(i, 1, 1) = 2;
    x(0, 0, 1) = NAN;
    x(1, 0, 1) = -INFINITY;
    CHECK(distance(det(Tensor64(x)).value(), Array64{NAN, NAN, 4.0}) == 0);
    CHECK(distance(logdet(Tensor64(x)).value(), Array64{NAN, NAN, std::log(4.0)}) < 1e-15);
    CHECK(distance(slogdet(Tensor64(x)).sign.value(), Array64{NAN, NAN, 1.0}) == 0);
    CHECK(distance(slogdet(Tensor64(x)).logabsdet.value(), Array64{NAN, NAN, std::log(4.0)}) < 1e-15);
    const Array64 g = grad([](const Tensor64& t) { return sum(det(t)); })(Tensor64(x)).value();
    CHECK(std::isnan(g(0, 0, 0)));
    CHECK(distance(Array64{g(2, 0, 0), g(2, 0, 1), g(2, 1, 0), g(2, 1, 1)}, Array64{2.0, 0.0, 0.0, 2.0}) < 1e-15);
}

TEST_CASE("determinants neither overflow nor vanish on their way, and logdet does not at all") {
    Array64 x(Shape{4, 4}, 0.0);
    x(0, 0) = x(1, 1) = 1e200;
    x(2, 2) = x(3, 3) = 1e-200;
    CHECK(distance(det(Tensor64(x)).value(), Array64(1.0)) < 1e-14);
    Array diagonal(Shape{50, 50}, 0.F);
    for (std::size_t i = 0; i < 50; ++i) diagonal(i, i) = 1e6F;
    const Tensor large(diagonal);
    CHECK(det(large).value()() == INFINITY);
    CHECK(logdet(large).value()() == doctest::Approx(300 * std::log(10.0)));
}

TEST_CASE("factors and determinants of size 0") {
    const Tensor64 none(Array64(Shape{0, 0})), no_matrices(Array64(Shape{0, 2, 2})), three(Array64(Shape{3, 0, 0}));
    CHECK(cholesky(none).shape() == Shape{0, 0});
    CHECK(cholesky(no_matrices).shape() == Shape{0, 2, 2});
    CHECK(det(none).value() == Array64(1.0));
    CHECK(det(three).value() == Array64{1.0, 1.0, 1.0});
    CHECK(det(no_matrices).shape() == Shape{0});
    CHECK(logdet(none).value() == Array64(0.0));
    CHECK(slogdet(none).sign.value() == Array64(1.0));
    CHECK(grad([](const Tensor64& x) { return sum(det(x)) + sum(logdet(x)) + sum(cholesky(x)); })(three).shape() ==
          Shape{3, 0, 0});
}

TEST_CASE("large factors: small residuals, and the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const auto run = [](const Shape& shape) {
        Tape tape;
        const Array64 input = sample::positive_definite(shape, 1);
        const Tensor64 x = tape.watch(input);
        const Tensor64 l = cholesky(x), d = logdet(x);
        CHECK(distance(matmul(l, l, {.transpose_b = true}).value(), input) < 1e-13);
        std::vector<Array64> result{l.value(), d.value()};
        result.push_back(tape.gradient(sum(l) + sum(d), x).value());
        return result;
    };
    for (const Shape& shape : {Shape{130, 130}, Shape{400, 11, 11}}) {
        set_threads(1);
        const auto one = run(shape);
        for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
            set_threads(count);
            const auto more = run(shape);
            for (std::size_t i = 0; i < one.size(); ++i) CHECK(support::same_bits(one[i], more[i]));
        }
    }
    set_threads(before);
}

TEST_CASE("matrices that are not square are named") {
    const Tensor64 wide(Array64(Shape{2, 3})), vector(Array64(Shape{2}));
    const std::string text = ": expected square matrices (..., n, n), got ";
    CHECK_THROWS_WITH_AS(cholesky(wide), located("cholesky" + text + "(2, 3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(det(vector), located("det" + text + "(2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(logdet(wide), located("logdet" + text + "(2, 3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(slogdet(wide), located("slogdet" + text + "(2, 3)", __LINE__), ShapeError);
}
