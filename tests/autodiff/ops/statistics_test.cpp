#include <xtape/autodiff/ops/statistics.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::distance;
using support::located;
using support::slope;

namespace {
const float inf = std::numeric_limits<float>::infinity();
const Tensor six(Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 9.F}});

// The gradient as the recorded rule gives it, which second derivatives use.
template <class F>
Array recorded_slope(F f, const Array& x) {
    Tape tape;
    const Tensor t = tape.watch(x);
    return tape.gradient(sum(f(t)), t, {.create_graph = true}).value();
}

// Sum of f over x in long double, in stretches: one after the other, ten million squares would be off by 1e-14 even
// there.
template <class F>
long double total(const Array& x, F f) {
    long double sum = 0;
    for (std::size_t i = 0; i < x.size(); i += 4096) {
        long double part = 0;
        for (std::size_t k = i; k < std::min(x.size(), i + 4096); ++k) part += f(static_cast<long double>(x.data()[k]));
        sum += part;
    }
    return sum;
}

// n floats around `middle`, and their mean and variance in long double.
struct Long {
    Array x;
    long double mean = 0, variance = 0;

    Long(std::size_t n, float middle) : x(xt::cast<float>(sample::uniform({n}, n))) {
        for (float& v : x) v += middle;
        mean = total(x, [](long double v) { return v; }) / static_cast<long double>(n);
        variance = total(x, [&](long double v) { return (v - mean) * (v - mean); }) / static_cast<long double>(n - 1);
    }
};

double off(double got, long double want) {
    return static_cast<double>(std::abs(static_cast<long double>(got) / want - 1));
}

}  // namespace

TEST_CASE("variance and standard deviation by hand, as PyTorch's by default and as NumPy's with correction 0") {
    // numpy.var([1, 2, 3, 4, 5, 9], ddof=1) = 8, numpy.var(..., ddof=0) = 20 / 3
    CHECK(var(six).item() == 8.F);
    CHECK(var(six, {}, false, 0).item() == doctest::Approx(20 / 3.0));
    CHECK(var(six, 1).value() == Array{1.F, 7.F});
    CHECK(distance(var(six, 0, true, 0).value(), Array{{2.25F, 2.25F, 9.F}}) < 1e-6);
    CHECK(xtape::std(six).item() == doctest::Approx(std::sqrt(8.0)));
    CHECK(distance(stddev(six, 0, false, 0).value(), Array{1.5F, 1.5F, 3.F}) < 1e-6);
    CHECK(var(six, {-1, 0}, true).value() == Array{{8.F}});
    CHECK(var(Parameter(six.value()), 1).value() == Array{1.F, 7.F});
    CHECK(distance(slope([](const Tensor& t) { return var(t, 1); }, six.value()),
                   Array{{-1.F, 0.F, 1.F}, {-2.F, -1.F, 3.F}}) < 1e-6);
}

TEST_CASE("one element has no variance of a sample: NaN, as in PyTorch; its own variance is 0") {
    const Tensor one(Array{3.F});
    CHECK(std::isnan(var(one).item()));
    CHECK(std::isnan(stddev(one).item()));
    CHECK(var(one, {}, false, 0).item() == 0.F);
    CHECK(std::isnan(slope([](const Tensor& t) { return var(t); }, {3.F})(0)));
    CHECK(var(Tensor(3.F), {}, false, 0).item() == 0.F);
    CHECK(distance(var(six, Axes(std::vector<int>{}), false, 0).value(), Array(Shape{2, 3}, 0.F)) == 0);
    CHECK(var(Tensor(Array{1.F, 3.F}), {}, false, 3).item() == inf);
}

TEST_CASE("where all elements are equal the standard deviation and its derivatives are 0") {
    const Array flat{{2.F, 2.F, 2.F}, {1.F, 2.F, 3.F}};
    const auto f = [](const Tensor& t) { return stddev(t, 1); };
    CHECK(f(Tensor(flat)).value() == Array{0.F, 1.F});
    CHECK(distance(slope(f, flat), Array{{0.F, 0.F, 0.F}, {-0.5F, 0.F, 0.5F}}) < 1e-6);
    CHECK(distance(recorded_slope(f, flat), Array{{0.F, 0.F, 0.F}, {-0.5F, 0.F, 0.5F}}) < 1e-6);
    CHECK(hessian([](const Tensor64& t) { return stddev(t); }, Array64{2.0, 2.0}) == Array64(Shape{2, 2}, 0.0));
}

