// Compares layers with numbers recorded from PyTorch: values, gradients with respect to inputs and parameters, and
// buffers, in float and in double.
#pragma once

#include <xtape/nn/module.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parity {

template <class T>
struct Layer {
    std::shared_ptr<xtape::nn::BasicModule<T>> module;
    std::function<xtape::BasicTensor<T>(const std::vector<xtape::BasicTensor<T>>&)> call;
};

/// m(x) of the only input.
struct CallWithInput {
    template <class M, class X>
    auto operator()(M& m, const X& x) const {
        return m(x[0]);
    }
};

/// One case: its name in the golden file, what makes the layer for a scalar type, and how it is called when not with
/// the only input:
///
///     {"Linear", []<class T>() { return nn::BasicLinear<T>{3, 4}; }},
///     {"Bilinear", []<class T>() { return nn::BasicBilinear<T>{2, 3, 4}; },
///      [](auto& m, const auto& x) { return m(x[0], x[1]); }},
///
/// m is of the layer's own class, x the vector of the inputs in the order of the case in Python.
struct LayerCase {
    template <class Make, class Call = CallWithInput>
    LayerCase(std::string case_name, Make make, Call call = {})
        : name(std::move(case_name)),
          of_float([=] { return layer<float>(make, call); }),
          of_double([=] { return layer<double>(make, call); }) {}

    std::string name;
    std::function<Layer<float>()> of_float;
    std::function<Layer<double>()> of_double;

private:
    template <class T, class Make, class Call>
    static Layer<T> layer(const Make& make, const Call& call) {
        using M = decltype(make.template operator()<T>());
        const std::shared_ptr<M> m(new M(make.template operator()<T>()));
        return {m, [m, call](const std::vector<xtape::BasicTensor<T>>& x) { return call(*m, x); }};
    }
};

/// Checks every case of tests/parity/golden/<family>.json, which must be exactly those of `cases`, to the tolerance of
/// parity.hpp. The layer takes the recorded state by its names, none missing and none left over, and is called once in
/// the recorded mode.
void check_layers(const std::string& family, const std::vector<LayerCase>& cases);

}  // namespace parity
