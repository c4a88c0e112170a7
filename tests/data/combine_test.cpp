#include "data/numbered.hpp"

#include <xtape/data/combine.hpp>
#include <xtape/data/map.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using data::ArrayDataset;
using support::Made;
using support::Rows;

namespace {

ArrayDataset<float, std::int64_t> pairs(std::size_t rows, float first, std::int64_t label) {
    Array x = empty_array<float>({rows, 2});
    IndexArray y = empty_array<std::int64_t>({rows});
    for (std::size_t i = 0; i < rows; ++i) {
        x(i, 0) = first + static_cast<float>(i);
        x(i, 1) = -x(i, 0);
        y(i) = label;
    }
    return ArrayDataset{std::move(x), std::move(y)};
}

auto made(std::size_t rows, int factor) {
    return Made{rows, [factor](std::size_t i) { return static_cast<int>(i) * factor; }};
}

}  // namespace

TEST_CASE("concat puts the items of data sets behind one another") {
    const auto all = data::concat(made(3, 1), made(0, 7), made(2, 10));
    static_assert(std::is_same_v<decltype(data::concat(made(3, 1), made(0, 7))),
                                 data::Concat<decltype(made(1, 1)), decltype(made(1, 1))>>);
    CHECK(all.size() == 5);
    std::vector<int> items;
    for (std::size_t i = 0; i < all.size(); ++i) items.push_back(all.get(i));
    CHECK(items == std::vector<int>{0, 1, 2, 0, 10});
    static_assert(!data::GatheringDataset<decltype(all)>);
    for (const IndexArray& x : data::Loader{all}) CHECK(x == IndexArray{0, 1, 2, 0, 10});
}

TEST_CASE("concat of data sets that gather gathers") {
    const auto all = data::concat(pairs(2, 0.f, 0), pairs(1, 10.f, 1), pairs(2, 20.f, 2));
    static_assert(data::GatheringDataset<decltype(all)>);
    std::tuple<Array, IndexArray> batch;
    all.gather(Rows{4, 0, 2, 1, 4}, batch);
    CHECK(std::get<0>(batch) == Array{{21.f, -21.f}, {0.f, 0.f}, {10.f, -10.f}, {1.f, -1.f}, {21.f, -21.f}});
    CHECK(std::get<1>(batch) == IndexArray{2, 0, 1, 0, 2});
    const float* const before = std::get<0>(batch).data();
    all.gather(Rows{3, 3, 2, 2, 3}, batch);
    CHECK(std::get<1>(batch) == IndexArray{2, 2, 1, 1, 2});
    CHECK(std::get<0>(batch).data() == before);
    all.gather(Rows{1, 0}, batch);  // all of one data set
    CHECK(std::get<0>(batch) == Array{{1.f, -1.f}, {0.f, 0.f}});
    all.gather(Rows{}, batch);
    CHECK(to_string(std::get<0>(batch).shape()) == "(0, 2)");

    std::size_t wrong = 0;
    all.gather(Rows{0, 1, 2, 3, 4}, batch);
    for (std::size_t i = 0; i < 5; ++i) {
        const auto [x, y] = all.get(i);
        wrong += x(0) != std::get<0>(batch)(i, 0) || y() != std::get<1>(batch)(i) ? 1 : 0;
    }
    CHECK(wrong == 0);
}

TEST_CASE("concat takes data sets of different types with items of one type") {
    const data::TensorDataset set = support::numbered(3);
    const auto twice = data::concat(
        set, data::map(set, [](const Array& x, std::int64_t y) { return std::pair(Array(2.f * x), y + 10); }));
    Rows seen;
    for (const auto& [x, y] : data::Loader{twice, {.batch_size = 4}}) seen.insert(seen.end(), y.begin(), y.end());
    CHECK(seen == Rows{0, 1, 2, 10, 11, 12});
    CHECK(twice.get(5).first == Array{4.f, 5.f});
}

TEST_CASE("concat refuses rows outside and items of different shapes") {
    const auto all = data::concat(ArrayDataset{Array::from_shape({2, 3})}, ArrayDataset{Array::from_shape({2, 4})});
    Array batch;
    CHECK_THROWS_WITH_AS(all.gather(Rows{0, 2}, batch),
                         "concat: expected items of one shape in all data sets, got (3) and (4) (part 0 of each item)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(all.gather(Rows{4}, batch), "concat: expected a row below 4, got 4", ConfigError);
    CHECK_THROWS_WITH_AS(all.get(4), "concat: expected a row below 4, got 4", ConfigError);
}

TEST_CASE("zip puts the parts of items beside one another") {
    const auto both =
        data::zip(made(3, 2), Made{3, [](std::size_t i) { return std::pair(Array{static_cast<float>(i)}, 0.5); }});
    CHECK(both.size() == 3);
    const auto item = both.get(2);
    static_assert(std::is_same_v<decltype(item), const std::tuple<int, Array, double>>);
    CHECK(std::get<0>(item) == 4);
    CHECK(std::get<1>(item) == Array{2.f});
    static_assert(!data::GatheringDataset<decltype(both)>);
    for (const auto& [a, b, c] : data::Loader{both, {.batch_size = 2, .drop_last = true}}) {
        CHECK(a == IndexArray{0, 2});
        CHECK(b == Array{{0.f}, {1.f}});
        CHECK(c == Array{0.5f, 0.5f});
    }
}

TEST_CASE("zip of data sets that gather gathers, and reuses the batch's arrays") {
    const auto both = data::zip(pairs(4, 0.f, 1), ArrayDataset{Array64{0., 1., 2., 3.}}, support::numbered(4));
    using Batch = std::tuple<Array, IndexArray, Array64, Array, IndexArray>;
    static_assert(data::GatheringDataset<decltype(both)>);
    static_assert(std::is_same_v<data::Loader<decltype(both)>::Batch, Batch>);
    Batch batch;
    both.gather(Rows{3, 1}, batch);
    CHECK(std::get<0>(batch) == Array{{3.f, -3.f}, {1.f, -1.f}});
    CHECK(std::get<2>(batch) == Array64{3., 1.});
    CHECK(std::get<4>(batch) == IndexArray{3, 1});
    const float* const before = std::get<0>(batch).data();
    both.gather(Rows{2, 2}, batch);
    CHECK(std::get<0>(batch) == Array{{2.f, -2.f}, {2.f, -2.f}});
    CHECK(std::get<3>(batch) == Array{{2.f, 2.5f}, {2.f, 2.5f}});
    CHECK(std::get<0>(batch).data() == before);
    CHECK_THROWS_AS(both.gather(Rows{4, 0}, batch), ConfigError);
    both.gather(Rows{0, 1}, batch);  // usable again
    CHECK(std::get<2>(batch) == Array64{0., 1.});
}

TEST_CASE("zip needs data sets of one size") {
    CHECK_THROWS_WITH_AS(data::zip(made(3, 1), made(4, 1)), "zip: expected data sets of one size, got 3 and 4 items",
                         ConfigError);
    CHECK_THROWS_WITH_AS(data::zip(made(3, 1), made(3, 1)).get(3), "zip: expected a row below 3, got 3", ConfigError);
}
