#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the softmax family agrees with PyTorch in value and gradient") {
    parity::check("softmax", {
        {"softmax", [](const auto& x) { return softmax(x[0], 1); }},
        {"softmax: axis 0", [](const auto& x) { return softmax(x[0], 0); }},
        {"softmax: far from 0", [](const auto& x) { return softmax(x[0]); }},
        {"log_softmax", [](const auto& x) { return log_softmax(x[0], 1); }},
        {"log_softmax: axis 1 of 3", [](const auto& x) { return log_softmax(x[0], 1); }},
        {"log_softmax: far from 0", [](const auto& x) { return log_softmax(x[0]); }},
        {"cross_entropy", [](const auto& x) { return softmax_cross_entropy(x[0], {2, 0, 1}); }},
    });
}
