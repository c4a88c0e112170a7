// Seeded inputs on which operations are checked, by domain.
#pragma once

#include <xtape/autodiff/array.hpp>

namespace xtape::sample {

/// Uniform over [-2, 2], no element nearer to 0 than 0.05.
Array64 uniform(const Shape& shape, std::uint64_t seed);
/// Uniform over [0.5, 2].
Array64 positive(const Shape& shape, std::uint64_t seed);
/// A random order of equally spaced numbers in [-2, 2]: no two are near each other.
Array64 distinct(const Shape& shape, std::uint64_t seed);
/// 0s and 1s.
Array64 mask(const Shape& shape, std::uint64_t seed);

}  // namespace xtape::sample
