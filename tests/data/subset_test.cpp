#include "data/numbered.hpp"

#include <xtape/data/subset.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using support::Rows;

namespace {

// A user's data set: the squares.
struct Squares {
    std::size_t size() const { return 10; }
    double get(std::size_t i) const { return static_cast<double>(i * i); }
};

}  // namespace

static_assert(data::GatheringDataset<data::Subset<data::ArrayDataset<float, double>>>);
static_assert(!data::GatheringDataset<data::Subset<Squares>>);

TEST_CASE("a subset keeps to its rows") {
    const auto some = data::subset(Squares{}, Rows{3, 1});
    static_assert(std::is_same_v<decltype(some), const data::Subset<Squares>>);
    CHECK(some.size() == 2);
    CHECK(some.get(0) == 9);
    CHECK(some.subset(Rows{1}).get(0) == 1);
    CHECK_THROWS_WITH_AS(some.get(2), "Subset: expected a row below 2, got 2", ConfigError);
    CHECK_THROWS_WITH_AS(some.subset(Rows{-1}), "Subset: expected a row below 2, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(data::subset(Squares{}, Rows{10}), "Subset: expected a row below 10, got 10", ConfigError);
}

TEST_CASE("a subset of a tensor data set is one") {
    const auto some = data::subset(support::numbered(5), Rows{4, 4, 0});
    static_assert(std::is_same_v<decltype(some), const data::TensorDataset>);
    CHECK(some.labels() == IndexArray{4, 4, 0});
}

TEST_CASE("a subset of a subset is a subset of the whole") {
    const auto some = data::subset(data::subset(Squares{}, Rows{9, 8, 7}), Rows{2, 0});
    static_assert(std::is_same_v<decltype(some), const data::Subset<Squares>>);
    CHECK(some.get(0) == 49);
    CHECK(some.get(1) == 81);
}

TEST_CASE("a subset gathers where the data set does, and reuses the batch") {
    const auto some =
        data::subset(data::ArrayDataset{support::numbered_array(10), Array64{0., 1., 2., 3., 4., 5., 6., 7., 8., 9.}},
                     Rows{9, 5, 7});
    std::tuple<Array, Array64> batch;
    some.gather(Rows{2, 0}, batch);
    CHECK(std::get<0>(batch) == Array{{7.f, 7.5f}, {9.f, 9.5f}});
    CHECK(std::get<1>(batch) == Array64{7., 9.});
    const float* const before = std::get<0>(batch).data();
    some.gather(Rows{1, 1}, batch);
    CHECK(std::get<0>(batch) == Array{{5.f, 5.5f}, {5.f, 5.5f}});
    CHECK(std::get<0>(batch).data() == before);
    CHECK_THROWS_WITH_AS(some.gather(Rows{3}, batch), "Subset: expected a row below 3, got 3", ConfigError);
}

TEST_CASE("a subset of no rows is empty") {
    const auto none = data::subset(Squares{}, Rows{});
    CHECK(none.size() == 0);
    CHECK_THROWS_WITH_AS(none.get(0), "Subset: expected a row below 0, got 0", ConfigError);
}
