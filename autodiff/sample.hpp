// Seeded inputs on which operations are checked, by domain.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <functional>
#include <utility>

namespace xtape::sample {

/// Uniform over [-2, 2], no element nearer to 0 than 0.05.
Array64 uniform(const Shape& shape, std::uint64_t seed);
/// Uniform over [0.5, 2].
Array64 positive(const Shape& shape, std::uint64_t seed);
/// A random order of equally spaced numbers in [-2, 2]: no two are near each other.
Array64 distinct(const Shape& shape, std::uint64_t seed);
/// 0s and 1s.
Array64 mask(const Shape& shape, std::uint64_t seed);

/// Draws random shapes and attributes, from whatever source of choices it is given: a property test's, which can shrink them, or a
/// seeded stream.
class Draw {
public:
    /// choose(low, high) returns a number of low .. high, both included.
    explicit Draw(std::function<std::size_t(std::size_t low, std::size_t high)> choose) : choose_(std::move(choose)) {}

    std::size_t operator()(std::size_t low, std::size_t high) { return choose_(low, high); }
    bool coin() { return choose_(0, 1) == 1; }
    /// A seed for the sample functions above.
    std::uint64_t seed() { return choose_(0, 1'000'000); }
    /// min_rank .. max_rank axes of min_extent .. max_extent elements.
    Shape shape(std::size_t min_rank, std::size_t max_rank, std::size_t min_extent = 0, std::size_t max_extent = 4);
    /// An axis of a tensor of `rank` > 0 axes: -rank .. rank - 1.
    int axis(std::size_t rank);

private:
    std::function<std::size_t(std::size_t, std::size_t)> choose_;
};

}  // namespace xtape::sample
