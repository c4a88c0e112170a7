#include <xtape/autodiff/ops/normalization.hpp>

#include <xtape/autodiff/apply.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;
using support::distance;
using support::located;
using support::slope;

namespace {

Array random_floats(const Shape& shape, std::uint64_t seed, double offset = 0) {
    return xt::cast<float>(sample::uniform(shape, seed) + offset);
}

}  // namespace

TEST_CASE("normalisation by hand") {
    // Mean 2, variance 2/3, deviation sqrt(2/3) = 0.8164966.
    const float r = std::sqrt(1.5F);
    const Tensor x(Array{{1.F, 2.F, 3.F}});
    CHECK(distance(layer_norm(x, {.eps = 0}).value(), Array{{-r, 0.F, r}}) < 1e-6);
    CHECK(distance(layer_norm(x, Array{2.F, 3.F, 4.F}, Array{1.F, 1.F, 1.F}, {.eps = 0}).value(),
                   Array{{1 - 2 * r, 1.F, 1 + 4 * r}}) < 1e-6);
    CHECK(distance(layer_norm(transpose(x), {.axes = 2, .eps = 0}).value(), Array{{-r}, {0.F}, {r}}) < 1e-6);
    CHECK(distance(group_norm(x, 1, {.eps = 0}).value(), Array{{-r, 0.F, r}}) < 1e-6);
    const auto [y, mean, variance] = batch_norm(transpose(x), Array{2.F}, Array{1.F}, {.eps = 0});
    CHECK(distance(y.value(), Array{{1 - 2 * r}, {1.F}, {1 + 2 * r}}) < 1e-6);
    CHECK(mean == Array{2.F});
    CHECK(distance(variance, Array{1.F}) < 1e-6);  // unbiased: 2 / 2
    CHECK(distance(batch_norm_inference(x, Array{1.F, 2.F, 3.F}, Array{4.F, 4.F, 4.F}, Array{2.F, 2.F, 2.F}, Array{5.F, 6.F, 7.F},
                                        {.eps = 0}).value(), Array{{5.F, 6.F, 7.F}}) < 1e-6);
}

TEST_CASE("the batch's statistics are those of each channel over samples and further axes") {
    const Array x{{{1.F, 3.F}, {10.F, 10.F}}, {{5.F, 7.F}, {20.F, 20.F}}};
    const auto result = batch_norm(Tensor(x));
    CHECK(result.mean == Array{4.F, 15.F});
    CHECK(distance(result.variance, Array{20 / 3.F, 100 / 3.F}) < 1e-6);
}

TEST_CASE("a mean a million times the deviation costs no digits") {
    for (const double offset : {0.0, 1e4, 1e6}) {
        // What float can hold of the numbers is normalised exactly: the reference sees the same rounded numbers, in double.
        const Array x = random_floats({64, 257}, 1, offset), image = random_floats({16, 3, 257}, 2, offset);
        const Array64 wide(xt::cast<double>(x)), wide_image(xt::cast<double>(image));
        const auto close = [](const Tensor& got, const Tensor64& want) {
            CHECK(distance(got.value(), Array(xt::cast<float>(want.value()))) < 1e-6);
        };
        close(layer_norm(Tensor(x)), layer_norm(Tensor64(wide)));
        close(group_norm(Tensor(image), 1), group_norm(Tensor64(wide_image), 1));
        close(batch_norm(Tensor(x)).y, batch_norm(Tensor64(wide)).y);
        close(batch_norm(Tensor(image)).y, batch_norm(Tensor64(wide_image)).y);
        // And double against long double, on the first row: a double mean of a million is known to 1e-10.
        long double mean = 0, squares = 0;
        for (std::size_t i = 0; i < 257; ++i) mean += wide.data()[i] / 257.0L;
        for (std::size_t i = 0; i < 257; ++i) squares += (wide.data()[i] - mean) * (wide.data()[i] - mean);
        const long double first = (wide.data()[0] - mean) / std::sqrt(squares / 257 + 1e-5L);
        CHECK(layer_norm(Tensor64(wide)).value()(0, 0) == doctest::Approx(static_cast<double>(first)).epsilon(1e-14 + offset * 1e-15));
        CHECK(distance(batch_norm(Tensor(image)).variance, Array(xt::cast<float>(batch_norm(Tensor64(wide_image)).variance))) < 1e-6);
    }
}

TEST_CASE("float sums over a million elements stay accurate") {
    const Array x = random_floats({1, 1'000'003}, 3, 2), turned = random_floats({1'000'003, 1}, 3, 2);
    const Array y = layer_norm(Tensor(x)).value();
    CHECK(distance(y, Array(xt::cast<float>(layer_norm(Tensor64(Array64(xt::cast<double>(x)))).value()))) < 1e-6);
    CHECK(distance(batch_norm(Tensor(turned)).mean, Array(xt::cast<float>(batch_norm(Tensor64(Array64(xt::cast<double>(turned)))).mean))) <
          1e-6);
    const auto of_bias = [&](const Tensor& b) { return batch_norm(Tensor(turned), Array{1.F}, b).y; };
    CHECK(slope(of_bias, Array{0.F})(0) == 1'000'003.F);
}

