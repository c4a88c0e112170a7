// Bilinear: a layer of two inputs.
#pragma once

#include <xtape/nn/init.hpp>
#include <xtape/nn/module.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace xtape::nn {

struct BilinearOptions {
    bool bias = true;
    /// With the standard one weight and bias are uniform over +-1 / sqrt(in1), as in PyTorch; with any other the bias starts at 0.
    Init init = Init::standard;
};

/// y_k = a^T W_k b + bias_k over the last axes: a (..., in1) and b (..., in2) to y (..., out). `bilinear(a, b)`.
template <class T>
class BasicBilinear : public BasicModule<T> {
public:
    /// Takes the next random stream for the weight, and with the standard initialisation one for the bias. Throws
    /// ConfigError for sizes below 1 and a weight that does not fit into memory.
    BasicBilinear(std::size_t in1, std::size_t in2, std::size_t out, BilinearOptions options = {},
                  Location at = Location::current());

    /// ShapeError unless the last axes are in1 and in2, and the axes before them the same.
    BasicTensor<T> operator()(const BasicTensor<T>& a, const BasicTensor<T>& b, Location at = Location::current());

    /// Throws ConfigError: there must be two inputs.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    BasicTensor<T> forward(const BasicTensor<T>& a, const BasicTensor<T>& b);
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "Bilinear 20, 30->40"

    BasicParameter<T> weight;               ///< (out, in1, in2)
    std::optional<BasicParameter<T>> bias;  ///< (out)
};

using Bilinear = BasicBilinear<float>;
using Bilinear64 = BasicBilinear<double>;

extern template class BasicBilinear<float>;
extern template class BasicBilinear<double>;

}  // namespace xtape::nn
