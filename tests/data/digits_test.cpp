#include <xtape/data/digits.hpp>

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

using namespace xtape;

namespace {

template <class T>
unsigned long checksum(const BasicArray<T>& values, T factor) {
    std::vector<unsigned char> bytes;
    for (const T value : values) bytes.push_back(static_cast<unsigned char>(value * factor));
    return crc32(0, bytes.data(), static_cast<uInt>(bytes.size()));
}

}  // namespace

TEST_CASE("digits has 1797 rows of 64 pixels from 0 to 1") {
    const data::TensorDataset digits = data::digits();
    CHECK(digits.size() == 1797);
    CHECK(digits.classes() == 10);
    CHECK(to_string(digits.features().shape()) == "(1797, 64)");
    CHECK(*std::min_element(digits.features().begin(), digits.features().end()) == 0.f);
    CHECK(*std::max_element(digits.features().begin(), digits.features().end()) == 1.f);
}

TEST_CASE("digits can be had as images") {
    const data::TensorDataset images = data::digits({.image = true});
    CHECK(to_string(images.features().shape()) == "(1797, 1, 8, 8)");
    const Array flat = data::digits().features();
    CHECK(std::equal(flat.begin(), flat.end(), images.features().begin()));
    CHECK(images.labels() == data::digits().labels());
}

TEST_CASE("digits has as many rows of each class as its source") {
    // sklearn.datasets.load_digits of scikit-learn 1.2.1: numpy.bincount(target).
    const std::vector<int> wanted{178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
    std::vector<int> counts(10);
    for (const std::int64_t label : data::digits().labels()) ++counts[static_cast<std::size_t>(label)];
    CHECK(counts == wanted);
}

TEST_CASE("the pixels and labels of digits are those of its source") {
    // The first row of scikit-learn's digits.csv, and CRC-32 (Python's zlib.crc32) over all its pixels and labels as
    // bytes.
    const data::TensorDataset digits = data::digits();
    const Array top = 16.f * digits.get(0).first;
    CHECK(std::vector<float>(top.begin(), top.begin() + 16) ==
          std::vector<float>{0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0});
    CHECK(digits.get(0).second == 0);
    CHECK(checksum(digits.features(), 16.f) == 0xf3a2533c);
    CHECK(checksum(digits.labels(), std::int64_t{1}) == 0xf86fc929);
}
