#include "parity/parity.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

TEST_CASE("the statistics family agrees with PyTorch in value and gradient") {
    parity::check("statistics", {
        {"var", [](const auto& x) { return var(x[0]); }},
        {"var: axes", [](const auto& x) { return var(x[0], {0, 2}, true, 0); }},
        {"var: large mean", [](const auto& x) { return var(x[0], 1); }},
        {"std", [](const auto& x) { return stddev(x[0]); }},
        {"std: axis", [](const auto& x) { return stddev(x[0], 0, true, 0); }},
        {"std: no variance", [](const auto& x) { return stddev(x[0], 1); }},
        {"norm", [](const auto& x) { return norm(x[0]); }},
        {"norm: order 2 of rows", [](const auto& x) { return norm(x[0], 2, 1); }},
        {"norm: order 1", [](const auto& x) { return norm(x[0], 1, {0, 2}, true); }},
        {"norm: order 1 at 0", [](const auto& x) { return norm(x[0], 1); }},
        {"norm: order inf", [](const auto& x) { return norm(x[0], INFINITY, 1); }},
        {"norm: order inf, ties", [](const auto& x) { return norm(x[0], INFINITY); }},
        {"logsumexp", [](const auto& x) { return logsumexp(x[0]); }},
        {"logsumexp: axis", [](const auto& x) { return logsumexp(x[0], 1, true); }},
        {"logsumexp: far from 0", [](const auto& x) { return logsumexp(x[0], 1); }},
    });
}
