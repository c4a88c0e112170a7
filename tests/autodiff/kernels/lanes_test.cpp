#include <xtape/autodiff/kernels/lanes.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace xtape;

namespace {

template <class T>
std::vector<T> all(Lanes<T> v) {
    std::vector<T> numbers(Lanes<T>::width);
    v.store(numbers.data());
    return numbers;
}

template <class T>
Lanes<T> counting() {
    std::vector<T> numbers;
    for (std::size_t i = 0; i < Lanes<T>::width; ++i) numbers.push_back(static_cast<T>(i));
    return Lanes<T>::load(numbers.data());
}

}  // namespace

TEST_CASE_TEMPLATE("lanes take numbers beside them on either side", T, float, double) {
    const Lanes<T> x = counting<T>();
    const auto y = all<T>(1 - 2 * (x + 3) / 4.0);
    for (std::size_t i = 0; i < Lanes<T>::width; ++i) CHECK(y[i] == 1 - (static_cast<T>(i) + 3) / 2);
}

TEST_CASE_TEMPLATE("part of a register is loaded with zeros and stored without touching its neighbours", T, float,
                   double) {
    constexpr std::size_t width = Lanes<T>::width;
    std::vector<T> numbers(width + 1, T(5)), out(width + 1);
    for (std::size_t n = 0; n < width; ++n) {
        const auto some = all<T>(Lanes<T>::load_some(numbers.data(), n));
        std::fill(out.begin(), out.end(), T(-1));
        Lanes<T>(T(7)).store_some(out.data(), n);
        for (std::size_t i = 0; i < width; ++i) {
            CHECK(some[i] == (i < n ? T(5) : T(0)));
            CHECK(out[i] == (i < n ? T(7) : T(-1)));
        }
        CHECK(out[width] == T(-1));
    }
}

TEST_CASE_TEMPLATE("masks compare, combine and choose lane by lane", T, float, double) {
    const Lanes<T> x = counting<T>();
    const auto y = all<T>(where(x < 1 || x > 2, Lanes<T>(10), where(x >= 2 && x <= 2, Lanes<T>(20), x)));
    for (std::size_t i = 0; i < Lanes<T>::width; ++i) CHECK(y[i] == (i == 1 ? T(1) : i == 2 ? T(20) : T(10)));
    const auto e = all<T>(where(equal(x, Lanes<T>(1)), Lanes<T>(1), Lanes<T>(0)));
    CHECK(e[0] == T(0));
    CHECK(e[1] == T(1));
}

TEST_CASE_TEMPLATE("powers and mapped functions are those of the standard library", T, float, double) {
    const Lanes<T> x = counting<T>() + 0.5;
    const auto p = all<T>(pow(x, 2.5)), m = all<T>(x.map([](T v) { return std::cbrt(v); }));
    for (std::size_t i = 0; i < Lanes<T>::width; ++i) {
        const T v = static_cast<T>(i) + T(0.5);
        CHECK(p[i] == static_cast<T>(std::pow(static_cast<double>(v), 2.5)));
        CHECK(m[i] == std::cbrt(v));
    }
}
