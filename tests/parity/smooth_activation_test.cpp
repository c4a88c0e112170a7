#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the smooth activation family agrees with PyTorch in value and gradient") {
    parity::check("smooth_activation", {
        {"elu", [](const auto& x) { return elu(x[0]); }},
        {"elu: 0.5", [](const auto& x) { return elu(x[0], 0.5); }},
        {"elu: selu", [](const auto& x) { return selu(x[0]); }},
        {"gelu", [](const auto& x) { return gelu(x[0]); }},
        {"gelu_tanh", [](const auto& x) { return gelu(x[0], GeluForm::tanh); }},
        {"silu", [](const auto& x) { return silu(x[0]); }},
        {"softplus", [](const auto& x) { return softplus(x[0]); }},
        {"softplus: beta 3", [](const auto& x) { return softplus(x[0], 3); }},
        {"softplus: log_sigmoid", [](const auto& x) { return log_sigmoid(x[0]); }},
        {"mish", [](const auto& x) { return mish(x[0]); }},
    });
}
