#include <xtape/autodiff/kernels/gemm.hpp>

#include <xtape/autodiff/kernels/serial_gemm.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <array>
#include <cmath>
#include <limits>

using namespace xtape;
using detail::Gemm;

namespace {

template <class T>
BasicArray<T> numbers(std::size_t n, std::uint64_t seed) {
    return BasicArray<T>(xt::cast<T>(sample::uniform({n}, seed)));
}

// Element (i, j) of op(A) op(B), and the sum of its terms' magnitudes.
template <class T>
std::pair<long double, long double> naive(const Gemm<T>& p, std::size_t i, std::size_t j) {
    long double sum = 0, magnitude = 0;
    for (std::size_t l = 0; l < p.k; ++l) {
        const long double term = static_cast<long double>(p.a[p.transpose_a ? l * p.m + i : i * p.k + l]) *
                                 static_cast<long double>(p.b[p.transpose_b ? j * p.k + l : l * p.n + j]);
        sum += term;
        magnitude += std::abs(term);
    }
    return {sum, magnitude};
}

// The largest error of C = op(A) op(B) + bias + beta before, in units of the sum of the magnitudes of all terms.
template <class T>
double worst_error(const Gemm<T>& p, const std::vector<T>& before) {
    long double worst = 0;
    for (std::size_t i = 0; i < p.m; ++i) {
        for (std::size_t j = 0; j < p.n; ++j) {
            auto [want, scale] = naive(p, i, j);
            const long double bias = p.bias ? static_cast<long double>(p.bias[j]) : 0;
            const long double old =
                p.beta == 0 ? 0 : static_cast<long double>(p.beta) * static_cast<long double>(before[i * p.n + j]);
            want += bias + old;
            scale += std::abs(bias) + std::abs(old);
            const long double error = std::abs(static_cast<long double>(p.c[i * p.n + j]) - want);
            if (std::isnan(error)) return INFINITY;
            if (error > 0) worst = std::max(worst, error / scale);
        }
    }
    return static_cast<double>(worst);
}

// Sums of k terms of random sign stay within a few roundings of their magnitude.
template <class T>
constexpr double bound = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());

// One product of the given sizes, C being NaN or 1 beforehand.
template <class T>
void check(std::size_t m, std::size_t n, std::size_t k, bool ta, bool tb, T beta, bool with_bias) {
    const std::string label = std::to_string(m) + " x " + std::to_string(n) + " x " + std::to_string(k) +
                              (ta ? " A^T" : "") + (tb ? " B^T" : "") + (with_bias ? " + bias" : "");
    CAPTURE(label);
    CAPTURE(beta);
    const BasicArray<T> a = numbers<T>(m * k, 1), b = numbers<T>(k * n, 2), bias = numbers<T>(n, 3);
    const std::vector<T> before(m * n + 1, beta == 0 ? std::numeric_limits<T>::quiet_NaN() : T(1));
    std::vector<T> c = before;
    c.back() = T(-7);
    const Gemm<T> product{ta, tb, m, n, k, a.data(), b.data(), c.data(), beta, with_bias ? bias.data() : nullptr};
    detail::gemm(product);
    CHECK(c.back() == T(-7));
    CHECK(worst_error(product, before) <= bound<T>);
}

template <class T>
void check_all(std::size_t m, std::size_t n, std::size_t k) {
    for (const bool ta : {false, true}) {
        for (const bool tb : {false, true}) {
            check<T>(m, n, k, ta, tb, 0, false);
            check<T>(m, n, k, ta, tb, 0, true);
            check<T>(m, n, k, ta, tb, 1, false);
        }
    }
}

}  // namespace

TEST_CASE("products of all small sizes and transpositions agree with plain loops") {
    for (const std::size_t m : {0U, 1U, 2U, 5U, 17U, 33U}) {
        for (const std::size_t n : {0U, 1U, 3U, 16U, 35U}) {
            for (const std::size_t k : {0U, 1U, 5U, 33U, 64U}) {
                check_all<float>(m, n, k);
                check_all<double>(m, n, k);
            }
        }
    }
}

TEST_CASE("every height and width of a tile agrees with plain loops") {
    for (std::size_t m = 1; m <= 30; ++m) check_all<float>(m, 37, 19);
    for (std::size_t n = 1; n <= 70; ++n) check_all<float>(21, n, 19);
    for (std::size_t n = 1; n <= 36; ++n) check_all<double>(13, n, 19);
}

