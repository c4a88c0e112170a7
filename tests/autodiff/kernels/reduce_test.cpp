#include <xtape/autodiff/kernels/reduce.hpp>

#include <xtape/autodiff/kernels/reduce_terms.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using detail::ReduceKind;

namespace {

template <class T>
BasicArray<T> numbers(std::size_t n, std::uint64_t seed) {
    return BasicArray<T>(xt::cast<T>(sample::uniform({n}, seed)));
}

// Against sums in long double; the error may not exceed a few roundings of the sum of magnitudes.
template <class T>
void check(std::size_t outer, std::size_t count, std::size_t inner) {
    const std::string label = std::to_string(outer) + " x " + std::to_string(count) + " x " + std::to_string(inner);
    CAPTURE(label);
    const BasicArray<T> x = numbers<T>(outer * count * inner, outer + 31 * count + 1009 * inner);
    // What lies behind the result must stay as it is.
    std::vector<T> sums(outer * inner + 1, T(-7)), maxima(outer * inner + 1, T(-7));
    detail::reduce_middle(ReduceKind::sum, x.data(), sums.data(), outer, count, inner);
    if (count > 0) detail::reduce_middle(ReduceKind::max, x.data(), maxima.data(), outer, count, inner);
    CHECK(sums.back() == T(-7));
    CHECK(maxima.back() == T(-7));
    std::size_t wrong = 0;
    for (std::size_t o = 0; o < outer; ++o) {
        for (std::size_t i = 0; i < inner; ++i) {
            long double sum = 0, magnitude = 0;
            T largest = -std::numeric_limits<T>::infinity();
            for (std::size_t c = 0; c < count; ++c) {
                const T v = x.data()[(o * count + c) * inner + i];
                sum += static_cast<long double>(v);
                magnitude += std::abs(static_cast<long double>(v));
                largest = std::max(largest, v);
            }
            const long double error = std::abs(static_cast<long double>(sums[o * inner + i]) - sum);
            if (error > 20 * static_cast<long double>(std::numeric_limits<T>::epsilon()) * magnitude) ++wrong;
            if (count > 0 && maxima[o * inner + i] != largest) ++wrong;
        }
    }
    CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("reductions over the middle axis agree with long double for many shapes") {
    for (const std::size_t outer : {0U, 1U, 3U, 17U}) {
        for (const std::size_t count : {0U, 1U, 2U, 31U, 33U, 64U, 257U}) {
            for (const std::size_t inner : {0U, 1U, 2U, 7U, 16U, 19U}) {
                check<float>(outer, count, inner);
                check<double>(outer, count, inner);
            }
        }
    }
}

TEST_CASE("reductions that are cut into blocks agree with long double") {
    check<float>(1, 100'001, 1);
    check<float>(3, 40'000, 1);
    check<float>(1, 5'003, 33);
    check<float>(2, 1'000, 129);
    check<float>(1, 3, 70'001);
    check<float>(70'001, 2, 1);
    check<double>(1, 100'001, 1);
    check<double>(5'001, 3, 7);
}

TEST_CASE("a sum of no terms is 0") {
    std::vector<float> y(6, NAN);
    detail::reduce_middle<float>(ReduceKind::sum, nullptr, y.data(), 2, 0, 3);
    CHECK(y == std::vector<float>(6, 0.F));
    detail::reduce_middle<float>(ReduceKind::sum, nullptr, y.data(), 6, 0, 1);
    CHECK(y == std::vector<float>(6, 0.F));
}

TEST_CASE("products and minima agree with plain loops for many shapes") {
    for (const std::size_t outer : {1U, 3U}) {
        for (const std::size_t count : {1U, 2U, 33U, 257U, 40'000U}) {
            for (const std::size_t inner : {1U, 2U, 19U}) {
                const Array64 x = sample::positive({outer, count, inner}, count + inner) / 1.17;
                Array64 products(Shape{outer, inner}), minima = products, want_products(products.shape(), 1.0),
                                                       want_minima(products.shape(), 9.0);
                detail::reduce_middle(ReduceKind::product, x.data(), products.data(), outer, count, inner);
                detail::reduce_middle(ReduceKind::min, x.data(), minima.data(), outer, count, inner);
                for (std::size_t n = 0; n < x.size(); ++n) {
                    const std::size_t to = n / (count * inner) * inner + n % inner;
                    want_products.data()[to] *= x.data()[n];
                    want_minima.data()[to] = std::min(want_minima.data()[to], x.data()[n]);
                }
                CHECK(minima == want_minima);
                for (std::size_t n = 0; n < products.size(); ++n) {
                    CHECK(products.data()[n] == doctest::Approx(want_products.data()[n]).epsilon(1e-12));
                }
            }
        }
    }
    double one = 0;
    detail::reduce_middle<double>(ReduceKind::product, nullptr, &one, 1, 0, 1);
    CHECK(one == 1);
}

TEST_CASE("axes that are folded into one keep their elements together") {
    const Array64 x = sample::uniform({2, 1, 3, 4}, 1);
    for (unsigned bits = 0; bits < 16; ++bits) {
        CAPTURE(bits);
        AxisMask reduced(4);
        for (std::size_t i = 0; i < 4; ++i) reduced[i] = bits >> i & 1U;
        const detail::Folded<double> folded(x, reduced);
        CHECK(folded.moved() == (reduced[0] && !reduced[2] && reduced[3]));
        const Array64 want = detail::reduce_axes(ReduceKind::sum, x, reduced);
        Array64 got(want.shape());
        REQUIRE(folded.outer() * folded.inner() == want.size());
        detail::reduce_terms<detail::SumOf<double>, double, 0>(folded, got.data(), {}, detail::Itself{});
        CHECK(support::distance(got, want) < 1e-14);
    }
}

TEST_CASE("reducing several axes keeps them with extent 1") {
    const Array64 x = sample::uniform({2, 3, 4, 5}, 1);
    for (unsigned bits = 0; bits < 16; ++bits) {
        CAPTURE(bits);
        AxisMask reduced(4);
        Shape shape(4);
        for (std::size_t i = 0; i < 4; ++i) {
            reduced[i] = bits >> i & 1U;
            shape[i] = reduced[i] ? 1 : x.shape()[i];
        }
        Array64 want(shape, 0.0);
        for (std::size_t n = 0; n < x.size(); ++n) {
            std::size_t rest = n, place = 0, step = 1;
            for (std::size_t i = 4; i-- > 0; rest /= x.shape()[i]) {
                if (!reduced[i]) place += rest % x.shape()[i] * step;
                step *= shape[i];
            }
            want.data()[place] += x.data()[n];
        }
        CHECK(support::distance(detail::reduce_axes(ReduceKind::sum, x, reduced), want) < 1e-14);
    }
}

TEST_CASE("reductions have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const Array x = numbers<float>(300'000, 1);
    const auto run = [&](std::size_t outer, std::size_t count, std::size_t inner) {
        Array y(Shape{outer * inner});
        detail::reduce_middle(ReduceKind::sum, x.data(), y.data(), outer, count, inner);
        return y;
    };
    const std::size_t sizes[][3] = {{1, 300'000, 1}, {3, 100'000, 1}, {1, 3'000, 100}, {1000, 300, 1}, {1, 3, 100'000}};
    for (const auto& s : sizes) {
        set_threads(1);
        const Array one = run(s[0], s[1], s[2]);
        for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
            set_threads(count);
            CHECK(support::same_bits(one, run(s[0], s[1], s[2])));
        }
    }
    set_threads(before);
}
