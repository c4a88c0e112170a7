#include <xtape/autodiff/kernels/dropout.hpp>

#include <xtape/autodiff/parallel.hpp>

#include <algorithm>

namespace xtape::detail {
namespace {

constexpr std::size_t block_elements = 16384;
constexpr std::size_t side_by_side = 32;  // Philox blocks computed together
constexpr std::size_t words = 4 * side_by_side;

constexpr std::uint64_t low_word(std::uint64_t x) { return x & 0xFFFFFFFF; }
constexpr std::uint64_t high_word(std::uint64_t x) { return x >> 32; }

// random::philox on counters first, first + 1, ...: words in 64-bit lanes, so that compilers turn the loops into vector instructions.
void philox_words(const random::Stream& stream, std::uint64_t first, std::uint32_t* out) {
    using Words = std::array<std::uint64_t, side_by_side>;
    Words a, b, c, d;
    for (std::size_t i = 0; i < side_by_side; ++i) {
        a[i] = low_word(first + i);
        b[i] = high_word(first + i);
        c[i] = low_word(stream.number());
        d[i] = high_word(stream.number());
    }
    std::uint64_t key0 = low_word(stream.seed()), key1 = high_word(stream.seed());
    for (int round = 0; round < 10; ++round) {
        for (std::size_t i = 0; i < side_by_side; ++i) {
            const std::uint64_t p = low_word(a[i]) * 0xD2511F53, q = low_word(c[i]) * 0xCD9E8D57;
            a[i] = high_word(q) ^ b[i] ^ key0;
            b[i] = low_word(q);
            c[i] = high_word(p) ^ d[i] ^ key1;
            d[i] = low_word(p);
        }
        key0 = low_word(key0 + 0x9E3779B9);
        key1 = low_word(key1 + 0xBB67AE85);
    }
    for (std::size_t i = 0; i < side_by_side; ++i) {
        out[4 * i] = static_cast<std::uint32_t>(a[i]);
        out[4 * i + 1] = static_cast<std::uint32_t>(b[i]);
        out[4 * i + 2] = static_cast<std::uint32_t>(c[i]);
        out[4 * i + 3] = static_cast<std::uint32_t>(d[i]);
    }
}

}  // namespace

template <class T>
void mask_scaled(const random::Stream& stream, std::uint32_t threshold, T scale, std::size_t n, const T* x, T* y) {
    parallel_for(n, block_elements, [&](std::size_t begin, std::size_t end) {
        alignas(64) std::array<std::uint32_t, words> draws;
        while (begin < end) {
            const std::uint64_t position = stream.position() + begin;
            const std::size_t skipped = static_cast<std::size_t>(position % 4), taken = std::min(end - begin, words - skipped);
            philox_words(stream, position / 4, draws.data());
            const std::uint32_t* const draw = draws.data() + skipped;
            const T* const from = x + begin;
            T* const to = y + begin;
            for (std::size_t i = 0; i < taken; ++i) to[i] = draw[i] >= threshold ? scale * from[i] : T(0);
            begin += taken;
        }
    });
}

template void mask_scaled(const random::Stream&, std::uint32_t, float, std::size_t, const float*, float*);
template void mask_scaled(const random::Stream&, std::uint32_t, double, std::size_t, const double*, double*);

}  // namespace xtape::detail
