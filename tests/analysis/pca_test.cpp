#include "analysis/golden.hpp"

#include <xtape/analysis/pca.hpp>
#include <xtape/autodiff/random.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xtape;

namespace {

template <class T>
double furthest(const BasicArray<T>& a, const BasicArray<T>& b) {
    REQUIRE(a.shape() == b.shape());
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        most = std::max(most, std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
    }
    return most;
}

void check_orthonormal(const Array64& rows, double tolerance) {
    for (std::size_t i = 0; i < rows.shape()[0]; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double product = 0;
            for (std::size_t c = 0; c < rows.shape()[1]; ++c) product += rows(i, c) * rows(j, c);
            CHECK(std::abs(product - (i == j ? 1 : 0)) <= tolerance);
        }
    }
}

}  // namespace

TEST_CASE("principal components of points on a line are the line") {
    const Array64 x{{1., 1.}, {2., 3.}, {3., 5.}, {4., 7.}};
    const analysis::Pca64 found = analysis::pca(x);
    CHECK(found.mean == Array64{2.5, 4.});
    CHECK(std::abs(found.components(0, 0) - 1 / std::sqrt(5.)) <= 1e-15);
    CHECK(std::abs(found.components(0, 1) - 2 / std::sqrt(5.)) <= 1e-15);
    CHECK(std::abs(found.explained_variance(0) - 25. / 3) <= 1e-14);
    CHECK(std::abs(found.explained_variance(1)) <= 1e-14);
    CHECK(std::abs(found.explained_variance_ratio(0) - 1) <= 1e-15);
    const Array64 z = found.transform(Array64{{2.5, 4.}, {3.5, 6.}});
    CHECK(std::abs(z(0, 0)) <= 1e-15);
    CHECK(std::abs(z(1, 0) - std::sqrt(5.)) <= 1e-14);
}

TEST_CASE("principal components of the digits are scikit-learn's") {
    const auto& theirs = golden::group("pca");
    const double largest = theirs.at("explained_variance")[0].get<double>();
    const auto check = [&](const Array64& variance, const Array64& ratio) {
        REQUIRE(variance.size() == 64);
        for (std::size_t k = 0; k < 64; ++k) {
            CAPTURE(k);
            // Three pixels never vary: what both find there is rounding, of the size of 1e-16 of the largest.
            const double variance_of_theirs = theirs.at("explained_variance")[k].get<double>();
            const double ratio_of_theirs = theirs.at("explained_variance_ratio")[k].get<double>();
            CHECK(std::abs(variance(k) - variance_of_theirs) <= 1e-6 * variance_of_theirs + 1e-15 * largest);
            CHECK(std::abs(ratio(k) - ratio_of_theirs) <= 1e-6 * ratio_of_theirs + 1e-15);
        }
    };
    const analysis::Pca64 in_double = analysis::pca(golden::digits<double>());
    check(in_double.explained_variance, in_double.explained_variance_ratio);
    const analysis::Pca in_float = analysis::pca(golden::digits<float>());
    check(in_float.explained_variance, in_float.explained_variance_ratio);
    for (std::size_t k = 0; k < 3; ++k) {
        for (std::size_t c = 0; c < 64; ++c) {
            const double wanted = theirs.at("components")[k][c].get<double>();
            CHECK(std::abs(in_double.components(k, c) - wanted) <= 1e-12);
            CHECK(std::abs(static_cast<double>(in_float.components(k, c)) - wanted) <= 1e-6);
        }
    }
    check_orthonormal(in_double.components, 1e-13);
}

TEST_CASE("all components give the points back, some their projection") {
    const Array64 x = golden::digits<double>(200);
    const analysis::Pca64 all = analysis::pca(x);
    CHECK(furthest(all.inverse_transform(all.transform(x)), x) <= 1e-13);
    const analysis::Pca64 some = analysis::pca(x, {.components = 5});
    CHECK(some.components.shape() == Shape{5, 64});
    const Array64 z = some.transform(x);
    CHECK(furthest(some.transform(some.inverse_transform(z)), z) <= 1e-13);
    // What is left out is the variance that is not explained.
    const Array64 back = some.inverse_transform(z);
    double left = 0, unexplained = 0;
    for (std::size_t i = 0; i < x.size(); ++i) left += (x.data()[i] - back.data()[i]) * (x.data()[i] - back.data()[i]);
    for (std::size_t k = 5; k < 64; ++k) unexplained += all.explained_variance(k);
    CHECK(std::abs(left / 199 - unexplained) <= 1e-12 * unexplained);
}