TEST_CASE("a large mean costs the variance nothing") {
    // Exact in float: one million plus or minus 1.
    Array x(Shape{1000}, 1e6F);
    for (std::size_t i = 0; i < 1000; ++i) x(i) += i % 2 ? 1.F : -1.F;
    CHECK(var(Tensor(x), {}, false, 0).item() == doctest::Approx(1).epsilon(1e-6));
    for (const float middle : {0.F, 100.F, 1e5F}) {
        for (const std::size_t n : {3U, 100U, 40'001U}) {
            const Long want(n, middle);
            CAPTURE(middle);
            CAPTURE(n);
            CHECK(off(var(Tensor(want.x)).item(), want.variance) < 2e-6);
            CHECK(off(stddev(Tensor(want.x)).item(), std::sqrt(want.variance)) < 1e-6);
        }
    }
    CHECK(var(Tensor(Array(Shape{1'000'000}, 0.1F))).item() == 0.F);
    CHECK(var(Tensor(Array(Shape{1'000'000}, 1e8F))).item() == 0.F);
}

TEST_CASE("norms of order 1, 2 and infinity by hand") {
    const Tensor x(Array{{3.F, -4.F}, {0.F, -12.F}});
    CHECK(norm(x).item() == 13.F);
    CHECK(norm(x, 2, 1).value() == Array{5.F, 12.F});
    CHECK(norm(x, 1).item() == 19.F);
    CHECK(norm(x, 1, 0, true).value() == Array{{3.F, 16.F}});
    CHECK(norm(x, INFINITY).item() == 12.F);
    CHECK(norm(x, INFINITY, 1).value() == Array{4.F, 12.F});
    CHECK(norm(Tensor(-2.F), 2).item() == 2.F);
    CHECK(norm(Parameter64(Array64{3.0, 4.0})).item() == 5.0);
    CHECK(distance(slope(
                       [](const Tensor& t) {
                           return norm(t, 2, 1) * Array{5.F, 1.F};
                       },
                       x.value()),
                   Array{{3.F, -4.F}, {0.F, -1.F}}) < 1e-6);
    CHECK(slope([](const Tensor& t) { return norm(t, 1); }, x.value()) == Array{{1.F, -1.F}, {0.F, -1.F}});
    CHECK(slope([](const Tensor& t) { return norm(t, INFINITY); }, x.value()) == Array{{0.F, 0.F}, {0.F, -1.F}});
}

TEST_CASE("norms at 0 have gradient 0, and equal largest magnitudes share it") {
    const Array zero(Shape{3}, 0.F);
    for (const double order : {1.0, 2.0, static_cast<double>(INFINITY)}) {
        CAPTURE(order);
        const auto f = [order](const Tensor& t) { return norm(t, order); };
        CHECK(f(Tensor(zero)).item() == 0.F);
        CHECK(slope(f, zero) == zero);
        CHECK(recorded_slope(f, zero) == zero);
        CHECK(hessian([order](const Tensor64& t) { return norm(t, order); }, Array64(Shape{2}, 0.0)) ==
              Array64(Shape{2, 2}, 0.0));
    }
    // A row of zeros beside another.
    CHECK(distance(slope([](const Tensor& t) { return norm(t, 2, 1); }, {{0.F, 0.F}, {3.F, 4.F}}),
                   Array{{0.F, 0.F}, {0.6F, 0.8F}}) < 1e-6);
    CHECK(slope([](const Tensor& t) { return norm(t, INFINITY); }, {2.F, -2.F, 1.F, 2.F, -2.F}) ==
          Array{0.25F, -0.25F, 0.F, 0.25F, -0.25F});
}

TEST_CASE("the Euclidean norm neither overflows nor vanishes, and nor does its gradient") {
    const Array direction{0.6F, -0.8F};
    for (const float scale : {1e-44F, 1e-38F, 1e-25F, 1.F, 1e25F, 3e38F}) {
        CAPTURE(scale);
        const Array x{3.F * (scale / 5), -4.F * (scale / 5)};
        const double want = std::hypot(static_cast<double>(x(0)), static_cast<double>(x(1)));
        const double coarse = scale < 1e-40F ? 0.2 : 1e-6;  // there are few numbers that small
        CHECK(std::abs(static_cast<double>(norm(Tensor(x)).item()) / want - 1) < coarse);
        const auto f = [](const Tensor& t) { return norm(t); };
        CHECK(distance(slope(f, x), direction) < coarse);
        CHECK(distance(recorded_slope(f, x), direction) < coarse);
    }
    const Array64 huge{3e300, 4e300}, tiny{3e-300, 4e-300}, least{5e-324, 0.0};
    CHECK(norm(Tensor64(huge)).item() == doctest::Approx(5e300));
    CHECK(norm(Tensor64(tiny)).item() / 5e-300 == doctest::Approx(1));
    CHECK(norm(Tensor64(least)).item() == 5e-324);
    // Rows of every size beside each other.
    const Array64 rows{{3e300, 4e300}, {3.0, 4.0}, {0.0, 0.0}, {3e-300, 4e-300}};
    const Array64 lengths = norm(Tensor64(rows), 2, 1).value();
    CHECK(lengths(0) == doctest::Approx(5e300));
    CHECK(lengths(1) == 5.0);
    CHECK(lengths(2) == 0.0);
    CHECK(lengths(3) / 5e-300 == doctest::Approx(1));
}

TEST_CASE("infinity and NaN in norms") {
    for (const double order : {1.0, 2.0, static_cast<double>(INFINITY)}) {
        CAPTURE(order);
        CHECK(distance(norm(Tensor(Array{{1.F, -inf}, {NAN, 1.F}, {3.F, 0.F}}), order, 1).value(),
                       Array{inf, NAN, 3.F}) == 0);
    }
    CHECK(std::isnan(slope([](const Tensor& t) { return norm(t, 1); }, {NAN, 1.F})(0)));
}

TEST_CASE("logsumexp by hand, and far from 0 where exponentials overflow or vanish") {
    const Tensor x(Array{{0.F, 0.F}, {1000.F, 1000.F}, {-1000.F, -1000.F}, {0.F, 1000.F}});
    const float two = std::log(2.F);
    CHECK(distance(logsumexp(x, 1).value(), Array{two, 1000 + two, -1000 + two, 1000.F}) < 1e-6);
    CHECK(distance(logsumexp(x, 1, true).value(), Array{{two}, {1000 + two}, {-1000 + two}, {1000.F}}) < 1e-6);
    CHECK(logsumexp(x).item() == doctest::Approx(1000 + std::log(3.0)));
    CHECK(logsumexp(Tensor(2.F)).item() == 2.F);
    CHECK(distance(slope([](const Tensor& t) { return logsumexp(t, 1); }, x.value()),
                   Array{{0.5F, 0.5F}, {0.5F, 0.5F}, {0.5F, 0.5F}, {0.F, 1.F}}) < 1e-6);
}

TEST_CASE("logsumexp of infinities: -inf counts nothing, a row of -inf has gradient 0, one with inf NaN") {
    const Array x{{-inf, 0.F}, {-inf, -inf}, {inf, 0.F}, {NAN, 0.F}};
    const auto f = [](const Tensor& t) { return logsumexp(t, 1); };
    CHECK(distance(f(Tensor(x)).value(), Array{0.F, -inf, inf, NAN}) == 0);
    const Array want{{0.F, 1.F}, {0.F, 0.F}, {NAN, NAN}, {NAN, NAN}};
    CHECK(distance(slope(f, x), want) == 0);
    CHECK(distance(recorded_slope(f, x), want) == 0);
}

TEST_CASE("the gradient of logsumexp sums to 1 where y itself is too coarse to say so") {
    const Array x{{10'000.F, 10'000.F, 9'999.F}, {-3e4F, -3e4F, -3e4F}};
    const auto f = [](const Tensor& t) { return logsumexp(t, 1); };
    const float e = std::exp(-1.F), third = 1 / 3.F;
    const Array want{{1 / (2 + e), 1 / (2 + e), e / (2 + e)}, {third, third, third}};
    CHECK(distance(slope(f, x), want) < 2e-7);
    CHECK(distance(recorded_slope(f, x), want) < 2e-7);
}

TEST_CASE("of nothing: logsumexp is -inf, norms of order 1 and 2 are 0, the others are errors") {
    const Tensor none(Array(Shape{2, 0, 3}));
    CHECK(logsumexp(none).item() == -inf);
    CHECK(logsumexp(none, {1, 2}).value() == Array{-inf, -inf});
    CHECK(norm(none).item() == 0.F);
    CHECK(norm(none, 1, {1, 2}).value() == Array{0.F, 0.F});
    CHECK(var(none, 0).shape() == Shape{0, 3});
    CHECK(
        slope([](const Tensor& t) { return logsumexp(t, 1) + norm(t, 2, 1) + norm(t, 1, 1); }, none.value()).shape() ==
        Shape{2, 0, 3});
    CHECK(
        slope([](const Tensor& t) { return var(t, 0) + stddev(t, 0) + norm(t, INFINITY, 0); }, none.value()).shape() ==
        Shape{2, 0, 3});
    const auto text = [](const char* name) {
        return std::string(name) + ": expected at least one element along axis 1, got shape (2, 0, 3)";
    };
    CHECK_THROWS_WITH_AS(var(none), located(text("var"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(stddev(none, 1), located(text("std"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(norm(none, INFINITY), located(text("norm"), __LINE__), ShapeError);
}

TEST_CASE("wrong axes, corrections and orders are errors") {
    const auto range = [](const char* name) {
        return std::string(name) + ": expected axes of a tensor of rank 2, got axis 2 for shape (2, 3)";
    };
    const auto twice = [](const char* name) {
        return std::string(name) + ": axis -1 was given twice for shape (2, 3)";
    };
    CHECK_THROWS_WITH_AS(var(six, 2), located(range("var"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(xtape::std(six, 2), located(range("std"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(norm(six, 2, 2), located(range("norm"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(logsumexp(six, 2), located(range("logsumexp"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(var(six, {1, -1}), located(twice("var"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(stddev(six, {1, -1}), located(twice("std"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(norm(six, 1, {1, -1}), located(twice("norm"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(logsumexp(six, {1, -1}), located(twice("logsumexp"), __LINE__), ShapeError);
    const std::string below = ": expected a correction of 0 or more, got ";
    CHECK_THROWS_WITH_AS(var(six, 0, false, -1), located("var" + below + "-1", __LINE__), ConfigError);
    CHECK_THROWS_WITH_AS(var(six, 0, false, INFINITY), located("var" + below + "inf", __LINE__), ConfigError);
    CHECK_THROWS_WITH_AS(stddev(six, 0, false, NAN), located("std" + below + "nan", __LINE__), ConfigError);
    CHECK_THROWS_WITH_AS(norm(six, 3), located("norm: expected order 1, 2 or infinity, got 3", __LINE__), ConfigError);
    const std::string half = "norm: expected order 1, 2 or infinity, got 0.5";
    CHECK_THROWS_WITH_AS(norm(six, 0.5), located(half, __LINE__), ConfigError);
}

TEST_CASE("sums of ten million terms do not lose precision with the length") {
    const Long want(10'000'000, 10.F);
    const Tensor x(want.x);
    const Tensor64 x64(Array64(xt::cast<double>(want.x)));
    const long double magnitudes = total(want.x, [](long double v) { return std::abs(v); });
    const long double squares = total(want.x, [](long double v) { return v * v; });
    const long double exponentials = total(want.x, [](long double v) { return std::exp(v - 10); });
    CHECK(off(sum(x).item(), want.mean * 1e7L) < 5e-7);
    CHECK(off(mean(x).item(), want.mean) < 5e-7);
    CHECK(off(var(x).item(), want.variance) < 5e-7);
    CHECK(off(norm(x, 1).item(), magnitudes) < 5e-7);
    CHECK(off(norm(x).item(), std::sqrt(squares)) < 5e-7);
    CHECK(off(logsumexp(x).item(), 10 + std::log(exponentials)) < 2e-7);
    CHECK(off(sum(x64).item(), want.mean * 1e7L) < 1e-15);
    CHECK(off(mean(x64).item(), want.mean) < 1e-15);
    CHECK(off(var(x64).item(), want.variance) < 1e-15);
    CHECK(off(norm(x64, 1).item(), magnitudes) < 1e-15);
    CHECK(off(norm(x64).item(), std::sqrt(squares)) < 1e-15);
    CHECK(off(logsumexp(x64).item(), 10 + std::log(exponentials)) < 1e-15);
    // Down columns the same.
    const Tensor columns(Array(xt::reshape_view(want.x, {5'000'000, 2})));
    CHECK(off(mean(var(columns, 0)).item(), want.variance) < 1e-6);
    CHECK(off(mean(columns, 0).value()(0) + mean(columns, 0).value()(1), 2 * want.mean) < 5e-7);
}

TEST_CASE("large reductions of every kind and their gradients have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const Array x(xt::cast<float>(sample::uniform({301, 5, 77}, 1)));
    const auto run = [&](const Axes& axes) {
        Tape tape;
        const Tensor t = tape.watch(x);
        const Tensor parts[] = {mean(t, axes),     max(t, axes),     prod(t, axes),    var(t, axes),
                                stddev(t, axes),   norm(t, 2, axes), norm(t, 1, axes), norm(t, INFINITY, axes),
                                logsumexp(t, axes)};
        std::vector<Array> results;
        for (const Tensor& part : parts) {
            results.push_back(part.value());
            results.push_back(tape.gradient(sum(square(part)), t, {.keep = true}).value());
        }
        return results;
    };
    for (const Axes& axes : {Axes(), Axes(0), Axes(2), Axes({1, 2}), Axes({0, 2})}) {
        set_threads(1);
        const auto one = run(axes);
        for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
            set_threads(count);
            const auto more = run(axes);
            for (std::size_t i = 0; i < one.size(); ++i) CHECK(support::same_bits(one[i], more[i]));
        }
    }
    set_threads(before);
}
