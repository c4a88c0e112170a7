#include <xtape/autodiff/memory.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/dataset.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

using namespace xtape;
using data::TensorDataset;

static_assert(data::Dataset<TensorDataset>);
static_assert(data::GatheringDataset<TensorDataset>);
static_assert(!data::Dataset<int>);
static_assert(!data::Dataset<std::vector<int>>);

namespace {

TensorDataset three_rows() { return {Array{{1.f, 2.f}, {3.f, 4.f}, {5.f, 6.f}}, IndexArray{2, 0, 1}}; }

// Row i is (i, i, ...) with label i.
TensorDataset numbered(std::size_t rows, std::size_t width) {
    Array features = empty_array<float>(Shape{rows, width});
    for (std::size_t i = 0; i < features.size(); ++i) features.data()[i] = static_cast<float>(i / width);
    IndexArray labels = empty_array<std::int64_t>(Shape{rows});
    std::iota(labels.data(), labels.data() + rows, std::int64_t{0});
    return {std::move(features), std::move(labels)};
}

}  // namespace

TEST_CASE("a tensor data set gives rows with their labels") {
    const TensorDataset set = three_rows();
    CHECK(set.size() == 3);
    CHECK(set.classes() == 3);
    const auto [x, y] = set.get(1);
    CHECK(x == Array{3.f, 4.f});
    CHECK(y == 0);
    CHECK(set.features()(2, 1) == 6.f);
    CHECK(set.labels() == IndexArray{2, 0, 1});
}

TEST_CASE("a row keeps the trailing shape") {
    const TensorDataset images{Array::from_shape({2, 1, 3, 4}), IndexArray{0, 0}};
    CHECK(to_string(images.get(1).first.shape()) == "(1, 3, 4)");
    const TensorDataset numbers{Array{7.f, 8.f}, IndexArray{0, 1}};
    CHECK(to_string(numbers.get(1).first.shape()) == "()");
    CHECK(numbers.get(1).first() == 8.f);
}

