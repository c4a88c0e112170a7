#include <xtape/autodiff/ops/cross_entropy.hpp>

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
const Array far{{1e4F, -1e4F, 0.F}, {-1e4F, -1e4F, -1e4F}, {1e4F, 1e4F, 1e4F}};

// Values and recorded first gradients, which a second derivative differentiates, agree with the fused ones.
template <class F>
void check_recorded(const F& loss, const Array& x) {
    Tape tape;
    const Tensor t = tape.watch(x);
    CHECK(distance(tape.gradient(sum(loss(t)), t, {.create_graph = true}).value(), slope(loss, x)) < 1e-6);
}

}  // namespace

TEST_CASE("losses by hand") {
    // Softmax of (0, ln 3) is (1/4, 3/4).
    const Tensor x(Array{{0.F, std::log(3.F)}, {std::log(3.F), 0.F}});
    const float rare = std::log(4.F), common = std::log(4.F / 3);
    const auto values = [&](CrossEntropyOptions options) {
        options.reduction = Reduction::none;
        return softmax_cross_entropy(x, {0, 0}, options).value();
    };
    CHECK(distance(values({}), Array{rare, common}) < 1e-6);
    CHECK(distance(values({.weights = Array64{3, 9}}), Array{3 * rare, 3 * common}) < 1e-6);
    CHECK(distance(values({.label_smoothing = 0.5}), Array{0.75F * rare + 0.25F * common, 0.75F * common + 0.25F * rare}) < 1e-6);
    CHECK(softmax_cross_entropy(x, {0, 0}).item() == doctest::Approx((rare + common) / 2));
    CHECK(softmax_cross_entropy(x, {0, 1}, {.weights = Array64{1, 3}}).item() == doctest::Approx(rare));
    CHECK(softmax_cross_entropy(x, {0, 7}, {.ignore_index = 7, .reduction = Reduction::sum}).item() == doctest::Approx(rare));
    const Array halves{{0.5F, 0.5F}, {0.F, 1.F}};
    CHECK(softmax_cross_entropy(x, halves, {.reduction = Reduction::sum}).item() ==
          doctest::Approx(0.5F * rare + 0.5F * common + rare));
    CHECK(nll_loss(x, {1, 0}, {.reduction = Reduction::sum}).item() == doctest::Approx(-2 * std::log(3.F)));
}

TEST_CASE("cross entropy is finite with finite gradients at logits of 10,000") {
    const auto loss = [](const Tensor& t) { return softmax_cross_entropy(t, {1, 0, 2}); };
    CHECK(loss(far).item() == doctest::Approx((2e4 + 2 * std::log(3.0)) / 3).epsilon(1e-6));
    const Array want{{1 / 3.F, -1 / 3.F, 0.F}, {-2 / 9.F, 1 / 9.F, 1 / 9.F}, {1 / 9.F, 1 / 9.F, -2 / 9.F}};
    CHECK(distance(slope(loss, far), want) < 1e-6);
    check_recorded(loss, far);
    // A common offset costs no digits of the loss.
    const Array offset{{1e4F, 1e4F - 1}};
    CHECK(softmax_cross_entropy(Tensor(offset), {1}).item() == doctest::Approx(std::log(1 + std::exp(1.0))).epsilon(1e-6));
    const Array sure{{0.F, 1.F, 0.F}, {0.F, 0.F, 1.F}, {1.F, 0.F, 0.F}};
    CHECK(softmax_cross_entropy(Tensor(far), sure).item() == doctest::Approx((2e4 + 2 * std::log(3.0)) / 3).epsilon(1e-6));
    check_recorded([&](const Tensor& t) { return softmax_cross_entropy(t, sure, {.label_smoothing = 0.1}); }, far);
}

TEST_CASE("a class that is impossible costs infinitely much as the label and nothing otherwise") {
    const Array x{{-inf, 0.F, 0.F}};
    const auto values = [&](std::int64_t label) { return softmax_cross_entropy(Tensor(x), {label}).item(); };
    CHECK(values(0) == inf);
    CHECK(values(1) == doctest::Approx(std::log(2.0)));
    CHECK(distance(slope([](const Tensor& t) { return softmax_cross_entropy(t, {1}); }, x), Array{{0.F, -0.5F, 0.5F}}) < 1e-6);
    const Array targets{{0.F, 0.5F, 0.5F}};
    CHECK(softmax_cross_entropy(Tensor(x), targets).item() == doctest::Approx(std::log(2.0)));
    CHECK(softmax_cross_entropy(Tensor(x), {1}, {.label_smoothing = 0.1}).item() == inf);
    const Array spoilt{{NAN, 0.F}, {0.F, 0.F}};
    const Array rows = softmax_cross_entropy(Tensor(spoilt), {1, 1}, {.reduction = Reduction::none}).value();
    CHECK(std::isnan(rows(0)));
    CHECK(rows(1) == doctest::Approx(std::log(2.0)));
}

