// The network of tests/parity/model_file.
#pragma once

#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>

namespace parity {

template <class T>
struct Mlp : xtape::nn::BasicModule<T> {
    xtape::nn::BasicSequential<T> encoder{xtape::nn::BasicLinear<T>{8, 16}, xtape::nn::BasicTanh<T>{},
                                          xtape::nn::BasicLinear<T>{16, 12}};
    xtape::nn::BasicLinear<T> head{12, 4, {.bias = false}};

    xtape::BasicTensor<T> forward(const xtape::BasicTensor<T>& x) override { return head(relu(encoder(x))); }
    void visit(xtape::nn::BasicVisitor<T>& v) override {
        v("encoder", encoder);
        v("head", head);
    }
};

}  // namespace parity
