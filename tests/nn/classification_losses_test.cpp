#include <xtape/nn/classification_losses.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

namespace {

constexpr Location nowhere{};
constexpr Reduction reductions[] = {Reduction::mean, Reduction::sum, Reduction::none};
const double ln2 = std::log(2.), ln3 = std::log(3.), ln4 = std::log(4.);

// Softmax (1/2, 1/2) and (3/4, 1/4).
const Array64 logits{{0., 0.}, {std::log(3.), 0.}};
const Array64 scores{{0.1, -0.2, 0.3}, {1.0, 0.5, -1.5}};

}  // namespace

TEST_CASE("cross entropy is minus the logarithm of the label's probability") {
    CHECK(nn::cross_entropy(logits, IndexArray{0, 1}).item() == doctest::Approx((ln2 + ln4) / 2).epsilon(1e-14));
    CHECK(nn::CrossEntropyLoss{{.reduction = Reduction::sum}}(logits, IndexArray{0, 1}).item() ==
          doctest::Approx(ln2 + ln4).epsilon(1e-14));
    const Array64 each = nn::CrossEntropyLoss{{.reduction = Reduction::none}}(logits, IndexArray{0, 1}).value();
    CHECK(each.shape() == Shape{2});
    CHECK(each(0) == doctest::Approx(ln2).epsilon(1e-14));
    CHECK(each(1) == doctest::Approx(ln4).epsilon(1e-14));
    CHECK(nn::cross_entropy(Array{{1000.f, 0.f}}, IndexArray{0}).item() == 0);
}

TEST_CASE("class weights weigh the mean, and ignored labels count for nothing") {
    // (1 ln 2 + 3 ln 4) / (1 + 3)
    CHECK(nn::CrossEntropyLoss{{.weights = Array64{1., 3.}}}(logits, IndexArray{0, 1}).item() ==
          doctest::Approx((ln2 + 3 * ln4) / 4).epsilon(1e-14));
    CHECK(nn::CrossEntropyLoss{{.ignore_index = -100}}(logits, IndexArray{-100, 1}).item() ==
          doctest::Approx(ln4).epsilon(1e-14));
    CHECK(nn::NLLLoss{{.weights = Array64{1., 3.}, .ignore_index = 0}}(log_softmax(Tensor64(logits)), IndexArray{0, 1})
              .item() == doctest::Approx(ln4).epsilon(1e-14));
}

TEST_CASE("label smoothing gives a share of the label to all classes") {
    // Target (0.9 + 0.05, 0.05) of probabilities (3/4, 1/4).
    const Array64 row{{std::log(3.), 0.}};
    CHECK(nn::CrossEntropyLoss{{.label_smoothing = 0.1}}(row, IndexArray{0}).item() ==
          doctest::Approx(0.95 * (ln4 - ln3) + 0.05 * ln4).epsilon(1e-14));
    CHECK(nn::CrossEntropyLoss{{.label_smoothing = 0.1}}(row, Array64{{1., 0.}}).item() ==
          doctest::Approx(0.95 * (ln4 - ln3) + 0.05 * ln4).epsilon(1e-14));
}

TEST_CASE("targets of the logits' shape are probabilities") {
    // 0.25 ln 2 + 0.75 ln 2, and 0.5 (ln 4 - ln 3) + 0.5 ln 4
    const Array64 targets{{0.25, 0.75}, {0.5, 0.5}};
    CHECK(nn::cross_entropy(logits, targets).item() ==
          doctest::Approx((ln2 + 0.5 * (ln4 - ln3) + 0.5 * ln4) / 2).epsilon(1e-14));
    const Array one_hot{{1.f, 0.f}, {0.f, 1.f}}, single{{0.f, 0.f}, {std::log(3.f), 0.f}};
    CHECK(nn::cross_entropy(single, one_hot).item() == nn::cross_entropy(single, IndexArray{0, 1}).item());
}

TEST_CASE("nll of log_softmax is cross entropy") {
    const IndexArray labels{2, 0};
    CHECK(nn::nll(log_softmax(Tensor64(scores)), labels).item() ==
          doctest::Approx(nn::cross_entropy(scores, labels).item()).epsilon(1e-14));
    CHECK(nn::nll(Array{{-1.f, -2.f}}, IndexArray{1}).item() == 2);
}

TEST_CASE("further axes are rows of their own") {
    const Array64 x(Shape{2, 3, 4}, 0.0);
    const IndexArray labels(Shape{2, 4}, 1);
    CHECK(nn::cross_entropy(x, labels).item() == doctest::Approx(ln3).epsilon(1e-14));
    CHECK(nn::CrossEntropyLoss{{.reduction = Reduction::none}}(x, labels).shape() == Shape{2, 4});
    CHECK(nn::cross_entropy(x, Array64(Shape{2, 3, 4}, 1.0 / 3)).item() == doctest::Approx(ln3).epsilon(1e-14));
}

