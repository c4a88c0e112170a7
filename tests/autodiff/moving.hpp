// What the tests of operations that move elements share.
#pragma once

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/reduction.hpp>

#include "autodiff/support.hpp"

namespace support {

/// 1 2 3 / 4 5 6
inline const xtape::Tensor six(xtape::Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}});

/// Gradient of sum(f(x) * weights): shows where each element of the result came from.
template <class F>
xtape::Array back(F f, const xtape::Tensor& x, const xtape::Array& weights) {
    return xtape::grad([&](const xtape::Tensor& t) { return sum(f(t) * weights); })(x).value();
}

}  // namespace support
