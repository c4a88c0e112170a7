#include <xtape/autodiff/kernels/sweep.hpp>

#include <doctest/doctest.h>

using namespace xtape;

namespace {

detail::Sweep<2> sweep(const Shape& output, const Shape& a, const Shape& b) {
    return detail::make_sweep<2>(output, {&a, &b});
}

}  // namespace

TEST_CASE("operands of the output's shape and scalars make a single run") {
    const auto same = sweep({3, 4}, {3, 4}, {3, 4});
    CHECK(same.single());
    CHECK(same.size == 12);
    CHECK(same.fixed == 0);
    const auto scalar = sweep({3, 4}, {}, {3, 4});
    CHECK(scalar.single());
    CHECK(scalar.fixed == 1);
    CHECK(sweep({3, 4}, {1, 1}, {}).fixed == 3);
    CHECK(sweep({1, 4}, {4}, {1, 1, 4}).single());
    const auto one = sweep({1, 1}, {}, {1});
    CHECK(one.single());
    CHECK(one.size == 1);
}

TEST_CASE("a row vector advances and a column vector stays during a run") {
    const auto row = sweep({3, 4}, {3, 4}, {4});
    CHECK(row.run == 4);
    CHECK(row.fixed == 0);
    CHECK(row.extents == Shape{3});
    CHECK(row.strides[0] == Shape{4});
    CHECK(row.strides[1] == Shape{0});
    const auto column = sweep({3, 4}, {3, 4}, {3, 1});
    CHECK(column.run == 4);
    CHECK(column.fixed == 2);
    CHECK(column.strides[1] == Shape{1});
}

TEST_CASE("axes along which all operands go on are merged") {
    const auto merged = sweep({2, 3, 4, 5}, {2, 3, 4, 5}, {4, 5});
    CHECK(merged.run == 20);
    CHECK(merged.extents == Shape{6});
    const auto inner = sweep({2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 1, 1});
    CHECK(inner.run == 20);
    CHECK(inner.fixed == 2);
    CHECK(inner.extents == Shape{6});
    const auto ones = sweep({2, 1, 3}, {2, 1, 3}, {1, 1, 3});
    CHECK(ones.outer_rank == 1);
    CHECK(ones.run == 3);
}

TEST_CASE("an empty output is swept in no runs") {
    const auto nothing = sweep({0, 4}, {0, 4}, {4});
    CHECK(nothing.size == 0);
    int calls = 0;
    detail::for_each_run(nothing, [&](auto...) { ++calls; });
    CHECK(calls == 0);
}
