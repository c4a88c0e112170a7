#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/random.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <mutex>
#include <numbers>
#include <numeric>
#include <utility>

namespace xtape {
namespace {

constinit std::mutex state_mutex;
constinit random::State process_state;
constinit thread_local random::State* rewound = nullptr;   // in place of process_state

constexpr std::size_t grain = 16384;

constexpr std::uint32_t low_word(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr std::uint32_t high_word(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

/// sqrt(-2 ln u) cos(2 pi v) with u in (0, 1], v in [0, 1): Box and Muller, Ann. Math. Stat. 29 (1958).
template <class T>
T box_muller(T u, T v) {
    return std::sqrt(T(-2) * std::log(u)) * std::cos(T(2) * std::numbers::pi_v<T> * v);
}

template <class T>
struct Draws;

template <>
struct Draws<double> {
    static constexpr std::uint64_t uniform_draws = 2, normal_draws = 4;
    static double uniform(random::Stream& stream) { return stream.uniform(); }
    static double normal(random::Stream& stream) { return stream.normal(); }
};

template <>
struct Draws<float> {
    static constexpr std::uint64_t uniform_draws = 1, normal_draws = 2;
    static float uniform(random::Stream& stream) { return static_cast<float>(stream.bits() >> 8) * 0x1p-24F; }
    static float normal(random::Stream& stream) {
        // All 32 bits, so that the tails reach 6.6 deviations; 1 more, so that the logarithm never sees 0.
        const float u = (static_cast<float>(stream.bits()) + 1.0F) * 0x1p-32F;
        return box_muller(u, uniform(stream));
    }
};

template <class T, class F>
BasicArray<T> generate(const Shape& shape, const random::Stream& stream, std::uint64_t draws_each, F next) {
    auto result = empty_array<T>(shape);
    T* const out = result.data();
    parallel_for(result.size(), grain, [&](std::size_t begin, std::size_t end) {
        random::Stream own = stream;
        own.skip(begin * draws_each);
        for (std::size_t i = begin; i < end; ++i) out[i] = next(own);
    });
    return result;
}

}  // namespace

void seed(std::uint64_t value) { random::set_state({value, 0}); }

namespace random {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
        counter = {high_word(b) ^ counter[1] ^ key[0], low_word(b), high_word(a) ^ counter[3] ^ key[1], low_word(a)};
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
    return counter;
}

State state() {
    if (rewound) return *rewound;
    const std::scoped_lock lock(state_mutex);
    return process_state;
}

void set_state(const State& state) {
    if (rewound) {
        *rewound = state;
        return;
    }
    const std::scoped_lock lock(state_mutex);
    process_state = state;
}

Stream next_stream() {
    if (rewound) return {rewound->seed, rewound->next_stream++};
    const std::scoped_lock lock(state_mutex);
    return {process_state.seed, process_state.next_stream++};
}

Rewind::Rewind(const State& state) : state_(state), before_(std::exchange(rewound, &state_)) {}

Rewind::~Rewind() { rewound = before_; }

void Stream::compute_block() {
    block_number_ = position_ / 4;
    block_ = philox({low_word(block_number_), high_word(block_number_), low_word(stream_), high_word(stream_)},
                    {low_word(seed_), high_word(seed_)});
}

std::uint64_t Stream::below(std::uint64_t n) {
    constexpr std::uint64_t words = std::uint64_t{1} << 32;
    if (n == 0) throw ConfigError("below: expected a bound of at least 1, got 0");
    if (n > words) {
        const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero(n - 1);
        for (;;) {
            const std::uint64_t high = bits();
            const std::uint64_t value = (high << 32 | bits()) & mask;
            if (value < n) return value;
        }
    }
    // The high half of draw * n is 0 .. n-1; each result has 2^32 / n draws or one more, and refusing the first 2^32
    // mod n low halves evens them out (Lemire, "Fast random integer generation in an interval", 2019).
    std::uint64_t product = bits() * n;
    if (low_word(product) < n) {
        const std::uint64_t surplus = words % n;
        while (low_word(product) < surplus) product = bits() * n;
    }
    return product >> 32;
}

double Stream::uniform() {
    const std::uint64_t high = bits();
    return static_cast<double>((high << 32 | bits()) >> 11) * 0x1p-53;
}

double Stream::normal() {
    const double u = 1.0 - uniform();
    return box_muller(u, uniform());
}

template <class T>
BasicArray<T> uniform(const Shape& shape, T low, T high, Stream stream) {
    const T width = high - low;
    if (!(low <= high) || !std::isfinite(width)) {
        throw ConfigError(fmt::format("uniform: expected finite bounds, low <= high, got {} and {}", low, high));
    }
    // Rounding may carry low + width * u up to high, which is not part of the interval.
    const T largest = std::nextafter(high, low);
    return generate<T>(shape, stream, Draws<T>::uniform_draws,
                       [=](Stream& own) { return std::min(low + width * Draws<T>::uniform(own), largest); });
}

template <class T>
BasicArray<T> normal(const Shape& shape, T mean, T deviation, Stream stream) {
    if (!std::isfinite(mean) || !std::isfinite(deviation) || deviation < 0) {
        throw ConfigError(fmt::format("normal: expected a finite mean and a deviation of at least 0, got {} and {}",
                                      mean, deviation));
    }
    return generate<T>(shape, stream, Draws<T>::normal_draws,
                       [=](Stream& own) { return mean + deviation * Draws<T>::normal(own); });
}

template BasicArray<float> uniform(const Shape&, float, float, Stream);
template BasicArray<double> uniform(const Shape&, double, double, Stream);
template BasicArray<float> normal(const Shape&, float, float, Stream);
template BasicArray<double> normal(const Shape&, double, double, Stream);

IndexArray permutation(std::size_t n, Stream stream) {
    auto result = empty_array<std::int64_t>({n});
    std::int64_t* const out = result.data();
    std::iota(out, out + n, std::int64_t{0});
    for (std::size_t left = n; left > 1; --left) std::swap(out[left - 1], out[stream.below(left)]);
    return result;
}

}  // namespace random
}  // namespace xtape
