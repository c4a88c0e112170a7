#include <xtape/autodiff/ops/losses.hpp>

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
constexpr Reduction each = Reduction::none;
}  // namespace

TEST_CASE("losses by hand, and their reductions") {
    const Array x{1.F, 2.F, 5.F, 0.F}, t{0.F, 2.5F, 1.F, 0.F};  // differences 1, -0.5, 4, 0
    CHECK(mse_loss(Tensor(x), t, each).value() == Array{1.F, 0.25F, 16.F, 0.F});
    CHECK(mse_loss(Tensor(x), t, Reduction::sum).item() == 17.25F);
    CHECK(mse_loss(Tensor(x), t).item() == 4.3125F);
    CHECK(l1_loss(Tensor(x), t, each).value() == Array{1.F, 0.5F, 4.F, 0.F});
    CHECK(huber_loss(Tensor(x), t, {.delta = 2, .reduction = each}).value() == Array{0.5F, 0.125F, 6.F, 0.F});
    CHECK(smooth_l1_loss(Tensor(x), t, {.beta = 2, .reduction = each}).value() == Array{0.25F, 0.0625F, 3.F, 0.F});
    CHECK(smooth_l1_loss(Tensor(x), t, {.beta = 0, .reduction = each}).value() == Array{1.F, 0.5F, 4.F, 0.F});
    const Array half{0.5F, 0.25F}, target{1.F, 0.F};
    CHECK(distance(bce_loss(Tensor(half), target, {.reduction = each}).value(), Array{std::log(2.F), std::log(4 / 3.F)}) < 1e-6);
    CHECK(distance(bce_loss(Tensor(half), target, {.weight = Array64{3, 6}, .reduction = each}).value(),
                   Array{3 * std::log(2.F), 6 * std::log(4 / 3.F)}) < 1e-6);
    const Array logits{0.F, -std::log(3.F)};
    CHECK(distance(bce_with_logits(Tensor(logits), target, {.pos_weight = Array64(2.0), .reduction = each}).value(),
                   Array{2 * std::log(2.F), std::log(4 / 3.F)}) < 1e-6);
    CHECK(distance(kl_div_loss(Tensor(logits), half, each).value(),
                   Array{0.5F * std::log(0.5F), 0.25F * (std::log(0.25F) + std::log(3.F))}) < 1e-6);
}

TEST_CASE("at the kinks: l1 has slope 0 at 0, huber and smooth l1 are smooth once") {
    const Array t{0.F, 0.F, 0.F};
    CHECK(slope([&](const Tensor& x) { return l1_loss(x, t, Reduction::sum); }, {0.F, 2.F, -3.F}) == Array{0.F, 1.F, -1.F});
    CHECK(slope([&](const Tensor& x) { return smooth_l1_loss(x, t, {.beta = 0, .reduction = Reduction::sum}); }, {0.F, 2.F, -3.F}) ==
          Array{0.F, 1.F, -1.F});
    CHECK(slope([&](const Tensor& x) { return huber_loss(x, t, {.delta = 2, .reduction = Reduction::sum}); }, {2.F, -2.F, 3.F}) ==
          Array{2.F, -2.F, 2.F});
    CHECK(slope([&](const Tensor& x) { return smooth_l1_loss(x, t, {.beta = 2, .reduction = Reduction::sum}); }, {2.F, -2.F, 1.F}) ==
          Array{1.F, -1.F, 0.5F});
    const auto second = [&](auto loss, float x) { return hessian(loss, Array{x}).data()[0]; };
    const auto l1 = [](const Tensor& x) { return l1_loss(x, Array{0.F}); };
    const auto huber = [](const Tensor& x) { return huber_loss(x, Array{0.F}); };
    const auto smooth = [](const Tensor& x) { return smooth_l1_loss(x, Array{0.F}); };
    CHECK(second(l1, 0) == 0);
    CHECK(second(huber, 1) == 1);
    CHECK(second(huber, 1.5F) == 0);
    CHECK(second(smooth, 1) == 0);
    CHECK(second(smooth, 0.5F) == 1);
}

