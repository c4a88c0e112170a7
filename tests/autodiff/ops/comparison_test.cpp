#include <xtape/autodiff/ops/comparison.hpp>

#include "autodiff/support.hpp"

#include <limits>

using namespace xtape;

namespace {
const float inf = std::numeric_limits<float>::infinity();
}

TEST_CASE("comparisons give masks, and 0 wherever NaN takes part") {
    const Tensor a(Array{1.F, 2.F, 3.F, NAN, NAN, inf}), b(Array{2.F, 2.F, 2.F, 1.F, NAN, inf});
    CHECK((a < b).value() == Array{1.F, 0.F, 0.F, 0.F, 0.F, 0.F});
    CHECK((a <= b).value() == Array{1.F, 1.F, 0.F, 0.F, 0.F, 1.F});
    CHECK((a > b).value() == Array{0.F, 0.F, 1.F, 0.F, 0.F, 0.F});
    CHECK((a >= b).value() == Array{0.F, 1.F, 1.F, 0.F, 0.F, 1.F});
    CHECK(equal(a, b).value() == Array{0.F, 1.F, 0.F, 0.F, 0.F, 1.F});
    CHECK((Tensor(Array{0.F}) <= Tensor(Array{-0.F})).value() == Array{1.F});
}

