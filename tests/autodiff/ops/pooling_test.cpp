#include <xtape/autodiff/ops/pooling.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::distance;
using support::located;

namespace {

Tensor numbered(const Shape& shape) {
    Array x(shape);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i + 1);
    return Tensor(x);
}

Array flat(const Tensor& x) { return reshape(x, {x.size()}).value(); }

const Tensor line(Array{{{1.F, 5.F, 2.F, 4.F, 3.F}}});

}  // namespace

TEST_CASE("max pooling by hand") {
    CHECK(max_pool1d(line, 2).value() == Array{{{5.F, 4.F}}});
    CHECK(max_pool1d(line, 2, {.stride = 1}).value() == Array{{{5.F, 5.F, 4.F, 4.F}}});
    CHECK(max_pool1d(line, 3, {.stride = 2, .padding = 1}).value() == Array{{{5.F, 5.F, 4.F}}});
    CHECK(max_pool1d(line, 2, {.ceil_mode = true}).value() == Array{{{5.F, 4.F, 3.F}}});
    CHECK(max_pool2d(numbered({1, 1, 4, 4}), 2).value() == Array{{{{6.F, 8.F}, {14.F, 16.F}}}});
    CHECK(max_pool2d(numbered({1, 1, 4, 4}), {1, 2}, {.stride = {3, 2}}).value() ==
          Array{{{{2.F, 4.F}, {14.F, 16.F}}}});
    // Padding is never the largest, however small the elements.
    CHECK(max_pool1d(Tensor(Array{{{-3.F, -2.F}}}), 2, {.padding = 1}).value() == Array{{{-3.F, -2.F}}});
}

TEST_CASE("average pooling by hand: padding counts, or does not") {
    CHECK(avg_pool1d(line, 2).value() == Array{{{3.F, 3.F}}});
    CHECK(avg_pool1d(line, 2, {.stride = 1}).value() == Array{{{3.F, 3.5F, 3.F, 3.5F}}});
    CHECK(avg_pool1d(line, 2, {.padding = 1}).value() == Array{{{0.5F, 3.5F, 3.5F}}});
    CHECK(avg_pool1d(line, 2, {.padding = 1, .count_include_pad = false}).value() == Array{{{1.F, 3.5F, 3.5F}}});
    // A window that ceil_mode lets reach beyond the padding divides by what is there.
    CHECK(avg_pool1d(line, 2, {.ceil_mode = true}).value() == Array{{{3.F, 3.F, 3.F}}});
    CHECK(avg_pool2d(numbered({1, 1, 4, 4}), 2).value() == Array{{{{3.5F, 5.5F}, {11.5F, 13.5F}}}});
}

TEST_CASE("adaptive average pooling by hand: parts overlap where they must") {
    CHECK(adaptive_avg_pool1d(line, 1).item() == 3.F);
    CHECK(distance(adaptive_avg_pool1d(line, 2).value(), Array{{{8.F / 3, 3.F}}}) < 1e-6);
    CHECK(adaptive_avg_pool1d(line, 5).value() == line.value());
    CHECK(adaptive_avg_pool1d(Tensor(Array{{{1.F, 2.F}}}), 4).value() == Array{{{1.F, 1.F, 2.F, 2.F}}});
    CHECK(flat(adaptive_avg_pool2d(numbered({1, 1, 4, 4}), {2, 1})) == Array{4.5F, 12.5F});
    CHECK(flat(global_avg_pool2d(numbered({1, 2, 2, 2}))) == Array{2.5F, 6.5F});
    CHECK(global_avg_pool1d(line).item() == 3.F);
}

TEST_CASE("of equal largest elements the first gets the gradient") {
    const auto f = [](const Tensor& x) { return sum(max_pool2d(x, 2)); };
    CHECK(grad(f)(Array{{{{7.F, 7.F}, {7.F, 7.F}}}}).value() == Array{{{{1.F, 0.F}, {0.F, 0.F}}}});
    CHECK(grad(f)(Array{{{{1.F, 7.F}, {7.F, 1.F}}}}).value() == Array{{{{0.F, 1.F}, {0.F, 0.F}}}});
    const auto overlapping = [](const Tensor& x) { return sum(max_pool1d(x, 3, {.stride = 1})); };
    CHECK(grad(overlapping)(Array{{{2.F, 2.F, 2.F, 1.F}}}).value() == Array{{{1.F, 1.F, 0.F, 0.F}}});
}

TEST_CASE("a largest element of several windows gets all their gradients") {
    const auto f = [](const Tensor& x) { return sum(max_pool1d(x, 2, {.stride = 1})); };
    CHECK(grad(f)(line).value() == Array{{{0.F, 2.F, 0.F, 2.F, 0.F}}});
}

TEST_CASE("NaN wins the maximum, the last one of several, and infinities are numbers") {
    const Tensor x(Array{{{1.F, NAN, NAN, 9.F, -INFINITY, -INFINITY}}});
    CHECK(distance(max_pool1d(x, 2).value(), Array{{{NAN, NAN, -INFINITY}}}) == 0);
    const auto f = [](const Tensor& t) { return sum(max_pool1d(t, 3)); };
    CHECK(grad(f)(x).value() == Array{{{0.F, 0.F, 1.F, 1.F, 0.F, 0.F}}});
    CHECK(distance(avg_pool1d(x, 3).value(), Array{{{NAN, -INFINITY}}}) == 0);
}

