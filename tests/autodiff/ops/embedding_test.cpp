#include <xtape/autodiff/ops/embedding.hpp>

#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::located;
using support::same_bits;
using support::slope;

TEST_CASE("rows are looked up in the order of the indices, which may have any shape") {
    const Tensor w(Array{{1.F, 2.F}, {3.F, 4.F}, {5.F, 6.F}});
    CHECK(embedding(w, {2, 0, 2}).value() == Array{{5.F, 6.F}, {1.F, 2.F}, {5.F, 6.F}});
    const IndexArray square{{1, 1}, {0, 2}};
    CHECK(embedding(w, square).value() == Array{{{3.F, 4.F}, {3.F, 4.F}}, {{1.F, 2.F}, {5.F, 6.F}}});
    CHECK(embedding(w, IndexArray(std::int64_t{1})).value() == Array{3.F, 4.F});
    CHECK(embedding(w, IndexArray(Shape{0})).shape() == Shape{0, 2});
    CHECK(embedding(Tensor(Array(Shape{0, 3})), IndexArray(Shape{2, 0})).shape() == Shape{2, 0, 3});
    CHECK(embedding(Tensor(Array(Shape{3, 0})), {1, 2}).shape() == Shape{2, 0});
}

TEST_CASE("a row's gradient is the sum over its occurrences; the padding row gets none but is read") {
    const Array w{{1.F, 2.F}, {3.F, 4.F}, {5.F, 6.F}}, g{{1.F, 2.F}, {10.F, 20.F}, {100.F, 200.F}};
    CHECK(slope([&](const Tensor& t) { return embedding(t, {2, 0, 2}) * g; }, w) ==
          Array{{10.F, 20.F}, {0.F, 0.F}, {101.F, 202.F}});
    CHECK(embedding(Tensor(w), {2, 0, 2}, {.padding = 2}).value() == embedding(Tensor(w), {2, 0, 2}).value());
    CHECK(slope([&](const Tensor& t) { return embedding(t, {2, 0, 2}, {.padding = 2}) * g; }, w) ==
          Array{{10.F, 20.F}, {0.F, 0.F}, {0.F, 0.F}});
    // And of any order: the second derivative of the padding row is 0 too.
    Tape tape;
    const Tensor t = tape.watch(w);
    const Tensor first = tape.gradient(sum(square(embedding(t, {2, 0, 2}, {.padding = 2}))), t, {.create_graph = true});
    CHECK(first.value() == Array{{2.F, 4.F}, {0.F, 0.F}, {0.F, 0.F}});
    CHECK(tape.gradient(sum(first), t).value() == Array{{2.F, 2.F}, {0.F, 0.F}, {0.F, 0.F}});
}

TEST_CASE("scatter_rows sums rows by their index") {
    const Tensor x(Array{{1.F, 2.F}, {10.F, 20.F}, {100.F, 200.F}});
    CHECK(scatter_rows(x, {1, 3, 1}, 4).value() == Array{{0.F, 0.F}, {101.F, 202.F}, {0.F, 0.F}, {10.F, 20.F}});
    CHECK(scatter_rows(Tensor(Array(Shape{0, 2})), IndexArray(Shape{0}), 3).value() == Array(Shape{3, 2}, 0.F));
    CHECK(scatter_rows(Tensor(Array(Shape{0, 2})), IndexArray(Shape{0}), 0).shape() == Shape{0, 2});
}

TEST_CASE("the sum over a million occurrences of a row is accurate") {
    const std::size_t n = 1'000'003;
    const Array64 numbers = sample::positive({n, 1}, 1);
    const Array g = xt::cast<float>(numbers);
    long double want = 0;
    for (const float v : g) want += v;
    const Array got = scatter_rows(Tensor(g), IndexArray(Shape{n}, 0), 1).value();
    CHECK(got(0, 0) == doctest::Approx(static_cast<double>(want)).epsilon(1e-6));
}

TEST_CASE("large look-ups and their gradients have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const Array w = xt::cast<float>(sample::uniform({1000, 37}, 1)), g = xt::cast<float>(sample::uniform({101, 203, 37}, 2));
    IndexArray indices(Shape{101, 203});
    random::Stream draws(1, 2);
    for (std::int64_t& i : indices) i = static_cast<std::int64_t>(std::min(draws.below(1000), draws.below(1000)));
    const auto run = [&] {
        const auto f = [&](const Tensor& t) { return embedding(t, indices) * g; };
        return std::pair{embedding(Tensor(w), indices).value(), slope(f, w)};
    };
    set_threads(1);
    const auto one = run();
    for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
        set_threads(count);
        const auto more = run();
        CHECK(same_bits(one.first, more.first));
        CHECK(same_bits(one.second, more.second));
    }
    set_threads(before);
}

TEST_CASE("indices outside the rows are named with their place") {
    const Tensor w(Array(Shape{3, 2}, 0.F)), vector(Array(Shape{3}, 0.F));
    const IndexArray square{{0, 1}, {3, 0}};
    const std::string text = "embedding: expected indices of the 3 rows, got ";
    CHECK_THROWS_WITH_AS(embedding(w, square), located(text + "3 at (1, 0)", __LINE__), DataError);
    CHECK_THROWS_WITH_AS(embedding(w, {0, -1}), located(text + "-1 at (1)", __LINE__), DataError);
    const char* const rank = "embedding: expected a weight (V, D), got (3)";
    CHECK_THROWS_WITH_AS(embedding(vector, {0}), located(rank, __LINE__), ShapeError);
    const char* const padding = "embedding: expected a padding row of the 3 rows, got 3";
    CHECK_THROWS_WITH_AS(embedding(w, {0}, {.padding = 3}), located(padding, __LINE__), ConfigError);
    const char* const rows = "scatter_rows: expected rows (..., D) of the indices' shape (2), got (3, 2)";
    CHECK_THROWS_WITH_AS(scatter_rows(w, {0, 1}, 3), located(rows, __LINE__), ShapeError);
    const char* const outside = "scatter_rows: expected indices of the 2 rows, got 2 at (2)";
    CHECK_THROWS_WITH_AS(scatter_rows(w, {0, 1, 2}, 2), located(outside, __LINE__), DataError);
}
