#include <xtape/nn/normalization.hpp>

#include <xtape/autodiff/ops/normalization.hpp>
#include <xtape/nn/init.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape::nn {
namespace {

void check_layer(const char* name, std::size_t channels, double eps, Location at) {
    if (channels == 0) throw ConfigError(fmt::format("{}: expected at least 1 channel, got 0", name), at);
    if (!(eps >= 0)) throw ConfigError(fmt::format("{}: expected eps of at least 0, got {}", name, eps), at);
}

template <class T>
void make_affine(std::optional<BasicParameter<T>>& weight, std::optional<BasicParameter<T>>& bias, const Shape& shape) {
    weight.emplace(init::constant<T>(shape, 1), "weight");
    bias.emplace(init::zeros<T>(shape), "bias");
}

template <class T>
void visit_affine(BasicVisitor<T>& v, std::optional<BasicParameter<T>>& weight,
                  std::optional<BasicParameter<T>>& bias) {
    if (weight) v("weight", *weight);
    if (bias) v("bias", *bias);
}

}  // namespace

template <class T>
BasicBatchNorm<T>::BasicBatchNorm(const char* name, std::size_t channels, const BatchNormOptions& options, Location at)
    : options_(options) {
    check_layer(name, channels, options.eps, at);
    if (options.momentum && !(*options.momentum >= 0 && *options.momentum <= 1)) {
        throw ConfigError(fmt::format("{}: expected a momentum in 0 .. 1 or none, got {}", name, *options.momentum),
                          at);
    }
    running_mean = init::zeros<T>({channels});
    running_var = init::constant<T>({channels}, 1);
    if (options.affine) make_affine(weight, bias, {channels});
}

template <class T>
BasicTensor<T> BasicBatchNorm<T>::forward(const BasicTensor<T>& x) {
    check(x.shape());
    const NormOptions norm{options_.eps};
    if (!this->training() && options_.track_running_stats) {
        return weight ? batch_norm_inference(x, running_mean, running_var, *weight, *bias, norm, Location{})
                      : batch_norm_inference(x, running_mean, running_var, norm, Location{});
    }
    const BatchNormResult<T> result =
        weight ? batch_norm(x, *weight, *bias, norm, Location{}) : batch_norm(x, norm, Location{});
    if (this->training() && options_.track_running_stats) track(result.mean, result.variance);
    return result.y;
}

template <class T>
void BasicBatchNorm<T>::track(const BasicArray<T>& mean, const BasicArray<T>& variance) {
    const std::int64_t batches = ++num_batches_tracked.data()[0];
    const double share = options_.momentum ? *options_.momentum : 1 / static_cast<double>(batches);
    const auto take_up = [share](BasicArray<T>& running, const BasicArray<T>& batch) {
        std::transform(running.begin(), running.end(), batch.begin(), running.begin(), [share](T old, T now) {
            return static_cast<T>((1 - share) * static_cast<double>(old) + share * static_cast<double>(now));
        });
    };
    take_up(running_mean, mean);
    take_up(running_var, variance);
}

template <class T>
void BasicBatchNorm<T>::visit(BasicVisitor<T>& v) {
    visit_affine(v, weight, bias);
    if (!options_.track_running_stats) return;
    v.buffer("running_mean", running_mean);
    v.buffer("running_var", running_var);
    v.buffer("num_batches_tracked", num_batches_tracked);
}

template <class T>
void BasicBatchNorm1d<T>::check(const Shape& x) const {
    if ((x.size() == 2 || x.size() == 3) && x[1] == this->channels()) return;
    const std::size_t channels = this->channels();
    throw ShapeError(
        fmt::format("BatchNorm1d: expected input (N, {}) or (N, {}, L), got {}", channels, channels, to_string(x)));
}

template <class T>
void BasicBatchNorm2d<T>::check(const Shape& x) const {
    if (x.size() == 4 && x[1] == this->channels()) return;
    throw ShapeError(fmt::format("BatchNorm2d: expected input (N, {}, H, W), got {}", this->channels(), to_string(x)));
}

template <class T>
BasicLayerNorm<T>::BasicLayerNorm(Shape shape, LayerNormOptions options, Location at)
    : shape_(std::move(shape)), eps_(options.eps) {
    if (shape_.empty() || element_count(shape_) == 0) {
        throw ConfigError("LayerNorm: expected a shape of at least one element and one axis, got " + to_string(shape_),
                          at);
    }
    check_layer("LayerNorm", shape_.back(), eps_, at);
    if (options.affine) make_affine(weight, bias, shape_);
}

template <class T>
BasicTensor<T> BasicLayerNorm<T>::forward(const BasicTensor<T>& x) {
    const Shape& whole = x.shape();
    if (whole.size() < shape_.size() || !std::equal(shape_.rbegin(), shape_.rend(), whole.rbegin())) {
        std::string wanted = to_string(shape_);
        wanted.insert(1, "..., ");
        throw ShapeError(fmt::format("LayerNorm: expected input {}, got {}", wanted, to_string(whole)));
    }
    const xtape::LayerNormOptions norm{shape_.size(), eps_};
    return weight ? layer_norm(x, *weight, *bias, norm, Location{}) : layer_norm(x, norm, Location{});
}

template <class T>
void BasicLayerNorm<T>::visit(BasicVisitor<T>& v) {
    visit_affine(v, weight, bias);
}

template <class T>
BasicGroupNorm<T>::BasicGroupNorm(std::size_t groups, std::size_t channels, GroupNormOptions options, Location at)
    : groups_(groups), channels_(channels), eps_(options.eps) {
    check_layer("GroupNorm", channels, eps_, at);
    if (groups == 0 || channels % groups != 0) {
        throw ConfigError(
            fmt::format(
                "GroupNorm: expected a number of groups that divides the channels, got {} groups for {} channels",
                groups, channels),
            at);
    }
    if (options.affine) make_affine(weight, bias, {channels});
}

template <class T>
BasicTensor<T> BasicGroupNorm<T>::forward(const BasicTensor<T>& x) {
    if (x.rank() < 2 || x.shape()[1] != channels_) {
        throw ShapeError(
            fmt::format("GroupNorm: expected input (N, {}, ...), got {}", channels_, to_string(x.shape())));
    }
    const NormOptions norm{eps_};
    return weight ? group_norm(x, groups_, *weight, *bias, norm, Location{}) : group_norm(x, groups_, norm, Location{});
}

template <class T>
void BasicGroupNorm<T>::visit(BasicVisitor<T>& v) {
    visit_affine(v, weight, bias);
}

template <class T>
std::string BasicGroupNorm<T>::describe() const {
    return fmt::format("GroupNorm {} in {} group{}", channels_, groups_, groups_ == 1 ? "" : "s");
}

template class BasicBatchNorm<float>;
template class BasicBatchNorm<double>;
template class BasicBatchNorm1d<float>;
template class BasicBatchNorm1d<double>;
template class BasicBatchNorm2d<float>;
template class BasicBatchNorm2d<double>;
template class BasicLayerNorm<float>;
template class BasicLayerNorm<double>;
template class BasicGroupNorm<float>;
template class BasicGroupNorm<double>;

}  // namespace xtape::nn
