#include <xtape/autodiff/kernels/order.hpp>

#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <algorithm>
#include <numeric>

using namespace xtape;

namespace {

// Stable sort of places, the plain way. Rounded numbers have many equals.
template <class T>
std::vector<std::int64_t> naive(const std::vector<T>& x, std::size_t rows, std::size_t count, bool descending) {
    const std::size_t extent = x.size() / rows;
    std::vector<std::int64_t> order;
    for (std::size_t r = 0; r < rows; ++r) {
        const T* const row = x.data() + r * extent;
        std::vector<std::int64_t> places(extent);
        std::iota(places.begin(), places.end(), std::int64_t{0});
        std::stable_sort(places.begin(), places.end(), [&](std::int64_t a, std::int64_t b) {
            return descending ? row[a] > row[b] : row[a] < row[b];
        });
        order.insert(order.end(), places.begin(), places.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return order;
}

template <class T>
void check(std::size_t rows, std::size_t extent, std::size_t count) {
    CAPTURE(rows);
    CAPTURE(extent);
    CAPTURE(count);
    const Array64 numbers = sample::uniform({rows * extent}, 1);
    std::vector<T> x(rows * extent);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(std::round(numbers(i) * 50) / 8);
    for (const bool descending : {false, true}) {
        std::vector<std::int64_t> order(rows * count, -1);
        detail::sort_rows(x.data(), rows, extent, count, descending, order.data());
        CHECK((order == naive(x, rows, count, descending)));
    }
}

}  // namespace

TEST_CASE_TEMPLATE("rows are sorted as std::stable_sort sorts them, in part or whole, short or long", T, float, double) {
    check<T>(1, 1, 1);
    check<T>(3, 17, 17);
    check<T>(3, 17, 5);
    check<T>(1000, 50, 50);
    check<T>(1, 100'000, 100'000);
    check<T>(2, 70'001, 70'001);
    check<T>(1, 100'000, 10);
    check<T>(5, 8, 0);
}

TEST_CASE("long rows have one order on any number of threads") {
    const std::size_t before = threads();
    const Array64 x = sample::uniform({200'000}, 3);
    std::vector<std::int64_t> one(x.size()), more(x.size());
    set_threads(1);
    detail::sort_rows(x.data(), 1, x.size(), x.size(), false, one.data());
    set_threads(4);
    detail::sort_rows(x.data(), 1, x.size(), x.size(), false, more.data());
    set_threads(before);
    CHECK((one == more));
}

TEST_CASE("no rows and no elements are no work") {
    detail::sort_rows<float>(nullptr, 0, 5, 5, false, nullptr);
    detail::sort_rows<float>(nullptr, 5, 0, 0, false, nullptr);
}
