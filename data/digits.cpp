#include <xtape/data/digits.hpp>
#include <xtape/data/digits_bytes.hpp>
#include <xtape/files/gzip.hpp>

#include <algorithm>
#include <vector>

namespace xtape::data {

TensorDataset digits(DigitsOptions options) {
    constexpr std::size_t rows = 1797, pixels = 64;
    const std::vector<std::byte> bytes = files::gunzip(detail::digits_bytes(), rows * (pixels + 1), "digits");
    const auto labels_begin = bytes.begin() + rows * pixels;

    Array features = empty_array<float>(options.image ? Shape{rows, 1, 8, 8} : Shape{rows, pixels});
    std::transform(bytes.begin(), labels_begin, features.data(),
                   [](std::byte pixel) { return static_cast<float>(std::to_integer<int>(pixel)) / 16.f; });
    IndexArray labels = empty_array<std::int64_t>(Shape{rows});
    std::transform(labels_begin, bytes.end(), labels.data(),
                   [](std::byte label) { return std::to_integer<std::int64_t>(label); });
    return {std::move(features), std::move(labels), 10};
}

}  // namespace xtape::data
