#include <xtape/data/iris.hpp>

#include <doctest/doctest.h>
#include <zlib.h>

#include <cmath>
#include <vector>

using namespace xtape;

TEST_CASE("iris has 150 flowers of four lengths, 50 of each kind") {
    const data::TensorDataset iris = data::iris();
    CHECK(to_string(iris.features().shape()) == "(150, 4)");
    CHECK(iris.classes() == 3);
    std::vector<int> counts(3);
    for (const std::int64_t label : iris.labels()) ++counts[static_cast<std::size_t>(label)];
    CHECK(counts == std::vector<int>{50, 50, 50});
    CHECK(data::iris_classes[2] == "virginica");
    CHECK(data::iris_features[3] == "petal width");
}

TEST_CASE("the lengths and labels of iris are those of its source") {
    // Rows 0, 34, 37 and 149 of scikit-learn's iris.csv, and CRC-32 (Python's zlib.crc32) over all its lengths in
    // millimetres and labels as bytes.
    const data::TensorDataset iris = data::iris();
    CHECK(iris.get(0).first == Array{5.1f, 3.5f, 1.4f, 0.2f});
    CHECK(iris.get(34).first == Array{4.9f, 3.1f, 1.5f, 0.2f});
    CHECK(iris.get(37).first == Array{4.9f, 3.6f, 1.4f, 0.1f});
    CHECK(iris.get(149).first == Array{5.9f, 3.0f, 5.1f, 1.8f});
    CHECK(iris.get(149).second == 2);
    std::vector<unsigned char> bytes;
    for (const float length : iris.features()) bytes.push_back(static_cast<unsigned char>(std::lround(length * 10)));
    for (const std::int64_t label : iris.labels()) bytes.push_back(static_cast<unsigned char>(label));
    CHECK(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())) == 0xc095391b);
}
