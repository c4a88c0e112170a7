#include <xtape/autodiff/error.hpp>
#include <xtape/files/stored_array.hpp>
#include <xtape/files/text.hpp>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <utility>

namespace xtape::files {

namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian, and so are arrays here");

struct Boolean {
    std::uint8_t byte;
};
struct Half {
    std::uint16_t bits;
};
struct BrainFloat {
    std::uint16_t bits;
};

// Calls f with a value of the type that stands for the element.
template <class F>
auto with_element(Element element, F&& f) {
    switch (element) {
        case Element::boolean:
            return f(Boolean{});
        case Element::int8:
            return f(std::int8_t{});
        case Element::uint8:
            return f(std::uint8_t{});
        case Element::int16:
            return f(std::int16_t{});
        case Element::uint16:
            return f(std::uint16_t{});
        case Element::int32:
            return f(std::int32_t{});
        case Element::uint32:
            return f(std::uint32_t{});
        case Element::int64:
            return f(std::int64_t{});
        case Element::uint64:
            return f(std::uint64_t{});
        case Element::float16:
            return f(Half{});
        case Element::bfloat16:
            return f(BrainFloat{});
        case Element::float32:
            return f(float{});
        case Element::float64:
            break;
    }
    return f(double{});
}

template <class T>
constexpr Element element_of() {
    if constexpr (std::same_as<T, float>) return Element::float32;
    if constexpr (std::same_as<T, double>) return Element::float64;
    if constexpr (std::same_as<T, std::int64_t>) return Element::int64;
    return Element::uint8;
}

float widen(Half half) { return float_from_half(half.bits); }
float widen(BrainFloat brain) { return std::bit_cast<float>(std::uint32_t{brain.bits} << 16); }
template <class N>
N widen(N number) {
    return number;
}

[[noreturn]] void refuse(const StoredArray& stored, const std::string& file, const std::string& wanted,
                         const std::string& got, std::size_t index) {
    throw DataError(file + ": " + detail::in_quotes(stored.name) + ": expected " + wanted + ", got " + got +
                    " at element " + std::to_string(index));
}

template <class T>
constexpr const char* range_name = std::same_as<T, float>    ? "numbers that float holds"
                                   : std::same_as<T, double> ? "numbers that double holds"
                                                             : "integers that 64 bits hold";

template <class T, class N>
T convert(N number, const StoredArray& stored, const std::string& file, std::size_t index) {
    const auto value = static_cast<T>(number);
    if constexpr (std::floating_point<N>) {
        if (std::isinf(value) && !std::isinf(number)) {
            refuse(stored, file, range_name<T>, std::to_string(number), index);
        }
    } else if constexpr (std::floating_point<T>) {
        // 2^63 and 2^64 are numbers of T, so a value that was rounded up to them must not be converted back.
        const T beyond = std::ldexp(T(1), std::numeric_limits<N>::digits);
        if (value >= beyond || static_cast<N>(value) != number) {
            refuse(stored, file, range_name<T>, std::to_string(number), index);
        }
    } else if (!std::in_range<T>(number)) {
        refuse(stored, file, range_name<T>, std::to_string(number), index);
    }
    return value;
}

}  // namespace

std::size_t byte_count(Element element) {
    return with_element(element, [](auto value) { return sizeof(value); });
}

std::string_view name_of(Element element) {
    constexpr std::string_view names[] = {"bool",  "int8",   "uint8",   "int16",    "uint16",  "int32",  "uint32",
                                          "int64", "uint64", "float16", "bfloat16", "float32", "float64"};
    return names[static_cast<std::size_t>(element)];
}

float float_from_half(std::uint16_t bits) {
    const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16;
    const std::uint32_t exponent = bits >> 10 & 0x1fu, fraction = bits & 0x3ffu;
    if (exponent == 0) {  // 0 or subnormal: fraction * 2^-24
        const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
        return sign != 0 ? -magnitude : magnitude;
    }
    const std::uint32_t widened = exponent == 0x1f ? 0xffu : exponent + (127 - 15);
    return std::bit_cast<float>(sign | widened << 23 | fraction << 13);
}

std::optional<std::size_t> checked_byte_count(const Shape& shape, Element element) {
    if (shape.size() > max_rank) return std::nullopt;
    // Half of what can be counted: strides of the array are signed.
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
    std::size_t bytes = byte_count(element);
    bool empty = false;
    for (const std::size_t extent : shape) {
        if (extent == 0) {
            empty = true;
        } else if (__builtin_mul_overflow(bytes, extent, &bytes) || bytes > most) {
            return std::nullopt;
        }
    }
    return empty ? 0 : bytes;
}

template <class T>
StoredArray stored(std::string name, const BasicArray<T>& array) {
    return {std::move(name), element_of<T>(), array.shape(), std::as_bytes(std::span(array.data(), array.size()))};
}

template <class T>
BasicArray<T> to_array(const StoredArray& stored, const std::string& file) {
    if (checked_byte_count(stored.shape, stored.element) != stored.bytes.size()) {
        throw DataError(file + ": " + detail::in_quotes(stored.name) + ": expected the bytes of " +
                        std::string(name_of(stored.element)) + " of shape " + to_string(stored.shape) + ", got " +
                        std::to_string(stored.bytes.size()) + " bytes");
    }
    return with_element(stored.element, [&](auto sample) -> BasicArray<T> {
        using N = decltype(sample);
        using Number = decltype(widen(sample));
        if constexpr (std::integral<T> && std::floating_point<Number>) {
            throw DataError(file + ": " + detail::in_quotes(stored.name) + ": expected integers, got " +
                            std::string(name_of(stored.element)));
        } else {
            BasicArray<T> array = empty_array<T>(stored.shape);
            for (std::size_t i = 0; i < array.size(); ++i) {
                N number;
                std::memcpy(&number, stored.bytes.data() + i * sizeof(N), sizeof(N));
                if constexpr (std::same_as<N, Boolean>) {
                    if (number.byte > 1) refuse(stored, file, "0 or 1", std::to_string(number.byte), i);
                    array.data()[i] = static_cast<T>(number.byte);
                } else {
                    array.data()[i] = convert<T>(widen(number), stored, file, i);
                }
            }
            return array;
        }
    });
}

template StoredArray stored(std::string, const BasicArray<float>&);
template StoredArray stored(std::string, const BasicArray<double>&);
template StoredArray stored(std::string, const BasicArray<std::int64_t>&);
template StoredArray stored(std::string, const BasicArray<std::uint8_t>&);
template BasicArray<float> to_array(const StoredArray&, const std::string&);
template BasicArray<double> to_array(const StoredArray&, const std::string&);
template BasicArray<std::int64_t> to_array(const StoredArray&, const std::string&);

}  // namespace xtape::files
