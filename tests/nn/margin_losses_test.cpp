#include <xtape/nn/margin_losses.hpp>

#include <xtape/autodiff/gradcheck.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

namespace {

constexpr Location nowhere{};
constexpr Reduction reductions[] = {Reduction::mean, Reduction::sum, Reduction::none};

}  // namespace

TEST_CASE("hinge is what a score lacks to the margin on its label's side") {
    // max(0, 1 - 2), max(0, 1 - 0.5), max(0, 1 + 1), max(0, 1 - 3)
    const Array64 s{2., 0.5, 1., -3.}, y{1., 1., -1., -1.};
    CHECK(nn::hinge(s, y).item() == 0.625);
    CHECK(nn::HingeLoss{{.reduction = Reduction::sum}}(s, y).item() == 2.5);
    CHECK(nn::HingeLoss{{.reduction = Reduction::none}}(s, y).value() == Array64{0., 0.5, 2., 0.});
    CHECK(nn::HingeLoss{{.reduction = Reduction::sum, .margin = 0}}(s, y).item() == 1);
    CHECK(nn::hinge(Array{{0.f}}, Array{{-1.f}}).item() == 1);
}

TEST_CASE("multi_margin is the hinge of the label's score over every other one") {
    // Row 0: max(0, 1 - 0.5 + 0), max(0, 1 - 0.5 + 1) = 0.5, 1.5. Row 1: max(0, 1 - 2 + 0), max(0, 1 - 2 + 1.5) = 0, 0.5.
    const Array64 s{{0.5, 0., 1.}, {0., 1.5, 2.}};
    const IndexArray labels{0, 2};
    CHECK(nn::multi_margin(s, labels).item() == doctest::Approx((2 + 0.5) / 3 / 2).epsilon(1e-15));
    const Array64 each =
        nn::MultiMarginLoss{{.reduction = Reduction::none, .power = 2}}(s, labels).value();
    CHECK(each.shape() == Shape{2});
    CHECK(each(0) == doctest::Approx((0.25 + 2.25) / 3).epsilon(1e-15));
    CHECK(each(1) == doctest::Approx(0.25 / 3).epsilon(1e-15));
    CHECK(nn::MultiMarginLoss{{.reduction = Reduction::sum, .margin = 2}}(s, labels).item() ==
          doctest::Approx((1.5 + 2.5 + 0 + 1.5) / 3).epsilon(1e-15));
}

TEST_CASE("cosine_embedding draws like pairs together and unlike pairs apart") {
    // Cosines 0.6 (of (1, 0) and (3, 4)), 0 and -1.
    const Array64 a{{1., 0.}, {1., 0.}, {1., 1.}}, b{{3., 4.}, {0., 2.}, {-1., -1.}};
    const auto each = [&](const Array64& y, double margin) {
        return nn::CosineEmbeddingLoss{{.reduction = Reduction::none, .margin = margin}}(a, b, y).value();
    };
    const Array64 like = each({1., 1., 1.}, 0), unlike = each({-1., -1., -1.}, 0), strict = each({-1., -1., -1.}, -0.5);
    const double expected[3][3] = {{0.4, 1, 2}, {0.6, 0, 0}, {1.1, 0.5, 0}};
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(like(i) == doctest::Approx(expected[0][i]).epsilon(1e-12));
        CHECK(unlike(i) == doctest::Approx(expected[1][i]).epsilon(1e-12));
        CHECK(strict(i) == doctest::Approx(expected[2][i]).epsilon(1e-12));
    }
    CHECK(nn::cosine_embedding(a, b, Array64{1., -1., -1.}).item() == doctest::Approx(0.4 / 3).epsilon(1e-12));
    // A pair alone, and a vector of zeros.
    CHECK(nn::cosine_embedding(Array{1.f, 0.f}, Array{3.f, 4.f}, Array(1.f)).item() == doctest::Approx(0.4));
    CHECK(nn::cosine_embedding(Array{0.f, 0.f}, Array{3.f, 4.f}, Array(1.f)).item() == 1);
}

