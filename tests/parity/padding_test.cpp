#include "parity/parity.hpp"

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("padding agrees with PyTorch in value and gradient") {
    parity::check("padding", {
        {"pad", [](const auto& x) { return pad(x[0], {{0, 1}, {1, 2}}, PadMode::constant, 0.5); }},
        {"pad: reflect", [](const auto& x) { return pad(x[0], {{}, {}, {2, 1}}, PadMode::reflect); }},
        {"pad: reflect in two axes", [](const auto& x) { return pad(x[0], {{}, {}, {2, 1}, {1, 2}}, PadMode::reflect); }},
        {"pad: edge", [](const auto& x) { return pad(x[0], {{}, {}, {2, 0}, {1, 3}}, PadMode::edge); }},
        {"pad: circular", [](const auto& x) { return pad(x[0], {{}, {}, {1, 2}}, PadMode::circular); }},
    });
}
