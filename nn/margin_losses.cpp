#include <xtape/nn/margin_losses.hpp>

#include <xtape/autodiff/ops/activation.hpp>
#include <xtape/autodiff/ops/elementary.hpp>
#include <xtape/autodiff/ops/indexing.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/nn/loss_checks.hpp>

#include <fmt/format.h>

namespace xtape::nn {
namespace {

template <class T>
BasicTensor<T> hinge_loss(const HingeLossOptions& o, const BasicTensor<T>& scores, const BasicTensor<T>& labels,
                          Location at) {
    detail::require_one_shape("hinge_loss", scores.shape(), labels.shape(), o.reduction, at);
    detail::require_signs("hinge_loss", labels.value(), at);
    return detail::reduced<T>(relu(static_cast<T>(o.margin) - labels * scores, at), o.reduction, at);
}

void check_classes(const MultiMarginLossOptions& o, const Shape& scores, const IndexArray& labels, Location at) {
    if (o.power != 1 && o.power != 2) {
        throw ConfigError(fmt::format("multi_margin_loss: expected a power of 1 or 2, got {}", o.power), at);
    }
    if (scores.size() != 2 || scores[1] == 0 || labels.shape() != Shape{scores[0]}) {
        throw ShapeError(
            fmt::format("multi_margin_loss: expected scores (N, C) with C at least 1 and labels (N), got {} "
                        "and {}",
                        to_string(scores), to_string(labels.shape())),
            at);
    }
    detail::require_elements("multi_margin_loss", labels.shape(), o.reduction, at);
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const std::int64_t label = labels.data()[row];
        if (label >= 0 && static_cast<std::uint64_t>(label) < scores[1]) continue;
        throw DataError(
            fmt::format("multi_margin_loss: expected labels in 0 .. {}, got {} in row {}", scores[1] - 1, label, row),
            at);
    }
}

template <class T>
BasicTensor<T> multi_margin_loss(const MultiMarginLossOptions& o, const BasicTensor<T>& scores,
                                 const IndexArray& labels, Location at) {
    check_classes(o, scores.shape(), labels, at);
    const std::size_t rows = scores.shape()[0], classes = scores.shape()[1];
    IndexArray column = labels;
    column.reshape(Shape{rows, 1});
    // The label's own term would be the margin; it counts for nothing.
    BasicArray<T> share(scores.shape(), T(1) / static_cast<T>(classes));
    for (std::size_t row = 0; row < rows; ++row) {
        share.data()[row * classes + static_cast<std::size_t>(labels.data()[row])] = 0;
    }
    const BasicTensor<T> own = take_along_axis(scores, std::move(column), 1, at);
    BasicTensor<T> terms = relu(static_cast<T>(o.margin) - own + scores, at);
    if (o.power == 2) terms = square(terms, at);
    return detail::reduced<T>(sum(terms * BasicTensor<T>(std::move(share)), 1, false, at), o.reduction, at);
}

template <class T>
BasicTensor<T> cosine(const BasicTensor<T>& a, const BasicTensor<T>& b, Location at) {
    // Keeps the derivative finite where a vector is zero.
    constexpr T little = T(1e-12);
    const auto along = [at](const BasicTensor<T>& x) { return sum(x, -1, false, at); };
    return along(a * b) / sqrt((along(a * a) + little) * (along(b * b) + little), at);
}

template <class T>
BasicTensor<T> cosine_embedding_loss(const CosineEmbeddingLossOptions& o, const BasicTensor<T>& a,
                                     const BasicTensor<T>& b, const BasicTensor<T>& labels, Location at) {
    if (!(o.margin >= -1 && o.margin <= 1)) {
        throw ConfigError(fmt::format("cosine_embedding_loss: expected a margin in -1 .. 1, got {}", o.margin), at);
    }
    Shape pairs = a.shape();
    if (!pairs.empty()) pairs.pop_back();
    if (a.rank() == 0 || a.shape() != b.shape() || labels.shape() != pairs) {
        throw ShapeError(fmt::format("cosine_embedding_loss: expected vectors (..., D) twice and labels (...), got {}, "
                                     "{} and {}",
                                     to_string(a.shape()), to_string(b.shape()), to_string(labels.shape())),
                         at);
    }
    detail::require_elements("cosine_embedding_loss", pairs, o.reduction, at);
    detail::require_signs("cosine_embedding_loss", labels.value(), at);
    const BasicTensor<T> c = cosine(a, b, at);
    const BasicTensor<T> each = where(labels > T(0), T(1) - c, relu(c - static_cast<T>(o.margin), at));
    return detail::reduced(each, o.reduction, at);
}

}  // namespace

Tensor HingeLoss::operator()(const Tensor& scores, const Tensor& labels, Location at) const {
    return hinge_loss(options_, scores, labels, at);
}
Tensor64 HingeLoss::operator()(const Tensor64& scores, const Tensor64& labels, Location at) const {
    return hinge_loss(options_, scores, labels, at);
}

Tensor MultiMarginLoss::operator()(const Tensor& scores, const IndexArray& labels, Location at) const {
    return multi_margin_loss(options_, scores, labels, at);
}
Tensor64 MultiMarginLoss::operator()(const Tensor64& scores, const IndexArray& labels, Location at) const {
    return multi_margin_loss(options_, scores, labels, at);
}

Tensor CosineEmbeddingLoss::operator()(const Tensor& a, const Tensor& b, const Tensor& labels, Location at) const {
    return cosine_embedding_loss(options_, a, b, labels, at);
}
Tensor64 CosineEmbeddingLoss::operator()(const Tensor64& a, const Tensor64& b, const Tensor64& labels,
                                         Location at) const {
    return cosine_embedding_loss(options_, a, b, labels, at);
}

}  // namespace xtape::nn