TEST_CASE("NaN and infinity reach value and gradient") {
    const Array x{NAN, inf}, t{0.F, 0.F};
    const auto nan_at_first = [&](auto loss) {
        CHECK(std::isnan(loss(Tensor(x)).value()(0)));
        CHECK(loss(Tensor(x)).value()(1) == inf);
        const Array g = slope(loss, x);
        CHECK(std::isnan(g(0)));
        CHECK(g(1) > 0);
    };
    nan_at_first([&](const Tensor& v) { return mse_loss(v, t, each); });
    nan_at_first([&](const Tensor& v) { return l1_loss(v, t, each); });
    nan_at_first([&](const Tensor& v) { return huber_loss(v, t, {.reduction = each}); });
    nan_at_first([&](const Tensor& v) { return smooth_l1_loss(v, t, {.reduction = each}); });
    nan_at_first([&](const Tensor& v) { return bce_with_logits(v, t, {.reduction = each}); });
}

TEST_CASE("probabilities of exactly 0 and 1 have finite losses and gradients, as in PyTorch") {
    const Array x{0.F, 0.F, 1.F, 1.F}, t{0.F, 1.F, 0.F, 1.F};
    const auto loss = [&](const Tensor& p) { return bce_loss(p, t, {.reduction = each}); };
    CHECK(loss(Tensor(x)).value() == Array{0.F, 100.F, 100.F, 0.F});
    CHECK(distance(slope(loss, x), Array{0.F, -1e12F, 1e12F, 0.F}) < 1e-6);
    CHECK(slope([&](const Tensor& target) { return bce_loss(Tensor(x), target, {.reduction = each}); }, t) ==
          Array{100.F, 100.F, -100.F, -100.F});
    // The clamped logarithm is a constant: it has no slope, not NaN.
    Tape tape;
    const Tensor p = tape.watch(x), q = tape.watch(t);
    const Tensor g = tape.gradient(sum(bce_loss(p, q, {.reduction = each})), q, {.create_graph = true});
    const Array mixed = tape.gradient(sum(g), p).value();
    for (const float v : mixed) CHECK(std::isfinite(v));
}

TEST_CASE("logits of any size have finite losses and gradients of every order") {
    const Array x{1e4F, -1e4F, 1e4F, -1e4F, 0.F, 0.F}, t{1.F, 1.F, 0.F, 0.F, 1.F, 0.F};
    const auto loss = [&](const Tensor& v) { return bce_with_logits(v, t, {.reduction = each}); };
    const float l = std::log(2.F);
    CHECK(distance(loss(Tensor(x)).value(), Array{0.F, 1e4F, 1e4F, 0.F, l, l}) < 1e-6);
    CHECK(distance(slope(loss, x), Array{0.F, -1.F, 1.F, 0.F, -0.5F, 0.5F}) < 1e-6);
    const Array second = slope([&](const Tensor& v) { return grad([&](const Tensor& u) { return sum(loss(u)); })(v); }, x);
    CHECK(distance(second, Array{0.F, 0.F, 0.F, 0.F, 0.25F, 0.25F}) < 1e-6);
    // A small loss keeps its digits: ln(1 + e^-20) = 2.0611536e-9.
    CHECK(bce_with_logits(Tensor(Array{20.F, -20.F}), Array{1.F, 0.F}).item() == doctest::Approx(2.0611536e-9).epsilon(1e-6));
    // With respect to the target too, also at 0.
    const Array targets = slope([&](const Tensor& v) { return bce_with_logits(Tensor(x), v, {.reduction = each}); }, t);
    CHECK(distance(targets, Array{-1e4F, 1e4F, -1e4F, 1e4F, 0.F, 0.F}) < 1e-6);
}

TEST_CASE("a target of probability 0 adds nothing to the divergence") {
    CHECK(kl_div_loss(Tensor(Array{-inf, -1.F}), Array{0.F, 1.F}, each).value() == Array{0.F, 1.F});
    CHECK(slope([](const Tensor& t) { return kl_div_loss(Tensor(Array{-1.F}), t); }, Array{0.F}) == Array{-inf});
    CHECK(std::isnan(kl_div_loss(Tensor(Array{-1.F}), Array{-1.F}).item()));
}