TEST_CASE("the second derivative of a pooled square goes through the same places") {
    const auto f = [](const Tensor& x) { return sum(square(max_pool1d(x, 2, {.stride = 1}))); };
    const auto first = [&](const Tensor& x) { return sum(grad(f)(x) * Array{{{1.F, 10.F, 100.F, 1000.F, 1.F}}}); };
    CHECK(grad(first)(line).value() == Array{{{0.F, 40.F, 0.F, 4000.F, 0.F}}});
}

TEST_CASE("pooling of no images makes none, with a gradient of none") {
    Tape tape;
    const Tensor x = tape.watch(Array(Shape{0, 3, 4, 4}));
    const Tensor y = max_pool2d(x, 2) + avg_pool2d(x, 2) + adaptive_avg_pool2d(x, 2);
    CHECK(y.shape() == Shape{0, 3, 2, 2});
    CHECK(tape.gradient(sum(y), x).shape() == Shape{0, 3, 4, 4});
    CHECK(global_avg_pool2d(Tensor(Array(Shape{0, 3, 4, 4}))).shape() == Shape{0, 3, 1, 1});
}

TEST_CASE("pooling refuses options out of range") {
    std::string text;
    const Tensor x = numbered({1, 1, 4, 4});
    const std::string most = " and at most 2147483647, got ";
    text = "max_pool2d: expected a kernel of at least 1" + most + "0 x 2";
    CHECK_THROWS_WITH_AS(max_pool2d(x, {0, 2}), located(text, __LINE__), ConfigError);
    text = "avg_pool1d: expected a kernel of at least 1" + most + "-1";
    CHECK_THROWS_WITH_AS(avg_pool1d(line, -1), located(text, __LINE__), ConfigError);
    text = "max_pool2d: expected a stride of at least 1" + most + "0 x 0";
    CHECK_THROWS_WITH_AS(max_pool2d(x, 2, {.stride = 0}), located(text, __LINE__), ConfigError);
    text = "avg_pool2d: expected a padding of at least 0" + most + "-1 x 0";
    CHECK_THROWS_WITH_AS(avg_pool2d(x, 2, {.padding = {-1, 0}}), located(text, __LINE__), ConfigError);
    text = "max_pool2d: expected a padding of at most half the kernel, which is 4 x 3, got 2 x 2";
    CHECK_THROWS_WITH_AS(max_pool2d(x, {4, 3}, {.padding = 2}), located(text, __LINE__), ConfigError);
    text = "avg_pool1d: expected a padding of at most half the kernel, which is 3, got 2";
    CHECK_THROWS_WITH_AS(avg_pool1d(line, 3, {.padding = 2}), located(text, __LINE__), ConfigError);
    text = "adaptive_avg_pool2d: expected a size of at least 1" + most + "2 x 0";
    CHECK_THROWS_WITH_AS(adaptive_avg_pool2d(x, {2, 0}), located(text, __LINE__), ConfigError);
    text = "adaptive_avg_pool1d: expected a size of at least 1" + most + "0";
    CHECK_THROWS_WITH_AS(adaptive_avg_pool1d(line, 0), located(text, __LINE__), ConfigError);
}

TEST_CASE("pooling names the shapes that do not fit") {
    std::string text;
    const Tensor x = numbered({1, 1, 4, 4}), none(Array(Shape{1, 0, 4, 4}));
    text = "max_pool2d: expected input (N, C, H, W), got (1, 1, 5)";
    CHECK_THROWS_WITH_AS(max_pool2d(line, 2), located(text, __LINE__), ShapeError);
    text = "avg_pool1d: expected input (N, C, L), got (1, 1, 4, 4)";
    CHECK_THROWS_WITH_AS(avg_pool1d(x, 2), located(text, __LINE__), ShapeError);
    text = "adaptive_avg_pool1d: expected input (N, C, L), got (1, 1, 4, 4)";
    CHECK_THROWS_WITH_AS(adaptive_avg_pool1d(x, 2), located(text, __LINE__), ShapeError);
    const std::string extents =
        ": expected extents of at least 1 (N may be 0) and at most 2147483647, got (1, 0, 4, 4)";
    text = "max_pool2d" + extents;
    CHECK_THROWS_WITH_AS(max_pool2d(none, 2), located(text, __LINE__), ShapeError);
    text = "adaptive_avg_pool2d" + extents;
    CHECK_THROWS_WITH_AS(global_avg_pool2d(none), located(text, __LINE__), ShapeError);
    text =
        "max_pool2d: expected a kernel within the padded input, which is 6 x 6, but it is 3 x 7, got input (1, 1, 4, "
        "4)";
    CHECK_THROWS_WITH_AS(max_pool2d(x, {3, 7}, {.padding = 1}), located(text, __LINE__), ShapeError);
    text = "avg_pool1d: expected a kernel within the padded input, which is 5, but it is 6, got input (1, 1, 5)";
    CHECK_THROWS_WITH_AS(avg_pool1d(line, 6), located(text, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(detail::call(TakePlaces{{{1, 1, 4}, {1, 1, 2}}, nullptr}, Location{}, line),
                         "max_pool_take: expected input (1, 1, 4), got (1, 1, 5)", ShapeError);
}

TEST_CASE("pooling over one axis says so in its errors") {
    const Tensor matrix(Array(Shape{2, 3})), three(Array(Shape{2, 1, 3}));
    const char* const axes = "max_pool1d: expected input (N, C, L), got (2, 3)";
    CHECK_THROWS_WITH_AS(max_pool1d(matrix, 2), located(axes, __LINE__), ShapeError);
    const char* const large =
        "max_pool1d: expected a kernel within the padded input, which is 3, but it is 4, got input (2, 1, 3)";
    CHECK_THROWS_WITH_AS(max_pool1d(three, 4), located(large, __LINE__), ShapeError);
}