TEST_CASE("features given as bytes are their 255th part, and stay bytes until all are asked for") {
    BasicArray<std::uint8_t> bytes(Shape{256, 1000});
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes.data()[i] = static_cast<std::uint8_t>(i / 1000);
    const TensorDataset set{std::move(bytes), IndexArray(Shape{256}, 3)};
    const std::size_t before = memory_stats().in_use;
    CHECK(set.size() == 256);
    CHECK(set.classes() == 4);
    CHECK(set.labels()(255) == 3);
    const auto [item, label] = set.get(51);
    CHECK(item(0) == 0.2f);
    CHECK(to_string(item.shape()) == "(1000)");
    CHECK(label == 3);
    {
        TensorDataset::Batch batch;
        set.gather(std::vector<std::int64_t>{255, 0}, batch);
        CHECK(std::get<0>(batch)(0, 999) == 1.f);
        CHECK(std::get<0>(batch)(1, 999) == 0.f);
        CHECK(set.subset(std::vector<std::int64_t>{1, 2}).features()(1, 0) == 2.f / 255.f);
    }
    CHECK(memory_stats().in_use < before + 10'000);
    const Array& features = set.features();
    CHECK(to_string(features.shape()) == "(256, 1000)");
    CHECK(features(254, 0) == 254.f / 255.f);
    CHECK(&set.features() == &features);
}

TEST_CASE("a tensor data set may be empty") {
    const TensorDataset set{Array::from_shape({0, 5}), IndexArray::from_shape({0})};
    CHECK(set.size() == 0);
    CHECK(set.classes() == 0);
    TensorDataset::Batch batch;
    set.gather({}, batch);
    CHECK(to_string(std::get<0>(batch).shape()) == "(0, 5)");
    CHECK(set.subset({}).size() == 0);
    CHECK(to_string(set.subset({}).features().shape()) == "(0, 5)");
}

TEST_CASE("copies of a tensor data set share its storage") {
    const TensorDataset set = three_rows();
    const TensorDataset copy = set;
    CHECK(&copy.features() == &set.features());
    CHECK(&copy.labels() == &set.labels());
}

TEST_CASE("a temporary data set gives copies of its arrays") {
    std::int64_t sum = 0;
    for (const std::int64_t label : three_rows().labels()) sum += label;
    CHECK(sum == 3);
    static_assert(!std::is_reference_v<decltype(three_rows().features())>);
}

TEST_CASE("a subset has the chosen rows in their order and as many classes as the whole") {
    const TensorDataset set = three_rows();
    const TensorDataset some = set.subset(std::vector<std::int64_t>{2, 1, 2});
    CHECK(some.size() == 3);
    CHECK(some.classes() == 3);
    CHECK(some.get(0).first == Array{5.f, 6.f});
    CHECK(some.get(1).second == 0);
    CHECK(some.features() == Array{{5.f, 6.f}, {3.f, 4.f}, {5.f, 6.f}});
    CHECK(some.labels() == IndexArray{1, 0, 1});

    const TensorDataset less = some.subset(std::vector<std::int64_t>{1});
    CHECK(less.size() == 1);
    CHECK(less.features() == Array{{3.f, 4.f}});
}

TEST_CASE("a subset copies no features until they are asked for, and then once") {
    const TensorDataset set = numbered(1000, 1000);
    std::vector<std::int64_t> rows(500);
    std::iota(rows.begin(), rows.end(), 100);
    const std::size_t before = memory_stats().in_use;
    const TensorDataset some = set.subset(rows);
    CHECK(memory_stats().in_use == before);
    const Array& together = some.features();
    CHECK(together(3, 7) == 103.f);
    CHECK(&some.features() == &together);
    const TensorDataset copy = some;
    CHECK(&copy.features() == &together);
}

TEST_CASE("gathering reuses the batch's arrays when the shape stays") {
    const TensorDataset set = three_rows();
    TensorDataset::Batch batch;
    auto& [x, y] = batch;
    set.gather(std::vector<std::int64_t>{2, 0}, batch);
    CHECK(x == Array{{5.f, 6.f}, {1.f, 2.f}});
    CHECK(y == IndexArray{1, 2});
    const float* features = x.data();
    const std::int64_t* labels = y.data();
    set.gather(std::vector<std::int64_t>{1, 1}, batch);
    CHECK(x == Array{{3.f, 4.f}, {3.f, 4.f}});
    CHECK(x.data() == features);
    CHECK(y.data() == labels);
    set.gather(std::vector<std::int64_t>{1}, batch);
    CHECK(x == Array{{3.f, 4.f}});
}

TEST_CASE("a batch is the same on any number of threads") {
    const std::size_t rows = 3000, width = 500;  // 6 MB: cut in many blocks
    const TensorDataset set = numbered(rows, width);
    std::vector<std::int64_t> order(rows);
    for (std::size_t i = 0; i < rows; ++i) order[i] = static_cast<std::int64_t>(i * 7 % rows);
    const std::size_t threads_before = threads();
    for (const std::size_t count : {1u, 2u, 4u}) {
        set_threads(count);
        TensorDataset::Batch batch;
        set.gather(order, batch);
        const auto& [x, y] = batch;
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < x.size(); ++i) wrong += x.data()[i] != static_cast<float>(order[i / width]) ? 1 : 0;
        INFO("threads ", count);
        CHECK(wrong == 0);
        CHECK(std::equal(order.begin(), order.end(), y.data()));
    }
    set_threads(threads_before);
}