TEST_CASE("ignored rows count for nothing, whatever stands in them; a mean over them alone is 0 / 0") {
    const Array x{{NAN, inf}, {1.F, 2.F}};
    const CrossEntropyOptions options{.ignore_index = -100};
    const auto loss = [&](const Tensor& t) { return softmax_cross_entropy(t, {-100, 0}, options); };
    CHECK(loss(Tensor(x)).item() == softmax_cross_entropy(Tensor(Array{{1.F, 2.F}}), {0}).item());
    const Array g = slope(loss, x);
    CHECK(g(0, 0) == 0);
    CHECK(g(0, 1) == 0);
    CHECK(g(1, 0) == -g(1, 1));
    const Array plain{{1.F, 2.F}, {1.F, 2.F}}, zero(Shape{2, 2}, 0.F);
    const auto none = [&](const Tensor& t) { return softmax_cross_entropy(t, {-100, -100}, options); };
    CHECK(std::isnan(none(Tensor(plain)).item()));
    CHECK(slope(none, plain) == zero);
    check_recorded(none, plain);
    const auto likelihood = [](const Tensor& t) { return nll_loss(t, {-100, -100}, {.ignore_index = -100}); };
    CHECK(std::isnan(likelihood(Tensor(plain)).item()));
    CHECK(slope(likelihood, plain) == zero);
    CHECK(softmax_cross_entropy(Tensor(plain), {-100, -100}, {.ignore_index = -100, .reduction = Reduction::sum}).item() == 0);
}

TEST_CASE("rows of any number of classes, fewer or more than registers hold, have the losses and gradients of each row alone") {
    for (const std::size_t rows : {1U, 15U, 16U, 17U, 5000U}) {
        for (std::size_t classes = 1; classes <= 18; ++classes) {
            if (rows == 5000 && classes > 4) continue;
            CAPTURE(rows);
            CAPTURE(classes);
            Array x = xt::cast<float>(sample::uniform({rows, classes}, classes) * 5.0);
            IndexArray labels(Shape{rows});
            for (std::size_t r = 0; r < rows; ++r) labels(r) = static_cast<std::int64_t>((r * 7) % classes);
            const std::size_t ignored = rows / 2, broken = rows - 1;
            if (rows > 1) labels(ignored) = -100;
            if (rows > 2) x(broken, classes - 1) = NAN;
            const CrossEntropyOptions options{.ignore_index = -100, .reduction = Reduction::none};
            const auto loss = [&](const Tensor& t) { return softmax_cross_entropy(t, labels, options); };
            const Array y = loss(Tensor(x)).value(), g = slope(loss, x);
            double worst = 0;
            for (std::size_t r = 0; r < rows; ++r) {
                const bool counts = rows == 1 || r != ignored;
                if (rows > 2 && r == broken) {
                    CHECK(std::isnan(y(r)));
                    CHECK(std::isnan(g(r, 0)));
                    continue;
                }
                double total = 0;
                for (std::size_t c = 0; c < classes; ++c) total += std::exp(double{x(r, c)});
                for (std::size_t c = 0; c < classes; ++c) {
                    const bool label = counts && labels(r) == static_cast<std::int64_t>(c);
                    if (label) worst = std::max(worst, std::abs(std::log(total) - double{x(r, c)} - double{y(r)}));
                    const double wanted = counts ? std::exp(double{x(r, c)}) / total - (label ? 1 : 0) : 0;
                    worst = std::max(worst, std::abs(wanted - double{g(r, c)}));
                }
                if (!counts) CHECK(y(r) == 0);
            }
            CHECK(worst < 2e-6);
        }
    }
}

TEST_CASE("a single class is certain, and sums over no rows are 0") {
    CHECK(softmax_cross_entropy(Tensor(Array{{5.F}, {7.F}}), {0, 0}).item() == 0);
    const Tensor none(Array(Shape{0, 3}));
    const IndexArray labels(Shape{0});
    CHECK(softmax_cross_entropy(none, labels, {.reduction = Reduction::sum}).item() == 0);
    CHECK(softmax_cross_entropy(none, labels, {.reduction = Reduction::none}).shape() == Shape{0});
    CHECK(nll_loss(none, labels, {.reduction = Reduction::sum}).item() == 0);
    CHECK(slope([&](const Tensor& t) { return softmax_cross_entropy(t, labels, {.reduction = Reduction::sum}); }, none.value()).shape() ==
          Shape{0, 3});
}

