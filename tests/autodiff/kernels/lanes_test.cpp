#include <xtape/autodiff/kernels/lanes.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
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

template <class T>
T one(Lanes<T> v) {
    return all<T>(v)[0];
}

// Distance in units in the last place of T at the true value, or at the smallest normal number when that is larger.
template <class T>
double ulps(T got, long double want) {
    const T rounded = static_cast<T>(want);
    if (std::isnan(rounded) || std::isnan(got)) return std::isnan(rounded) && std::isnan(got) ? 0 : INFINITY;
    if (std::isinf(rounded) || std::isinf(got)) return rounded == got ? 0 : INFINITY;
    using Limits = std::numeric_limits<T>;
    const int exponent = want == 0 ? Limits::min_exponent : std::max(std::ilogb(want) + 1, Limits::min_exponent);
    const long double unit = std::ldexp(1.0L, exponent - Limits::digits);
    return static_cast<double>(std::abs(static_cast<long double>(got) - want) / unit);
}

double drawn(std::uint64_t& state) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state >> 11) * 0x1p-53;
}

constexpr double most = std::numeric_limits<double>::max();

// Numbers of every magnitude of T, subnormal ones too, and many ordinary ones, all within [low, high]; of float one in 29989 of
// all there are.
template <class T>
std::vector<T> spread(double low, double high) {
    using Limits = std::numeric_limits<T>;
    std::uint64_t state = 1;
    std::vector<T> numbers;
    const auto add = [&](double x) {
        if (x >= low && x <= high) numbers.push_back(static_cast<T>(x));
    };
    for (int e = Limits::min_exponent - 10; e <= Limits::max_exponent; ++e) {
        for (int k = 0; k < 12; ++k) {
            const double x = std::ldexp(0.5 + drawn(state) / 2.5, e);
            add(x);
            add(-x);
        }
    }
    for (const double range : {1.0, 5.0, 40.0, 700.0}) {
        for (int k = 0; k < 10'000; ++k) add(range * (2 * drawn(state) - 1));
    }
    if constexpr (std::is_same_v<T, float>) {
        for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += 29'989) {
            add(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
        }
    }
    while (numbers.size() % Lanes<T>::width != 0) numbers.push_back(numbers.back());
    return numbers;
}

struct Range {
    double low = -most, high = most;
};

// Largest distance of f from the true function over a range.
template <class T, class F, class G>
void check_function(const std::string& name, double bound, Range range, F f, G exact) {
    double worst = 0;
    T at = 0;
    const std::vector<T> x = spread<T>(range.low, range.high);
    REQUIRE(x.size() > 5'000);
    for (std::size_t i = 0; i < x.size(); i += Lanes<T>::width) {
        const std::vector<T> y = all<T>(f(Lanes<T>::load(x.data() + i)));
        for (std::size_t k = 0; k < y.size(); ++k) {
            const long double want = exact(static_cast<long double>(x[i + k]));
            const double distance = ulps(y[k], want);
            if (distance <= worst) continue;
            worst = distance;
            at = x[i + k];
        }
    }
    CHECK_MESSAGE(worst <= bound, name << ": " << worst << " units in the last place at " << at);
}

// f at infinities, NaN, zeros, the largest and smallest numbers and other edges is what the standard library says.
template <class T, class F, class G>
void check_edges(const std::string& name, double bound, F f, G standard) {
    using Limits = std::numeric_limits<T>;
    for (const T x : {Limits::infinity(), Limits::quiet_NaN(), T(0), Limits::max(), Limits::min(), Limits::denorm_min(),
                      T(1), T(0.5), T(1.5), T(2), T(2.5), T(1e4)}) {
        for (const T signed_x : {x, -x}) {
            const T got = one(f(Lanes<T>(signed_x)));
            const double distance = ulps(got, static_cast<long double>(standard(signed_x)));
            CHECK_MESSAGE(distance <= bound, name << "(" << signed_x << ") = " << got);
        }
    }
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
        const auto filled = all<T>(Lanes<T>::load_some(numbers.data(), n, Lanes<T>(T(3))));
        const auto chosen = all<T>(Lanes<T>::first_of(n, counting<T>(), Lanes<T>(T(-2))));
        for (std::size_t i = 0; i < width; ++i) {
            CHECK(filled[i] == (i < n ? T(5) : T(3)));
            CHECK(chosen[i] == (i < n ? static_cast<T>(i) : T(-2)));
        }
    }
}

TEST_CASE_TEMPLATE("a streamed register arrives in memory", T, float, double) {
    alignas(64) T out[Lanes<T>::width];
    counting<T>().stream(out);
    Lanes<T>::stream_end();
    for (std::size_t i = 0; i < Lanes<T>::width; ++i) CHECK(out[i] == static_cast<T>(i));
}

TEST_CASE_TEMPLATE("multiply_add adds to a product, and larger_number gives the second where one is NaN", T, float, double) {
    const Lanes<T> x = counting<T>(), nan(std::numeric_limits<T>::quiet_NaN());
    const auto sum = all<T>(multiply_add(x, x + 1, x - 2)), most_of = all<T>(larger_number(x, Lanes<T>(1)));
    for (std::size_t i = 0; i < Lanes<T>::width; ++i) {
        const T v = static_cast<T>(i);
        CHECK(sum[i] == v * (v + 1) + (v - 2));
        CHECK(most_of[i] == std::max(v, T(1)));
    }
    CHECK(one(larger_number(nan, Lanes<T>(1))) == 1);
    CHECK(std::isnan(one(larger_number(Lanes<T>(1), nan))));
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

TEST_CASE_TEMPLATE("functions stay within a few units in the last place of the true value, over all magnitudes", T,
                   float, double) {
    using Long = long double;
    check_function<T>(
        "exp", 1, {}, [](auto x) { return exp(x); }, [](Long x) { return std::exp(x); });
    check_function<T>(
        "exp2", 1.2, {}, [](auto x) { return exp2(x); }, [](Long x) { return std::exp2(x); });
    check_function<T>(
        "expm1", 2, {}, [](auto x) { return expm1(x); }, [](Long x) { return std::expm1(x); });
    check_function<T>(
        "log", 1, {0}, [](auto x) { return log(x); }, [](Long x) { return std::log(x); });
    check_function<T>(
        "log2", 2, {0}, [](auto x) { return log2(x); }, [](Long x) { return std::log2(x); });
    check_function<T>(
        "log10", 2, {0}, [](auto x) { return log10(x); }, [](Long x) { return std::log10(x); });
    check_function<T>(
        "log1p", 1.5, {-1}, [](auto x) { return log1p(x); }, [](Long x) { return std::log1p(x); });
    check_function<T>(
        "sinh", 2, {}, [](auto x) { return sinh(x); }, [](Long x) { return std::sinh(x); });
    check_function<T>(
        "cosh", 2, {}, [](auto x) { return cosh(x); }, [](Long x) { return std::cosh(x); });
    check_function<T>(
        "tanh", 1.5, {}, [](auto x) { return tanh(x); }, [](Long x) { return std::tanh(x); });
    check_function<T>(
        "sigmoid", 2, {}, [](auto x) { return sigmoid(x); }, [](Long x) { return 1 / (1 + std::exp(-x)); });
    check_function<T>(
        "softplus", 2, {}, [](auto x) { return softplus(x); },
        [](Long x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); });
    check_function<T>(
        "tanh_softplus", 3, {}, [](auto x) { return tanh_softplus(x); },
        [](Long x) { return std::tanh(std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x)))); });
    check_function<T>(
        "erf", 2, {}, [](auto x) { return erf(x); }, [](Long x) { return std::erf(x); });
    check_function<T>(
        "erfc", 3, {}, [](auto x) { return erfc(x); }, [](Long x) { return std::erfc(x); });
    check_function<T>(
        "normal_cdf", 3, {-1e3}, [](auto x) { return normal_cdf(x); },
        [](Long x) { return std::erfc(x * -std::sqrt(0.5L)) / 2; });
    check_function<T>(
        "sin", 2, {}, [](auto x) { return sin(x); }, [](Long x) { return std::sin(x); });
    check_function<T>(
        "cos", 2, {}, [](auto x) { return cos(x); }, [](Long x) { return std::cos(x); });
    check_function<T>(
        "tan", 3, {}, [](auto x) { return tan(x); }, [](Long x) { return std::tan(x); });
    check_function<T>(
        "asin", 3, {-1, 1}, [](auto x) { return asin(x); }, [](Long x) { return std::asin(x); });
    check_function<T>(
        "acos", 2, {-1, 1}, [](auto x) { return acos(x); }, [](Long x) { return std::acos(x); });
    check_function<T>(
        "atan", 3, {}, [](auto x) { return atan(x); }, [](Long x) { return std::atan(x); });
    check_function<T>(
        "asinh", 4, {}, [](auto x) { return asinh(x); }, [](Long x) { return std::asinh(x); });
    check_function<T>(
        "acosh", 2, {1}, [](auto x) { return acosh(x); }, [](Long x) { return std::acosh(x); });
    check_function<T>(
        "atanh", 2, {-1, 1}, [](auto x) { return atanh(x); }, [](Long x) { return std::atanh(x); });
}

