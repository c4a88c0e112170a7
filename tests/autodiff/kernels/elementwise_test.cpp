#include <xtape/autodiff/kernels/elementwise.hpp>

#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using detail::ArrayPointers;

namespace {

// Where the element of a broadcast operand stands that belongs to the n-th of the result.
std::size_t place(const Shape& shape, const Shape& output, std::size_t n) {
    std::size_t at = 0, step = 1;
    for (std::size_t i = 0; i < output.size(); ++i) {
        const std::size_t axis = output.size() - 1 - i, index = n % output[axis];
        n /= output[axis];
        if (i >= shape.size()) continue;
        const std::size_t extent = shape[shape.size() - 1 - i];
        at += (extent == 1 ? 0 : index) * step;
        step *= extent;
    }
    return at;
}

void check(const Shape& a, const Shape& b, const Shape& c) {
    const std::string label = to_string(a) + " " + to_string(b) + " " + to_string(c);
    CAPTURE(label);
    Shape output;
    REQUIRE(broadcast_shapes(a, b, output));
    REQUIRE(broadcast_shapes(output, c, output));
    const Array64 x = sample::uniform(a, 1), y = sample::uniform(b, 2), z = sample::uniform(c, 3),
                  g = sample::uniform(output, 4);
    Array64 result(output, -99.0), want(output), dx(output, -99.0), dz(output, -99.0), want_dx(output), want_dz(output);
    for (std::size_t n = 0; n < want.size(); ++n) {
        const double u = x.data()[place(a, output, n)], v = y.data()[place(b, output, n)],
                     w = z.data()[place(c, output, n)];
        want.data()[n] = u * v + w;
        want_dx.data()[n] = g.data()[n] * v;
        want_dz.data()[n] = g.data()[n] + u;
    }
    detail::elementwise_forward<double, 3>({&x, &y, &z}, result, [](auto u, auto v, auto w) { return u * v + w; });
    CHECK(support::distance(result, want) < 1e-15);
    detail::BackwardOperands<double, 3> o{
        &g, nullptr, {&x, &y, nullptr}, {&a, &b, &c}, {dx.data(), nullptr, dz.data()}};
    detail::elementwise_backward<double, 3>(o, [](auto dy, auto, auto u, auto v, auto w) {
        return std::array{dy * v, w, dy + u};
    });
    CHECK(support::distance(dx, want_dx) < 1e-15);
    CHECK(support::distance(dz, want_dz) < 1e-15);
}

}  // namespace

TEST_CASE("kernels walk over broadcast operands as index arithmetic does") {
    check({7}, {7}, {7});
    check({}, {}, {});
    check({}, {5}, {2, 5});
    check({1, 5}, {3, 1}, {3, 5});
    check({3, 1}, {1, 5}, {});
    check({2, 1, 4}, {3, 1}, {4});
    check({2, 3, 4}, {2, 1, 1}, {3, 4});
    check({1, 1, 3}, {3}, {1, 3});
    check({4, 3, 1}, {1, 1, 17}, {4, 1, 17});
    check({5, 1, 6, 1}, {1, 2, 1, 3}, {5, 2, 1, 1});
    check({9, 9}, {1}, {1, 1});
    check({1}, {1, 1}, {1, 1, 1});
}

TEST_CASE("short rows beside vectors and scalars are taken together, and the last of them are right too") {
    for (const std::size_t width : {1U, 2U, 7U, 10U, 16U, 33U, 63U}) {
        for (const std::size_t rows : {8U, 97U, 1000U, 5001U}) {
            check({rows, width}, {width}, {rows, 1});
            check({width}, {rows, width}, {});
            check({rows, 1}, {1, width}, {rows, width});
        }
    }
}

TEST_CASE("kernels walk over nothing") {
    check({0}, {1}, {});
    check({2, 0, 3}, {3}, {2, 1, 1});
    check({0, 1}, {1, 4}, {4});
}

TEST_CASE("runs longer than a block, and more runs than one block holds, are walked over completely") {
    check({100'003}, {100'003}, {});
    check({3, 40'001}, {40'001}, {3, 1});
    check({40'001, 3}, {40'001, 1}, {3});
    check({50'000, 1}, {1, 2}, {50'000, 2});
}

TEST_CASE("what was not kept is NaN to a backward kernel") {
    const Array x{1.F, 2.F, 3.F}, g{1.F, 1.F, 1.F};
    Array dx(Shape{3}, 0.F);
    detail::BackwardOperands<float, 1> o{&g, nullptr, {nullptr}, {nullptr}, {dx.data()}};
    detail::elementwise_backward<float, 1>(o, [](auto dy, auto, auto v) { return std::array{dy * v}; });
    CHECK(support::distance(dx, Array{NAN, NAN, NAN}) == 0);
}

TEST_CASE("the end of a row is not overwritten by the row before it, whatever its length") {
    for (std::size_t width = 1; width < 40; ++width) {
        Array x(Shape{3, width}), row(Shape{width}), y(Shape{3, width}), want(Shape{3, width});
        for (std::size_t i = 0; i < x.size(); ++i) {
            x.data()[i] = static_cast<float>(i);
            want.data()[i] = static_cast<float>(i + 100 * (i % width));
        }
        for (std::size_t i = 0; i < width; ++i) row.data()[i] = static_cast<float>(100 * i);
        detail::elementwise_forward<float, 2>({&x, &row}, y, [](auto a, auto b) { return a + b; });
        CHECK(y == want);
    }
}

TEST_CASE("arrays too large for the caches are written completely, forward and backward") {
    const std::size_t n = detail::streamed_bytes / sizeof(float) + 5;
    Array x = empty_array<float>({n}), y = empty_array<float>({n}), dx = empty_array<float>({n});
    for (std::size_t i = 0; i < n; ++i) x.data()[i] = static_cast<float>(i % 1021);
    detail::elementwise_forward<float, 1>({&x}, y, [](auto v) { return v + 1; });
    detail::elementwise_backward<float, 1>({&y, &y, {&x}, {nullptr}, {dx.data()}}, [](auto g, auto, auto v) { return std::array{g - v * 2}; });
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto v = static_cast<float>(i % 1021);
        wrong += y.data()[i] != v + 1 || dx.data()[i] != 1 - v;
    }
    CHECK(wrong == 0);
}
