#include <xtape/autodiff/kernels/halving.hpp>

#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;

namespace {

template <class T>
void check(std::size_t rows, std::size_t width) {
    BasicArray<T> x(xt::cast<T>(xt::floor(6.0 * sample::uniform({2 * rows, 2 * width}, rows + width))));  // with ties
    for (std::size_t i = 0; i < x.size(); i += 7) x.data()[i] = std::numeric_limits<T>::quiet_NaN();
    for (std::size_t i = 3; i < x.size(); i += 11) x.data()[i] = -std::numeric_limits<T>::infinity();
    const BasicArray<T> g(xt::cast<T>(sample::uniform({rows, width}, 2)));
    BasicArray<T> largest(g.shape()), mean(g.shape()), to_largest(x.shape(), T(7)), spread(x.shape(), T(7));
    detail::halve_max(x.data(), rows, width, largest.data());
    if (width > 1) detail::halve_mean(g.data(), rows / 2, width / 2, mean.data());
    detail::halve_max_gradient(x.data(), g.data(), rows, width, to_largest.data());
    detail::halve_spread(g.data(), rows, width, spread.data());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < rows * width; ++i) {
        const std::size_t first = i / width * 4 * width + i % width * 2;
        std::size_t best = first;
        for (const std::size_t at : {first + 1, first + 2 * width, first + 2 * width + 1}) {
            if (x.data()[at] > x.data()[best] || std::isnan(x.data()[at])) best = at;
        }
        const T value = x.data()[best], got = largest.data()[i];
        wrong += !(got == value || (std::isnan(got) && std::isnan(value)));
        for (const std::size_t at : {first, first + 1, first + 2 * width, first + 2 * width + 1}) {
            wrong += to_largest.data()[at] != (at == best ? g.data()[i] : T(0));
            wrong += spread.data()[at] != g.data()[i] / 4;
        }
    }
    for (std::size_t i = 0; i < rows / 2 * (width / 2); ++i) {
        const T* const at = g.data() + i / (width / 2) * 4 * (width / 2) + i % (width / 2) * 2;
        const T* const below = at + 2 * (width / 2);
        const double exact = (static_cast<double>(at[0]) + static_cast<double>(at[1]) + static_cast<double>(below[0]) +
                              static_cast<double>(below[1])) /
                             4;
        wrong += std::abs(static_cast<double>(mean.data()[i]) - exact) >
                 2 * static_cast<double>(std::numeric_limits<T>::epsilon());
    }
    CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("halving agrees with plain loops for every width around that of a register, and for one row and many") {
    for (const std::size_t width : {2U, 3U, 7U, 8U, 14U, 15U, 16U, 17U, 31U, 32U, 33U, 100U}) {
        for (const std::size_t rows : {2U, 3U, 21U, 1400U}) {
            CAPTURE(width);
            CAPTURE(rows);
            check<float>(rows, width);
            check<double>(rows, width);
        }
    }
    check<float>(50, 1);
}

TEST_CASE("halving writes its result and nothing behind it") {
    for (const std::size_t width : {1U, 14U, 16U, 33U}) {
        const std::size_t rows = 3, n = rows * width;
        const Array x(Shape{8 * n + 64}, 1.F);
        Array y(Shape{8 * n + 64}, 7.F);
        const auto behind = [&](std::size_t elements) {
            const bool kept = std::all_of(y.data() + elements, y.data() + y.size(), [](float v) { return v == 7.F; });
            std::fill_n(y.data(), y.size(), 7.F);
            return kept;
        };
        detail::halve_max(x.data(), rows, width, y.data());
        CHECK(behind(n));
        detail::halve_mean(x.data(), rows, width, y.data());
        CHECK(behind(n));
        detail::halve_max_gradient(x.data(), x.data(), rows, width, y.data());
        CHECK(behind(4 * n));
        detail::halve_spread(x.data(), rows, width, y.data());
        CHECK(behind(4 * n));
    }
}