TEST_CASE("sums longer than one chunk of terms agree with plain loops, with what stood in C, and with a bias") {
    for (const std::size_t k : {400U, 401U, 1203U}) {
        for (const std::size_t n : {3U, 16U, 50U, 130U}) check_all<float>(45, n, k);
        check_all<double>(19, 21, k);
    }
    check<float>(45, 50, 1203, false, false, 1, true);
    check<float>(45, 50, 1203, false, true, -0.5F, true);
    check<double>(45, 50, 1203, true, false, 2, false);
}

TEST_CASE("matrices whose rows lie a multiple of 4096 bytes apart agree with plain loops") {
    check_all<float>(1024, 200, 33);
    check_all<double>(33, 512, 150);
}

TEST_CASE("products large enough to be cut into blocks agree with plain loops") {
    check_all<float>(259, 131, 127);
    check_all<float>(67, 517, 133);
    check_all<double>(131, 257, 129);
    check_all<float>(33, 130, 800);
    check_all<float>(300, 300, 300);
    for (const bool transposed : {false, true}) {
        check<float>(1, 4099, 1031, false, transposed, 0, true);
        check<float>(4099, 1, 1031, transposed, false, 1, false);
        check<float>(3, 2001, 700, false, transposed, 0, true);
    }
}

TEST_CASE("a product reads and writes rows that stand apart, and nothing between or behind them") {
    const std::size_t m = 19, n = 21, k = 23, a_step = 31, b_step = 29, c_step = 27;
    for (const bool ta : {false, true}) {
        for (const bool tb : {false, true}) {
            const std::size_t a_rows = ta ? k : m, a_columns = ta ? m : k, b_rows = tb ? n : k, b_columns = tb ? k : n;
            // Exactly as long as the last row reaches; what lies between rows is NaN.
            std::vector<float> a((a_rows - 1) * a_step + a_columns, NAN), b((b_rows - 1) * b_step + b_columns, NAN);
            const Array dense_a = numbers<float>(m * k, 1), dense_b = numbers<float>(n * k, 2);
            for (std::size_t i = 0; i < m * k; ++i) a[i / a_columns * a_step + i % a_columns] = dense_a.data()[i];
            for (std::size_t i = 0; i < n * k; ++i) b[i / b_columns * b_step + i % b_columns] = dense_b.data()[i];
            std::vector<float> c((m - 1) * c_step + n, -7), dense_c(m * n);
            detail::serial_gemm(Gemm<float>{ta, tb, m, n, k, a.data(), b.data(), c.data(), 0}, a_step, b_step, c_step);
            for (std::size_t i = 0; i < c.size(); ++i) {
                if (i % c_step < n) {
                    dense_c[i / c_step * n + i % c_step] = c[i];
                } else {
                    CHECK(c[i] == -7);
                }
            }
            CHECK(worst_error(Gemm<float>{ta, tb, m, n, k, dense_a.data(), dense_b.data(), dense_c.data(), 0}, {}) <=
                  bound<float>);
        }
    }
}

TEST_CASE("a NaN or an infinity reaches exactly the elements that it is a term of") {
    for (const auto& extents : {std::array<std::size_t, 3>{20, 37, 50}, {3, 40, 64}, {40, 7, 420}, {30, 100, 784}}) {
        const std::size_t m = extents[0], n = extents[1], k = extents[2];
        for (const bool tb : {false, true}) {
            for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
                CAPTURE(m);
                CAPTURE(tb);
                Array a = numbers<float>(m * k, 1), b = numbers<float>(k * n, 2), c(Shape{m * n});
                const std::size_t row = m - 1, column = n - 2;
                a.data()[row * k + k / 2] = odd;
                b.data()[tb ? column * k + k - 1 : (k - 1) * n + column] = odd;
                detail::gemm(Gemm<float>{false, tb, m, n, k, a.data(), b.data(), c.data(), 0});
                for (std::size_t i = 0; i < m * n; ++i)
                    CHECK(std::isfinite(c.data()[i]) == (i / n != row && i % n != column));
            }
        }
    }
}

