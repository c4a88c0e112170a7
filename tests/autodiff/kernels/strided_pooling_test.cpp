#include <xtape/autodiff/kernels/strided_pooling.hpp>

#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using detail::PoolRule;
using detail::PoolWindow;
using detail::PoolWindows;

namespace {

// `count` windows by a rule; what they divide by is as if the padding counted.
detail::Scratch<PoolWindow> windows(const PoolRule& rule, std::ptrdiff_t extent, std::ptrdiff_t count) {
    detail::Scratch<PoolWindow> result;
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        const std::ptrdiff_t begin = i * rule.stride - rule.padding;
        result.push_back({static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, begin)),
                          static_cast<std::size_t>(std::min(begin + rule.kernel, extent)),
                          static_cast<std::size_t>(rule.kernel)});
    }
    return result;
}

struct Case {
    const char* name;
    PoolRule rows, columns;
    PoolWindows windows;
};

Case make(const char* name, PoolRule rows, std::ptrdiff_t height, std::ptrdiff_t row_count, PoolRule columns,
          std::ptrdiff_t width, std::ptrdiff_t column_count) {
    return {name, rows, columns,
            PoolWindows{static_cast<std::size_t>(height), static_cast<std::size_t>(width),
                        windows(rows, height, row_count), windows(columns, width, column_count)}};
}

const std::vector<Case>& cases() {
    static const std::vector<Case> all{
        make("3 x 3, stride 2, padded", {3, 2, 1}, 9, 5, {3, 2, 1}, 14, 7),
        make("3 x 3, stride 2, wide", {3, 2, 0}, 7, 3, {3, 2, 0}, 71, 35),
        make("3 x 3, stride 1, padded", {3, 1, 1}, 5, 5, {3, 1, 1}, 16, 16),
        make("2 x 2 with a remainder", {2, 2, 0}, 7, 3, {2, 2, 0}, 35, 17),
        make("2 x 2 over the end", {2, 2, 0}, 7, 4, {2, 2, 0}, 9, 5),
        make("unlike axes", {4, 3, 2}, 11, 4, {5, 4, 1}, 40, 10),
        make("one row", {1, 1, 0}, 1, 1, {3, 2, 1}, 50, 25),
        make("rows that no window sees", {2, 1, 0}, 9, 3, {2, 1, 0}, 20, 4),
        make("gaps", {2, 3, 0}, 9, 3, {2, 3, 0}, 20, 7),
        make("long windows", {9, 2, 0}, 13, 3, {3, 2, 1}, 20, 10),
    };
    return all;
}

// f(plane, number of the window, row window, column window)
template <class F>
void each_window(const PoolWindows& w, std::size_t planes, F f) {
    std::size_t at = 0;
    for (std::size_t plane = 0; plane < planes; ++plane) {
        for (const PoolWindow& row : w.rows) {
            for (const PoolWindow& column : w.columns) f(plane, at++, row, column);
        }
    }
}

// f(place in the array) for each element of a window, in order.
template <class F>
void each_element(const PoolWindows& w, std::size_t plane, const PoolWindow& row, const PoolWindow& column, F f) {
    for (std::size_t i = row.begin; i < row.end; ++i) {
        for (std::size_t j = column.begin; j < column.end; ++j) f(plane * w.input() + i * w.width + j);
    }
}

template <class T>
BasicArray<T> input(const PoolWindows& w, std::size_t planes) {
    BasicArray<T> x(xt::cast<T>(sample::uniform({planes, w.height, w.width}, 1)));
    x.data()[2] = std::numeric_limits<T>::quiet_NaN();
    x.data()[w.width - 1] = std::numeric_limits<T>::infinity();
    for (std::size_t i = w.input(); i < w.input() + w.input() / 2; ++i) x.data()[i] = T(0.5);  // ties
    std::fill_n(x.data() + 2 * w.input(), w.input(), -std::numeric_limits<T>::infinity());
    return x;
}