TEST_CASE("constant values give the bias and no gradient; with eps = 0 they give NaN") {
    const Array x{{3.F, 3.F}, {3.F, 3.F}};
    const Array zero(Shape{2, 2}, 0.F);
    CHECK(layer_norm(Tensor(x)).value() == zero);
    CHECK(batch_norm(Tensor(x)).y.value() == zero);
    CHECK(group_norm(Tensor(x), 1, Array{2.F, 2.F}, Array{1.F, 5.F}).value() == Array{{1.F, 5.F}, {1.F, 5.F}});
    CHECK(slope([](const Tensor& t) { return layer_norm(t); }, x) == zero);
    CHECK(slope([](const Tensor& t) { return batch_norm(t).y; }, x) == zero);
    CHECK(std::isnan(layer_norm(Tensor(x), {.eps = 0}).value()(0, 0)));
    CHECK(std::isnan(batch_norm(Tensor(x), {.eps = 0}).y.value()(0, 0)));
    // One element is its own mean.
    CHECK(layer_norm(Tensor(Array{{7.F}})).value() == Array{{0.F}});
    CHECK(group_norm(Tensor(Array{{7.F, 8.F}}), 2).value() == Array{{0.F, 0.F}});
}

TEST_CASE("NaN and infinity spoil their own group only") {
    const float inf = std::numeric_limits<float>::infinity();
    const Array rows = layer_norm(Tensor(Array{{NAN, 1.F, 2.F}, {inf, 1.F, 2.F}, {1.F, 2.F, 3.F}})).value();
    for (std::size_t i = 0; i < 6; ++i) CHECK(std::isnan(rows.data()[i]));
    CHECK(rows(2, 2) == doctest::Approx(std::sqrt(1.5)).epsilon(1e-4));
    const auto columns = batch_norm(Tensor(Array{{NAN, 1.F}, {1.F, 3.F}}));
    CHECK(std::isnan(columns.y.value()(1, 0)));
    CHECK(columns.y.value()(1, 1) == doctest::Approx(1).epsilon(1e-4));
    CHECK(std::isnan(columns.mean(0)));
    CHECK(std::isnan(columns.variance(0)));
    CHECK(columns.mean(1) == 2);
}

TEST_CASE("given statistics are constants of a frozen layer, and an infinite input leaves its gradient alone") {
    const float inf = std::numeric_limits<float>::infinity();
    const auto frozen = [](const Tensor& t) { return batch_norm_inference(t, Array{1.F, 1.F}, Array{4.F, 4.F}, {.eps = 0}); };
    CHECK(slope(frozen, {{inf, 1.F}, {2.F, 3.F}}) == Array{{0.5F, 0.5F}, {0.5F, 0.5F}});
    CHECK(std::isnan(batch_norm_inference(Tensor(Array{{1.F}}), Array{0.F}, Array{-1.F}).value()(0, 0)));
}

TEST_CASE("nothing to normalise gives nothing, with gradients of 0 for what is there") {
    CHECK(layer_norm(Tensor(Array(Shape{0, 3}))).shape() == Shape{0, 3});
    CHECK(layer_norm(Tensor(Array(Shape{3, 0}))).shape() == Shape{3, 0});
    CHECK(group_norm(Tensor(Array(Shape{0, 4, 2})), 2).shape() == Shape{0, 4, 2});
    CHECK(batch_norm(Tensor(Array(Shape{2, 0, 3}))).mean.shape() == Shape{0});
    const Tensor none(Array(Shape{2, 3, 0}));
    for (const double eps : {0.0, 1e-5}) {
        const auto of_weight = [&](const Tensor& w) { return group_norm(none, 3, w, {.eps = eps}); };
        CHECK(slope(of_weight, Array{1.F, 2.F, 3.F}) == Array{0.F, 0.F, 0.F});
    }
    const auto of_bias = [](const Tensor& b) { return layer_norm(Tensor(Array(Shape{0, 2})), Array{1.F, 1.F}, b); };
    CHECK(slope(of_bias, Array{1.F, 2.F}) == Array{0.F, 0.F});
}

