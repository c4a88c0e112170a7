// Modules within modules, which know the lines of their calls.
#pragma once

#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>

namespace support {

using namespace xtape;

struct Mlp : nn::Module {
    nn::Linear hidden{3, 4};
    nn::Linear output{4, 2};

    static constexpr unsigned forward_line = __LINE__ + 1;
    Tensor forward(const Tensor& x) override { return output(tanh(hidden(x))); }
    void visit(nn::Visitor& v) override {
        v("hidden", hidden);
        v("output", output);
    }
};

struct Pair : nn::Module {
    Mlp encoder;
    nn::Sequential decoder{nn::Linear{2, 5}, nn::Linear{7, 1}};
    Parameter scale{Array{2.f}};

    static constexpr unsigned forward_line = __LINE__ + 1;
    Tensor forward(const Tensor& x) override { return decoder(encoder(x)) * scale; }
    void visit(nn::Visitor& v) override {
        v("encoder", encoder);
        v("decoder", decoder);
        v("scale", scale);
    }
};

}  // namespace support
