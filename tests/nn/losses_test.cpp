#include <xtape/nn/losses.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

TEST_CASE("losses are values that can be passed on") {
    const auto apply = [](auto loss, const Tensor& x, const auto& y) { return loss(x, y).item(); };
    CHECK(apply(nn::mse, Array{1.f}, Array{3.f}) == 4);
    CHECK(apply(nn::l1, Array{1.f}, Array{3.f}) == 2);
    CHECK(apply(nn::HuberLoss{{.delta = 0.5}}, Array{1.f}, Array{3.f}) == 0.875f);
    CHECK(apply(nn::cross_entropy, Array{{0.f, 0.f}}, IndexArray{1}) == doctest::Approx(std::log(2.)));
    CHECK(apply(nn::cross_entropy, Array{{0.f, 0.f}}, Array{{0.25f, 0.75f}}) == doctest::Approx(std::log(2.)));
}

TEST_CASE("a loss with options is another value of its class and says its options") {
    const nn::CrossEntropyLoss loss{{.reduction = Reduction::sum, .label_smoothing = 0.1}};
    CHECK(loss.options().reduction == Reduction::sum);
    CHECK(loss.options().label_smoothing == 0.1);
    CHECK(nn::cross_entropy.options().label_smoothing == 0);
    constexpr nn::SmoothL1Loss smooth{{.beta = 2}};
    static_assert(smooth.options().beta == 2);
}

TEST_CASE("losses take tensors, parameters, arrays and expressions of arrays") {
    const Array x{1.f, 2.f}, t{0.f, 0.f};
    Parameter p{x};
    CHECK(nn::mse(Tensor(x), Tensor(t)).item() == 2.5f);
    CHECK(nn::mse(p, t).item() == 2.5f);
    CHECK(nn::mse(x, t + 1.f).item() == 0.5f);
    Parameter logits{Array{{0.f, 0.f}}};
    const IndexArray one{1};
    CHECK(nn::cross_entropy(logits, one - 1).item() == doctest::Approx(std::log(2.)));
    CHECK(nn::cross_entropy(logits, Tensor(Array{{0.f, 1.f}})).item() == doctest::Approx(std::log(2.)));
    CHECK(nn::cross_entropy(logits, Array{{0.f, 2.f}} * 0.5f).item() == doctest::Approx(std::log(2.)));
}

TEST_CASE("an error of a loss ends with the place of the call") {
    std::string text;
    const unsigned line = __LINE__ + 2;
    try {
        nn::mse(Array{1.f}, Array{1.f, 2.f});
    } catch (const ShapeError& error) {
        text = error.what();
    }
    CHECK(text == "mse_loss: expected prediction and target of one shape, got (1) and (2) (at losses_test.cpp:" +
                      std::to_string(line) + ")");
}
