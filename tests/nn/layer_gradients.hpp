// Gradient checks of a layer: with respect to its inputs and to its parameters, in training and in evaluation.
#pragma once

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/nn/module.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <vector>

namespace support {

using LayerCall = std::function<xtape::Tensor64(const std::vector<xtape::Tensor64>&)>;

/// Checks call(inputs), which uses the layer, to gradcheck's tolerance of 1e-7 in the mode the layer is in.
inline void check_gradients_in_this_mode(xtape::nn::Module64& layer, const LayerCall& call,
                                         const std::vector<xtape::Array64>& inputs) {
    if (!inputs.empty()) {
        const auto by_input = xtape::gradcheck(call, inputs);
        CHECK_MESSAGE(by_input.ok, by_input.message);
    }
    if (layer.parameters().empty()) return;
    const std::vector<xtape::Tensor64> constants(inputs.begin(), inputs.end());
    const auto by_parameter = xtape::gradcheck(layer, [&] { return call(constants); });
    CHECK_MESSAGE(by_parameter.ok, by_parameter.message);
}

/// The same in training and in evaluation; the layer is in training mode afterwards.
inline void check_layer_gradients(xtape::nn::Module64& layer, const LayerCall& call,
                                  const std::vector<xtape::Array64>& inputs) {
    for (const bool training : {false, true}) {
        CAPTURE(training);
        layer.train(training);
        check_gradients_in_this_mode(layer, call, inputs);
    }
}

/// layer(x) of one input.
inline void check_layer_gradients(xtape::nn::Module64& layer, const xtape::Array64& x) {
    check_layer_gradients(layer, [&](const std::vector<xtape::Tensor64>& inputs) { return layer(inputs[0]); }, {x});
}

}  // namespace support
