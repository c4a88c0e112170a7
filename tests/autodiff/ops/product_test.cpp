#include <xtape/autodiff/ops/product.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::distance;
using support::located;

namespace {
const Tensor a(Array{1.F, 2.F, 3.F}), b(Array{4.F, -5.F, 6.F});
}

TEST_CASE("dot, outer and trace by hand, and their gradients") {
    CHECK(dot(a, b).value() == Array(12.F));
    CHECK(outer(a, Array{1.F, 10.F}).value() == Array{{1.F, 10.F}, {2.F, 20.F}, {3.F, 30.F}});
    CHECK(trace(Tensor(Array{{1.F, 2.F}, {3.F, 4.F}})).value() == Array(5.F));
    CHECK(trace(Tensor(Array{{{1.F, 2.F, 9.F}, {3.F, 4.F, 9.F}}, {{5.F, 6.F, 9.F}, {7.F, 8.F, 9.F}}})).value() ==
          Array{5.F, 13.F});
    CHECK(grad([](const Tensor& x) { return dot(x, x); })(a).value() == Array{2.F, 4.F, 6.F});
    CHECK(grad([](const Tensor& x) { return sum(outer(x, b)); })(a).value() == Array{5.F, 5.F, 5.F});
    CHECK(grad([](const Tensor& x) { return 2.F * trace(x); })(Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}}).value() ==
          Array{{2.F, 0.F, 0.F}, {0.F, 2.F, 0.F}});
}

TEST_CASE("dot, outer and trace over nothing") {
    const Tensor none(Array(Shape{0}));
    CHECK(dot(none, none).value() == Array(0.F));
    CHECK(outer(none, a).shape() == Shape{0, 3});
    CHECK(outer(a, none).shape() == Shape{3, 0});
    CHECK(trace(Tensor(Array(Shape{0, 0}))).value() == Array(0.F));
    CHECK(trace(Tensor(Array(Shape{2, 3, 0}))).value() == Array{0.F, 0.F});
    CHECK(trace(Tensor(Array(Shape{0, 2, 2}))).shape() == Shape{0});
}

TEST_CASE("the gradient of a trace is 0 off the diagonal, whatever arrives") {
    Tape tape;
    const Tensor x = tape.watch(Array{{1.F, 2.F}, {3.F, 4.F}}), seed(INFINITY);
    const Array g = tape.gradients<float>(trace(x), &seed, std::span(&x, 1), {})[0].value();
    CHECK(g == Array{{INFINITY, 0.F}, {0.F, INFINITY}});
}

TEST_CASE("a long float dot product is right to the last bits, on any number of threads") {
    const std::size_t before = threads(), length = 3'000'001;
    const Array x(xt::cast<float>(sample::uniform({length}, 1)));
    long double want = 0;
    for (const float v : x) want += static_cast<long double>(v) * static_cast<long double>(v);
    set_threads(1);
    const Array one = dot(Tensor(x), x).value();
    CHECK(std::abs(one() / static_cast<double>(want) - 1) < 6e-8);
    set_threads(4);
    CHECK(support::same_bits(one, dot(Tensor(x), x).value()));
    set_threads(before);
}

TEST_CASE("dot, outer and trace name the shapes that do not fit") {
    const Tensor matrix(Array(Shape{2, 3})), two(Array{1.F, 2.F});
    const std::string same = "dot: expected two vectors of the same length, got ",
                      any = "outer: expected two vectors, got ";
    CHECK_THROWS_WITH_AS(dot(a, two), located(same + "(3) and (2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(dot(matrix, a), located(same + "(2, 3) and (3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(outer(a, matrix), located(any + "(3) and (2, 3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(trace(a), located("trace: expected matrices (..., m, n), got (3)", __LINE__), ShapeError);
}
