#include <xtape/optim/update.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

using namespace xtape;

namespace {

float first_lane(Lanes<float> v) {
    float lanes[Lanes<float>::width];
    v.store(lanes);
    return lanes[0];
}

float quotient(float a, float b) { return first_lane(optim::quotient(Lanes<float>(a), Lanes<float>(b))); }

float from_bits(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

}  // namespace

TEST_CASE("the quotient is within one unit in the last place wherever it can be expected") {
    double worst = 0;
    std::uint32_t state = 1;
    for (int i = 0; i < 200000; ++i) {
        state = state * 1664525u + 1013904223u;  // Numerical Recipes' generator
        const float a = std::ldexp(1 + from_bits(0x3f800000u | state >> 9), static_cast<int>(state % 60) - 30);
        state = state * 1664525u + 1013904223u;
        const float b = std::ldexp(1 + from_bits(0x3f800000u | state >> 9), static_cast<int>(state % 60) - 30);
        const double exact = static_cast<double>(a) / static_cast<double>(b);
        const double unit = std::ldexp(1.0, std::ilogb(exact) - 23);
        worst = std::max(worst, std::abs(static_cast<double>(quotient(a, b)) - exact) / unit);
    }
    CHECK(worst <= 1);
    CHECK(worst > 0.25);  // something was compared
}

TEST_CASE("the quotient by zero, infinity, subnormal numbers and NaN is that of the division") {
    const float inf = std::numeric_limits<float>::infinity();
    CHECK(quotient(1, 0) == inf);
    CHECK(quotient(-1, 0) == -inf);
    CHECK(std::isnan(quotient(0, 0)));
    CHECK(quotient(1, inf) == 0);
    CHECK(std::isnan(quotient(inf, inf)));
    CHECK(quotient(inf, 2) == inf);
    CHECK(std::isnan(quotient(NAN, 1)));
    CHECK(std::isnan(quotient(1, NAN)));
    CHECK(quotient(1e-40f, 1e-40f) == doctest::Approx(1));
    CHECK(quotient(1, 1e-40f) == inf);
    CHECK(quotient(0, 5) == 0);
}

TEST_CASE("over_root divides by root times scale plus epsilon") {
    CHECK(first_lane(optim::over_root<float>(6.f, 4.f, 0.5f, 2.f)) == doctest::Approx(2).epsilon(1e-7));
    CHECK(first_lane(optim::over_root<float>(6.f, 0.f, 0.5f, 2.f)) == doctest::Approx(3).epsilon(1e-7));
}
