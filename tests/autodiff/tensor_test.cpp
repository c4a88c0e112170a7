#include <xtape/autodiff/tensor.hpp>

#include <xtape/autodiff/ops.hpp>

#include "autodiff/support.hpp"

#include <xtensor/xview.hpp>

#include <type_traits>
#include <utility>

using namespace xtape;
using support::located;

TEST_CASE("a tensor is made of an array, an xtensor expression or a number") {
    const Array a{{1.F, 2.F}, {3.F, 4.F}};
    CHECK(Tensor(a).value() == a);
    CHECK(Tensor(a * 2.F + 1.F).value() == Array{{3.F, 5.F}, {7.F, 9.F}});
    CHECK(Tensor(xt::transpose(a)).value() == Array{{1.F, 3.F}, {2.F, 4.F}});
    CHECK(Tensor(xt::view(a, xt::all(), 1)).value() == Array{2.F, 4.F});
    CHECK(Tensor(5.F).value()() == 5.F);
    CHECK(Tensor(5.F).shape() == Shape{});
    CHECK(Tensor64(xt::xarray<double>{1.0, 2.0}).value() == Array64{1.0, 2.0});
}

TEST_CASE("a tensor knows its shape, rank and size") {
    const Tensor x(Array(Shape{2, 0, 3}, 1.F));
    CHECK(x.shape() == Shape{2, 0, 3});
    CHECK(x.rank() == 3);
    CHECK(x.size() == 0);
    CHECK(Tensor(1.F).rank() == 0);
    CHECK(Tensor(1.F).size() == 1);
}

TEST_CASE("a tensor does not change when the array it was made of does, and copies share one array") {
    Array a{1.F, 2.F};
    const Tensor x(a), y = x;
    a += 10.F;
    CHECK(x.value() == Array{1.F, 2.F});
    CHECK(y.value().data() == x.value().data());
}

TEST_CASE("an array moved into a tensor is not copied") {
    Array a(Shape{1000}, 1.F);
    const float* const place = a.data();
    const Tensor x(std::move(a));
    CHECK(x.value().data() == place);
}

TEST_CASE("the value of a temporary outlives it, and is not copied when nobody shares it") {
    const auto made = [] { return Tensor(Array{1.F, 2.F, 3.F}) * 2.F; };
    float total = 0;
    for (const float v : made().value()) total += v;
    CHECK(total == 12.F);
    const Array& kept = made().value();
    CHECK(kept == Array{2.F, 4.F, 6.F});
    Tensor x = made();
    const Tensor other = x;
    const float* const place = x.value().data();
    const Array copy = std::move(x).value();
    CHECK(copy.data() != place);
    CHECK(other.value() == copy);
    Tensor sole = made();
    const float* const there = sole.value().data();
    CHECK(std::move(sole).value().data() == there);
}

TEST_CASE("a tensor without a value says so") {
    const char* const text = "tensor: used before a value was assigned to it";
    Tensor x;
    CHECK_FALSE(x.defined());
    CHECK_THROWS_WITH_AS(x.value(), text, GraphError);
    CHECK_THROWS_WITH_AS(Tensor().value(), text, GraphError);
    CHECK_THROWS_WITH_AS(x.shape(), text, GraphError);
    CHECK_THROWS_WITH_AS(x.size(), text, GraphError);
    CHECK_THROWS_WITH_AS(x.item(), text, GraphError);
    CHECK_FALSE(detach(x).defined());
    x = Tensor(1.F);
    CHECK(x.defined());
    const Tensor y = std::move(x);
    CHECK(y.item() == 1.F);
    CHECK_THROWS_WITH_AS(x.value(), text, GraphError);  // NOLINT(bugprone-use-after-move)
    x = y;
    CHECK(x.item() == 1.F);
}

TEST_CASE("item is the only element, of any rank") {
    CHECK(Tensor(Array{{7.F}}).item() == 7.F);
    const Tensor two(Array{1.F, 2.F}), none(Array(Shape{0}));
    CHECK_THROWS_WITH_AS(two.item(), located("item: expected one element, got shape (2)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(none.item(), located("item: expected one element, got shape (0)", __LINE__), ShapeError);
}

TEST_CASE("scalar types do not mix silently") {
    CHECK(std::is_convertible_v<Array, Tensor>);
    CHECK_FALSE(std::is_convertible_v<Array64, Tensor>);
    CHECK_FALSE(std::is_convertible_v<Array, Tensor64>);
    CHECK_FALSE(std::is_convertible_v<Tensor, Tensor64>);
    CHECK_FALSE(std::is_convertible_v<float, Tensor>);  // explicit only
    CHECK(std::is_constructible_v<Tensor, float>);
    CHECK(std::is_nothrow_move_constructible_v<Tensor>);
    CHECK(std::is_nothrow_copy_constructible_v<Tensor>);
}

TEST_CASE("a tensor cannot be made of an array that was moved from") {
    Array array{1.F, 2.F};
    const Array kept = std::move(array);
    CHECK(kept.size() == 2);
    CHECK_THROWS_WITH_AS(Tensor{array}, "tensor: made of an array that was moved from", GraphError);
}
