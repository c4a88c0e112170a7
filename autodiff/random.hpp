// Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2,
// 3", SC 2011).
//
// A number is a function of (seed, stream, position): any position can be computed without the ones before it, so
// results do not depend on threads and a resumed run continues exactly. Distributions are our own, the same on every
// standard library.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <array>
#include <cstdint>

namespace xtape {

/// Sets the process-wide seed and starts its streams again at number 0. The seed is 0 until it is set.
void seed(std::uint64_t value);

namespace random {

/// One Philox 4x32-10 block: ten rounds on `counter` with `key`.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// What there is to save and restore: the seed and the number of the next stream.
struct State {
    std::uint64_t seed = 0;
    std::uint64_t next_stream = 0;
    friend bool operator==(const State&, const State&) = default;
};
State state();
void set_state(const State& state);

/// An endless sequence of random numbers, cheap to copy; a copy continues at the same position. The 32-bit draw at a
/// position is word (position mod 4) of philox with counter (position / 4, stream) and key (seed), low words first.
class Stream {
public:
    Stream(std::uint64_t seed, std::uint64_t stream, std::uint64_t position = 0)
        : seed_(seed), stream_(stream), position_(position) {}

    std::uint32_t bits() {  ///< uniform over 32-bit integers; one draw
        if (position_ / 4 != block_number_) compute_block();
        return block_[position_++ % 4];
    }
    std::uint64_t below(std::uint64_t n);  ///< uniform over 0 .. n-1 without bias; throws ConfigError for n = 0
    double uniform();                      ///< uniform over [0, 1), 53 random bits; two draws
    double normal();                       ///< standard normal (Box-Muller, one value a call); four draws

    std::uint64_t seed() const { return seed_; }
    std::uint64_t number() const { return stream_; }        ///< which of the seed's streams this is
    std::uint64_t position() const { return position_; }    ///< how many 32-bit draws have been made
    void skip(std::uint64_t draws) { position_ += draws; }  ///< goes on as if so many draws had been made

private:
    void compute_block();

    std::uint64_t seed_, stream_, position_;
    std::uint64_t block_number_ = ~std::uint64_t{0};  ///< which block block_ holds; none has the initial number
    std::array<std::uint32_t, 4> block_{};
};

/// The next unused stream of the process-wide seed. Thread-safe; the order of calls decides who gets which.
Stream next_stream();

/// Until the end of a scope, this thread's streams are numbered from an earlier state on, as when a computation is repeated that drew
/// them before; seed() and set_state() then act on that numbering alone. The streams of other threads go on undisturbed.
class [[nodiscard]] Rewind {
public:
    explicit Rewind(const State& state);
    ~Rewind();
    Rewind(const Rewind&) = delete;
    Rewind& operator=(const Rewind&) = delete;

private:
    State state_;
    State* before_;
};

/// Arrays of independent draws, T float or double; element i (in row-major order) depends on the stream and i only,
/// whatever the number of threads. In double it is what the i-th call of stream.uniform() or normal() gives, scaled; in
/// float uniform takes one draw (24 random bits) and normal two.

/// Uniform over [low, high). Throws ConfigError unless low <= high and high - low is finite.
template <class T>
BasicArray<T> uniform(const Shape& shape, T low, T high, Stream stream = next_stream());
/// Normal. Throws ConfigError unless deviation >= 0 and both are finite.
template <class T>
BasicArray<T> normal(const Shape& shape, T mean, T deviation, Stream stream = next_stream());

/// 0 .. n-1 in random order (Fisher-Yates).
IndexArray permutation(std::size_t n, Stream stream = next_stream());

}  // namespace random
}  // namespace xtape