TEST_CASE("two calls of one operation keep their own statistics") {
    const Array a = random_floats({4, 5}, 1), b = random_floats({4, 5}, 2, 3);
    const LayerNorm op{1};
    const auto alone = [&](const Array& x) { return slope([&](const Tensor& t) { return square(apply(op, t) + 1.F); }, x); };
    const Array want_a = alone(a), want_b = alone(b);
    Tape tape;
    const Tensor s = tape.watch(a), t = tape.watch(b);
    const Tensor first = square(apply(op, s) + 1.F), second = square(apply(op, t) + 1.F);
    const auto g = tape.gradient(sum(first + second), {s, t});
    CHECK(distance(g[0].value(), want_a) < 1e-6);
    CHECK(distance(g[1].value(), want_b) < 1e-6);
}

TEST_CASE("large normalisations and their gradients have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const Array rows = random_floats({301, 257}, 1), image = random_floats({7, 6, 111, 103}, 2), w = random_floats({257}, 3);
    const Array channels = random_floats({6}, 4);
    const auto run = [&] {
        Tape tape;
        const Tensor x = tape.watch(rows), t = tape.watch(image), v = tape.watch(w), c = tape.watch(channels);
        const Tensor a = layer_norm(x, v, v), b = batch_norm(x, v, v).y, d = batch_norm(t, c, c).y, e = group_norm(t, 3, c, c);
        std::vector<Array> all{a.value(), b.value(), d.value(), e.value()};
        const Tensor total = sum(square(a) + a * b) + sum(square(d) + d * e);
        for (const Tensor& g : tape.gradient(total, {x, t, v, c})) all.push_back(g.value());
        return all;
    };
    set_threads(1);
    const auto one = run();
    for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
        set_threads(count);
        const auto more = run();
        for (std::size_t i = 0; i < one.size(); ++i) CHECK(support::same_bits(one[i], more[i]));
    }
    set_threads(before);
}

TEST_CASE("normalisations name what does not fit") {
    const Tensor x(Array(Shape{2, 4}, 0.F)), vector(Array(Shape{4}, 0.F)), scalar(1.F);
    const Array four(Shape{4}, 1.F), two(Shape{2}, 1.F);
    const std::string axes = "layer_norm: expected to normalise over 1 .. ";
    CHECK_THROWS_WITH_AS(layer_norm(x, {.axes = 3}), located(axes + "2 last axes of (2, 4), got 3", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(layer_norm(x, {.axes = 0}), located(axes + "2 last axes of (2, 4), got 0", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(layer_norm(scalar), located(axes + "0 last axes of (), got 1", __LINE__), ShapeError);
    const std::string wrong = "layer_norm: expected weight of shape (4) for input (2, 4), got (2)";
    CHECK_THROWS_WITH_AS(layer_norm(x, two), located(wrong, __LINE__), ShapeError);
    const char* const both = "layer_norm: expected weight and bias of shape (4) for input (2, 4), got (4) and (2)";
    CHECK_THROWS_WITH_AS(layer_norm(x, four, two), located(both, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(layer_norm(x, {.eps = -1}), located("layer_norm: expected eps of at least 0, got -1", __LINE__), ConfigError);

    const std::string groups = "group_norm: expected a number of groups that divides the channels of input (N, C, ...), got ";
    CHECK_THROWS_WITH_AS(group_norm(x, 3), located(groups + "3 groups for (2, 4)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(group_norm(x, 0), located(groups + "0 groups for (2, 4)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(group_norm(vector, 1), located("group_norm: expected input (N, C, ...), got (4)", __LINE__), ShapeError);
    const char* const weighted = "group_norm: expected input (N, C, ...), weight (C), got (2, 4), (2)";
    CHECK_THROWS_WITH_AS(group_norm(x, 2, two), located(weighted, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(group_norm(x, 2, {.eps = NAN}), located("group_norm: expected eps of at least 0, got nan", __LINE__), ConfigError);

    const Tensor single(Array(Shape{1, 4}, 0.F));
    const std::string values = "batch_norm: expected at least two values a channel of input (N, C, ...), got ";
    CHECK_THROWS_WITH_AS(batch_norm(single), located(values + "(1, 4)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(batch_norm(Tensor(Array(Shape{3, 4, 0}))), located(values + "(3, 4, 0)", __LINE__), ShapeError);
    const char* const affine = "batch_norm: expected input (N, C, ...), weight (C), bias (C), got (2, 4), (4), (2)";
    CHECK_THROWS_WITH_AS(batch_norm(x, four, two), located(affine, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(batch_norm(x, {.eps = -1}), located("batch_norm: expected eps of at least 0, got -1", __LINE__), ConfigError);

    const char* const given = "batch_norm_inference: expected input (N, C, ...), mean (C), variance (C), weight (C), got (2, 4), (4), (2), (4)";
    CHECK_THROWS_WITH_AS(batch_norm_inference(x, four, two, four), located(given, __LINE__), ShapeError);
    const char* const eps = "batch_norm_inference: expected eps of at least 0, got -1";
    CHECK_THROWS_WITH_AS(batch_norm_inference(x, four, four, {.eps = -1}), located(eps, __LINE__), ConfigError);
}
