// One number for each spatial axis, as strides, paddings and kernel sizes are given.
#pragma once

#include <xtape/autodiff/error.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace xtape {

/// `2` means 2 along every axis, `{2, 1}` 2 along the height and 1 along the width. Numbers that make no sense are kept
/// as they are, for the operation to refuse.
template <std::size_t D>
class PerAxis {
public:
    /// Not given: the operation chooses, or refuses.
    constexpr PerAxis() { values_.fill(std::numeric_limits<std::ptrdiff_t>::min()); }
    template <std::integral N>
    constexpr PerAxis(N every) {
        values_.fill(static_cast<std::ptrdiff_t>(every));
    }
    template <std::integral A, std::integral B>
    requires(D == 2) constexpr PerAxis(A height, B width)
        : values_{static_cast<std::ptrdiff_t>(height), static_cast<std::ptrdiff_t>(width)} {}

    // Copied number by number: GCC 12 with AVX-512 copies a struct of these as one block and, where it has just been
    // filled with constants, reads {1, 1, 0, 0} back as {1, 1, 1, 1}.
    constexpr PerAxis(const PerAxis& other) { *this = other; }
    constexpr PerAxis& operator=(const PerAxis& other) {
        for (std::size_t i = 0; i < D; ++i) values_[i] = other.values_[i];
        return *this;
    }
    ~PerAxis() = default;

    constexpr std::ptrdiff_t operator[](std::size_t axis) const { return values_[axis]; }
    constexpr std::ptrdiff_t& operator[](std::size_t axis) { return values_[axis]; }
    constexpr bool given() const { return *this != PerAxis(); }
    friend constexpr bool operator==(const PerAxis&, const PerAxis&) = default;

    bool within(std::ptrdiff_t low, std::ptrdiff_t high) const {
        for (const std::ptrdiff_t value : values_) {
            if (value < low || value > high) return false;
        }
        return true;
    }

private:
    std::array<std::ptrdiff_t, D> values_;
};

/// "2" of one axis, "2 x 1" of two.
template <std::size_t D>
std::string to_string(const PerAxis<D>& numbers) {
    std::string text = std::to_string(numbers[0]);
    if constexpr (D == 2) text += " x " + std::to_string(numbers[1]);
    return text;
}

namespace detail {

/// Extents and options up to here cannot overflow sums of products of two.
inline constexpr std::ptrdiff_t largest_number = std::numeric_limits<std::int32_t>::max();

/// ConfigError unless every number is at least `low` and no larger than that.
template <std::size_t D>
void check_number(const char* operation, const char* what, const PerAxis<D>& number, std::ptrdiff_t low) {
    if (number.within(low, largest_number)) return;
    throw ConfigError(std::string(operation) + ": expected a " + what + " of at least " + std::to_string(low) +
                      " and at most " + std::to_string(largest_number) + ", got " +
                      (number.given() ? to_string(number) : "none"));
}

}  // namespace detail
}  // namespace xtape
