// What layers with a weight and a bias share: checks of sizes, initial biases, texts. Used by sources of this folder.
#pragma once

#include <xtape/autodiff/ops/per_axis.hpp>
#include <xtape/nn/init.hpp>

#include <cstddef>
#include <string>

namespace xtape::nn::detail {

/// The shape, checked: ConfigError unless a weight of that shape fits into memory. (A size made from a negative number must
/// not wrap around to a small product.)
Shape weight_shape(const char* layer, Shape shape, std::size_t number_bytes, Location at);

/// What a bias starts as: with the standard initialisation uniform over +-1 / sqrt(fan_in), from the next random stream, as in
/// PyTorch; with any other 0.
template <class T>
BasicArray<T> initial_bias(const Init& init, std::size_t count, std::size_t fan_in);

/// "3" of one axis, "3x5" of two.
template <std::size_t D>
std::string by(const PerAxis<D>& numbers) {
    std::string text = std::to_string(numbers[0]);
    if constexpr (D == 2) text += "x" + std::to_string(numbers[1]);
    return text;
}

/// ", padding 1" or ", padding 1x2"; nothing for the usual number.
template <std::size_t D>
std::string unless(const PerAxis<D>& usual, const char* what, const PerAxis<D>& numbers) {
    if (numbers == usual) return {};
    const bool equal = numbers == PerAxis<D>(numbers[0]);
    return std::string(", ") + what + " " + (equal ? std::to_string(numbers[0]) : by(numbers));
}

extern template Array initial_bias(const Init&, std::size_t, std::size_t);
extern template Array64 initial_bias(const Init&, std::size_t, std::size_t);

}  // namespace xtape::nn::detail
