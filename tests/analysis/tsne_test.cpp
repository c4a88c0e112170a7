#include "analysis/golden.hpp"

#include <xtape/analysis/trustworthiness.hpp>
#include <xtape/analysis/tsne.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

using namespace xtape;

namespace {

const random::Stream stream(11, 0);

bool finite(const Array& x) {
    return std::all_of(x.begin(), x.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace

TEST_CASE("pictures of the digits are as trustworthy as scikit-learn's and as near to them, exact and by a tree") {
    for (const auto& [name, method] : {std::pair("tsne_subset_exact", analysis::TsneMethod::exact),
                                       std::pair("tsne_subset", analysis::TsneMethod::barnes_hut)}) {
        const auto& theirs = golden::group(name);
        const Array x = golden::digits<float>(theirs.at("points").get<std::size_t>());
        const analysis::Tsne found = analysis::tsne(x, {.method = method}, stream);
        CHECK(analysis::trustworthiness(x, found.embedding) >= 0.98 * theirs.at("trustworthiness").get<double>());
        // Where a descent ends depends on its rounding: these are two of many minima.
        CHECK(std::abs(found.kl_divergence / theirs.at("kl_divergence").get<double>() - 1) <= 0.05);
    }
}

TEST_CASE("the picture of all digits is as trustworthy as scikit-learn's") {
    const Array x = golden::digits<float>();
    const double theirs = golden::group("tsne").at("trustworthiness").get<double>();
    CHECK(analysis::trustworthiness(x, analysis::tsne(x, {}, stream).embedding) >= 0.98 * theirs);
}

TEST_CASE("pictures of the digits in double are as trustworthy") {
    const Array64 x = golden::digits<double>(300);
    const analysis::Tsne64 found = analysis::tsne(x, {.iterations = 400}, stream);
    CHECK(analysis::trustworthiness(x, found.embedding) >= 0.97);
}

TEST_CASE("pictures have the same bits on any number of threads") {
    const Array x = golden::digits<float>(250);
    for (const auto method : {analysis::TsneMethod::exact, analysis::TsneMethod::barnes_hut}) {
        const auto results =
            golden::on_threads([&] { return analysis::tsne(x, {.iterations = 120, .method = method}, stream); });
        for (const analysis::Tsne& other : results) {
            CHECK(other.embedding == results[0].embedding);
            CHECK(other.kl_divergence == results[0].kl_divergence);
        }
    }
}

TEST_CASE("a random start is drawn from the stream, and is another one for another stream") {
    const Array x = golden::digits<float>(100);
    const analysis::TsneOptions options{.perplexity = 10, .iterations = 60, .start = analysis::TsneStart::random};
    const Array first = analysis::tsne(x, options, random::Stream(1, 0)).embedding;
    CHECK(analysis::tsne(x, options, random::Stream(1, 0)).embedding == first);
    CHECK(analysis::tsne(x, options, random::Stream(2, 0)).embedding != first);
}

TEST_CASE("progress is told every fifty iterations and after the last") {
    std::vector<analysis::TsneProgress> told;
    const analysis::Tsne found = analysis::tsne(
        golden::digits<float>(120),
        {.perplexity = 8, .iterations = 320, .progress = [&](const analysis::TsneProgress& p) { told.push_back(p); }}, stream);
    REQUIRE(told.size() == 7);
    CHECK(told[0].iteration == 50);
    CHECK(told[6].iteration == 320);
    CHECK(told[6].iterations == 320);
    CHECK(told[6].kl_divergence == found.kl_divergence);
    CHECK(told[6].kl_divergence < told[0].kl_divergence);
    CHECK(told[6].gradient_norm > 0);
    CHECK(found.iterations == 320);
}

TEST_CASE("a run ends early when it does not get better, or nothing moves any more") {
    const Array x = golden::digits<float>(60);
    const analysis::Tsne found =
        analysis::tsne(x, {.perplexity = 5, .iterations = 5000, .learning_rate = 200, .patience = 100}, stream);
    CHECK(found.iterations < 5000);
    const analysis::Tsne still = analysis::tsne(x, {.perplexity = 5, .iterations = 5000, .least_gradient = 1e3}, stream);
    CHECK(still.iterations == 300);
}

TEST_CASE("few points, equal points and one heap have a picture") {
    CHECK(finite(analysis::tsne(Array{{0.f, 0.f}, {1.f, 0.f}, {0.f, 1.f}, {5.f, 5.f}}, {.perplexity = 1.5}, stream).embedding));
    const Array same(Shape{20, 3}, 2.f);
    CHECK(finite(analysis::tsne(same, {.perplexity = 4}, stream).embedding));
    CHECK(finite(analysis::tsne(same, {.perplexity = 4, .start = analysis::TsneStart::random,
                                       .method = analysis::TsneMethod::barnes_hut}, stream).embedding));
}

TEST_CASE("t-SNE says which option is out of range") {
    const Location nowhere{};
    const Array x = golden::digits<float>(20);
    const auto run = [&](const analysis::TsneOptions& options) { analysis::tsne(x, options, stream, nowhere); };
    CHECK_THROWS_WITH_AS(run({.perplexity = 19}),
                         "tsne: expected a perplexity of at least 1 and less than 19 for 20 points, got 19", ConfigError);
    CHECK_THROWS_WITH_AS(run({.perplexity = 5, .early_exaggeration = 0.5}),
                         "tsne: expected an early_exaggeration of at least 1, got 0.5", ConfigError);
    CHECK_THROWS_WITH_AS(run({.perplexity = 5, .iterations = 0}), "tsne: expected at least 1 iteration, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(run({.perplexity = 5, .learning_rate = -1}),
                         "tsne: expected a learning_rate above 0, or 0 to choose one, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(run({.perplexity = 5, .angle = 1}), "tsne: expected an angle between 0 and 1, got 1", ConfigError);
    CHECK_THROWS_WITH_AS(run({.perplexity = 5, .least_gradient = -1}),
                         "tsne: expected a least_gradient of at least 0, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(analysis::tsne(Array(Shape{3, 2}, 1.f), {}, stream, nowhere),
                         "tsne: expected at least 4 points (N, D), got (3, 2)", ShapeError);
    CHECK_THROWS_WITH_AS(analysis::tsne(Array(Shape{9, 1}, 1.f), {.perplexity = 2}, stream, nowhere),
                         "tsne: expected points of at least 2 features for a PCA start, got 1", ConfigError);
    CHECK_THROWS_WITH_AS(analysis::tsne(Array{{1.f, std::numeric_limits<float>::quiet_NaN()}}, {}, stream, nowhere),
                         "tsne: expected finite numbers, got nan at row 0", DataError);
}