TEST_CASE("the mean over ten million elements is accurate in float, with the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const Array x = xt::cast<float>(sample::positive({10'000'019}, 1)), t(Shape{10'000'019}, 0.F);
    double want = 0;
    for (const float v : x) want += static_cast<double>(v) * static_cast<double>(v);
    set_threads(1);
    const float one = mse_loss(Tensor(x), t).item();
    CHECK(one == doctest::Approx(want / 10'000'019).epsilon(1e-6));
    const auto loss = [&](const Tensor& v) { return bce_with_logits(v, t); };
    const Array g = slope(loss, x);
    for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
        set_threads(count);
        CHECK(mse_loss(Tensor(x), t).item() == one);
        CHECK(support::same_bits(slope(loss, x), g));
    }
    set_threads(before);
}

TEST_CASE("sums over nothing are 0, means an error") {
    const Tensor none(Array(Shape{0, 2}));
    CHECK(mse_loss(none, none, Reduction::sum).item() == 0);
    CHECK(mse_loss(none, none, each).shape() == Shape{0, 2});
    CHECK(slope([&](const Tensor& x) { return l1_loss(x, none, Reduction::sum); }, none.value()).shape() == Shape{0, 2});
    const std::string text = ": expected at least one element to average, got shape (0, 2)";
    CHECK_THROWS_WITH_AS(mse_loss(none, none), located("mse_loss" + text, __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(bce_loss(none, none), located("bce_loss" + text, __LINE__), ShapeError);
}

TEST_CASE("losses name what does not fit") {
    const Tensor x(Array{{0.5F, 0.5F}}), column(Array{{1.F}, {1.F}});
    const auto shapes = [](const char* name) { return std::string(name) + ": expected prediction and target of one shape, got (1, 2) and (2, 1)"; };
    CHECK_THROWS_WITH_AS(mse_loss(x, column), located(shapes("mse_loss"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(l1_loss(x, column), located(shapes("l1_loss"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(huber_loss(x, column), located(shapes("huber_loss"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(smooth_l1_loss(x, column), located(shapes("smooth_l1_loss"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(bce_loss(x, column), located(shapes("bce_loss"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(bce_with_logits(x, column), located(shapes("bce_with_logits"), __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(kl_div_loss(x, column), located(shapes("kl_div_loss"), __LINE__), ShapeError);
    const char* const delta = "huber_loss: expected a delta of more than 0, got 0";
    CHECK_THROWS_WITH_AS(huber_loss(x, x, {.delta = 0}), located(delta, __LINE__), ConfigError);
    const char* const beta = "smooth_l1_loss: expected a beta of at least 0, got -1";
    CHECK_THROWS_WITH_AS(smooth_l1_loss(x, x, {.beta = -1}), located(beta, __LINE__), ConfigError);
    const char* const weight = "bce_loss: expected a weight that broadcasts to (1, 2), got (3)";
    CHECK_THROWS_WITH_AS(bce_loss(x, x, {.weight = Array64{1, 2, 3}}), located(weight, __LINE__), ShapeError);
    const char* const positive = "bce_with_logits: expected a pos_weight that broadcasts to (1, 2), got (2, 1)";
    CHECK_THROWS_WITH_AS(bce_with_logits(x, x, {.pos_weight = Array64{{1}, {2}}}), located(positive, __LINE__), ShapeError);
    const std::string range = "bce_loss: expected probabilities in 0 .. 1, got ";
    CHECK_THROWS_WITH_AS(bce_loss(Tensor(Array{{0.5F, 1.5F}}), x), located(range + "1.5 at (0, 1)", __LINE__), DataError);
    CHECK_THROWS_WITH_AS(bce_loss(Tensor(Array{{-0.5F, 1.F}}), x), located(range + "-0.5 at (0, 0)", __LINE__), DataError);
    CHECK_THROWS_WITH_AS(bce_loss(Tensor(Array{{0.5F, NAN}}), x), located(range + "nan at (0, 1)", __LINE__), DataError);
}
