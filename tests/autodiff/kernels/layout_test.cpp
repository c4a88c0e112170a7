#include <xtape/autodiff/kernels/layout.hpp>

#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <numeric>

using namespace xtape;
using detail::Steps;

namespace {

// Every index in turn: the plain way.
std::vector<double> naive(const Shape& extents, const double* from, const Steps& from_steps, std::vector<double> to,
                          std::ptrdiff_t origin, const Steps& to_steps) {
    for (std::size_t n = 0; n < element_count(extents); ++n) {
        std::size_t rest = n;
        std::ptrdiff_t source = 0, target = origin;
        for (std::size_t i = extents.size(); i-- > 0; rest /= extents[i]) {
            const auto index = static_cast<std::ptrdiff_t>(rest % extents[i]);
            source += index * from_steps[i];
            target += index * to_steps[i];
        }
        to[static_cast<std::size_t>(target)] = from[source];
    }
    return to;
}

void check(const Shape& extents, const double* from, const Steps& from_steps) {
    CAPTURE(to_string(extents));
    const Steps to_steps = detail::contiguous_steps(extents);
    std::vector<double> to(element_count(extents) + 1, -99);
    const std::vector<double> want = naive(extents, from, from_steps, to, 0, to_steps);
    detail::copy_strided(extents, from, from_steps, to.data(), to_steps);
    CHECK((to == want));
}

}  // namespace

TEST_CASE("steps of contiguous arrays") {
    CHECK(detail::contiguous_steps({}).empty());
    CHECK(detail::contiguous_steps({2, 3, 4}) == Steps{12, 4, 1});
    CHECK(detail::contiguous_steps({2, 0, 4}) == Steps{0, 4, 1});
}

TEST_CASE("random permutations of random shapes are copied as by hand") {
    random::Stream stream(7, 1);
    for (int round = 0; round < 200; ++round) {
        const std::size_t rank = stream.below(6);
        Shape shape(rank);
        for (std::size_t& extent : shape) extent = 1 + stream.below(7);
        const Array64 x = sample::uniform(shape, static_cast<std::uint64_t>(round));
        const IndexArray order = random::permutation(rank, random::Stream(8, static_cast<std::uint64_t>(round)));
        const Steps steps = detail::contiguous_steps(shape);
        Shape turned;
        Steps from;
        for (const std::int64_t axis : order) {
            turned.push_back(shape[static_cast<std::size_t>(axis)]);
            from.push_back(steps[static_cast<std::size_t>(axis)]);
        }
        check(turned, x.data(), from);
    }
}

TEST_CASE("large transpositions, in tiles and strips, are copied as by hand") {
    const Array64 x = sample::uniform({300'000}, 1);
    for (const auto& [m, n] : {std::pair<std::size_t, std::size_t>{512, 512},
                               {513, 511},
                               {16, 10'000},
                               {10'000, 16},
                               {10'000, 17},
                               {3, 90'001}}) {
        check({m, n}, x.data(), {1, static_cast<std::ptrdiff_t>(m)});
        check({2, m / 2, n / 2}, x.data(),
              {static_cast<std::ptrdiff_t>(m / 2 * (n / 2)), 1, static_cast<std::ptrdiff_t>(m / 2)});
    }
}

TEST_CASE("repeated, reversed and spread elements are copied as by hand") {
    const Array64 x = sample::uniform({1000}, 1);
    check({5, 7}, x.data(), {0, 1});
    check({5, 7}, x.data(), {1, 0});
    check({5, 7}, x.data(), {0, 0});
    check({1000}, x.data(), {0});
    check({10, 20}, x.data() + 999, {-50, -2});
    check({10, 20}, x.data() + 9, {-1, 10});
    check({}, x.data(), {});
    check({1, 1}, x.data(), {5, 5});
}

TEST_CASE("writing with steps leaves what lies between alone") {
    const Array64 x = sample::uniform({12}, 1);
    const std::vector<double> before(40, -99);
    const Steps to{-13, -3};
    std::vector<double> got = before;
    detail::copy_strided<double>({3, 4}, x.data(), {4, 1}, got.data() + 39, to);
    CHECK((got == naive({3, 4}, x.data(), {4, 1}, before, 39, to)));
}

TEST_CASE("no elements are no work") {
    detail::copy_strided<float>({0}, nullptr, {1}, nullptr, {1});
    float untouched = 5;
    detail::copy_strided<float>({3, 0, 2}, nullptr, {0, 2, 1}, &untouched, {0, 2, 1});
    CHECK(untouched == 5);
}
