#include <xtape/nn/losses.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

TEST_CASE("mse is the mean of the squared differences") {
    // By hand: (0.5^2 + 1^2 + 0^2 + 3^2) / 4 = 10.25 / 4.
    const Array prediction{{1.5f, 2.f}, {3.f, 1.f}}, target{{1.f, 3.f}, {3.f, 4.f}};
    CHECK(nn::mse(prediction, target).item() == 2.5625f);
    CHECK(nn::mse(Array64{1., 2.}, Array64{2., 4.}).item() == 2.5);
}

TEST_CASE("the gradient of mse is twice the difference over the count") {
    Tape tape;
    const Tensor prediction = tape.watch(Array{1.f, 2.f});
    const Tensor target = tape.watch(Array{2.f, 5.f});
    const auto g = tape.gradient(nn::mse(prediction, target), {prediction, target});
    CHECK(g[0].value() == Array{-1.f, -3.f});
    CHECK(g[1].value() == Array{1.f, 3.f});
}

TEST_CASE("mse broadcasts nothing and refuses to average over nothing") {
    const Array column = nn::mse(Array{1.f}, Array{1.f}).value();
    const Location nowhere{};
    const auto of = [&](const Shape& a, const Shape& b) {
        return nn::mse(empty_array<float>(a), empty_array<float>(b), nowhere);
    };
    CHECK_THROWS_WITH_AS(of({3, 1}, {3}),
                         "mse: expected prediction and target of one shape that is not empty, got (3, 1) and (3)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(of({2}, {1}),
                         "mse: expected prediction and target of one shape that is not empty, got (2) and (1)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(of({0, 2}, {0, 2}),
                         "mse: expected prediction and target of one shape that is not empty, got (0, 2) and (0, 2)",
                         ShapeError);
    CHECK(column.dimension() == 0);
}

TEST_CASE("an error of a loss ends with the place of the call") {
    std::string text;
    const unsigned line = __LINE__ + 2;
    try {
        nn::mse(Array{1.f}, Array{1.f, 2.f});
    } catch (const ShapeError& error) {
        text = error.what();
    }
    CHECK(text ==
          "mse: expected prediction and target of one shape that is not empty, got (1) and (2) (at losses_test.cpp:" +
              std::to_string(line) + ")");
}

TEST_CASE("cross entropy is the mean of minus the logarithm of the label's probability") {
    const Array64 logits{{0., 0.}, {std::log(3.), 0.}};
    // By hand: softmax (1/2, 1/2) and (3/4, 1/4); labels 0 and 1: (ln 2 + ln 4) / 2 = 1.5 ln 2.
    CHECK(nn::cross_entropy(logits, IndexArray{0, 1}).item() == doctest::Approx(1.5 * std::log(2.)).epsilon(1e-14));
    CHECK(nn::cross_entropy(Array{{1000.f, 0.f}}, IndexArray{0}).item() == 0);
}

TEST_CASE("cross entropy refuses labels that do not fit") {
    const Array logits{{0.f, 0.f, 0.f}, {0.f, 0.f, 0.f}};
    CHECK_THROWS_WITH_AS(nn::cross_entropy(logits, IndexArray{0, 3}, Location{}),
                         "cross_entropy: expected labels in 0 .. 2, got 3 in row 1", DataError);
    CHECK_THROWS_WITH_AS(
        nn::cross_entropy(logits, IndexArray{0}, Location{}),
        "cross_entropy: expected input (N, C, ...) and labels (N, ...) with N and C at least 1, got (2, 3) and (1)", ShapeError);
}

TEST_CASE("losses pass the gradient check") {
    const Array64 a{{0.1, -0.2, 0.3}, {1.0, 0.5, -1.5}}, b{{1.0, 0.2, 0.9}, {-1.0, 0.1, 0.4}};
    const auto mse = gradcheck([](const Tensor64& x, const Tensor64& y) { return nn::mse(x, y); }, {a, b});
    CHECK_MESSAGE(mse.ok, mse.message);
    const auto entropy = gradcheck([](const Tensor64& x) { return nn::cross_entropy(x, IndexArray{2, 0}); }, {a});
    CHECK_MESSAGE(entropy.ok, entropy.message);
}

TEST_CASE("losses are values that can be passed on") {
    const auto apply = [](auto loss, const Tensor& x, const auto& y) { return loss(x, y).item(); };
    CHECK(apply(nn::mse, Array{1.f}, Array{3.f}) == 4);
    CHECK(apply(nn::cross_entropy, Array{{0.f, 0.f}}, IndexArray{1}) == doctest::Approx(std::log(2.)));
}
