#include <xtape/autodiff/kernels/eigen.hpp>

#include <xtape/autodiff/random.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xtape;

TEST_CASE("eigenvalues come largest first, with orthonormal vectors in rows") {
    for (const std::size_t n : {1U, 2U, 7U, 40U}) {
        Array64 a = random::normal<double>({n, n}, 0., 1., random::Stream(1, n));
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < i; ++j) a(i, j) = a(j, i);
        }
        Array64 rows = a, values = empty_array<double>({n});
        REQUIRE(detail::symmetric_eigen(rows.data(), n, values.data(), "test") == detail::factored);
        for (std::size_t k = 0; k < n; ++k) {
            if (k > 0) CHECK(values(k) <= values(k - 1));
            for (std::size_t i = 0; i < n; ++i) {
                double image = 0, product = 0;
                for (std::size_t j = 0; j < n; ++j) {
                    image += a(i, j) * rows(k, j);
                    product += rows(k, j) * rows(i, j);
                }
                CHECK(std::abs(image - values(k) * rows(k, i)) <= 1e-12);
                CHECK(std::abs(product - (i == k ? 1 : 0)) <= 1e-13);
            }
        }
    }
}

TEST_CASE("a matrix with NaN or infinity has no eigenvalues, and an empty one none to find") {
    Array64 a{{1., 0.}, {0., std::numeric_limits<double>::infinity()}}, values = empty_array<double>({2});
    CHECK(detail::symmetric_eigen(a.data(), 2, values.data(), "test") == detail::not_finite);
    CHECK(detail::symmetric_eigen(nullptr, 0, nullptr, "test") == detail::factored);
}
