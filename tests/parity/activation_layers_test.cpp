#include "parity/layers.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/activation.hpp>

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("activations as layers agree with PyTorch in value and gradient") {
    parity::check_layers("activation_layers", {
        {"Sigmoid", []<class T>() { return nn::BasicSigmoid<T>{}; }},
        {"Tanh", []<class T>() { return nn::BasicTanh<T>{}; }},
        {"ReLU", []<class T>() { return nn::BasicReLU<T>{}; }},
        {"SELU", []<class T>() { return nn::BasicSELU<T>{}; }},
        {"SiLU", []<class T>() { return nn::BasicSiLU<T>{}; }},
        {"Mish", []<class T>() { return nn::BasicMish<T>{}; }},
        {"LeakyReLU", []<class T>() { return nn::BasicLeakyReLU<T>{}; }},
        {"LeakyReLU: 0.2", []<class T>() { return nn::BasicLeakyReLU<T>{0.2}; }},
        {"PReLU", []<class T>() { return nn::BasicPReLU<T>{}; }},
        {"PReLU: 4 channels", []<class T>() { return nn::BasicPReLU<T>{4}; }},
        {"PReLU: channels of images", []<class T>() { return nn::BasicPReLU<T>{3}; }},
        {"ELU", []<class T>() { return nn::BasicELU<T>{}; }},
        {"ELU: 0.5", []<class T>() { return nn::BasicELU<T>{0.5}; }},
        {"GELU", []<class T>() { return nn::BasicGELU<T>{}; }},
        {"GELU: approximate", []<class T>() { return nn::BasicGELU<T>{{.approximate = true}}; }},
        {"Softplus", []<class T>() { return nn::BasicSoftplus<T>{}; }},
        {"Softplus: beta, threshold", []<class T>() { return nn::BasicSoftplus<T>{{.beta = 2, .threshold = 1}}; }},
        {"Softplus: far", []<class T>() { return nn::BasicSoftplus<T>{}; }},
        {"Hardtanh", []<class T>() { return nn::BasicHardtanh<T>{}; }},
        {"Hardtanh: bounds", []<class T>() { return nn::BasicHardtanh<T>{-0.5, 1.5}; }},
        {"Softmax", []<class T>() { return nn::BasicSoftmax<T>{}; }},
        {"Softmax: axis 0", []<class T>() { return nn::BasicSoftmax<T>{0}; }},
        {"LogSoftmax", []<class T>() { return nn::BasicLogSoftmax<T>{}; }},
        {"LogSoftmax: axis 1", []<class T>() { return nn::BasicLogSoftmax<T>{1}; }},
    });
}
