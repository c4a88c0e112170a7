// What model and array files hold: named arrays of plain numbers, as bytes.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xtape::files {

/// Kinds of numbers that files hold.
enum class Element : std::uint8_t {
    boolean,  ///< a byte that is 0 or 1
    int8,
    uint8,
    int16,
    uint16,
    int32,
    uint32,
    int64,
    uint64,
    float16,   ///< IEEE 754 half: 5 bits of exponent, 10 of fraction
    bfloat16,  ///< the upper half of a float32
    float32,
    float64,
};

std::size_t byte_count(Element element);
std::string_view name_of(Element element);

/// No array in a file has more axes: NumPy's limit.
inline constexpr std::size_t max_rank = 32;

/// A named array as it lies in a file: row-major, little-endian, at any address. A view: the bytes live as long as
/// `owner`, or, when that is empty, as long as what the array was made from.
struct StoredArray {
    std::string name;
    Element element = Element::float32;
    Shape shape;
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner = {};
};

/// A view of an array, to be written under that name. T: float, double, std::int64_t or std::uint8_t.
template <class T>
StoredArray stored(std::string name, const BasicArray<T>& array);

/// The numbers as T: float, double or std::int64_t. Between floating-point kinds they are rounded to the nearest; no
/// other conversion changes a number. Throws DataError, naming `file`, the array and the element, for a finite number
/// beyond T's range, for an integer that T cannot hold, for a fraction where T is an integer (float kinds are refused
/// altogether), and for a boolean that is neither 0 nor 1.
template <class T>
BasicArray<T> to_array(const StoredArray& stored, const std::string& file);

/// Product of the extents times the bytes of an element; nothing when one of the products cannot be counted or the shape
/// has more than max_rank axes. Extents of 0 do not hide a product that overflows.
std::optional<std::size_t> checked_byte_count(const Shape& shape, Element element);

/// The float that half-precision bits stand for. Exact.
float float_from_half(std::uint16_t bits);

extern template StoredArray stored(std::string, const BasicArray<float>&);
extern template StoredArray stored(std::string, const BasicArray<double>&);
extern template StoredArray stored(std::string, const BasicArray<std::int64_t>&);
extern template StoredArray stored(std::string, const BasicArray<std::uint8_t>&);
extern template BasicArray<float> to_array(const StoredArray&, const std::string&);
extern template BasicArray<double> to_array(const StoredArray&, const std::string&);
extern template BasicArray<std::int64_t> to_array(const StoredArray&, const std::string&);

}  // namespace xtape::files
