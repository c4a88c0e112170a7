#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

using namespace xtape;
using random::Stream;

namespace {

using Words = std::vector<std::uint32_t>;

Words take(Stream& stream, std::size_t n) {
    Words words(n);
    for (std::uint32_t& word : words) word = stream.bits();
    return words;
}

struct KeepState {
    random::State saved = random::state();
    std::size_t saved_threads = threads();
    ~KeepState() {
        random::set_state(saved);
        set_threads(saved_threads);
    }
};

struct Moments {
    double mean = 0, variance = 0, fourth = 0;
};

template <class F>
Moments moments(std::size_t n, F&& value) {
    Moments m;
    for (std::size_t i = 0; i < n; ++i) m.mean += value(i);
    m.mean /= static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
        const double square = (value(i) - m.mean) * (value(i) - m.mean);
        m.variance += square;
        m.fourth += square * square;
    }
    m.variance /= static_cast<double>(n);
    m.fourth /= static_cast<double>(n) * m.variance * m.variance;
    return m;
}

double chi_square(const std::vector<std::size_t>& counts) {
    std::size_t total = 0;
    for (const std::size_t count : counts) total += count;
    const double expected = static_cast<double>(total) / static_cast<double>(counts.size());
    double sum = 0;
    for (const std::size_t count : counts) sum += std::pow(static_cast<double>(count) - expected, 2) / expected;
    return sum;
}

constexpr std::uint32_t all = 0xffffffff;

}  // namespace

