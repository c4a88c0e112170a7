// Softmax and its logarithm.
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

namespace detail {
std::vector<OperationInfo> softmax_operations();
}

using SoftmaxOps = OpList<Softmax, LogSoftmax>;

extern template struct detail::Runner<Softmax>;
extern template struct detail::Runner<LogSoftmax>;

}  // namespace xtape
