#include "data/numbered.hpp"

#include <xtape/autodiff/memory.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using data::ArrayDataset;
using support::Rows;

static_assert(data::GatheringDataset<ArrayDataset<float>>);
static_assert(data::GatheringDataset<ArrayDataset<float, double, std::int64_t>>);

TEST_CASE("an array data set gives the rows of its arrays") {
    const ArrayDataset set{Array{{1.f, 2.f}, {3.f, 4.f}, {5.f, 6.f}}, Array64{0.5, 1.5, 2.5},
                           IndexArray{{7}, {8}, {9}}};
    static_assert(std::is_same_v<decltype(set), const ArrayDataset<float, double, std::int64_t>>);
    CHECK(set.size() == 3);
    const auto [x, y, z] = set.get(1);
    CHECK(x == Array{3.f, 4.f});
    CHECK(y == Array64(1.5));
    CHECK(z == IndexArray{8});
    CHECK(set.column()(2, 1) == 6.f);
    CHECK(set.column<1>()(0) == 0.5);
}

TEST_CASE("a loader stacks the rows of an array data set") {
    const ArrayDataset pairs{support::numbered_array(5), Array64{0., 10., 20., 30., 40.}};
    std::size_t batches = 0;
    for (const auto& [x, y] : data::Loader{pairs, {.batch_size = 4}}) {
        static_assert(std::is_same_v<decltype(x), const Array>);
        static_assert(std::is_same_v<decltype(y), const Array64>);
        if (batches++ == 1) {
            CHECK(x == Array{{4.f, 4.5f}});
            CHECK(y == Array64{40.});
        }
    }
    CHECK(batches == 2);
}

TEST_CASE("the items of one array are arrays") {
    const ArrayDataset images{Array{{1.f, 2.f}, {3.f, 4.f}}};
    CHECK(images.get(1) == Array{3.f, 4.f});
    for (const Array& x : data::Loader{images}) CHECK(x == Array{{1.f, 2.f}, {3.f, 4.f}});
    const ArrayDataset copy{images};
    static_assert(std::is_same_v<decltype(copy), const ArrayDataset<float>>);
    CHECK(&copy.column() == &images.column());
}

TEST_CASE("gathering an array data set reuses the batch's arrays when the shape stays") {
    const ArrayDataset set{support::numbered_array(4), IndexArray{0, 1, 2, 3}};
    decltype(set)::Batch batch;
    set.gather(Rows{3, 1}, batch);
    auto& [x, y] = batch;
    CHECK(x == Array{{3.f, 3.5f}, {1.f, 1.5f}});
    const float* const features = x.data();
    const std::int64_t* const numbers = y.data();
    set.gather(Rows{0, 0}, batch);
    CHECK(x == Array{{0.f, 0.5f}, {0.f, 0.5f}});
    CHECK(x.data() == features);
    CHECK(y.data() == numbers);
    set.gather(Rows{}, batch);
    CHECK(to_string(x.shape()) == "(0, 2)");
}

TEST_CASE("an array data set may be empty or have empty rows") {
    const ArrayDataset empty{Array::from_shape({0, 3}), IndexArray::from_shape({0})};
    CHECK(empty.size() == 0);
    decltype(empty)::Batch batch;
    empty.gather(Rows{}, batch);
    CHECK(to_string(std::get<0>(batch).shape()) == "(0, 3)");
    const ArrayDataset hollow{Array::from_shape({2, 0, 3})};
    for (const Array& x : data::Loader{hollow}) CHECK(to_string(x.shape()) == "(2, 0, 3)");
    CHECK(to_string(hollow.get(1).shape()) == "(0, 3)");
}

TEST_CASE("copies of an array data set share its storage") {
    const ArrayDataset set{support::numbered_array(1000, 100)};
    const std::size_t before = memory_stats().in_use;
    const ArrayDataset copy = set;
    CHECK(memory_stats().in_use == before);
    CHECK(&copy.column() == &set.column());
}

TEST_CASE("a large batch of an array data set is the same on any number of threads") {
    const std::size_t rows = 3000, width = 500, threads_before = threads();
    const ArrayDataset set{support::numbered_array(rows, width)};
    Rows order(rows);
    for (std::size_t i = 0; i < rows; ++i) order[i] = static_cast<std::int64_t>(i * 7 % rows);
    for (const std::size_t count : {1U, 2U, 4U}) {
        set_threads(count);
        Array batch;
        set.gather(order, batch);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const auto row = static_cast<float>(order[i / width]);
            wrong += batch.data()[i] != row + 0.5F * static_cast<float>(i % width) ? 1 : 0;
        }
        INFO("threads ", count);
        CHECK(wrong == 0);
    }
    set_threads(threads_before);
}

TEST_CASE("the arrays of a data set have one first extent") {
    CHECK_THROWS_WITH_AS(ArrayDataset(Array::from_shape({3, 2}), Array64::from_shape({3}), IndexArray::from_shape({4})),
                         "ArrayDataset: expected arrays (N, ...) with one N, got (3, 2), (3), (4)", ShapeError);
    CHECK_THROWS_WITH_AS(ArrayDataset(Array(1.f)), "ArrayDataset: expected arrays (N, ...) with one N, got ()",
                         ShapeError);
    CHECK_THROWS_WITH_AS(ArrayDataset(Array::from_shape({1}), Array(1.f)),
                         "ArrayDataset: expected arrays (N, ...) with one N, got (1), ()", ShapeError);
}

TEST_CASE("rows outside an array data set are refused") {
    const ArrayDataset set{Array{1.f, 2.f}};
    Array batch;
    CHECK_THROWS_WITH_AS(set.get(2), "ArrayDataset::get: expected a row below 2, got 2", ConfigError);
    CHECK_THROWS_WITH_AS(set.gather(Rows{0, -1}, batch), "ArrayDataset::gather: expected a row below 2, got -1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(set.gather(Rows{2}, batch), "ArrayDataset::gather: expected a row below 2, got 2",
                         ConfigError);
}