TEST_CASE("losses with a margin pass the gradient check with every reduction") {
    const Array64 s{{0.5, 0.1, 1.2}, {0.2, 1.5, 2.}}, signs{{1., -1., 1.}, {-1., -1., 1.}};
    const Array64 a{{1., 0.2}, {0.3, -2.}, {1., 1.}}, b{{3., 4.}, {0.5, 2.}, {-1., 0.7}}, pairs{1., -1., -1.};
    const IndexArray labels{0, 2};
    for (const Reduction reduction : reductions) {
        const auto check = [&](const char* what, const GradcheckReport& report) {
            CHECK_MESSAGE(report.ok, what, " with reduction ", static_cast<int>(reduction), ": ", report.message);
        };
        const nn::HingeLoss hinge{{.reduction = reduction}};
        check("hinge", gradcheck([&](const Tensor64& x) { return hinge(x, signs); }, {s}));
        for (const int power : {1, 2}) {
            const nn::MultiMarginLoss loss{{.reduction = reduction, .margin = 0.85, .power = power}};
            check("multi_margin", gradcheck([&](const Tensor64& x) { return loss(x, labels); }, {s}));
        }
        const nn::CosineEmbeddingLoss cosine{{.reduction = reduction, .margin = -0.99}};
        check("cosine_embedding",
              gradcheck([&](const Tensor64& x, const Tensor64& y) { return cosine(x, y, pairs); }, {a, b}));
    }
}

TEST_CASE("shapes that do not fit a loss with a margin are errors") {
    CHECK_THROWS_WITH_AS(nn::hinge(Array(Shape{2, 1}), Array(Shape{2}), nowhere),
                         "hinge_loss: expected prediction and target of one shape, got (2, 1) and (2)", ShapeError);
    CHECK_THROWS_WITH_AS(nn::hinge(Array(Shape{0}), Array(Shape{0}), nowhere),
                         "hinge_loss: expected at least one element to average, got shape (0)", ShapeError);
    CHECK_THROWS_WITH_AS(
        nn::multi_margin(Array(Shape{2, 3}), IndexArray{0}, nowhere),
        "multi_margin_loss: expected scores (N, C) with C at least 1 and labels (N), got (2, 3) and (1)", ShapeError);
    CHECK_THROWS_WITH_AS(nn::multi_margin(Array(Shape{0, 3}), IndexArray(Shape{0}), nowhere),
                         "multi_margin_loss: expected at least one element to average, got shape (0)", ShapeError);
    CHECK_THROWS_WITH_AS(
        nn::cosine_embedding(Array(Shape{2, 3}), Array(Shape{2, 3}), Array(Shape{3}), nowhere),
        "cosine_embedding_loss: expected vectors (..., D) twice and labels (...), got (2, 3), (2, 3) and (3)",
        ShapeError);
    CHECK_THROWS_WITH_AS(
        nn::cosine_embedding(Array(1.f), Array(1.f), Array(1.f), nowhere),
        "cosine_embedding_loss: expected vectors (..., D) twice and labels (...), got (), () and ()", ShapeError);
}

TEST_CASE("labels and options that do not fit a loss with a margin are errors") {
    const Array x{{0.f, 0.f}, {0.f, 0.f}};
    CHECK_THROWS_WITH_AS(nn::hinge(x, Array{{1.f, -1.f}, {0.f, 1.f}}, nowhere),
                         "hinge_loss: expected labels -1 or 1, got 0 at (1, 0)", DataError);
    CHECK_THROWS_WITH_AS(nn::multi_margin(x, IndexArray{0, 2}, nowhere),
                         "multi_margin_loss: expected labels in 0 .. 1, got 2 in row 1", DataError);
    CHECK_THROWS_WITH_AS((nn::MultiMarginLoss{{.power = 3}}(x, IndexArray{0, 1}, nowhere)),
                         "multi_margin_loss: expected a power of 1 or 2, got 3", ConfigError);
    CHECK_THROWS_WITH_AS(nn::cosine_embedding(x, x, Array{1.f, 2.f}, nowhere),
                         "cosine_embedding_loss: expected labels -1 or 1, got 2 at (1)", DataError);
    CHECK_THROWS_WITH_AS((nn::CosineEmbeddingLoss{{.margin = 1.5}}(x, x, Array{1.f, 1.f}, nowhere)),
                         "cosine_embedding_loss: expected a margin in -1 .. 1, got 1.5", ConfigError);
}
