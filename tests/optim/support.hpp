// What the tests of optimizers share: the way of one number, and comparing it with numbers worked by hand.
#pragma once

#include <xtape/autodiff/parameter.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

namespace support {

/// Where a parameter that starts at 1 stands after each update; its gradient is the given one.
template <class Optimizer>
std::vector<double> path(const typename Optimizer::Options& options, const std::vector<double>& gradients) {
    xtape::Parameter64 p{xtape::Array64{1.}};
    Optimizer optimizer{{p}, options};
    std::vector<double> values;
    for (const double g : gradients) {
        p.accumulate_grad(xtape::Array64{g});
        optimizer.step();
        optimizer.zero_grad();
        values.push_back(p.value()(0));
    }
    return values;
}

inline void check_path(const std::vector<double>& got, const std::vector<double>& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-14));
}

template <class T>
bool same_bits(const xtape::BasicArray<T>& a, const xtape::BasicArray<T>& b) {
    return a.shape() == b.shape() && (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

}  // namespace support
