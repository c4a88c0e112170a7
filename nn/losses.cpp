#include <xtape/nn/losses.hpp>

#include <xtape/autodiff/ops/cross_entropy.hpp>
#include <xtape/autodiff/ops/losses.hpp>

namespace xtape::nn {
namespace {

template <class T>
BasicTensor<T> mean_squared_error(const BasicTensor<T>& prediction, const BasicTensor<T>& target, Location at) {
    if (prediction.shape() != target.shape() || prediction.size() == 0) {
        throw ShapeError("mse: expected prediction and target of one shape that is not empty, got " +
                             to_string(prediction.shape()) + " and " + to_string(target.shape()),
                         at);
    }
    return mse_loss(prediction, target, Reduction::mean, at);
}

}  // namespace

Tensor MeanSquaredError::operator()(const Tensor& prediction, const Tensor& target, Location at) const {
    return mean_squared_error(prediction, target, at);
}
Tensor64 MeanSquaredError::operator()(const Tensor64& prediction, const Tensor64& target, Location at) const {
    return mean_squared_error(prediction, target, at);
}

Tensor CrossEntropyLoss::operator()(const Tensor& logits, const IndexArray& labels, Location at) const {
    return softmax_cross_entropy(logits, labels, at);
}
Tensor64 CrossEntropyLoss::operator()(const Tensor64& logits, const IndexArray& labels, Location at) const {
    return softmax_cross_entropy(logits, labels, at);
}

}  // namespace xtape::nn
