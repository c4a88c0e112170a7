#include <xtape/autodiff/sample.hpp>

#include <xtape/autodiff/random.hpp>

#include <algorithm>

namespace xtape::sample {
namespace {

// Samples have their own family of streams, so that they stay the same whatever a program seeds.
random::Stream stream(std::uint64_t seed) { return random::Stream(0x73616d706c65, seed); }

template <class F>
Array64 filled(const Shape& shape, std::uint64_t seed, F draw) {
    random::Stream numbers = stream(seed);
    Array64 x = empty_array<double>(shape);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = draw(numbers);
    return x;
}

}  // namespace

Array64 uniform(const Shape& shape, std::uint64_t seed) {
    return filled(shape, seed, [](random::Stream& s) {
        const double u = 4 * s.uniform() - 2;
        return u < 0 ? std::min(u, -0.05) : std::max(u, 0.05);
    });
}

Array64 positive(const Shape& shape, std::uint64_t seed) {
    return filled(shape, seed, [](random::Stream& s) { return 0.5 + 1.5 * s.uniform(); });
}

Array64 distinct(const Shape& shape, std::uint64_t seed) {
    Array64 x = empty_array<double>(shape);
    const IndexArray order = random::permutation(x.size(), stream(seed));
    const double step = 4.0 / static_cast<double>(x.size() + 1);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = step * static_cast<double>(order.data()[i] + 1) - 2;
    return x;
}

Array64 mask(const Shape& shape, std::uint64_t seed) {
    return filled(shape, seed, [](random::Stream& s) { return s.uniform() < 0.5 ? 0.0 : 1.0; });
}

Shape Draw::shape(std::size_t min_rank, std::size_t max_rank, std::size_t min_extent, std::size_t max_extent) {
    Shape shape(choose_(min_rank, max_rank));
    for (std::size_t& extent : shape) extent = choose_(min_extent, max_extent);
    return shape;
}

int Draw::axis(std::size_t rank) { return static_cast<int>(choose_(0, 2 * rank - 1)) - static_cast<int>(rank); }

}  // namespace xtape::sample
