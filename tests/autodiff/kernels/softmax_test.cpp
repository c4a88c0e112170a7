#include <xtape/autodiff/kernels/softmax.hpp>

#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;

namespace {

template <class T>
void check(std::size_t rows, std::size_t width, bool logarithm, bool in_place) {
    CAPTURE(rows);
    CAPTURE(width);
    BasicArray<T> x(xt::cast<T>(sample::uniform({rows, width}, width) * 3.0));
    BasicArray<T> want(x.shape());
    for (std::size_t r = 0; r < rows; ++r) {
        long double total = 0;
        for (std::size_t c = 0; c < width; ++c) total += std::exp(static_cast<long double>(x(r, c)));
        for (std::size_t c = 0; c < width; ++c) {
            const auto v = static_cast<long double>(x(r, c));
            want(r, c) = static_cast<T>(logarithm ? v - std::log(total) : std::exp(v) / total);
        }
    }
    BasicArray<T> y(x.shape(), T(-99));
    detail::softmax_rows(x.data(), in_place ? x.data() : y.data(), rows, width, logarithm);
    CHECK(support::distance(in_place ? x : y, want) < 8 * static_cast<double>(std::numeric_limits<T>::epsilon()));
}

}  // namespace

TEST_CASE("softmax of rows of any length agrees with long double, in place too") {
    for (const std::size_t rows : {0U, 1U, 3U, 700U}) {
        for (const std::size_t width : {1U, 2U, 5U, 8U, 15U, 16U, 17U, 100U}) {
            for (const bool logarithm : {false, true}) {
                check<float>(rows, width, logarithm, false);
                check<float>(rows, width, logarithm, true);
                check<double>(rows, width, logarithm, false);
                check<double>(rows, width, logarithm, true);
            }
        }
    }
}
