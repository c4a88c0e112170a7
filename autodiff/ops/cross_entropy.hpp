// Losses of classification: cross-entropy of logits with labels or with probabilities, and the negative log-likelihood of labels.
//
// Classes stand on axis 1: logits (N, C) with labels (N), or (N, C, d1, ...) with labels (N, d1, ...); every position of N, d1, ...
// is called a row.
#pragma once

#include <xtape/autodiff/ops/embedding.hpp>
#include <xtape/autodiff/ops/softmax.hpp>

namespace xtape {

/// What becomes of the losses of all rows or elements.
enum class Reduction {
    mean,  ///< their mean; with class weights, the mean weighted by them
    sum,
    none   ///< one result a row or element
};

namespace detail {
/// Labels with what weighs them: the attributes that the losses on labels share, and their rules.
struct ClassLabels {
    SharedIndices labels;
    std::shared_ptr<const Array64> weights = {};
    std::optional<std::int64_t> ignore = {};
    Reduction reduction = Reduction::mean;

    /// The loss's shape; throws for shapes, weights and labels that do not fit input (N, C, ...).
    Shape checked(const char* operation, const Shape& input) const;
    bool ignored(std::size_t row) const { return ignore && labels->data()[row] == *ignore; }
    std::size_t label(std::size_t row) const { return static_cast<std::size_t>(labels->data()[row]); }
    double weight(std::size_t row) const { return weights ? weights->data()[label(row)] : 1; }
    /// What every row's loss is multiplied by: 1, or over the sum of weights for a mean (NaN or infinite when that is 0).
    double factor() const;
};

/// For each row of the latest forward, the largest logit and ln sum exp(x - largest).
struct RowNormalizers {
    Array64 top, log_sum;
};
}  // namespace detail

/// y = -ln softmax(x)[label] of each row, weighted by class, or their mean or sum. Softmax and logarithm are one step: no overflow, no
/// log of 0. With smoothing s the target is 1 - s for the label plus s / C for every class.
struct CrossEntropy : detail::ClassLabels {
    double smoothing = 0;
    mutable std::shared_ptr<const detail::RowNormalizers> state = {};  ///< of the latest forward; the record holds its own

    static constexpr const char* name = "cross_entropy";
    static constexpr const char* signature =
        "softmax_cross_entropy(logits, labels, {.weights = w, .ignore_index = i, .label_smoothing = s, .reduction = ...})";
    static constexpr const char* formula =
        "y = mean of -sum(q ln softmax(x)), q = w onehot(label);  dx = g (sum(q) softmax(x) - q) / sum(w[label])";
    static constexpr const char* kinks = "ignored rows give 0 with gradient 0; a mean over ignored rows alone is NaN with gradient 0";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<CrossEntropy>> samples();
    static Sample<CrossEntropy> random(sample::Draw& draw);
};

/// The same with a probability for every class: inputs are the logits x and targets t of their shape. The mean is over rows.
struct SoftCrossEntropy {
    std::shared_ptr<const Array64> weights = {};
    double smoothing = 0;
    Reduction reduction = Reduction::mean;
    mutable std::shared_ptr<const detail::RowNormalizers> state = {};

    static constexpr const char* name = "soft_cross_entropy";
    static constexpr const char* signature =
        "softmax_cross_entropy(logits, targets, {.weights = w, .label_smoothing = s, .reduction = ...})";
    static constexpr const char* formula =
        "y = mean of -sum(w t ln softmax(x));  dx = g (sum(w t) softmax(x) - w t) / N;  dt = -g w ln softmax(x) / N";
    static constexpr const char* kinks = "a target of 0 gives 0, even where the logit is -inf";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<SoftCrossEntropy>> samples();
    static Sample<SoftCrossEntropy> random(sample::Draw& draw);
};

/// y = -x[label] of each row, weighted by class, or their mean or sum; x are log-probabilities
struct Nll : detail::ClassLabels {
    static constexpr const char* name = "nll_loss";
    static constexpr const char* signature = "nll_loss(log_probabilities, labels, {.weights = w, .ignore_index = i, .reduction = ...})";
    static constexpr const char* formula = "y = mean of -w x[label];  dx = -g w onehot(label) / sum(w[label])";
    static constexpr const char* kinks = "ignored rows give 0 with gradient 0; a mean over ignored rows alone is NaN with gradient 0";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Nll>> samples();
    static Sample<Nll> random(sample::Draw& draw);
};

struct CrossEntropyOptions {
    std::optional<Array64> weights = {};            ///< (C), one a class
    std::optional<std::int64_t> ignore_index = {};  ///< rows with this label, which need not be a class, count for nothing
    double label_smoothing = 0;                     ///< in [0, 1]
    Reduction reduction = Reduction::mean;
};
struct NllOptions {
    std::optional<Array64> weights = {};
    std::optional<std::int64_t> ignore_index = {};
    Reduction reduction = Reduction::mean;
};

namespace detail {
std::shared_ptr<const Array64> share_weights(std::optional<Array64> weights);
/// The operation, ConfigError when an ignored label was given: targets have no labels.
SoftCrossEntropy soft_cross_entropy(CrossEntropyOptions options, Location at);
}  // namespace detail

/// Cross-entropy of logits (N, C, ...) against class indices (N, ...): the mean over rows, one number, unless told otherwise.
/// ShapeError when shapes do not fit or there is nothing to average; DataError for a label outside 0 .. C-1 that is not the ignored
/// one; ConfigError for a smoothing outside [0, 1].
template <Node X>
auto softmax_cross_entropy(const X& logits, IndexArray labels, CrossEntropyOptions options = {}, Location at = Location::current()) {
    return detail::call(CrossEntropy{{detail::SharedIndices(std::move(labels)), detail::share_weights(std::move(options.weights)),
                                      options.ignore_index, options.reduction},
                                     options.label_smoothing},
                        at, logits);
}
template <Node X>
auto softmax_cross_entropy(const X& logits, IndexArray labels, Location at) {
    return softmax_cross_entropy(logits, std::move(labels), CrossEntropyOptions{}, at);
}
/// Against probabilities, one for every class, of the logits' shape. They are taken as they are, not checked to sum to 1.
template <class X, class Y>
    requires(Operands<X, Y> && !std::integral<typename detail::expression_scalar<Y>::type>)
auto softmax_cross_entropy(const X& logits, const Y& targets, CrossEntropyOptions options = {}, Location at = Location::current()) {
    return detail::call(detail::soft_cross_entropy(std::move(options), at), at, logits, targets);
}

/// Mean, sum or values of -w[label] x[label] for log-probabilities x (N, C, ...) and labels (N, ...); errors as above.
template <Node X>
auto nll_loss(const X& log_probabilities, IndexArray labels, NllOptions options = {}, Location at = Location::current()) {
    return detail::call(Nll{{detail::SharedIndices(std::move(labels)), detail::share_weights(std::move(options.weights)),
                             options.ignore_index, options.reduction}},
                        at, log_probabilities);
}

namespace detail {
std::vector<OperationInfo> cross_entropy_operations();
}

using CrossEntropyOps = OpList<CrossEntropy, SoftCrossEntropy, Nll>;

extern template struct detail::Runner<CrossEntropy>;
extern template struct detail::Runner<SoftCrossEntropy>;
extern template struct detail::Runner<Nll>;

}  // namespace xtape
