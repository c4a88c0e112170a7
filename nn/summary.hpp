// summary: what a model is made of, what comes out of each layer, and what that costs.
#pragma once

#include <xtape/nn/module.hpp>

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace xtape::nn {

/// One module. What belongs to its submodules is in their rows: the rows add up to the totals.
struct SummaryRow {
    std::string path;            ///< "encoder.0"; empty for the model itself
    std::string layer;           ///< its describe(): "Linear 784->256"
    Shape output;                ///< of its last call
    std::size_t calls = 0;       ///< 0: it was not called as a function, and there is no output
    std::size_t parameters = 0;  ///< scalars; a parameter that modules share counts in the first one
    std::size_t trainable = 0;   ///< those of them that are not frozen
    std::size_t parameter_bytes = 0;
    double multiply_adds = 0;
};

struct Summary {
    Shape input, output;
    std::vector<SummaryRow> rows;  ///< in the order of named_modules(): the model, then all below it, each module once

    std::size_t parameters = 0;  ///< scalars, each parameter once
    std::size_t trainable = 0;
    std::size_t buffers = 0;  ///< scalars that no optimizer changes: running statistics, counters
    std::size_t parameter_bytes = 0;
    std::size_t buffer_bytes = 0;
    std::size_t activation_bytes = 0;  ///< see summary()
    double multiply_adds = 0;

    std::size_t frozen() const { return parameters - trainable; }

    /// A table of at most 100 columns with a row for each module, and the totals; ends in a newline.
    std::string text() const;
};

std::ostream& operator<<(std::ostream& out, const Summary& summary);

/// Runs the model once on zeros of that shape, the batch included, and tells what it saw:
///
///     std::cout << nn::summary(net, {32, 1, 8, 8}) << '\n';
///
/// The run is in evaluation mode; modes, buffers, gradients and random streams are afterwards what they were before.
/// Hooks that the model has are called.
///
/// Multiply-adds are those of the forward pass, for the whole batch, in products of matrices, convolutions and einsum,
/// in whatever layer or function they stand; a bias, elementwise operations, reductions and pooling count nothing.
/// Those of an operation belong to the innermost module that runs. Activation bytes are the arrays other than
/// parameters that the tape keeps for a backward, each once: about what a training step needs beside parameters,
/// gradients and the optimizer's state, without what a layer keeps in training alone.
///
/// Throws what the model throws, ShapeError with the path of the layer for a shape that it does not take; ConfigError
/// as named_modules() does.
template <class T>
Summary summary(BasicModule<T>& model, const Shape& input, Location at = Location::current());

extern template Summary summary(BasicModule<float>&, const Shape&, Location);
extern template Summary summary(BasicModule<double>&, const Shape&, Location);

}  // namespace xtape::nn
