// Everything a program needs: arrays, tensors, tapes, layers, optimizers, data and training.
#pragma once

#include <xtape/autodiff/apply.hpp>
#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/memory.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/parameter.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/sample.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/autodiff/tensor.hpp>
