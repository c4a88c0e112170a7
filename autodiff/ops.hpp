// All operations, family by family.
#pragma once

#include <xtape/autodiff/ops/activation.hpp>
#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/ops/decomposition.hpp>
#include <xtape/autodiff/ops/einsum.hpp>
#include <xtape/autodiff/ops/elementary.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/product.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/ops/shaping.hpp>
#include <xtape/autodiff/ops/softmax.hpp>
#include <xtape/autodiff/ops/solve.hpp>
