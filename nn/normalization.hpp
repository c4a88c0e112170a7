// Layers that normalise by mean and variance: BatchNorm1d BatchNorm2d LayerNorm GroupNorm.
//
// y = (x - mean) / sqrt(variance + eps) weight + bias, with the biased variance; the operations are those of
// autodiff/ops/normalization.hpp. Weights start at 1, biases at 0. Names and defaults are PyTorch's.
#pragma once

#include <xtape/nn/module.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace xtape::nn {

struct BatchNormOptions {
    double eps = 1e-5;  ///< added to the variance; at least 0
    /// Share of a new batch in the running statistics, 0 .. 1; none: they are the average over all batches so far.
    std::optional<double> momentum = 0.1;
    bool affine = true;               ///< has a weight and a bias
    bool track_running_stats = true;  ///< false: evaluation, too, normalises by the batch at hand
};

/// What BatchNorm1d and BatchNorm2d share.
///
/// Training normalises each channel by the mean and variance of the batch, through which the gradient flows, and takes
/// both up into the running statistics, the variance as the unbiased one: r <- (1 - momentum) r + momentum b. Every
/// training forward does so, recorded or not. Evaluation normalises by the running statistics.
template <class T>
class BasicBatchNorm : public BasicModule<T> {
public:
    /// Throws ShapeError when x has another rank or number of channels, or in training fewer than two values a channel.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;

    std::optional<BasicParameter<T>> weight, bias;  ///< (C)

    /// State of the module unless track_running_stats is off: (C), from 0 and 1 on, and how many batches they have
    /// seen, a scalar.
    BasicArray<T> running_mean, running_var;
    IndexArray num_batches_tracked;

protected:
    BasicBatchNorm(const char* name, std::size_t channels, const BatchNormOptions& options, Location at);
    std::size_t channels() const { return running_mean.size(); }

private:
    virtual void check(const Shape& x) const = 0;
    void track(const BasicArray<T>& mean, const BasicArray<T>& variance);

    BatchNormOptions options_;
};

/// x (N, C) or (N, C, L).
template <class T>
class BasicBatchNorm1d : public BasicBatchNorm<T> {
public:
    /// Throws ConfigError for no channels, a negative eps, or a momentum outside 0 .. 1.
    explicit BasicBatchNorm1d(std::size_t channels, BatchNormOptions options = {}, Location at = Location::current())
        : BasicBatchNorm<T>("BatchNorm1d", channels, options, at) {}
    std::string describe() const override { return "BatchNorm1d " + std::to_string(this->channels()); }

private:
    void check(const Shape& x) const override;
};

/// x (N, C, H, W).
template <class T>
class BasicBatchNorm2d : public BasicBatchNorm<T> {
public:
    /// Throws ConfigError as BatchNorm1d does.
    explicit BasicBatchNorm2d(std::size_t channels, BatchNormOptions options = {}, Location at = Location::current())
        : BasicBatchNorm<T>("BatchNorm2d", channels, options, at) {}
    std::string describe() const override { return "BatchNorm2d " + std::to_string(this->channels()); }

private:
    void check(const Shape& x) const override;
};

struct LayerNormOptions {
    double eps = 1e-5;   ///< added to the variance; at least 0
    bool affine = true;  ///< has a weight and a bias
};

/// Normalises each sample over its last axes, whose shape is given: x (..., shape).
template <class T>
class BasicLayerNorm : public BasicModule<T> {
public:
    /// One axis of `size` elements. Throws ConfigError for no elements or a negative eps, as the next one does.
    explicit BasicLayerNorm(std::size_t size, LayerNormOptions options = {}, Location at = Location::current())
        : BasicLayerNorm(Shape{size}, options, at) {}
    explicit BasicLayerNorm(Shape shape, LayerNormOptions options = {}, Location at = Location::current());

    /// Throws ShapeError unless the last axes of x have the normalised shape.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override { return "LayerNorm " + to_string(shape_); }  ///< "LayerNorm (64)"

    std::optional<BasicParameter<T>> weight, bias;  ///< of the normalised shape

private:
    Shape shape_;
    double eps_;
};

struct GroupNormOptions {
    double eps = 1e-5;   ///< added to the variance; at least 0
    bool affine = true;  ///< has a weight and a bias
};

/// Normalises each sample of x (N, C, ...) within groups of C / groups neighbouring channels and all further axes: 1
/// group takes all channels together, C groups each alone (instance normalisation).
template <class T>
class BasicGroupNorm : public BasicModule<T> {
public:
    /// Throws ConfigError for no channels, a number of groups that does not divide them, or a negative eps.
    BasicGroupNorm(std::size_t groups, std::size_t channels, GroupNormOptions options = {},
                   Location at = Location::current());

    /// Throws ShapeError when x has another number of channels.
    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override;  ///< "GroupNorm 32 in 4 groups"

    std::optional<BasicParameter<T>> weight, bias;  ///< (C)

private:
    std::size_t groups_, channels_;
    double eps_;
};

using BatchNorm1d = BasicBatchNorm1d<float>;
using BatchNorm1d64 = BasicBatchNorm1d<double>;
using BatchNorm2d = BasicBatchNorm2d<float>;
using BatchNorm2d64 = BasicBatchNorm2d<double>;
using LayerNorm = BasicLayerNorm<float>;
using LayerNorm64 = BasicLayerNorm<double>;
using GroupNorm = BasicGroupNorm<float>;
using GroupNorm64 = BasicGroupNorm<double>;

extern template class BasicBatchNorm<float>;
extern template class BasicBatchNorm<double>;
extern template class BasicBatchNorm1d<float>;
extern template class BasicBatchNorm1d<double>;
extern template class BasicBatchNorm2d<float>;
extern template class BasicBatchNorm2d<double>;
extern template class BasicLayerNorm<float>;
extern template class BasicLayerNorm<double>;
extern template class BasicGroupNorm<float>;
extern template class BasicGroupNorm<double>;

}  // namespace xtape::nn