TEST_CASE_TEMPLATE("functions at infinities, NaN, zeros and extreme numbers are those of the standard library", T,
                   float, double) {
    check_edges<T>(
        "exp", 2, [](auto x) { return exp(x); }, [](T x) { return std::exp(x); });
    check_edges<T>(
        "exp2", 2, [](auto x) { return exp2(x); }, [](T x) { return std::exp2(x); });
    check_edges<T>(
        "expm1", 2, [](auto x) { return expm1(x); }, [](T x) { return std::expm1(x); });
    check_edges<T>(
        "log", 2, [](auto x) { return log(x); }, [](T x) { return std::log(x); });
    check_edges<T>(
        "log2", 2, [](auto x) { return log2(x); }, [](T x) { return std::log2(x); });
    check_edges<T>(
        "log10", 2, [](auto x) { return log10(x); }, [](T x) { return std::log10(x); });
    check_edges<T>(
        "log1p", 2, [](auto x) { return log1p(x); }, [](T x) { return std::log1p(x); });
    check_edges<T>(
        "sin", 4, [](auto x) { return sin(x); }, [](T x) { return std::sin(x); });
    check_edges<T>(
        "cos", 4, [](auto x) { return cos(x); }, [](T x) { return std::cos(x); });
    check_edges<T>(
        "tan", 4, [](auto x) { return tan(x); }, [](T x) { return std::tan(x); });
    check_edges<T>(
        "asin", 4, [](auto x) { return asin(x); }, [](T x) { return std::asin(x); });
    check_edges<T>(
        "acos", 4, [](auto x) { return acos(x); }, [](T x) { return std::acos(x); });
    check_edges<T>(
        "atan", 4, [](auto x) { return atan(x); }, [](T x) { return std::atan(x); });
    check_edges<T>(
        "sinh", 2, [](auto x) { return sinh(x); }, [](T x) { return std::sinh(x); });
    check_edges<T>(
        "cosh", 2, [](auto x) { return cosh(x); }, [](T x) { return std::cosh(x); });
    check_edges<T>(
        "tanh", 2, [](auto x) { return tanh(x); }, [](T x) { return std::tanh(x); });
    check_edges<T>(
        "asinh", 4, [](auto x) { return asinh(x); }, [](T x) { return std::asinh(x); });
    check_edges<T>(
        "acosh", 4, [](auto x) { return acosh(x); }, [](T x) { return std::acosh(x); });
    check_edges<T>(
        "atanh", 4, [](auto x) { return atanh(x); }, [](T x) { return std::atanh(x); });
    check_edges<T>(
        "erf", 2, [](auto x) { return erf(x); }, [](T x) { return std::erf(x); });
    check_edges<T>(
        "erfc", 3, [](auto x) { return erfc(x); }, [](T x) { return std::erfc(x); });
    check_edges<T>(
        "floor", 0, [](auto x) { return floor(x); }, [](T x) { return std::floor(x); });
    check_edges<T>(
        "ceil", 0, [](auto x) { return ceil(x); }, [](T x) { return std::ceil(x); });
    check_edges<T>(
        "round", 0, [](auto x) { return round(x); }, [](T x) { return std::nearbyint(x); });
    check_edges<T>(
        "sqrt", 0, [](auto x) { return sqrt(x); }, [](T x) { return std::sqrt(x); });
    check_edges<T>(
        "abs", 0, [](auto x) { return abs(x); }, [](T x) { return std::abs(x); });
    for (const T zero : {T(0), -T(0)}) {
        const Lanes<T> x(zero);
        for (const Lanes<T> y : {expm1(x), log1p(x), sinh(x), tanh(x), erf(x)}) {
            CHECK(one(y) == 0);
            CHECK(std::signbit(one(y)) == std::signbit(zero));
        }
    }
}

