// Linear: the fully connected layer.
#pragma once

#include <xtape/nn/init.hpp>
#include <xtape/nn/module.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace xtape::nn {

struct LinearOptions {
    bool bias = true;
    /// With the standard one the bias too is uniform over +-1 / sqrt(in), as in PyTorch; with any other it starts at 0.
    Init init = Init::standard;
};

/// y = x W^T + b over the last axis: x (..., in), y (..., out).
template <class T>
class BasicLinear : public BasicModule<T> {
public:
    /// Takes the next random stream for the weight, and with the standard initialisation one for the bias.
    /// Throws ConfigError unless in and out are at least 1 and in * out numbers fit into memory.
    BasicLinear(std::size_t in, std::size_t out, LinearOptions options = {}, Location at = Location::current());

    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "Linear 784->256"

    BasicParameter<T> weight;               ///< (out, in)
    std::optional<BasicParameter<T>> bias;  ///< (out)
};

using Linear = BasicLinear<float>;
using Linear64 = BasicLinear<double>;

extern template class BasicLinear<float>;
extern template class BasicLinear<double>;

}  // namespace xtape::nn