TEST_CASE("two products side by side give what each gives alone") {
    for (const std::size_t size : {0U, 9U, 150U}) {
        const std::size_t m = size, n = size + 1, k = 2 * size;
        const Array a = numbers<float>(m * k, 1), b = numbers<float>(k * n, 2);
        Array first(Shape{m, n}), second(Shape{m, n}), first_alone(Shape{m, n}), second_alone(Shape{m, n});
        const auto one = [&](Array& c) { return Gemm<float>{false, false, m, n, k, a.data(), b.data(), c.data(), 0}; };
        const auto other = [&](Array& c) { return Gemm<float>{true, true, m, n, k, a.data(), b.data(), c.data(), 0}; };
        detail::gemm_pair(one(first), other(second));
        detail::gemm(one(first_alone));
        detail::gemm(other(second_alone));
        CHECK(support::same_bits(first, first_alone));
        CHECK(support::same_bits(second, second_alone));
    }
}

TEST_CASE("a batch steps through its operands, and a step of 0 uses the same one again") {
    const Array64 a = numbers<double>(3 * 4, 1), b = numbers<double>(5 * 4 * 2, 2);
    Array64 c(Shape{5, 3, 2}, 0.0);
    detail::gemm_batch(Gemm<double>{false, false, 3, 2, 4, a.data(), b.data(), c.data(), 0}, 5, 0, 8, 6);
    for (std::size_t q = 0; q < 5; ++q) {
        Array64 one(Shape{3, 2}, 0.0);
        detail::gemm(Gemm<double>{false, false, 3, 2, 4, a.data(), b.data() + q * 8, one.data(), 0});
        for (std::size_t i = 0; i < 6; ++i) CHECK(c.data()[q * 6 + i] == one.data()[i]);
    }
    detail::gemm_batch(Gemm<double>{false, false, 3, 2, 4, nullptr, nullptr, nullptr, 0}, 0, 12, 8, 6);
}

TEST_CASE("a batch may name the matrices that each product multiplies") {
    const Array64 a = numbers<double>(2 * 3 * 4, 1), b = numbers<double>(3 * 4 * 2, 2);
    const std::vector<std::size_t> left{0, 1, 1, 0}, right{2, 2, 0, 1};
    Array64 c(Shape{4, 3, 2}, 0.0);
    detail::gemm_batch(Gemm<double>{false, false, 3, 2, 4, a.data(), b.data(), c.data(), 0}, left, right);
    for (std::size_t q = 0; q < 4; ++q) {
        Array64 one(Shape{3, 2}, 0.0);
        detail::gemm(
            Gemm<double>{false, false, 3, 2, 4, a.data() + left[q] * 12, b.data() + right[q] * 8, one.data(), 0});
        for (std::size_t i = 0; i < 6; ++i) CHECK(c.data()[q * 6 + i] == one.data()[i]);
    }
}

TEST_CASE("the places of a broadcast repeat along axes of extent 1") {
    CHECK(detail::broadcast_places({2, 1}, {2, 3}) == std::vector<std::size_t>{0, 0, 0, 1, 1, 1});
    CHECK(detail::broadcast_places({3}, {2, 3}) == std::vector<std::size_t>{0, 1, 2, 0, 1, 2});
    CHECK(detail::broadcast_places({}, {2}) == std::vector<std::size_t>{0, 0});
    CHECK(detail::broadcast_places({1}, {0}).empty());
    CHECK(detail::broadcast_places({}, {}) == std::vector<std::size_t>{0});
}

TEST_CASE("products have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const auto run = [](const std::array<std::size_t, 4>& size, bool ta, bool tb) {
        const auto [m, n, k, count] = size;
        const Array a = numbers<float>(count * m * k, 1), b = numbers<float>(count * k * n, 2),
                    bias = numbers<float>(n, 3);
        Array c(Shape{count, m, n});
        detail::gemm_batch(Gemm<float>{ta, tb, m, n, k, a.data(), b.data(), c.data(), 0, bias.data()}, count, m * k,
                           n * k, m * n);
        return c;
    };
    for (const std::array<std::size_t, 4>& size : {std::array<std::size_t, 4>{401, 257, 127, 1},
                                                   {1, 3001, 777, 1},
                                                   {3001, 1, 777, 1},
                                                   {31, 33, 35, 70},
                                                   {32, 128, 784, 1},
                                                   {128, 784, 150, 2}}) {
        for (const bool ta : {false, true}) {
            for (const bool tb : {false, true}) {
                set_threads(1);
                const Array one = run(size, ta, tb);
                for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
                    set_threads(count);
                    CHECK(support::same_bits(one, run(size, ta, tb)));
                }
            }
        }
    }
    set_threads(before);
}
