#include <xtape/autodiff/kernels/pooling.hpp>

#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using detail::PoolWindow;
using detail::PoolWindows;

namespace {

PoolWindows halves(std::size_t height, std::size_t width) {
    PoolWindows w{2 * height, 2 * width, {}, {}};
    for (std::size_t i = 0; i < height; ++i) w.rows.push_back({2 * i, 2 * i + 2, 2});
    for (std::size_t i = 0; i < width; ++i) w.columns.push_back({2 * i, 2 * i + 2, 2});
    return w;
}

// The same windows over planes with one row more, which no window sees: not halving, so computed the general way.
PoolWindows general(PoolWindows w) {
    w.height += 1;
    return w;
}

// Planes of `windows` with one more row of zeros each.
Array64 longer(const Array64& x, const PoolWindows& w, std::size_t planes) {
    Array64 result(Shape{planes, w.height + 1, w.width}, 0.0);
    for (std::size_t plane = 0; plane < planes; ++plane) {
        std::copy_n(x.data() + plane * w.input(), w.input(), result.data() + plane * (w.input() + w.width));
    }
    return result;
}

Array64 with_special_values(Array64 x) {
    x.data()[3] = NAN;
    x.data()[7] = INFINITY;
    x.data()[12] = -INFINITY;
    for (std::size_t i = 20; i < 40; ++i) x.data()[i] = 0.5;  // ties
    return x;
}

}  // namespace

TEST_CASE("windows of 2 x 2 side by side are recognised") {
    CHECK(halves(3, 5).halving());
    CHECK_FALSE(general(halves(3, 5)).halving());
    PoolWindows shifted = halves(3, 5);
    shifted.columns[2].begin = 5;
    CHECK_FALSE(shifted.halving());
    PoolWindows counted = halves(3, 5);
    counted.rows[0].count = 1;
    CHECK_FALSE(counted.halving());
}

TEST_CASE("the fast way of 2 x 2 windows gives what the general one gives, NaN, infinity and ties included") {
    for (const std::size_t width : {1U, 2U, 7U, 8U, 14U, 33U}) {
        CAPTURE(width);
        const std::size_t planes = 5;
        const PoolWindows fast = halves(3, width), slow = general(halves(3, width));
        Array64 x = sample::uniform({planes, fast.height, fast.width}, width);
        x = with_special_values(x);
        const Array64 x_slow = longer(x, fast, planes), g = sample::uniform({planes, 3, width}, 2);

        Array64 y(g.shape()), y_slow(g.shape());
        detail::pool_max(fast, x.data(), planes, y.data());
        detail::pool_max(slow, x_slow.data(), planes, y_slow.data());
        CHECK(support::distance(y, y_slow) == 0);
        detail::pool_mean(fast, x.data(), planes, y.data());
        detail::pool_mean(slow, x_slow.data(), planes, y_slow.data());
        CHECK(support::distance(y, y_slow) < 1e-15);

        Array64 dx(x.shape()), dx_slow(x_slow.shape());
        detail::pool_max_gradient(fast, x.data(), g.data(), planes, dx.data());
        detail::pool_max_gradient(slow, x_slow.data(), g.data(), planes, dx_slow.data());
        CHECK(longer(dx, fast, planes) == dx_slow);
    }
}

TEST_CASE("the mean of long float windows keeps its precision") {
    const std::size_t n = 300'000;
    const Array x(Shape{1, 2, n}, 0.1F);
    Array y(Shape{1, 2, 1});
    const PoolWindows whole{1, n, {PoolWindow{}}, {PoolWindow{0, n, n}}};
    detail::pool_mean(whole, x.data(), 2, y.data());
    CHECK(y.data()[0] == doctest::Approx(0.1F).epsilon(1e-6));
    const PoolWindows nearly{1, n, {PoolWindow{}}, {PoolWindow{1, n, n - 1}}};
    detail::pool_mean(nearly, x.data(), 2, y.data());
    CHECK(y.data()[1] == doctest::Approx(0.1F).epsilon(1e-6));
}

TEST_CASE("pooling has the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads(), planes = 301;
    const PoolWindows windows[] = {halves(7, 7), general(halves(7, 7))};
    for (const PoolWindows& w : windows) {
        const auto run = [&] {
            const Array x = xt::cast<float>(sample::uniform({planes, w.height, w.width}, 1));
            const Array g = xt::cast<float>(sample::uniform({planes, w.rows.size(), w.columns.size()}, 2));
            std::vector<Array> r(4, Array(g.shape()));
            r[2] = r[3] = Array(x.shape());
            detail::pool_max(w, x.data(), planes, r[0].data());
            detail::pool_mean(w, x.data(), planes, r[1].data());
            detail::pool_max_gradient(w, x.data(), g.data(), planes, r[2].data());
            detail::pool_spread(w, g.data(), planes, r[3].data());
            return r;
        };
        set_threads(1);
        const auto one = run();
        for (const std::size_t n : {std::size_t{2}, std::size_t{4}}) {
            set_threads(n);
            const auto more = run();
            for (std::size_t i = 0; i < one.size(); ++i) CHECK(support::same_bits(one[i], more[i]));
        }
    }
    set_threads(before);
}
