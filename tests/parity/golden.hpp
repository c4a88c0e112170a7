// Golden files, and the comparison with what they hold.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace parity {

/// The cases of tests/parity/golden/<family>.json, which must be exactly those named.
nlohmann::json golden_cases(const std::string& family, const std::vector<std::string>& names);

/// {"shape": ..., "data": ...}
template <class T>
xtape::BasicArray<T> golden_array(const nlohmann::json& entry);

/// Numbers as an array of that shape.
template <class T>
xtape::BasicArray<T> golden_array(const nlohmann::json& numbers, const xtape::Shape& shape);

/// What y is multiplied with before it is summed and differentiated: ((7 k) mod 11 - 5) / 4 for its k-th element.
template <class T>
xtape::BasicArray<T> golden_weights(const xtape::Shape& shape);

/// Checks to the tolerance of parity.hpp.
template <class T>
void compare(const std::string& what, const xtape::BasicArray<T>& got, const xtape::BasicArray<T>& wanted);

/// The same of one step of a path.
template <class T>
void compare_step(std::size_t step, const xtape::BasicArray<T>& got, const nlohmann::json& wanted);

}  // namespace parity