TEST_CASE("whitened components have variance 1 and do not vary together") {
    const Array64 x = golden::digits<double>(300);
    const analysis::Pca64 found = analysis::pca(x, {.components = 6, .whiten = true});
    const Array64 z = found.transform(x);
    for (std::size_t a = 0; a < 6; ++a) {
        for (std::size_t b = 0; b <= a; ++b) {
            double product = 0;
            for (std::size_t i = 0; i < 300; ++i) product += z(i, a) * z(i, b);
            CHECK(std::abs(product / 299 - (a == b ? 1 : 0)) <= 1e-12);
        }
    }
    CHECK(furthest(found.inverse_transform(z), analysis::pca(x, {.components = 6}).inverse_transform(
                                                   analysis::pca(x, {.components = 6}).transform(x))) <= 1e-13);
    const analysis::Pca64 flat = analysis::pca(Array64{{1., 0.}, {2., 0.}, {3., 0.}}, {.whiten = true});
    CHECK(flat.transform(Array64{{3., 1.}})(0, 1) == 0);
}

TEST_CASE("fewer points than features give the same components") {
    // Twice the same points, once with copies enough for the other way.
    const Array64 x = random::normal<double>({6, 40}, 0., 1., random::Stream(1, 0));
    Array64 copies = empty_array<double>({60, 40});
    for (std::size_t i = 0; i < 10; ++i) std::copy(x.begin(), x.end(), copies.data() + i * x.size());
    const analysis::Pca64 few = analysis::pca(x), many = analysis::pca(copies, {.components = 6});
    CHECK(few.components.shape() == Shape{6, 40});
    for (std::size_t k = 0; k < 5; ++k) {
        CHECK(std::abs(few.explained_variance(k) * 5 / 6 - many.explained_variance(k) * 59 / 60) <= 1e-13 * few.explained_variance(0));
        for (std::size_t c = 0; c < 40; ++c) CHECK(std::abs(few.components(k, c) - many.components(k, c)) <= 1e-11);
    }
    CHECK(few.explained_variance(5) == 0);  // six points span five directions
    check_orthonormal(few.components, 1e-14);
}

TEST_CASE("points that are all the same have components without variance") {
    const analysis::Pca64 tall = analysis::pca(Array64(Shape{5, 3}, 2.)), wide = analysis::pca(Array64(Shape{2, 3}, 2.));
    check_orthonormal(tall.components, 1e-15);
    check_orthonormal(wide.components, 1e-15);
    for (const double variance : tall.explained_variance) CHECK(variance == 0);
    for (const double ratio : wide.explained_variance_ratio) CHECK(ratio == 0);
}

TEST_CASE("principal components have the same bits on any number of threads") {
    const Array x = golden::digits<float>();
    const auto results = golden::on_threads([&] { return analysis::pca(x); });
    for (const analysis::Pca& other : results) {
        CHECK(other.components == results[0].components);
        CHECK(other.explained_variance == results[0].explained_variance);
        CHECK(other.transform(x) == results[0].transform(x));
    }
}

TEST_CASE("principal components of what has none are an error") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(analysis::pca(Array{{1.f, 2.f}}, {}, nowhere),
                         "pca: expected at least two points (N, D), got (1, 2)", ShapeError);
    CHECK_THROWS_WITH_AS(analysis::pca(Array{1.f}, {}, nowhere),
                         "pca: expected points (N, D) with N and D at least 1, got (1)", ShapeError);
    CHECK_THROWS_WITH_AS(analysis::pca(Array{{1.f}, {std::numeric_limits<float>::quiet_NaN()}}, {}, nowhere),
                         "pca: expected finite numbers, got nan at row 1", DataError);
    const Array x{{1.f, 2.f, 3.f}, {2.f, 1.f, 0.f}};
    CHECK_THROWS_WITH_AS(analysis::pca(x, {.components = 3}, nowhere),
                         "pca: expected at most 2 components of points (2, 3), got 3", ConfigError);
    const analysis::Pca found = analysis::pca(x);
    CHECK_THROWS_WITH_AS(found.transform(Array{{1.f}}, nowhere), "pca: expected points (N, 3), got (1, 1)", ShapeError);
    CHECK_THROWS_WITH_AS(found.inverse_transform(x, nowhere), "pca: expected coordinates (N, 2), got (2, 3)", ShapeError);
}
