// Activation functions as layers, for Sequential; the functions themselves are tanh(x), relu(x), softmax(x, axis).
// x may have any shape, unless a layer says otherwise, and the output has the same.
#pragma once

#include <xtape/nn/module.hpp>

#include <cstddef>
#include <limits>
#include <string>

namespace xtape::nn {

/// 1 / (1 + e^-x)
template <class T>
class BasicSigmoid : public BasicModule<T> {
public:
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "Sigmoid"; }
};

/// tanh x
template <class T>
class BasicTanh : public BasicModule<T> {
public:
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "Tanh"; }
};

/// max(x, 0)
template <class T>
class BasicReLU : public BasicModule<T> {
public:
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "ReLU"; }
};

/// lambda elu(x, alpha) with the constants of G. Klambauer et al., "Self-normalizing neural networks", 2017.
template <class T>
class BasicSELU : public BasicModule<T> {
public:
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "SELU"; }
};

/// x sigmoid(x), also called swish. P. Ramachandran, B. Zoph, Q. Le, "Searching for activation functions", 2017.
template <class T>
class BasicSiLU : public BasicModule<T> {
public:
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "SiLU"; }
};

/// x tanh(softplus(x)). D. Misra, "Mish: a self regularized non-monotonic activation function", 2019.
template <class T>
class BasicMish : public BasicModule<T> {
public:
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "Mish"; }
};

/// x where x > 0, else slope x. A. Maas, A. Hannun, A. Ng, "Rectifier nonlinearities improve neural network acoustic
/// models", 2013.
template <class T>
class BasicLeakyReLU : public BasicModule<T> {
public:
    explicit BasicLeakyReLU(double slope = 0.01) : slope_(slope) {}
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "LeakyReLU 0.01"

private:
    double slope_;
};

/// x where x > 0, else w x with a learned slope w: one for all, or one for each channel of x (N, channels, ...). He et
/// al. 2015, section 2.1 (nn/init.hpp).
template <class T>
class BasicPReLU : public BasicModule<T> {
public:
    /// Throws ConfigError for 0 channels.
    explicit BasicPReLU(std::size_t channels = 1, double initial_slope = 0.25, Location at = Location::current());

    /// Throws ShapeError when there are several channels and axis 1 is not they.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override { v("weight", weight); }
    std::string describe() const override;  ///< "PReLU 16"

    BasicParameter<T> weight;  ///< (channels)
};

/// x where x > 0, else alpha (e^x - 1). D.-A. Clevert, T. Unterthiner, S. Hochreiter, "Fast and accurate deep network
/// learning by exponential linear units (ELUs)", 2016.
template <class T>
class BasicELU : public BasicModule<T> {
public:
    explicit BasicELU(double alpha = 1) : alpha_(alpha) {}
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "ELU 1"

private:
    double alpha_;
};

struct GELUOptions {
    bool approximate = false;  ///< the formula with tanh, of many published models
};

/// x Phi(x), Phi the distribution function of the standard normal law. D. Hendrycks, K. Gimpel, "Gaussian error linear
/// units (GELUs)", 2016.
template <class T>
class BasicGELU : public BasicModule<T> {
public:
    explicit BasicGELU(GELUOptions options = {}) : options_(options) {}
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return options_.approximate ? "GELU approximate" : "GELU"; }

private:
    GELUOptions options_;
};

struct SoftplusOptions {
    double beta = 1;  ///< more than 0
    /// Where beta x is above it, x itself. PyTorch's is 20; nothing overflows without one.
    double threshold = std::numeric_limits<double>::infinity();
};

/// ln(1 + e^(beta x)) / beta
template <class T>
class BasicSoftplus : public BasicModule<T> {
public:
    /// Throws ConfigError unless beta > 0.
    explicit BasicSoftplus(SoftplusOptions options = {}, Location at = Location::current());
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "Softplus 1"

private:
    SoftplusOptions options_;
};

/// x cut to [low, high]
template <class T>
class BasicHardtanh : public BasicModule<T> {
public:
    /// Throws ConfigError unless low <= high.
    explicit BasicHardtanh(double low = -1, double high = 1, Location at = Location::current());
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override;  ///< "Hardtanh -1 .. 1"

private:
    double low_, high_;
};

/// Exponentials that sum to 1 along an axis. Not before cross_entropy, which takes logits.
template <class T>
class BasicSoftmax : public BasicModule<T> {
public:
    explicit BasicSoftmax(int axis = -1) : axis_(axis) {}
    /// Throws ShapeError for an axis out of range or of extent 0.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "Softmax axis " + std::to_string(axis_); }

private:
    int axis_;
};

/// The logarithm of softmax along an axis, computed without leaving the logarithm: for nll and kl_div.
template <class T>
class BasicLogSoftmax : public BasicModule<T> {
public:
    explicit BasicLogSoftmax(int axis = -1) : axis_(axis) {}
    /// Throws ShapeError for an axis out of range or of extent 0.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    std::string describe() const override { return "LogSoftmax axis " + std::to_string(axis_); }

private:
    int axis_;
};

using Sigmoid = BasicSigmoid<float>;
using Sigmoid64 = BasicSigmoid<double>;
using Tanh = BasicTanh<float>;
using Tanh64 = BasicTanh<double>;
using ReLU = BasicReLU<float>;
using ReLU64 = BasicReLU<double>;
using SELU = BasicSELU<float>;
using SELU64 = BasicSELU<double>;
using SiLU = BasicSiLU<float>;
using SiLU64 = BasicSiLU<double>;
using Mish = BasicMish<float>;
using Mish64 = BasicMish<double>;
using LeakyReLU = BasicLeakyReLU<float>;
using LeakyReLU64 = BasicLeakyReLU<double>;
using PReLU = BasicPReLU<float>;
using PReLU64 = BasicPReLU<double>;
using ELU = BasicELU<float>;
using ELU64 = BasicELU<double>;
using GELU = BasicGELU<float>;
using GELU64 = BasicGELU<double>;
using Softplus = BasicSoftplus<float>;
using Softplus64 = BasicSoftplus<double>;
using Hardtanh = BasicHardtanh<float>;
using Hardtanh64 = BasicHardtanh<double>;
using Softmax = BasicSoftmax<float>;
using Softmax64 = BasicSoftmax<double>;
using LogSoftmax = BasicLogSoftmax<float>;
using LogSoftmax64 = BasicLogSoftmax<double>;
using Swish = SiLU;
using Swish64 = SiLU64;

extern template class BasicSigmoid<float>;
extern template class BasicSigmoid<double>;
extern template class BasicTanh<float>;
extern template class BasicTanh<double>;
extern template class BasicReLU<float>;
extern template class BasicReLU<double>;
extern template class BasicSELU<float>;
extern template class BasicSELU<double>;
extern template class BasicSiLU<float>;
extern template class BasicSiLU<double>;
extern template class BasicMish<float>;
extern template class BasicMish<double>;
extern template class BasicLeakyReLU<float>;
extern template class BasicLeakyReLU<double>;
extern template class BasicPReLU<float>;
extern template class BasicPReLU<double>;
extern template class BasicELU<float>;
extern template class BasicELU<double>;
extern template class BasicGELU<float>;
extern template class BasicGELU<double>;
extern template class BasicSoftplus<float>;
extern template class BasicSoftplus<double>;
extern template class BasicHardtanh<float>;
extern template class BasicHardtanh<double>;
extern template class BasicSoftmax<float>;
extern template class BasicSoftmax<double>;
extern template class BasicLogSoftmax<float>;
extern template class BasicLogSoftmax<double>;

}  // namespace xtape::nn