template <class T>
void check_max(const Case& c) {
    const PoolWindows& w = c.windows;
    const std::size_t planes = 4;
    const BasicArray<T> x = input<T>(w, planes);
    const BasicArray<T> g(xt::cast<T>(xt::floor(8.0 * sample::uniform({planes, w.rows.size(), w.columns.size()}, 2))));
    BasicArray<T> y(g.shape()), dx(x.shape(), T(7)), expected(x.shape(), T(0));
    detail::pool_max(w, x.data(), planes, y.data());
    detail::pool_max_gradient(w, x.data(), g.data(), planes, dx.data());
    each_window(w, planes, [&](std::size_t plane, std::size_t at, const PoolWindow& row, const PoolWindow& column) {
        std::size_t best = plane * w.input() + row.begin * w.width + column.begin;
        each_element(w, plane, row, column, [&](std::size_t i) {
            if (x.data()[i] > x.data()[best] || std::isnan(x.data()[i])) best = i;
        });
        expected.data()[best] += g.data()[at];
        CHECK((y.data()[at] == x.data()[best] || (std::isnan(y.data()[at]) && std::isnan(x.data()[best]))));
    });
    CHECK(dx == expected);  // sums of small whole numbers have no rounding error
}

template <class T>
void check_mean(const Case& c) {
    const PoolWindows& w = c.windows;
    const std::size_t planes = 4;
    const BasicArray<T> x(xt::cast<T>(sample::uniform({planes, w.height, w.width}, 1)));
    const BasicArray<T> g(xt::cast<T>(sample::uniform({planes, w.rows.size(), w.columns.size()}, 2)));
    BasicArray<T> y(g.shape()), dx(x.shape(), T(7));
    Array64 expected(x.shape(), 0.0);
    detail::pool_mean(w, x.data(), planes, y.data());
    detail::pool_spread(w, g.data(), planes, dx.data());
    const double tolerance = 16 * static_cast<double>(std::numeric_limits<T>::epsilon());
    each_window(w, planes, [&](std::size_t plane, std::size_t at, const PoolWindow& row, const PoolWindow& column) {
        double sum = 0;
        const auto count = static_cast<double>(row.count * column.count);
        each_element(w, plane, row, column, [&](std::size_t i) {
            sum += static_cast<double>(x.data()[i]);
            expected.data()[i] += static_cast<double>(g.data()[at]) / count;
        });
        CHECK(std::abs(static_cast<double>(y.data()[at]) - sum / count) < tolerance);
    });
    CHECK(support::distance(Array64(xt::cast<double>(dx)), expected) < tolerance);
}

}  // namespace

TEST_CASE("the rule of windows is found again") {
    const auto pays = [](const PoolRule& rule) { return rule.kernel <= 8 && rule.stride <= rule.kernel; };
    for (const Case& c : cases()) {
        CAPTURE(c.name);
        if (pays(c.rows)) CHECK(detail::pool_rule(c.windows.rows, c.windows.height) == c.rows);
        if (pays(c.columns)) CHECK(detail::pool_rule(c.windows.columns, c.windows.width) == c.columns);
    }
}

TEST_CASE("windows without a rule, long ones and such with gaps are left to others") {
    const auto none = [](detail::Scratch<PoolWindow> w, std::size_t extent) { return !detail::pool_rule(w, extent); };
    CHECK(none({{0, 2, 2}, {2, 4, 2}, {3, 5, 2}}, 5));
    CHECK(none({{1, 3, 2}, {3, 5, 2}}, 5));
    CHECK(none({{0, 2, 2}, {3, 5, 2}}, 5));
    CHECK(none({{0, 9, 9}}, 9));
    CHECK(none({}, 9));
    CHECK_FALSE(none({{0, 8, 8}}, 8));
}

TEST_CASE("pooling agrees with plain loops, strided or not: NaN, infinities, ties, remainders, padding") {
    for (const Case& c : cases()) {
        CAPTURE(c.name);
        check_max<float>(c);
        check_max<double>(c);
        check_mean<float>(c);
        check_mean<double>(c);
    }
}
