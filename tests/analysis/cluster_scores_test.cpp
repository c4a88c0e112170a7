#include "analysis/golden.hpp"

#include <xtape/analysis/cluster_scores.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace xtape;

namespace {

IndexArray numbers(const nlohmann::json& given) {
    IndexArray result = empty_array<std::int64_t>({given.size()});
    for (std::size_t i = 0; i < given.size(); ++i) result.data()[i] = given[i].get<std::int64_t>();
    return result;
}

}  // namespace

TEST_CASE("scores of clusterings are scikit-learn's") {
    for (const nlohmann::json& row : golden::group("scores")) {
        CAPTURE(row.at("name").get<std::string>());
        const IndexArray labels = numbers(row.at("labels")), clusters = numbers(row.at("clusters"));
        const auto close = [&](double ours, const char* what) { CHECK(std::abs(ours - row.at(what).get<double>()) <= 1e-13); };
        close(analysis::purity(labels, clusters), "purity");
        close(analysis::normalized_mutual_information(labels, clusters), "normalized_mutual_information");
        close(analysis::normalized_mutual_information(clusters, labels), "normalized_mutual_information");
        close(analysis::adjusted_rand_index(labels, clusters), "adjusted_rand_index");
        close(analysis::adjusted_rand_index(clusters, labels), "adjusted_rand_index");
    }
}

TEST_CASE("scores of a clustering of nothing") {
    const IndexArray none = empty_array<std::int64_t>({0});
    CHECK(std::isnan(analysis::purity(none, none)));
    CHECK(analysis::normalized_mutual_information(none, none) == 1);
    CHECK(analysis::adjusted_rand_index(none, none) == 1);
}

TEST_CASE("labels and clusters that do not pair up are an error") {
    const IndexArray two{0, 1}, one{0};
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(analysis::purity(two, one, nowhere), "purity: expected labels (N) and clusters (N), got (2) and (1)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(analysis::normalized_mutual_information(two, one, nowhere),
                         "normalized_mutual_information: expected labels (N) and clusters (N), got (2) and (1)", ShapeError);
    CHECK_THROWS_WITH_AS(analysis::adjusted_rand_index(IndexArray{{0}}, IndexArray{{0}}, nowhere),
                         "adjusted_rand_index: expected labels (N) and clusters (N), got (1, 1) and (1, 1)", ShapeError);
}
