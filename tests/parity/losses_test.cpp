#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the elementwise losses agree with PyTorch in value and gradient") {
    const Array64 weight{0.5, 2, 1}, rows{{0.5}, {2}}, positive{0.5, 2, 3};
    parity::check("losses", {
        {"mse_loss", [](const auto& x) { return mse_loss(x[0], x[1]); }},
        {"mse_loss: none", [](const auto& x) { return mse_loss(x[0], x[1], Reduction::none); }},
        {"l1_loss", [](const auto& x) { return l1_loss(x[0], x[1]); }},
        {"l1_loss: equal", [](const auto& x) { return l1_loss(x[0], x[1], Reduction::sum); }},
        {"huber_loss", [](const auto& x) { return huber_loss(x[0], x[1], {.delta = 0.5}); }},
        {"huber_loss: sum", [](const auto& x) { return huber_loss(x[0], x[1], {.reduction = Reduction::sum}); }},
        {"smooth_l1_loss", [](const auto& x) { return smooth_l1_loss(x[0], x[1], {.beta = 0.5}); }},
        {"smooth_l1_loss: beta 0", [](const auto& x) { return smooth_l1_loss(x[0], x[1], {.beta = 0}); }},
        {"bce_loss", [](const auto& x) { return bce_loss(x[0], x[1]); }},
        {"bce_loss: weight, none",
         [weight](const auto& x) { return bce_loss(x[0], x[1], {.weight = weight, .reduction = Reduction::none}); }},
        {"bce_loss: 0 and 1", [](const auto& x) { return bce_loss(x[0], x[1], {.reduction = Reduction::none}); }},
        {"bce_with_logits", [](const auto& x) { return bce_with_logits(x[0], x[1]); }},
        {"bce_with_logits: weight, pos_weight",
         [rows, positive](const auto& x) { return bce_with_logits(x[0], x[1], {.weight = rows, .pos_weight = positive}); }},
        {"bce_with_logits: far, none", [](const auto& x) { return bce_with_logits(x[0], x[1], {.reduction = Reduction::none}); }},
        {"kl_div_loss", [](const auto& x) { return kl_div_loss(x[0], x[1]); }},
        {"kl_div_loss: sum", [](const auto& x) { return kl_div_loss(x[0], x[1], Reduction::sum); }},
    });
}
