#include <xtape/autodiff/kernels/scan.hpp>

#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;

namespace {

template <class T>
BasicArray<T> numbers(std::size_t n, std::uint64_t seed) {
    return BasicArray<T>(xt::cast<T>(sample::uniform({n}, seed)));
}

// Every running sum against long double; the error may not exceed a few roundings of the sum of magnitudes.
template <class T>
void check_sums(std::size_t outer, std::size_t count, std::size_t inner, bool backwards) {
    const std::string label = std::to_string(outer) + " x " + std::to_string(count) + " x " + std::to_string(inner);
    CAPTURE(label);
    CAPTURE(backwards);
    const BasicArray<T> x = numbers<T>(outer * count * inner, outer + 31 * count + 1009 * inner);
    std::vector<T> y(outer * count * inner + 1, T(-7));
    detail::running_sum(x.data(), y.data(), outer, count, inner, backwards);
    CHECK(y.back() == T(-7));
    std::size_t wrong = 0;
    for (std::size_t o = 0; o < outer; ++o) {
        for (std::size_t i = 0; i < inner; ++i) {
            long double sum = 0, magnitude = 0;
            for (std::size_t c = 0; c < count; ++c) {
                const std::size_t place = (o * count + (backwards ? count - 1 - c : c)) * inner + i;
                sum += static_cast<long double>(x.data()[place]);
                magnitude += std::abs(static_cast<long double>(x.data()[place]));
                const long double error = std::abs(static_cast<long double>(y[place]) - sum);
                if (error > 20 * static_cast<long double>(std::numeric_limits<T>::epsilon()) * magnitude) ++wrong;
            }
        }
    }
    CHECK(wrong == 0);
}

// The other scans against loops.
template <class T>
void check_scans(std::size_t outer, std::size_t count, std::size_t inner) {
    const std::string label = std::to_string(outer) + " x " + std::to_string(count) + " x " + std::to_string(inner);
    CAPTURE(label);
    const std::size_t n = outer * count * inner;
    const BasicArray<T> a = numbers<T>(n, n), b = numbers<T>(n, n + 1);
    BasicArray<T> product(Shape{n}), forward(Shape{n}), transposed(Shape{n}), shifted(Shape{n}), others(Shape{n});
    detail::running_product(a.data(), product.data(), outer, count, inner);
    detail::running_recurrence(a.data(), b.data(), forward.data(), outer, count, inner, false);
    detail::running_recurrence(a.data(), b.data(), transposed.data(), outer, count, inner, true);
    detail::times_previous(a.data(), b.data(), T(3), shifted.data(), outer, count, inner);
    detail::product_of_others(a.data(), others.data(), outer, count, inner);
    Array64 want_product(Shape{n}), want_forward = want_product, want_transposed = want_product,
                                    want_shifted = want_product, want_others = want_product;
    for (std::size_t o = 0; o < outer; ++o) {
        for (std::size_t i = 0; i < inner; ++i) {
            const auto at = [&](std::size_t c) { return (o * count + c) * inner + i; };
            double running = 1, state = 0, carried = 0;
            for (std::size_t c = 0; c < count; ++c) {
                const std::size_t k = at(c), back = at(count - 1 - c);
                running *= static_cast<double>(a.data()[k]);
                want_product.data()[k] = running;
                state = static_cast<double>(a.data()[k]) * state + static_cast<double>(b.data()[k]);
                want_forward.data()[k] = state;
                want_transposed.data()[back] = carried + static_cast<double>(b.data()[back]);
                carried = static_cast<double>(a.data()[back]) * want_transposed.data()[back];
                want_shifted.data()[k] = static_cast<double>(a.data()[k] * (c == 0 ? T(3) : b.data()[at(c - 1)]));
                double rest = 1;
                for (std::size_t d = 0; d < count; ++d) rest *= d == c ? 1 : static_cast<double>(a.data()[at(d)]);
                want_others.data()[k] = rest;
            }
        }
    }
    const auto close = [](const BasicArray<T>& got, const Array64& want) {
        return support::distance(Array64(xt::cast<double>(got)), want) <
               8 * static_cast<double>(std::numeric_limits<T>::epsilon());
    };
    CHECK(close(product, want_product));
    CHECK(close(forward, want_forward));
    CHECK(close(transposed, want_transposed));
    CHECK(close(shifted, want_shifted));
    CHECK(close(others, want_others));
}

}  // namespace

TEST_CASE("running sums agree with long double for many shapes, both ways") {
    for (const bool backwards : {false, true}) {
        for (const std::size_t outer : {0U, 1U, 3U}) {
            for (const std::size_t count : {0U, 1U, 2U, 64U, 65U, 257U}) {
                for (const std::size_t inner : {0U, 1U, 2U, 19U}) {
                    check_sums<float>(outer, count, inner, backwards);
                    check_sums<double>(outer, count, inner, backwards);
                }
            }
        }
    }
}

TEST_CASE("running sums that are cut into blocks agree with long double") {
    for (const bool backwards : {false, true}) {
        check_sums<float>(1, 100'001, 1, backwards);
        check_sums<float>(3, 5'003, 7, backwards);
        check_sums<float>(1, 5, 70'001, backwards);
        check_sums<double>(1, 300'007, 1, backwards);
        check_sums<double>(2, 4'099, 300, backwards);
    }
}

TEST_CASE("running sums may overwrite what they read") {
    for (const std::size_t count : {5U, 5'000U}) {
        const Array64 x = numbers<double>(count * 3, 1);
        for (const bool backwards : {false, true}) {
            Array64 apart(x.shape()), same = x;
            detail::running_sum(x.data(), apart.data(), 1, count, 3, backwards);
            detail::running_sum(same.data(), same.data(), 1, count, 3, backwards);
            CHECK(support::same_bits(apart, same));
        }
    }
}

TEST_CASE("products and recurrences agree with plain loops for many shapes") {
    for (const std::size_t outer : {0U, 1U, 3U}) {
        for (const std::size_t count : {0U, 1U, 2U, 9U}) {
            for (const std::size_t inner : {0U, 1U, 2U, 19U, 300U}) {
                check_scans<float>(outer, count, inner);
                check_scans<double>(outer, count, inner);
            }
        }
    }
    check_scans<double>(2'000, 3, 9);
}

TEST_CASE("running sums, products and recurrences have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const std::size_t sizes[][3] = {{1, 300'000, 1}, {3, 10'000, 10}, {1000, 300, 1}, {1, 3, 100'000}};
    const Array x = numbers<float>(300'000, 1) * 0.5F, b = numbers<float>(300'000, 2);
    for (const auto& s : sizes) {
        const auto run = [&] {
            Array y(Shape{4, 300'000});
            detail::running_sum(x.data(), y.data(), s[0], s[1], s[2], false);
            detail::running_product(x.data(), y.data() + 300'000, s[0], s[1], s[2]);
            detail::running_recurrence(x.data(), b.data(), y.data() + 600'000, s[0], s[1], s[2], true);
            detail::product_of_others(x.data(), y.data() + 900'000, s[0], s[1], s[2]);
            return y;
        };
        set_threads(1);
        const Array one = run();
        for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
            set_threads(count);
            CHECK(support::same_bits(one, run()));
        }
    }
    set_threads(before);
}
