#include <xtape/train/examples.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;
using train::detail::Examples;

namespace {

// Items of one pixel that tell which they are.
Array64 pixels(std::size_t count) {
    Array64 images = empty_array<double>({count, 1, 1});
    for (std::size_t i = 0; i < count; ++i) images.data()[i] = static_cast<double>(i);
    return images;
}

}  // namespace

TEST_CASE("the surest and the most wrong items are kept in order, over several batches") {
    Examples examples({.names = {}, .examples = 2});
    // Probabilities of label 0: 0.9, 0.2, 0.6, 0.4, 0.99, 0.1.
    examples.add({{0.9, 0.1}, {0.2, 0.8}, {0.6, 0.4}}, pixels(3), {0, 0, 0});
    examples.add({{0.4, 0.6}, {0.99, 0.01}, {0.1, 0.9}}, pixels(3), {0, 0, 0});
    REQUIRE(examples.best().size() == 2);
    CHECK(examples.best()[0].probability == doctest::Approx(0.99));
    CHECK(examples.best()[0].image == Array64{{1.0}});
    CHECK(examples.best()[1].probability == doctest::Approx(0.9));
    REQUIRE(examples.worst().size() == 2);
    CHECK(examples.worst()[0].probability == doctest::Approx(0.1));
    CHECK(examples.worst()[0].prediction == 1);
    CHECK(examples.worst()[1].probability == doctest::Approx(0.2));
}

TEST_CASE("logits become probabilities") {
    Examples examples({});
    examples.add({{0.0, std::log(3.0)}}, pixels(1), {1});
    REQUIRE(examples.best().size() == 1);
    CHECK(examples.best()[0].probability == doctest::Approx(0.75));
}

TEST_CASE("rows of features are images when their size is given, and otherwise none") {
    const Array64 rows = {{1, 2, 3, 4, 5, 6}};
    Examples without({}), with({.names = {}, .examples = 1, .image = {2, 3}});
    without.add({{1.0, 0.0}}, rows, {0});
    with.add({{1.0, 0.0}}, rows, {0});
    CHECK(without.best().empty());
    REQUIRE(with.best().size() == 1);
    CHECK(with.best()[0].image == Array64{{1, 2, 3}, {4, 5, 6}});
}
