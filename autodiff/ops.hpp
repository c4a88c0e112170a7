// All operations, family by family.
#pragma once

#include <xtape/autodiff/ops/activation.hpp>
#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/ops/axes.hpp>
#include <xtape/autodiff/ops/decomposition.hpp>
#include <xtape/autodiff/ops/einsum.hpp>
#include <xtape/autodiff/ops/elementary.hpp>
#include <xtape/autodiff/ops/indexing.hpp>
#include <xtape/autodiff/ops/cumulative.hpp>
#include <xtape/autodiff/ops/elementary.hpp>
#include <xtape/autodiff/ops/extrema.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/padding.hpp>
#include <xtape/autodiff/ops/rearrange.hpp>
#include <xtape/autodiff/ops/product.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/ops/shaping.hpp>
#include <xtape/autodiff/ops/slicing.hpp>
#include <xtape/autodiff/ops/softmax.hpp>
#include <xtape/autodiff/ops/sorting.hpp>
#include <xtape/autodiff/ops/triangle.hpp>
#include <xtape/autodiff/ops/solve.hpp>
#include <xtape/autodiff/ops/statistics.hpp>
#include <xtape/autodiff/ops/truth.hpp>
