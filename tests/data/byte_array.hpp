// Arrays of bytes for the tests of images.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>

namespace support {

/// Bytes in this shape, of which there must be as many.
inline xtape::BasicArray<std::uint8_t> byte_array(const xtape::Shape& shape, std::initializer_list<unsigned> values) {
    auto result = xtape::empty_array<std::uint8_t>(shape);
    if (result.size() != values.size()) throw std::runtime_error("byte_array");
    std::transform(values.begin(), values.end(), result.data(), [](unsigned v) { return static_cast<std::uint8_t>(v); });
    return result;
}

}  // namespace support
