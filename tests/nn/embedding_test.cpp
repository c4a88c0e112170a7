#include <xtape/nn/embedding.hpp>

#include "nn/layer_gradients.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/state.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace xtape;

namespace {

nn::Embedding small() {
    nn::Embedding layer{3, 2};
    layer.weight.assign(Array{{1.f, 2.f}, {3.f, 4.f}, {5.f, 6.f}});
    return layer;
}

}  // namespace

TEST_CASE("an embedding gives the rows of its weight for indices of any shape") {
    nn::Embedding layer = small();
    CHECK(layer(IndexArray{2, 0}).value() == Array{{5.f, 6.f}, {1.f, 2.f}});
    CHECK(layer(IndexArray{{1}, {1}}).value() == Array{{{3.f, 4.f}}, {{3.f, 4.f}}});
    CHECK(layer(IndexArray(std::int64_t{1})).value() == Array{3.f, 4.f});
    CHECK(layer(IndexArray(Shape{2, 0})).shape() == Shape{2, 0, 2});
}

TEST_CASE("whole numbers kept as floating-point ones are indices, too") {
    nn::Embedding layer = small();
    CHECK(layer(Array{2.f, 0.f}).value() == Array{{5.f, 6.f}, {1.f, 2.f}});
    nn::Sequential net{small(), nn::Linear{2, 4}};
    CHECK(net(Array{{0.f, 1.f, 2.f}}).shape() == Shape{1, 3, 4});
}

TEST_CASE("the gradient of a row is the sum over its uses, and that of the padding row 0") {
    nn::Embedding layer{4, 2, {.padding = 3}};
    Tape tape;
    tape.backward(sum(layer(IndexArray{{1, 3, 1}, {0, 1, 3}}) * Array{10.f, 1.f}));
    CHECK(layer.weight.grad() == Array{{10.f, 1.f}, {30.f, 3.f}, {0.f, 0.f}, {0.f, 0.f}});
}

TEST_CASE("an embedding starts with standard normal numbers and a padding row of zeros") {
    seed(6);
    nn::Embedding64 layer{400, 50, {.padding = 7}};
    const Array64& w = layer.weight.value();
    double total = 0, squares = 0;
    for (const double v : w) total += v, squares += v * v;
    // Five deviations of the mean and of the mean square of 20000 draws.
    CHECK(std::abs(total / 2e4) < 5 / std::sqrt(2e4));
    CHECK(std::abs(squares / (399 * 50) - 1) < 5 * std::sqrt(2 / 2e4));
    for (std::size_t i = 0; i < 50; ++i) CHECK(w(7, i) == 0);
    seed(6);
    CHECK(nn::Embedding64(400, 50).weight.value()(399, 49) == w(399, 49));
}

TEST_CASE("an embedding passes the gradient check") {
    seed(7);
    nn::Embedding64 layer{5, 3}, padded{5, 3, {.padding = 0}};
    const IndexArray indices{{4, 1, 1}, {2, 4, 0}};
    support::check_layer_gradients(layer, [&](const std::vector<Tensor64>&) { return square(layer(indices)); }, {});
    // Without the padding row, whose gradient is 0 although it has an influence.
    const Array64 others{{4, 1, 1}, {2, 4, 3}};
    support::check_layer_gradients(padded, [&](const std::vector<Tensor64>&) { return square(padded(others)); }, {});
}

TEST_CASE("an embedding is saved, loaded and copied") {
    nn::Embedding layer = small(), other{3, 2};
    CHECK(nn::state(layer)[0].name == "weight");
    nn::load(other, nn::state(layer));
    CHECK(other.weight.value() == layer.weight.value());
    nn::Embedding copy = layer;
    copy.weight.assign(Array(Shape{3, 2}, 0.f));
    CHECK(layer.weight.value()(0, 0) == 1.f);
    CHECK(layer.describe() == "Embedding 3x2");
}

TEST_CASE("an embedding refuses indices that are not rows, and says which") {
    nn::Embedding layer = small();
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(layer(IndexArray{{0, 1}, {3, 2}}, nowhere),
                         "Embedding 3x2: embedding: expected indices of the 3 rows, got 3 at (1, 0)", DataError);
    CHECK_THROWS_WITH_AS(layer(Array{0.f, -1.f}, nowhere),
                         "Embedding 3x2: embedding: expected indices of the 3 rows, got -1 at (1)", DataError);
    CHECK_THROWS_WITH_AS(layer(Array{{0.f, 1.5f}}, nowhere),
                         "Embedding 3x2: Embedding: expected whole numbers, got 1.5 at (0, 1)", DataError);
    CHECK_THROWS_WITH_AS(layer(Array{NAN}, nowhere), "Embedding 3x2: Embedding: expected whole numbers, got nan at (0)",
                         DataError);
    CHECK_THROWS_WITH_AS(layer(Array{1e30f}, nowhere),
                         "Embedding 3x2: Embedding: expected whole numbers, got 1e+30 at (0)", DataError);
}

TEST_CASE("an embedding refuses sizes and padding rows that have no meaning") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(nn::Embedding(0, 3, {}, nowhere),
                         "Embedding: expected at least 1 row and 1 column, got 0 and 3", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Embedding(3, 0, {}, nowhere),
                         "Embedding: expected at least 1 row and 1 column, got 3 and 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Embedding(3, 2, {.padding = 3}, nowhere),
                         "Embedding: expected a padding row of the 3 rows, got 3", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Embedding(3, 2, {.padding = -1}, nowhere),
                         "Embedding: expected a padding row of the 3 rows, got -1", ConfigError);
    const std::size_t huge = std::numeric_limits<std::size_t>::max();
    CHECK_THROWS_AS(nn::Embedding(huge, 3), ConfigError);
}
