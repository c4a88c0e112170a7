#include <xtape/autodiff/array.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <type_traits>

using namespace xtape;

TEST_CASE("shapes print as tuples") {
    CHECK(to_string(Shape{}) == "()");
    CHECK(to_string(Shape{3}) == "(3)");
    CHECK(to_string(Shape{32, 784}) == "(32, 784)");
    CHECK(to_string(Shape{0, 1, 2, 3, 4, 5}) == "(0, 1, 2, 3, 4, 5)");
}

TEST_CASE("the element count is the product of the extents and 1 for a scalar") {
    CHECK(element_count(Shape{}) == 1);
    CHECK(element_count(Shape{7}) == 7);
    CHECK(element_count(Shape{2, 3, 4}) == 24);
    CHECK(element_count(Shape{2, 0, 4}) == 0);
}

TEST_CASE("shapes broadcast by NumPy's rules") {
    // Expected values: numpy.broadcast_shapes(a, b).
    const struct {
        Shape a, b, result;
    } cases[] = {
        {{}, {}, {}},
        {{}, {2, 3}, {2, 3}},
        {{3}, {2, 3}, {2, 3}},
        {{2, 1}, {3}, {2, 3}},
        {{2, 1, 4}, {3, 1}, {2, 3, 4}},
        {{1, 1}, {1}, {1, 1}},
        {{0}, {1}, {0}},
        {{2, 0}, {2, 1}, {2, 0}},
        {{1, 3}, {0, 1}, {0, 3}},
        {{8, 1, 6, 1}, {7, 1, 5}, {8, 7, 6, 5}},
    };
    for (const auto& c : cases) {
        const std::string label = to_string(c.a) + " with " + to_string(c.b);
        INFO(label);
        Shape result{99};
        CHECK(broadcast_shapes(c.a, c.b, result));
        CHECK(result == c.result);
        CHECK(broadcast_shapes(c.b, c.a, result));
        CHECK(result == c.result);
    }
}

TEST_CASE("shapes that do not fit are refused and leave the result alone") {
    const struct { Shape a, b; } cases[] = {{{2}, {3}}, {{2, 3}, {2}}, {{0}, {2}}, {{4, 1, 3}, {2, 2, 3}}};
    for (const auto& c : cases) {
        const std::string label = to_string(c.a) + " with " + to_string(c.b);
        INFO(label);
        Shape result{99};
        CHECK_FALSE(broadcast_shapes(c.a, c.b, result));
        CHECK_FALSE(broadcast_shapes(c.b, c.a, result));
        CHECK(result == Shape{99});
    }
}

TEST_CASE("the result of broadcasting may be one of the operands") {
    Shape a{2, 1};
    CHECK(broadcast_shapes(a, Shape{3}, a));
    CHECK(a == Shape{2, 3});
}

TEST_CASE("arrays lie on 64-byte boundaries") {
    for (const std::size_t n : {1U, 3U, 16U, 17U, 1000U}) {
        CHECK(reinterpret_cast<std::uintptr_t>(empty_array<float>({n}).data()) % 64 == 0);
        CHECK(reinterpret_cast<std::uintptr_t>(empty_array<double>({n, 3}).data()) % 64 == 0);
        CHECK(reinterpret_cast<std::uintptr_t>(empty_array<std::int64_t>({n}).data()) % 64 == 0);
    }
}

TEST_CASE("an empty array has its shape, also when an extent is 0 or there is none") {
    CHECK(empty_array<float>({2, 3}).shape() == Shape{2, 3});
    CHECK(empty_array<float>({2, 3}).size() == 6);
    CHECK(empty_array<float>({2, 0, 3}).size() == 0);
    CHECK(empty_array<float>({}).size() == 1);
    CHECK(empty_array<float>({}).dimension() == 0);
}

TEST_CASE("a list of one number is a vector and a number in parentheses a scalar, in templates, too") {
    const auto generic = [](auto number) {
        const float one = 7;
        CHECK(Array{one}.shape() == Shape{1});
        CHECK(Array{2.F}.shape() == Shape{1});
        CHECK(Array{number}.shape() == Shape{1});
        CHECK(Array64{number}.shape() == Shape{1});
        CHECK(IndexArray{3}.shape() == Shape{1});
        CHECK(Array(number).shape() == Shape{});
        CHECK(Array(one)() == one);
    };
    generic(1.F);
    generic(1.0);
    generic(1);
}

TEST_CASE("an array is an xtensor container") {
    const Array a{{1.F, 2.F}, {3.F, 4.F}};
    const Array b = a * 2.F + 1.F;
    CHECK(b == Array{{3.F, 5.F}, {7.F, 9.F}});
    CHECK(b(1, 0) == 7.F);
    CHECK(std::is_same_v<Array::allocator_type, PoolAllocator<float>>);
    CHECK(std::is_same_v<Array64::value_type, double>);
    CHECK(std::is_same_v<IndexArray::value_type, std::int64_t>);
}
