// Softmax and the classification loss built on it.
#pragma once

#include <xtape/autodiff/ops/reduction.hpp>

namespace xtape {

/// y = exp(x - max x) / sum exp(x - max x) along an axis
struct Softmax {
    std::size_t axis = 0;

    static constexpr const char* name = "softmax";
    static constexpr const char* signature = "softmax(x, axis)";
    static constexpr const char* formula = "y = exp(x) / sum exp(x);  dx = y (g - sum(g y))";
    static constexpr const char* kinks = "x = -inf has y = 0; inf and rows of only -inf are NaN.";
    static constexpr Keep keep = Keep::output();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Softmax>> samples();
    static Sample<Softmax> random(sample::Draw& draw);
};

/// y = x - max x - ln sum exp(x - max x) along an axis
struct LogSoftmax {
    std::size_t axis = 0;

    static constexpr const char* name = "log_softmax";
    static constexpr const char* signature = "log_softmax(x, axis)";
    static constexpr const char* formula = "y = x - ln sum exp(x);  dx = g - exp(y) sum(g)";
    static constexpr const char* kinks = "x = -inf has y = -inf; inf and rows of only -inf are NaN.";
    static constexpr Keep keep = Keep::output();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<LogSoftmax>> samples();
    static Sample<LogSoftmax> random(sample::Draw& draw);
};

/// y = mean over rows of -ln softmax(x)[label]; x (N, C) logits. Softmax and logarithm are one step: no overflow, no
/// log of 0.
struct CrossEntropy {
    IndexArray labels;  ///< (N), each in 0 .. C-1

    static constexpr const char* name = "cross_entropy";
    static constexpr const char* signature = "softmax_cross_entropy(x, labels)";
    static constexpr const char* formula =
        "y = mean of -ln softmax(x)[label];  dx = g (softmax(x) - onehot(label)) / N";
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

namespace detail {
std::size_t softmax_axis(const char* operation, const Shape& shape, int axis, Location at);
}

/// Exponentials that sum to 1 along an axis (default: the last). ShapeError for an axis out of range or of extent 0.
template <Node X>
auto softmax(const X& x, int axis = -1, Location at = Location::current()) {
    return detail::call(Softmax{detail::softmax_axis("softmax", x.shape(), axis, at)}, at, x);
}
/// The logarithm of softmax, computed without leaving the logarithm.
template <Node X>
auto log_softmax(const X& x, int axis = -1, Location at = Location::current()) {
    return detail::call(LogSoftmax{detail::softmax_axis("log_softmax", x.shape(), axis, at)}, at, x);
}

/// Mean cross-entropy of logits (N, C) against class indices (N). ShapeError when the shapes do not fit, DataError for
/// a label outside 0 .. C-1.
template <Node X>
auto softmax_cross_entropy(const X& logits, IndexArray labels, Location at = Location::current()) {
    return detail::call(CrossEntropy{std::move(labels)}, at, logits);
}

namespace detail {
std::vector<OperationInfo> softmax_operations();
}

using SoftmaxOps = OpList<Softmax, LogSoftmax, CrossEntropy>;

extern template struct detail::Runner<Softmax>;
extern template struct detail::Runner<LogSoftmax>;
extern template struct detail::Runner<CrossEntropy>;

}  // namespace xtape
