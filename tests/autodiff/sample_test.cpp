#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <algorithm>

using namespace xtape;

TEST_CASE("samples lie in their domains") {
    for (const double x : sample::uniform({1000}, 1)) {
        CHECK(std::abs(x) <= 2);
        CHECK(std::abs(x) >= 0.05);
    }
    for (const double x : sample::positive({1000}, 2)) CHECK((x >= 0.5 && x <= 2));
    for (const double x : sample::mask({100}, 3)) CHECK((x == 0 || x == 1));
    const Array64 mask = sample::mask({100}, 3);
    CHECK(std::count(mask.begin(), mask.end(), 1.0) > 20);
    CHECK(std::count(mask.begin(), mask.end(), 0.0) > 20);
}

TEST_CASE("distinct samples are equally spaced and in random order") {
    const Array64 x = sample::distinct({3, 13}, 1);
    CHECK(x.shape() == Shape{3, 13});
    std::vector<double> sorted(x.begin(), x.end());
    CHECK_FALSE(std::is_sorted(sorted.begin(), sorted.end()));
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i)
        CHECK(sorted[i] == doctest::Approx(0.1 * static_cast<double>(i + 1) - 2));
}

TEST_CASE("samples depend on their seed alone") {
    CHECK(support::same_bits(sample::uniform({2, 3}, 1), sample::uniform({2, 3}, 1)));
    CHECK_FALSE(support::same_bits(sample::uniform({2, 3}, 1), sample::uniform({2, 3}, 2)));
}

TEST_CASE("samples of no elements and of a scalar are fine") {
    CHECK(sample::uniform({0}, 1).size() == 0);
    CHECK(sample::distinct({2, 0}, 1).size() == 0);
    CHECK(sample::positive({}, 1).shape() == Shape{});
    CHECK(sample::distinct({}, 1)() == 0);
}