TEST_CASE_TEMPLATE("exponentials overflow and vanish where their true values do", T, float, double) {
    constexpr bool narrow = std::is_same_v<T, float>;
    // The largest numbers whose exponentials are finite, and the smallest whose exponentials are not rounded to 0.
    const T last = narrow ? T(0x1.62e42ep+6) : T(0x1.62e42fefa39efp+9);
    const T first = narrow ? T(-0x1.9fe368p+6) : T(-0x1.74910d52d3051p+9);
    const T inf = std::numeric_limits<T>::infinity(), tiny = std::numeric_limits<T>::denorm_min();
    REQUIRE(std::isfinite(std::exp(last)));
    REQUIRE(std::exp(first) == tiny);
    CHECK(ulps(one(exp(Lanes<T>(last))), std::exp(static_cast<long double>(last))) <= 1);
    CHECK(one(exp(Lanes<T>(std::nextafter(last, inf)))) == inf);
    CHECK(one(expm1(Lanes<T>(std::nextafter(last, inf)))) == inf);
    CHECK(one(exp(Lanes<T>(first))) == tiny);
    CHECK(one(exp(Lanes<T>(std::nextafter(first, -inf)))) == 0);
    CHECK(one(exp2(Lanes<T>(std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits))) == tiny);
    CHECK(one(exp2(Lanes<T>(std::numeric_limits<T>::max_exponent))) == inf);
}

