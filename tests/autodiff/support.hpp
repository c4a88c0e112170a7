// What the tests of this folder share: arrays that print when a check fails, distances, and the texts of errors.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>

namespace doctest {

template <class T>
struct StringMaker<xtape::BasicArray<T>> {
    static String convert(const xtape::BasicArray<T>& array) {
        std::string text = xtape::to_string(array.shape()) + " [";
        for (std::size_t i = 0; i < array.size() && i < 20; ++i)
            text += (i ? ", " : "") + std::to_string(array.data()[i]);
        return (text + (array.size() > 20 ? ", ...]" : "]")).c_str();
    }
};

}  // namespace doctest

namespace support {

/// Largest |got - want| / (1 + |want|); equal infinities are 0 apart, and so are NaNs. Infinite when the shapes differ.
template <class T>
double distance(const xtape::BasicArray<T>& got, const xtape::BasicArray<T>& want) {
    if (got.shape() != want.shape()) return INFINITY;
    double worst = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const double g = static_cast<double>(got.data()[i]), w = static_cast<double>(want.data()[i]);
        if (g == w || (std::isnan(g) && std::isnan(w))) continue;
        const double d = std::abs(g - w) / (1 + std::abs(w));
        worst = std::isfinite(d) ? std::max(worst, d) : INFINITY;
    }
    return worst;
}

template <class T>
bool same_bits(const xtape::BasicArray<T>& a, const xtape::BasicArray<T>& b) {
    return a.shape() == b.shape() && (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// The text of an error that ends in the place of a call: `CHECK_THROWS_WITH_AS(f(x), located("f: ...", __LINE__), ShapeError)`.
inline doctest::String located(const std::string& message, int line, const char* file = __builtin_FILE()) {
    const std::string path = file;
    return (message + " (at " + path.substr(path.find_last_of('/') + 1) + ":" + std::to_string(line) + ")").c_str();
}

/// Derivative of an elementwise function at each element of x.
template <class F>
xtape::Array slope(F f, const xtape::Array& x) {
    return xtape::grad([&](const xtape::Tensor& t) { return sum(f(t)); })(x).value();
}

}  // namespace support
