#include <xtape/data/iris.hpp>
#include <xtape/data/iris_bytes.hpp>
#include <xtape/files/gzip.hpp>

#include <algorithm>
#include <vector>

namespace xtape::data {

TensorDataset iris() {
    constexpr std::size_t rows = 150, lengths = iris_features.size();
    const std::vector<std::byte> bytes = files::gunzip(detail::iris_bytes(), rows * (lengths + 1), "iris");
    const auto labels_begin = bytes.begin() + rows * lengths;

    Array features = empty_array<float>(Shape{rows, lengths});
    // Millimetres over 10 are the floats nearest to the centimetres in the file.
    std::transform(bytes.begin(), labels_begin, features.data(),
                   [](std::byte length) { return static_cast<float>(std::to_integer<int>(length)) / 10.f; });
    IndexArray labels = empty_array<std::int64_t>(Shape{rows});
    std::transform(labels_begin, bytes.end(), labels.data(),
                   [](std::byte label) { return std::to_integer<std::int64_t>(label); });
    return {std::move(features), std::move(labels), iris_classes.size()};
}

}  // namespace xtape::data