TEST_CASE_TEMPLATE("NaN keeps being NaN, whatever else its bits say", T, float, double) {
    using Bits = std::conditional_t<std::is_same_v<T, float>, std::uint32_t, std::uint64_t>;
    const Bits quiet = std::bit_cast<Bits>(std::numeric_limits<T>::quiet_NaN());
    for (const Bits payload : {Bits{0}, Bits{1}, Bits{3}, Bits{0x155555}}) {
        const Lanes<T> x(std::bit_cast<T>(quiet | payload));
        for (const Lanes<T> y : {exp(x), exp2(x), expm1(x), log(x), log2(x), log10(x), log1p(x), sinh(x), cosh(x), tanh(x),
                                 sigmoid(x), softplus(x), tanh_softplus(x), erf(x), erfc(x), normal_cdf(x)}) {
            CHECK(std::isnan(one(y)));
        }
    }
}

TEST_CASE_TEMPLATE("functions of two numbers are those of the standard library, at special pairs too", T, float,
                   double) {
    using Limits = std::numeric_limits<T>;
    using Long = long double;
    std::vector<T> numbers{Limits::quiet_NaN()};
    for (const T x : {T(0), T(1), T(0.3), T(2), T(3), Limits::infinity(), Limits::max(), Limits::min(),
                      Limits::denorm_min(), T(1e-20), T(1e20)}) {
        numbers.push_back(x);
        numbers.push_back(-x);
    }
    std::uint64_t state = 1;
    for (int k = 0; k < 100; ++k) numbers.push_back(static_cast<T>(8 * drawn(state) - 4));
    const auto compare = [&](const std::string& name, double bound, auto f, auto exact) {
        for (const T a : numbers) {
            for (const T b : numbers) {
                const T got = one(f(Lanes<T>(a), Lanes<T>(b)));
                const double distance = ulps(got, exact(static_cast<Long>(a), static_cast<Long>(b)));
                if (!(distance <= bound))
                    FAIL_CHECK(name << "(" << a << ", " << b << ") = " << got << ": " << distance);
            }
        }
    };
    compare(
        "atan2", 3, [](auto a, auto b) { return atan2(a, b); }, [](Long a, Long b) { return std::atan2(a, b); });
    compare(
        "hypot", 2.5, [](auto a, auto b) { return hypot(a, b); }, [](Long a, Long b) { return std::hypot(a, b); });
    compare(
        "pow", 1, [](auto a, auto b) { return pow(a, b); }, [](Long a, Long b) { return std::pow(a, b); });
    for (const T a : {T(0), -T(0)}) {
        for (const T b : {T(0), -T(0)}) {
            const T got = one(atan2(Lanes<T>(a), Lanes<T>(b)));
            CHECK(got == std::atan2(a, b));
            CHECK(std::signbit(got) == std::signbit(a));
        }
    }
}

TEST_CASE_TEMPLATE("sign, round and clamp keep NaN; halves go to the even number", T, float, double) {
    const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
    CHECK(std::isnan(one(sign(Lanes<T>(nan)))));
    CHECK(std::isnan(one(round(Lanes<T>(nan)))));
    CHECK(std::isnan(one(clamp(Lanes<T>(nan), -1, 1))));
    CHECK(one(sign(Lanes<T>(-inf))) == -1);
    CHECK(one(sign(Lanes<T>(std::numeric_limits<T>::denorm_min()))) == 1);
    CHECK(one(sign(Lanes<T>(0))) == 0);
    CHECK(one(clamp(Lanes<T>(inf), -1, 0.5)) == T(0.5));
    CHECK(one(clamp(Lanes<T>(-inf), -inf, 0.5)) == -inf);
    CHECK(one(round(Lanes<T>(std::nextafter(T(0.5), T(0))))) == 0);
    CHECK(one(round(Lanes<T>(0.5))) == 0);
    CHECK(one(round(Lanes<T>(1.5))) == 2);
    CHECK(one(round(Lanes<T>(2.5))) == 2);
    CHECK(one(round(Lanes<T>(-3.5))) == -4);
}

TEST_CASE_TEMPLATE("small whole exponents are multiplications, other fixed exponents the standard library's pow", T,
                   float, double) {
    for (const double p : {1.0, 2.0, 3.0, -1.0, 4.0, 0.5, 0.0, -2.0}) {
        for (const T x : {T(-1.7), T(0), T(0.3), T(12.5), std::numeric_limits<T>::infinity()}) {
            CAPTURE(x);
            CAPTURE(p);
            CHECK(ulps(one(pow(Lanes<T>(x), p)), std::pow(static_cast<long double>(x), static_cast<long double>(p))) <=
                  1.5);
        }
    }
}