TEST_CASE("smoothing towards the uniform distribution is the cross-entropy with that distribution") {
    const Array64 x = sample::uniform({5, 7}, 1);
    Array64 targets(Shape{5, 7}, 0.1 / 7);
    const IndexArray labels{0, 6, 3, 2, 2};
    for (std::size_t i = 0; i < 5; ++i) targets(i, static_cast<std::size_t>(labels(i))) += 0.9;
    const double smoothed = softmax_cross_entropy(Tensor64(x), labels, {.label_smoothing = 0.1}).item();
    CHECK(smoothed == doctest::Approx(softmax_cross_entropy(Tensor64(x), targets).item()).epsilon(1e-14));
    CHECK(smoothed == doctest::Approx(nll_loss(log_softmax(Tensor64(x)), labels).item() * 0.9 -
                                      0.1 * mean(log_softmax(Tensor64(x))).item()).epsilon(1e-14));
}

TEST_CASE("the mean over a million rows is accurate in float") {
    const Array x = xt::cast<float>(sample::uniform({1'000'003, 2}, 1));
    const IndexArray labels(Shape{1'000'003}, 1);
    const double want = softmax_cross_entropy(Tensor64(Array64(xt::cast<double>(x))), labels).item();
    CHECK(softmax_cross_entropy(Tensor(x), labels).item() == doctest::Approx(want).epsilon(1e-6));
}

TEST_CASE("large losses and their gradients have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const Array x = xt::cast<float>(sample::uniform({101, 37, 53}, 1)), q = xt::cast<float>(sample::positive({101, 37, 53}, 2));
    const IndexArray labels(Shape{101, 53}, 5);
    const auto run = [&] {
        Tape tape;
        const Tensor t = tape.watch(x), s = tape.watch(q);
        const Tensor total = softmax_cross_entropy(t, labels, {.label_smoothing = 0.1}) + softmax_cross_entropy(t, s) +
                             nll_loss(t, labels);
        std::vector<Array> all{total.value()};
        for (const Tensor& g : tape.gradient(total, {t, s})) all.push_back(g.value());
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

TEST_CASE("classification losses name shapes and labels that do not fit") {
    const Tensor x(Array(Shape{2, 3}, 0.F)), vector(Array(Shape{3}, 0.F)), none(Array(Shape{0, 3})), narrow(Array(Shape{2, 0}));
    const IndexArray column{{0}, {1}}, empty(Shape{0}), deep{{{0, 3}}, {{0, 0}}};
    const std::string text = "cross_entropy: expected input (N, C, ...) and labels (N, ...) with N and C at least 1, got ";
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, {0, 1, 2}), located(text + "(2, 3) and (3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, column), located(text + "(2, 3) and (2, 1)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(vector, {0, 1, 2}), located(text + "(3) and (3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(none, empty), located(text + "(0, 3) and (0)", __LINE__), ShapeError);
    const char* const sums = "nll_loss: expected input (N, C, ...) and labels (N, ...) with C at least 1, got (2, 0) and (2)";
    CHECK_THROWS_WITH_AS(nll_loss(narrow, {0, 0}, {.reduction = Reduction::sum}), located(sums, __LINE__), ShapeError);

    const std::string label = "cross_entropy: expected labels in 0 .. 2, got ";
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, {0, 3}), located(label + "3 in row 1", __LINE__), DataError);
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, {-1, 0}), located(label + "-1 in row 0", __LINE__), DataError);
    const char* const ignored = "cross_entropy: expected labels in 0 .. 2 or -100, got -1 in row 1";
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, {-100, -1}, {.ignore_index = -100}), located(ignored, __LINE__), DataError);
    const char* const far_away = "nll_loss: expected labels in 0 .. 2, got 3 in row (0, 0, 1)";
    CHECK_THROWS_WITH_AS(nll_loss(Tensor(Array(Shape{2, 3, 1, 2})), deep), located(far_away, __LINE__), DataError);

    const char* const weights = "cross_entropy: expected one weight for each of 3 classes, got shape (2)";
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, {0, 1}, {.weights = Array64{1, 2}}), located(weights, __LINE__), ShapeError);
    const char* const smoothing = "cross_entropy: expected a label smoothing in 0 .. 1, got 1.5";
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, {0, 1}, {.label_smoothing = 1.5}), located(smoothing, __LINE__), ConfigError);

    const std::string soft = "soft_cross_entropy: expected logits and targets of one shape (N, C, ...) with N and C at least 1, got ";
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, vector), located(soft + "(2, 3) and (3)", __LINE__), ShapeError);
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(none, none), located(soft + "(0, 3) and (0, 3)", __LINE__), ShapeError);
    const char* const soft_smoothing = "soft_cross_entropy: expected a label smoothing in 0 .. 1, got -1";
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, x, {.label_smoothing = -1}), located(soft_smoothing, __LINE__), ConfigError);
    const char* const soft_weights = "soft_cross_entropy: expected one weight for each of 3 classes, got shape ()";
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, x, {.weights = Array64(1.0)}), located(soft_weights, __LINE__), ShapeError);
    const char* const no_label = "soft_cross_entropy: expected no ignored label beside a probability for every class, got 2";
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(x, x, {.ignore_index = 2}), located(no_label, __LINE__), ConfigError);
}
