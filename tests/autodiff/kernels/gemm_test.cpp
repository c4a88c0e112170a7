#include <xtape/autodiff/kernels/gemm.hpp>

#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using detail::Gemm;

namespace {

template <class T>
BasicArray<T> numbers(std::size_t n, std::uint64_t seed) {
    return BasicArray<T>(xt::cast<T>(sample::uniform({n}, seed)));
}

// One product of the given sizes against plain loops in double, C being NaN or 1 beforehand.
template <class T>
void check(std::size_t m, std::size_t n, std::size_t k, bool ta, bool tb, T beta) {
    const std::string label = std::to_string(m) + " x " + std::to_string(n) + " x " + std::to_string(k) +
                              (ta ? " A^T" : "") + (tb ? " B^T" : "");
    CAPTURE(label);
    const BasicArray<T> a = numbers<T>(m * k, 1), b = numbers<T>(k * n, 2);
    std::vector<T> c(m * n + 1, beta == 0 ? std::numeric_limits<T>::quiet_NaN() : T(1));
    c.back() = T(-7);
    detail::gemm(Gemm<T>{ta, tb, m, n, k, a.data(), b.data(), c.data(), beta});
    CHECK(c.back() == T(-7));
    double worst = 0;
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            double want = static_cast<double>(beta), scale = 1;
            for (std::size_t l = 0; l < k; ++l) {
                const double term = static_cast<double>(a.data()[ta ? l * m + i : i * k + l]) *
                                    static_cast<double>(b.data()[tb ? j * k + l : l * n + j]);
                want += term;
                scale += std::abs(term);
            }
            const double error = std::abs(static_cast<double>(c[i * n + j]) - want) / scale;
            worst = std::isnan(error) ? INFINITY : std::max(worst, error);
        }
    }
    CHECK(worst < 4 * static_cast<double>(std::numeric_limits<T>::epsilon()));
}

template <class T>
void check_all(std::size_t m, std::size_t n, std::size_t k) {
    for (const bool ta : {false, true}) {
        for (const bool tb : {false, true}) {
            check<T>(m, n, k, ta, tb, 0);
            check<T>(m, n, k, ta, tb, 1);
        }
    }
}

}  // namespace

TEST_CASE("products of all small sizes and transpositions agree with plain loops") {
    for (const std::size_t m : {0U, 1U, 2U, 17U}) {
        for (const std::size_t n : {0U, 1U, 3U, 16U}) {
            for (const std::size_t k : {0U, 1U, 5U, 33U}) {
                check_all<float>(m, n, k);
                check_all<double>(m, n, k);
            }
        }
    }
}

TEST_CASE("products large enough to be cut into blocks agree with plain loops") {
    check_all<float>(259, 131, 127);
    check_all<float>(67, 517, 133);
    check_all<double>(131, 257, 129);
    check<float>(1, 4099, 1031, false, false, 0);
    check<float>(4099, 1, 1031, true, false, 1);
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
        detail::gemm(Gemm<double>{false, false, 3, 2, 4, a.data() + left[q] * 12, b.data() + right[q] * 8, one.data(), 0});
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
    const auto run = [](std::size_t m, std::size_t n, std::size_t k, std::size_t count) {
        const Array a = numbers<float>(count * m * k, 1), b = numbers<float>(count * k * n, 2);
        Array c(Shape{count, m, n});
        detail::gemm_batch(Gemm<float>{false, true, m, n, k, a.data(), b.data(), c.data(), 0}, count, m * k, n * k,
                           m * n);
        return c;
    };
    const std::size_t sizes[][4] = {{401, 257, 127, 1}, {1, 3001, 777, 1}, {3001, 1, 777, 1}, {31, 33, 35, 70}};
    for (const auto& s : sizes) {
        set_threads(1);
        const Array one = run(s[0], s[1], s[2], s[3]);
        for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
            set_threads(count);
            CHECK(support::same_bits(one, run(s[0], s[1], s[2], s[3])));
        }
    }
    set_threads(before);
}
