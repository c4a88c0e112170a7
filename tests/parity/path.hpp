// Compares paths, of parameters or of learning rates, with numbers recorded from PyTorch.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace parity {

/// A recorded family, tests/parity/golden/<family>.json; its cases must be exactly those named.
nlohmann::json golden_paths(const std::string& family, const std::vector<std::string>& names);

/// Numbers as an array of that shape.
template <class T>
xtape::BasicArray<T> golden_array(const nlohmann::json& numbers, const xtape::Shape& shape);

/// Checks one step of a path to the tolerance of parity.hpp.
template <class T>
void compare_step(std::size_t step, const xtape::BasicArray<T>& got, const nlohmann::json& wanted);

}  // namespace parity