TEST_CASE("losses of classification pass the gradient check with every reduction") {
    const IndexArray labels{2, 0};
    const Array64 targets{{0.2, 0.5, 0.3}, {0.1, 0.6, 0.3}}, weights{0.5, 2., 1.};
    for (const Reduction reduction : reductions) {
        const auto check = [&](const char* what, const GradcheckReport& report) {
            CHECK_MESSAGE(report.ok, what, " with reduction ", static_cast<int>(reduction), ": ", report.message);
        };
        const nn::CrossEntropyLoss plain{{.reduction = reduction}},
            smooth{{.reduction = reduction, .label_smoothing = 0.2, .weights = weights}},
            ignoring{{.reduction = reduction, .label_smoothing = 0.1, .ignore_index = 2}};
        const nn::NLLLoss nll{{.reduction = reduction, .weights = weights}};
        for (const auto& [what, loss] : {std::pair{"plain", plain}, std::pair{"smooth", smooth}, std::pair{"ignoring", ignoring}}) {
            check(what, gradcheck([&loss = loss, &labels](const Tensor64& x) { return loss(x, labels); }, {scores}));
        }
        check("nll", gradcheck([&](const Tensor64& x) { return nll(x, labels); }, {scores}));
        for (const auto& [what, loss] : {std::pair{"plain", plain}, std::pair{"smooth", smooth}}) {
            check(what, gradcheck([&loss = loss](const Tensor64& x, const Tensor64& t) { return loss(x, t); },
                                  {scores, targets}));
        }
    }
}

TEST_CASE("labels that do not fit are errors that say which") {
    const Array x{{0.f, 0.f, 0.f}, {0.f, 0.f, 0.f}};
    CHECK_THROWS_WITH_AS(nn::cross_entropy(x, IndexArray{0, 3}, nowhere),
                         "cross_entropy: expected labels in 0 .. 2, got 3 in row 1", DataError);
    CHECK_THROWS_WITH_AS(nn::cross_entropy(x, IndexArray{-1, 0}, nowhere),
                         "cross_entropy: expected labels in 0 .. 2, got -1 in row 0", DataError);
    CHECK_THROWS_WITH_AS((nn::CrossEntropyLoss{{.ignore_index = -1}}(x, IndexArray{-1, 5}, nowhere)),
                         "cross_entropy: expected labels in 0 .. 2 or -1, got 5 in row 1", DataError);
    CHECK_THROWS_WITH_AS(
        nn::cross_entropy(x, IndexArray{0}, nowhere),
        "cross_entropy: expected input (N, C, ...) and labels (N, ...) with N and C at least 1, got (2, 3) and (1)",
        ShapeError);
    CHECK_THROWS_WITH_AS(
        nn::nll(Array(Shape{0, 3}), IndexArray(Shape{0}), nowhere),
        "nll_loss: expected input (N, C, ...) and labels (N, ...) with N and C at least 1, got (0, 3) and (0)",
        ShapeError);
    CHECK_THROWS_WITH_AS(nn::nll(x, IndexArray{0, 3}, nowhere), "nll_loss: expected labels in 0 .. 2, got 3 in row 1",
                         DataError);
}

TEST_CASE("targets that do not fit are errors that say why") {
    const Array x{{0.f, 0.f}, {0.f, 0.f}};
    CHECK_THROWS_WITH_AS(nn::cross_entropy(x, Array{0.f, 1.f}, nowhere),
                         "cross_entropy: expected a target for each logit, or labels in an IndexArray, got logits (2, 2) "
                         "and targets (2)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(nn::cross_entropy(x, Array{{0.f, 1.f}, {-1.f, 1.f}}, nowhere),
                         "cross_entropy: expected targets in 0 .. 1, got -1 at (1, 0)", DataError);
    CHECK_THROWS_WITH_AS((nn::CrossEntropyLoss{{.ignore_index = 1}}(x, x, nowhere)),
                         "soft_cross_entropy: expected no ignored label beside a probability for every class, got 1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(
        nn::cross_entropy(Array(Shape{0, 2}), Array(Shape{0, 2}), nowhere),
        "soft_cross_entropy: expected logits and targets of one shape (N, C, ...) with N and C at least 1, got (0, 2) "
        "and (0, 2)",
        ShapeError);
}

TEST_CASE("options of losses of classification out of range are errors") {
    const Array x{{0.f, 0.f}};
    CHECK_THROWS_WITH_AS((nn::CrossEntropyLoss{{.label_smoothing = 1.5}}(x, IndexArray{0}, nowhere)),
                         "cross_entropy: expected a label smoothing in 0 .. 1, got 1.5", ConfigError);
    CHECK_THROWS_WITH_AS((nn::CrossEntropyLoss{{.weights = Array64{1., 2., 3.}}}(x, IndexArray{0}, nowhere)),
                         "cross_entropy: expected one weight for each of 2 classes, got shape (3)", ShapeError);
}
