#include <xtape/nn/normal_quantile.hpp>

#include <doctest/doctest.h>

#include <cmath>

using xtape::nn::detail::normal_quantile;

TEST_CASE("quantiles of the normal distribution are those of Python's statistics.NormalDist") {
    // NormalDist().inv_cdf(p) of Python 3.11.
    const double known[][2] = {{0.75, 0.6744897501960817}, {0.3, -0.5244005127080407}, {0.975, 1.9599639845400536}, {0.01, -2.3263478740408408}, {1e-05, -4.2648907939228256}, {1e-12, -7.034483825301132}, {1e-100, -21.27345356096532}};
    for (const auto& [p, x] : known) CHECK(normal_quantile(p) == doctest::Approx(x).epsilon(1e-15));
    CHECK(normal_quantile(0.5) == 0);
    CHECK(normal_quantile(0) == -INFINITY);
    CHECK(normal_quantile(1) == INFINITY);
}

TEST_CASE("a quantile undoes the distribution function, in the middle and far out") {
    for (double x = -30; x <= 5; x += 0.125) {
        const double p = std::erfc(-x / std::sqrt(2.)) / 2;
        // An error of p is one of x times density over p, about |x| in the tail.
        CHECK(normal_quantile(p) == doctest::Approx(x).epsilon(x < 0 ? 1e-14 : 1e-10));
    }
}