TEST_CASE("features and labels must have the same number of rows") {
    const auto make = [](Array features, IndexArray labels) {
        return TensorDataset(std::move(features), std::move(labels), 0, Location{});
    };
    CHECK_THROWS_WITH_AS(make(Array::from_shape({3, 2}), IndexArray::from_shape({4})),
                         "TensorDataset: expected features (N, ...) and labels (N), got (3, 2) and (4)", ShapeError);
    CHECK_THROWS_WITH_AS(make(Array::from_shape({3, 2}), IndexArray::from_shape({3, 1})),
                         "TensorDataset: expected features (N, ...) and labels (N), got (3, 2) and (3, 1)", ShapeError);
    CHECK_THROWS_WITH_AS(make(Array::from_shape({}), IndexArray::from_shape({0})),
                         "TensorDataset: expected features (N, ...) and labels (N), got () and (0)", ShapeError);
}

TEST_CASE("labels must be classes") {
    const auto make = [](IndexArray labels, std::size_t classes) {
        return TensorDataset(Array::from_shape({3, 1}), std::move(labels), classes, Location{});
    };
    CHECK(make(IndexArray{0, 4, 1}, 0).classes() == 5);
    CHECK(make(IndexArray{0, 4, 1}, 10).classes() == 10);
    CHECK(make(IndexArray{0, std::numeric_limits<std::int64_t>::max(), 1}, 0).classes() == std::size_t{1} << 63);
    CHECK_THROWS_WITH_AS(make(IndexArray{0, -1, 1}, 0), "TensorDataset: expected labels of at least 0, got -1 in row 1",
                         DataError);
    CHECK_THROWS_WITH_AS(make(IndexArray{0, 1, 4}, 4), "TensorDataset: expected labels from 0 to 3, got 4 in row 2",
                         DataError);
    CHECK_THROWS_WITH_AS(make(IndexArray{-7, 1, 4}, 4), "TensorDataset: expected labels from 0 to 3, got -7 in row 0",
                         DataError);
}

TEST_CASE("features given as bytes are checked like others") {
    const auto make = [](IndexArray labels, std::size_t classes) {
        return TensorDataset(BasicArray<std::uint8_t>(Shape{2, 3}), std::move(labels), classes, Location{});
    };
    CHECK_THROWS_WITH_AS(make(IndexArray{0, 1, 2}, 0),
                         "TensorDataset: expected features (N, ...) and labels (N), got (2, 3) and (3)", ShapeError);
    CHECK_THROWS_WITH_AS(make(IndexArray{0, 4}, 4), "TensorDataset: expected labels from 0 to 3, got 4 in row 1",
                         DataError);
    const TensorDataset nothing{BasicArray<std::uint8_t>(Shape{0, 5}), IndexArray(Shape{0})};
    CHECK(to_string(nothing.features().shape()) == "(0, 5)");
}

TEST_CASE("the error of a wrong data set ends with the caller's place") {
    std::string message;
    const std::string line = std::to_string(__LINE__ + 2);
    try {
        const TensorDataset set{Array{1.f}, IndexArray{-1}};
    } catch (const DataError& error) {
        message = error.what();
    }
    CHECK(message ==
          "TensorDataset: expected labels of at least 0, got -1 in row 0 (at dataset_test.cpp:" + line + ")");
}

TEST_CASE("rows outside a tensor data set are refused") {
    const TensorDataset set = three_rows();
    TensorDataset::Batch batch;
    CHECK_THROWS_WITH_AS(set.get(3), "TensorDataset::get: expected a row below 3, got 3", ConfigError);
    CHECK_THROWS_WITH_AS(set.gather(std::vector<std::int64_t>{0, -1}, batch),
                         "TensorDataset::gather: expected a row below 3, got -1", ConfigError);
    CHECK_THROWS_WITH_AS(set.subset(std::vector<std::int64_t>{7}),
                         "TensorDataset::subset: expected a row below 3, got 7", ConfigError);
    CHECK_THROWS_WITH_AS(set.subset(std::vector<std::int64_t>{2}).get(1),
                         "TensorDataset::get: expected a row below 1, got 1", ConfigError);
}
