#include <xtape/autodiff/ops/einsum.hpp>

#include <xtape/autodiff/apply.hpp>
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

const Tensor m(Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}}), v(Array{1.F, 10.F, 100.F}),
    square_matrix(Array{{1.F, 2.F}, {3.F, 4.F}});

Tensor64 numbers(const Shape& shape, std::uint64_t seed) { return Tensor64(sample::uniform(shape, seed)); }

}  // namespace

TEST_CASE("the classics, by hand") {
    CHECK(einsum("ij->ji", m).value() == transpose(m).value());
    CHECK(einsum("ij->", m).value() == Array(21.F));
    CHECK(einsum("ij->j", m).value() == Array{5.F, 7.F, 9.F});
    CHECK(einsum("ij,j->i", m, v).value() == Array{321.F, 654.F});
    CHECK(einsum("ij,kj->ik", m, m).value() == Array{{14.F, 32.F}, {32.F, 77.F}});
    CHECK(einsum("i,i", v, v).value() == Array(10101.F));
    CHECK(einsum("i,j->ij", Array{1.F, 2.F}, v).value() == Array{{1.F, 10.F, 100.F}, {2.F, 20.F, 200.F}});
    CHECK(einsum("ij,ij->ij", m, m).value() == square(m).value());
    CHECK(einsum("ii", square_matrix).value() == Array(5.F));
    CHECK(einsum("ii->i", square_matrix).value() == Array{1.F, 4.F});
    CHECK(einsum("->", Tensor(3.F)).value() == Array(3.F));
    CHECK(einsum(",i->i", Tensor(2.F), v).value() == Array{2.F, 20.F, 200.F});
}

TEST_CASE("without an arrow the labels that occur once come out in alphabetical order") {
    CHECK(einsum("ba", m).value() == transpose(m).value());
    CHECK(einsum("ib,ai", m, transpose(m)).shape() == Shape{3, 3});
    CHECK(einsum(" i j , j ", m, v).value() == einsum("ij,j->i", m, v).value());
    CHECK(einsum("...i,i", m, v).value() == Array{321.F, 654.F});
}

TEST_CASE("an ellipsis stands for the axes not named, and broadcasts") {
    const Tensor64 x = numbers({2, 1, 3, 4}, 1), y = numbers({5, 4, 2}, 2);
    CHECK(distance(einsum("...ij,...jk->...ik", x, y).value(), matmul(x, y).value()) < 1e-14);
    CHECK(distance(einsum("...ij,...jk", x, y).value(), matmul(x, y).value()) < 1e-14);
    CHECK(distance(einsum("...ij,...jk->ki...", x, y).value(), transpose(matmul(x, y), {3, 2, 0, 1}).value()) < 1e-14);
    // An ellipsis that the output lacks is summed over.
    CHECK(distance(einsum("...ij,...jk->ik", x, y).value(), sum(matmul(x, y), {0, 1}).value()) < 1e-13);
    CHECK(einsum("...", m).value() == m.value());
}

TEST_CASE("axes of extent 1 are repeated along the other operand's") {
    const Tensor row(Array{{1.F, 10.F, 100.F}});
    CHECK(einsum("ij,ij->ij", m, row).value() == (m * row).value());
    CHECK(einsum("ij,ij->i", m, Tensor(Array{{2.F}, {3.F}})).value() == Array{12.F, 45.F});
}

TEST_CASE("three operands and more give the product of all, and its gradients") {
    const std::vector<Array64> x{sample::uniform({2, 3}, 1), sample::uniform({3, 4}, 2), sample::uniform({4, 2}, 3),
                                 sample::uniform({2}, 4)};
    const auto chain = [](const std::vector<Tensor64>& t) {
        return einsum("ij,jk,kl,l->il", {t[0], t[1], t[2], t[3]});
    };
    const std::vector<Tensor64> t(x.begin(), x.end());
    CHECK(
        distance(chain(t).value(),
                 (matmul(matmul(matmul(t[0], t[1]), t[2]), Tensor64(Array64{{1.0, 0.0}, {0.0, 1.0}})) * t[3]).value()) <
        1e-13);
    const GradcheckReport first = gradcheck(chain, x), second = gradcheck(chain, x, {.order = 2});
    CHECK_MESSAGE(first.ok, first.message);
    CHECK_MESSAGE(second.ok, second.message);
    // A label in all three, one in two that the output keeps, one in one.
    const auto mixed = [](const Tensor64& a, const Tensor64& b, const Tensor64& c) {
        return einsum("bi,bij,bjk->bi", a, b, c);
    };
    const GradcheckReport report =
        gradcheck(mixed, {sample::uniform({2, 3}, 5), sample::uniform({2, 3, 2}, 6), sample::uniform({2, 2, 4}, 7)});
    CHECK_MESSAGE(report.ok, report.message);
    CHECK(einsum("i,i,i", v, v, v).value() == Array(1001001.F));
}

TEST_CASE("the cheapest product of several comes first") {
    // Left to right would make a 200 x 200 matrix of the first two: 200 * 200 * 2 numbers for a result of 1.
    const Tensor64 tall = numbers({200, 1}, 1), wide = numbers({1, 200}, 2), vector = numbers({200}, 3);
    Tape tape;
    const Tensor64 x = tape.watch(tall);
    const Tensor64 y = einsum("ij,jk,k->i", x, wide, vector);
    CHECK(distance(y.value(), (reshape(tall, {200}) * sum(reshape(wide, {200}) * vector)).value()) < 1e-12);
    // watch and the product with what does not depend on it.
    CHECK(tape.size() == 2);
}