TEST_CASE("philox gives the known answers") {
    // Random123 (D. E. Shaw Research), tests/kat_vectors, philox4x32 with 10 rounds.
    using Block = std::array<std::uint32_t, 4>;
    CHECK(random::philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(random::philox({all, all, all, all}, {all, all}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(random::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

// The frozen values below come from an independent implementation in Python. Changing one breaks every saved run.

TEST_CASE("the draws of a stream are frozen") {
    Stream stream(42, 3);
    CHECK(take(stream, 6) == Words{0x0a51a6b2, 0x72148a91, 0xb918c659, 0x99205bc7, 0x85a8df3c, 0x1d91b19b});
    CHECK(stream.position() == 6);
    Stream far(0x0123456789abcdef, 0xfedcba9876543210, 4 * ((std::uint64_t{1} << 33) + 5) + 2);
    CHECK(take(far, 4) == Words{0xd6f7f7b1, 0x60879626, 0x12486303, 0x4ec26436});
}

TEST_CASE("the distributions of a stream are frozen") {
    Stream uniform(42, 0), normal(42, 0), below(42, 0);
    for (const double value : {0x1.39d5e0a6efea9p-1, 0x1.2bf50ad5742b0p-4, 0x1.f9b6424ea774dp-1})
        CHECK(uniform.uniform() == value);
    CHECK(uniform.position() == 6);
    for (const double value : {1.234541820550271, -2.9550533475152116, -1.4934674670939774}) {
        CHECK(normal.normal() == doctest::Approx(value).epsilon(1e-13));
    }
    CHECK(normal.position() == 12);
    for (const std::uint64_t value : {6U, 4U, 0U, 3U, 9U, 3U, 5U, 4U, 8U, 6U, 6U, 7U}) CHECK(below.below(10) == value);
}

TEST_CASE("the arrays of a stream are frozen") {
    const Array uniform = random::uniform<float>({2, 2}, 0.F, 1.F, Stream(42, 0));
    CHECK(uniform == Array{{0.6129598617553711F, 0.4685865044593811F}, {0.07323169708251953F, 0.3408614993095398F}});
    const Array normal = random::normal<float>({4}, 0.F, 1.F, Stream(42, 0));
    const std::array<double, 4> expected{-0.9701898041897792, -1.2356201461754905, -0.07318148371918758,
                                         -1.1066649521065761};
    for (std::size_t i = 0; i < 4; ++i) CHECK(normal(i) == doctest::Approx(expected[i]).epsilon(1e-5));
    CHECK(random::permutation(10, Stream(42, 0)) == IndexArray{7, 3, 8, 9, 1, 5, 2, 0, 4, 6});
}

TEST_CASE("a stream resumes at any position and copies continue alike") {
    Stream whole(7, 9);
    const Words words = take(whole, 40);
    for (std::uint64_t start = 0; start < 30; ++start) {
        Stream resumed(7, 9, start);
        CHECK(resumed.bits() == words[start]);
        Stream copy = resumed;
        copy.skip(4);
        CHECK(copy.bits() == words[start + 5]);
        CHECK(resumed.bits() == words[start + 1]);
        CHECK(copy.position() == start + 6);
    }
}

TEST_CASE("neighbouring streams and seeds share nothing") {
    const auto correlation = [](Stream a, Stream b) {
        double sum = 0;
        constexpr int n = 20000;
        for (int i = 0; i < n; ++i) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5);
        return 12 * sum / n;
    };
    // The standard deviation of the estimate is 1/sqrt(20000) = 0.007.
    CHECK(std::abs(correlation(Stream(1, 0), Stream(1, 1))) < 0.025);
    CHECK(std::abs(correlation(Stream(1, 0), Stream(2, 0))) < 0.025);
    CHECK(std::abs(correlation(Stream(1, 0), Stream(1, std::uint64_t{1} << 32))) < 0.025);
    CHECK(std::abs(correlation(Stream(1, 0), Stream(1, 0, 2))) < 0.025);
    CHECK(correlation(Stream(1, 0), Stream(1, 0)) > 0.9);
}

TEST_CASE("uniform numbers have mean 1/2 and variance 1/12 and lie below 1") {
    Stream stream(5, 0);
    std::vector<double> values(100000);
    for (double& value : values) value = stream.uniform();
    const Moments m = moments(values.size(), [&](std::size_t i) { return values[i]; });
    CHECK(m.mean == doctest::Approx(0.5).epsilon(0.005));
    CHECK(m.variance == doctest::Approx(1.0 / 12).epsilon(0.01));
    CHECK(*std::min_element(values.begin(), values.end()) >= 0);
    CHECK(*std::max_element(values.begin(), values.end()) < 1);
}

TEST_CASE("normal numbers have the moments and tails of the normal distribution") {
    constexpr std::size_t n = 200000;
    const auto check = [](const auto& values, double mean, double deviation) {
        const Moments m = moments(n, [&](std::size_t i) { return static_cast<double>(values(i)); });
        CHECK(std::abs(m.mean - mean) < 4 * deviation / std::sqrt(double{n}));
        CHECK(m.variance == doctest::Approx(deviation * deviation).epsilon(0.015));
        CHECK(m.fourth == doctest::Approx(3.0).epsilon(0.03));
        // 5 % lie outside 1.959964 deviations, half of them on each side.
        std::size_t above = 0, under = 0;
        for (const auto value : values) {
            const double z = (static_cast<double>(value) - mean) / deviation;
            above += z > 1.959964;
            under += z < -1.959964;
        }
        CHECK(static_cast<double>(above) / n == doctest::Approx(0.025).epsilon(0.05));
        CHECK(static_cast<double>(under) / n == doctest::Approx(0.025).epsilon(0.05));
    };
    check(random::normal<float>({n}, 0.F, 1.F, Stream(11, 0)), 0, 1);
    check(random::normal<float>({n}, -3.F, 0.5F, Stream(11, 1)), -3, 0.5);
    check(random::normal<double>({n}, 2.0, 4.0, Stream(11, 2)), 2, 4);
}

TEST_CASE("below has no bias for small, awkward and very large bounds") {
    // Limits: the 0.999 quantile of chi-square with that many degrees of freedom.
    Stream stream(3, 0);
    std::vector<std::size_t> ten(10), thirds(3), quarters(3);
    for (int i = 0; i < 100000; ++i) ++ten[stream.below(10)];
    CHECK(chi_square(ten) < 27.9);
    // Without refusing draws, a third of these results would come twice as often: which third depends on the method.
    constexpr std::uint64_t awkward = std::uint64_t{3} << 30;
    for (int i = 0; i < 30000; ++i) ++thirds[stream.below(awkward) % 3];
    CHECK(chi_square(thirds) < 13.8);
    std::fill(thirds.begin(), thirds.end(), 0);
    for (int i = 0; i < 30000; ++i) ++thirds[stream.below(awkward) >> 30];
    CHECK(chi_square(thirds) < 13.8);
    for (int i = 0; i < 30000; ++i) ++quarters[stream.below(std::uint64_t{3} << 62) >> 62];
    CHECK(chi_square(quarters) < 13.8);
}

TEST_CASE("below keeps within its bound at the edges") {
    Stream stream(4, 0);
    const std::uint64_t words = std::uint64_t{1} << 32;
    for (const std::uint64_t bound :
         {std::uint64_t{1}, std::uint64_t{2}, words - 1, words, words + 1, ~std::uint64_t{0}}) {
        std::uint64_t largest = 0;
        for (int i = 0; i < 200; ++i) largest = std::max(largest, stream.below(bound));
        CHECK(largest < bound);
        CHECK(largest >= bound / 8 * 7);
    }
    CHECK_THROWS_WITH_AS(stream.below(0), "below: expected a bound of at least 1, got 0", ConfigError);
}

TEST_CASE_TEMPLATE("an array is the same on any number of threads", T, float, double) {
    const KeepState keep;
    const Stream stream(6, 1, 3);
    set_threads(1);
    const auto uniform = random::uniform<T>({3, 40001}, T(-2), T(5), stream);
    const auto normal = random::normal<T>({3, 40001}, T(1), T(2), stream);
    for (const std::size_t count : {2U, 4U}) {
        set_threads(count);
        CHECK(random::uniform<T>({3, 40001}, T(-2), T(5), stream) == uniform);
        CHECK(random::normal<T>({3, 40001}, T(1), T(2), stream) == normal);
    }
}

TEST_CASE("an array of doubles is what the stream gives one by one") {
    Stream a(8, 0, 5), b(8, 0, 5);
    const Array64 uniform = random::uniform<double>({20000}, 0.0, 1.0, a);
    const Array64 normal = random::normal<double>({20000}, 0.0, 1.0, b);
    for (std::size_t i = 0; i < 20000; ++i) {
        REQUIRE(uniform(i) == a.uniform());
        REQUIRE(normal(i) == b.normal());
    }
    CHECK(a.position() == 40005);
    CHECK(b.position() == 80005);
}

TEST_CASE("a uniform array never contains its upper bound") {
    // 1 + (1 - 2^-24) rounds to 2 in float.
    const Array wide = random::uniform<float>({4000000}, 1.F, 2.F, Stream(0, 0));
    CHECK(*std::max_element(wide.begin(), wide.end()) < 2.F);
    CHECK(*std::min_element(wide.begin(), wide.end()) >= 1.F);
    const Array narrow = random::uniform<float>({1000}, 1.F, std::nextafter(1.F, 2.F), Stream(0, 0));
    CHECK(*std::max_element(narrow.begin(), narrow.end()) == 1.F);
    CHECK(random::uniform<float>({3}, 5.F, 5.F, Stream(0, 0)) == Array{5.F, 5.F, 5.F});
}

TEST_CASE("random arrays of no elements and of none but one") {
    CHECK(random::uniform<float>({2, 0}, 0.F, 1.F, Stream(0, 0)).size() == 0);
    CHECK(random::normal<double>({}, 0.0, 1.0, Stream(0, 0)).dimension() == 0);
    CHECK(random::permutation(0, Stream(0, 0)).size() == 0);
    CHECK(random::permutation(1, Stream(0, 0)) == IndexArray{0});
}

TEST_CASE("bounds and deviations that mean nothing are refused") {
    constexpr float inf = std::numeric_limits<float>::infinity();
    constexpr float big = std::numeric_limits<float>::max();
    CHECK_THROWS_WITH_AS(random::uniform<float>({2}, 2.F, 1.5F, Stream(0, 0)),
                         "uniform: expected finite bounds, low <= high, got 2 and 1.5", ConfigError);
    CHECK_THROWS_WITH_AS(random::uniform<float>({2}, 0.F, inf, Stream(0, 0)),
                         "uniform: expected finite bounds, low <= high, got 0 and inf", ConfigError);
    CHECK_THROWS_AS(random::uniform<float>({2}, -big, big, Stream(0, 0)), ConfigError);
    CHECK_THROWS_AS(random::uniform<double>({2}, std::nan(""), 1.0, Stream(0, 0)), ConfigError);
    CHECK_THROWS_WITH_AS(random::normal<float>({2}, 0.F, -1.F, Stream(0, 0)),
                         "normal: expected a finite mean and a deviation of at least 0, got 0 and -1", ConfigError);
    CHECK_THROWS_AS(random::normal<double>({2}, 0.0, std::nan(""), Stream(0, 0)), ConfigError);
}

TEST_CASE("a permutation holds each number once and every order is as likely") {
    IndexArray sorted = random::permutation(1000, Stream(9, 0));
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < 1000; ++i) REQUIRE(sorted(i) == static_cast<std::int64_t>(i));
    std::vector<std::size_t> orders(27);
    for (std::uint64_t stream = 0; stream < 12000; ++stream) {
        const IndexArray p = random::permutation(3, Stream(9, stream));
        ++orders[static_cast<std::size_t>(p(0) * 9 + p(1) * 3 + p(2))];
    }
    std::erase(orders, std::size_t{0});
    CHECK(orders.size() == 6);
    CHECK(chi_square(orders) < 20.5);  // 0.999 quantile with 5 degrees of freedom
}

TEST_CASE("the process-wide seed numbers its streams and can be put back") {
    const KeepState keep;
    seed(42);
    CHECK(random::state() == random::State{42, 0});
    Stream first = random::next_stream();
    const random::State middle = random::state();
    CHECK(middle == random::State{42, 1});
    Stream second = random::next_stream();
    CHECK(first.bits() == Stream(42, 0).bits());
    const std::uint32_t word = second.bits();
    CHECK(word == Stream(42, 1).bits());
    random::set_state(middle);
    CHECK(random::next_stream().bits() == word);
    seed(42);
    CHECK(random::uniform<float>({5}, 0.F, 1.F) == random::uniform<float>({5}, 0.F, 1.F, Stream(42, 0)));
    CHECK(random::state().next_stream == 1);
}

TEST_CASE("Rewind numbers this thread's streams from an earlier state, and ends without a trace") {
    seed(5);
    const random::State start = random::state();
    const Array first = random::uniform<float>({3}, 0.F, 1.F), second = random::uniform<float>({3}, 0.F, 1.F);
    const random::State before = random::state();
    {
        const random::Rewind outer(start);
        CHECK(random::state() == start);
        CHECK(random::uniform<float>({3}, 0.F, 1.F) == first);
        {
            const random::Rewind inner(start);
            CHECK(random::uniform<float>({3}, 0.F, 1.F) == first);
            seed(99);
            CHECK(random::state() == random::State{99, 0});
        }
        CHECK(random::uniform<float>({3}, 0.F, 1.F) == second);
        std::uint64_t elsewhere = 0;
        std::thread([&] { elsewhere = random::state().next_stream; }).join();
        CHECK(elsewhere == before.next_stream);
    }
    CHECK(random::state() == before);
    seed(0);
}
