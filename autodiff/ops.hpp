// All operations, family by family.
#pragma once

#include <xtape/autodiff/ops/activation.hpp>
#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/ops/comparison.hpp>
#include <xtape/autodiff/ops/elementary.hpp>
#include <xtape/autodiff/ops/exponential.hpp>
#include <xtape/autodiff/ops/hyperbolic.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/ops/rounding.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/ops/shaping.hpp>
#include <xtape/autodiff/ops/smooth_activation.hpp>
#include <xtape/autodiff/ops/softmax.hpp>
#include <xtape/autodiff/ops/special.hpp>
#include <xtape/autodiff/ops/trigonometric.hpp>
