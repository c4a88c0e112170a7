// Compares operations with numbers recorded from PyTorch: values and gradients, in float and in double.
#pragma once

#include <xtape/autodiff/ops.hpp>

#include <functional>
#include <string>
#include <vector>

namespace parity {

template <class T>
using Function = std::function<xtape::BasicTensor<T>(const std::vector<xtape::BasicTensor<T>>&)>;

/// One case: its name in the golden file and the same expression in xtape, a generic lambda of the inputs' vector.
struct Case {
    template <class F>
    Case(std::string case_name, F f) : name(std::move(case_name)), of_float(f), of_double(f) {}

    std::string name;
    Function<float> of_float;
    Function<double> of_double;
};

/// Checks every case of tests/parity/golden/<family>.json, which must be exactly those of `cases`, to 1.3e-6 relative and 1e-5
/// absolute in float, and to 1e-7 in double: what PyTorch's own tests ask of float, and more than they ask of double.
void check(const std::string& family, const std::vector<Case>& cases);

}  // namespace parity
