#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the activation family agrees with PyTorch in value and gradient") {
    parity::check("activation", {
        {"tanh", [](const auto& x) { return tanh(x[0]); }},
        {"sigmoid", [](const auto& x) { return sigmoid(x[0]); }},
        {"relu", [](const auto& x) { return relu(x[0]); }},
        {"leaky_relu", [](const auto& x) { return leaky_relu(x[0]); }},
        {"leaky_relu: 0.2", [](const auto& x) { return leaky_relu(x[0], 0.2); }},
        {"prelu: one weight", [](const auto& x) { return prelu(x[0], x[1]); }},
        {"prelu: one a channel", [](const auto& x) { return prelu(x[0], x[1]); }},
        {"hard_tanh", [](const auto& x) { return hard_tanh(x[0]); }},
        {"hard_tanh: relu6", [](const auto& x) { return relu6(x[0]); }},
        {"hard_sigmoid", [](const auto& x) { return hard_sigmoid(x[0]); }},
    });
}