TEST_CASE("einsum over nothing is 0 or empty") {
    const Tensor none(Array(Shape{2, 0})), wide(Array(Shape{0, 3}));
    CHECK(einsum("ij,jk->ik", none, wide).value() == Array(Shape{2, 3}, 0.F));
    CHECK(einsum("ij->i", none).value() == Array{0.F, 0.F});
    CHECK(einsum("ij,jk->ijk", none, wide).shape() == Shape{2, 0, 3});
    CHECK(einsum("ii->i", Tensor(Array(Shape{0, 0}))).shape() == Shape{0});
    Tape tape;
    const Tensor x = tape.watch(none), y = tape.watch(wide);
    const auto g = tape.gradient(sum(einsum("ij,jk->ik", x, y)), {x, y});
    CHECK(g[0].shape() == Shape{2, 0});
    CHECK(g[1].shape() == Shape{0, 3});
}

TEST_CASE("NaN off a diagonal does not reach what is made of the diagonal") {
    const Array x{{1.F, NAN}, {NAN, 4.F}};
    CHECK(einsum("ii->i", Tensor(x)).value() == Array{1.F, 4.F});
    CHECK(grad([](const Tensor& t) { return sum(square(einsum("ii->i", t))); })(x).value() ==
          Array{{2.F, 0.F}, {0.F, 8.F}});
}

TEST_CASE("large contractions have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const auto run = [] {
        Tape tape;
        const Tensor64 x = tape.watch(numbers({40, 30, 50}, 1)), y = tape.watch(numbers({50, 40, 20}, 2));
        const Tensor64 z = einsum("bij,jbk->kib", x, y);
        std::vector<Array64> result{z.value()};
        for (const Tensor64& g : tape.gradient(sum(square(z)), {x, y})) result.push_back(g.value());
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

TEST_CASE("subscripts that make no sense are named") {
    const std::string letters =
        "einsum: expected letters, and \"...\" at most once an operand, as in \"...ij,jk->...ik\", got ";
    CHECK_THROWS_WITH_AS(einsum("i1,j", m, v), located(letters + "\"i1,j\"", __LINE__), ConfigError);
    CHECK_THROWS_WITH_AS(einsum("i..j", m), located(letters + "\"i..j\"", __LINE__), ConfigError);
    CHECK_THROWS_WITH_AS(einsum("......", m), located(letters + "\"......\"", __LINE__), ConfigError);
    CHECK_THROWS_WITH_AS(einsum("ij->i->j", m), located(letters + "\"ij->i->j\"", __LINE__), ConfigError);
    const char* const count = "einsum: expected subscripts of 1 operands, got \"ij,j\"";
    CHECK_THROWS_WITH_AS(einsum("ij,j", m), located(count, __LINE__), ConfigError);
    const std::string output = "einsum: expected output labels that differ and stand in an operand, got ";
    CHECK_THROWS_WITH_AS(einsum("ij->ii", m), located(output + "\"ij->ii\"", __LINE__), ConfigError);
    CHECK_THROWS_WITH_AS(einsum("ij->k", m), located(output + "\"ij->k\"", __LINE__), ConfigError);
}

TEST_CASE("shapes that do not fit the subscripts are named") {
    const char* const rank = "einsum: expected 1 axis for operand 1 of \"ij,j\", got (2, 3)";
    CHECK_THROWS_WITH_AS(einsum("ij,j", m, m), located(rank, __LINE__), ShapeError);
    const char* const least = "einsum: expected at least 2 axes for operand 0 of \"...ij\", got (3)";
    CHECK_THROWS_WITH_AS(einsum("...ij", v), located(least, __LINE__), ShapeError);
    const char* const inner = "einsum: expected extents of \"j\" that agree in \"ij,jk->ik\", got (2, 3), (2, 3)";
    CHECK_THROWS_WITH_AS(einsum("ij,jk->ik", m, m), located(inner, __LINE__), ShapeError);
    const char* const diagonal = "einsum: expected extents of \"i\" that agree in \"ii\", got (2, 3)";
    CHECK_THROWS_WITH_AS(einsum("ii", m), located(diagonal, __LINE__), ShapeError);
    const char* const batch = "einsum: expected extents of \"...\" that agree in \"...i,...i\", got (2, 3), (4, 3)";
    CHECK_THROWS_WITH_AS(einsum("...i,...i", m, Tensor(Array(Shape{4, 3}))), located(batch, __LINE__), ShapeError);
}

TEST_CASE("an operation made by hand is checked as well") {
    const Tensor x(Array{1.F, 2.F});
    CHECK_THROWS_WITH_AS(apply(Einsum{{{'i', 'j'}}, {}, "by hand"}, x),
                         "einsum: expected one or two inputs with one label an axis in \"by hand\"", ShapeError);
    CHECK_THROWS_WITH_AS(apply(Einsum{{{'i'}}, {'k'}, "by hand"}, x),
                         "einsum: expected output labels that stand in an operand in \"by hand\"", ShapeError);
}
