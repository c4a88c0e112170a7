// Pooling: max_pool avg_pool adaptive_avg_pool global_avg_pool, over one and two axes.
//
// Inputs are (N, C, L) or (N, C, H, W); only N may be 0. Windows that padding would make larger than the input see what
// is inside.
#pragma once

#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/ops/per_axis.hpp>

#include <memory>

namespace xtape {

/// Strides are at least 1, paddings at least 0 and at most half the kernel, all below 2^31.
template <std::size_t D>
struct MaxPoolOptions {
    PerAxis<D> stride = {};  ///< not given: the kernel
    PerAxis<D> padding = 0;  ///< elements beyond the border, which are never the largest
    bool ceil_mode = false;  ///< keep a last window that reaches beyond the end
};

template <std::size_t D>
struct AvgPoolOptions {
    PerAxis<D> stride = {};         ///< not given: the kernel
    PerAxis<D> padding = 0;         ///< zeros beyond the border
    bool ceil_mode = false;         ///< keep a last window that reaches beyond the end
    bool count_include_pad = true;  ///< divide by the padded window's size, not by the number of elements inside
};
using MaxPool1dOptions = MaxPoolOptions<1>;
using MaxPool2dOptions = MaxPoolOptions<2>;
using AvgPool1dOptions = AvgPoolOptions<1>;
using AvgPool2dOptions = AvgPoolOptions<2>;

/// y = the largest element of each window
template <std::size_t D>
struct MaxPool {
    PerAxis<D> kernel;
    MaxPoolOptions<D> options;

    static constexpr const char* name = D == 1 ? "max_pool1d" : "max_pool2d";
    static constexpr const char* signature = D == 1 ? "max_pool1d(x, kernel, {.stride, .padding, .ceil_mode})"
                                                    : "max_pool2d(x, kernel, {.stride, .padding, .ceil_mode})";
    static constexpr const char* formula =
        "y = largest x of each window;  dx = g where the window's largest is, else 0, summed over windows";
    static constexpr const char* kinks =
        "the first of equal largest elements gets the gradient; NaN wins, the last one of several";
    static constexpr Keep keep = Keep::input(0);

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<MaxPool>> samples();
    static Sample<MaxPool> random(sample::Draw& draw);
};

/// y = the mean of each window
template <std::size_t D>
struct AvgPool {
    PerAxis<D> kernel;
    AvgPoolOptions<D> options;

    static constexpr const char* name = D == 1 ? "avg_pool1d" : "avg_pool2d";
    static constexpr const char* signature =
        D == 1 ? "avg_pool1d(x, kernel, {.stride, .padding, .ceil_mode, .count_include_pad})"
               : "avg_pool2d(x, kernel, {.stride, .padding, .ceil_mode, .count_include_pad})";
    static constexpr const char* formula =
        "y = mean x of each window;  dx = g / count, summed over the windows that see x";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<AvgPool>> samples();
    static Sample<AvgPool> random(sample::Draw& draw);
};

/// y = the mean of each of `size` windows of about equal size; window i is elements floor(i L / size) to ceil((i + 1) L
/// / size)
template <std::size_t D>
struct AdaptiveAvgPool {
    PerAxis<D> size;

    static constexpr const char* name = D == 1 ? "adaptive_avg_pool1d" : "adaptive_avg_pool2d";
    static constexpr const char* signature = D == 1 ? "adaptive_avg_pool1d(x, size)" : "adaptive_avg_pool2d(x, size)";
    static constexpr const char* formula =
        "y = mean x of each of size windows;  dx = g / count, summed over the windows that see x";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<AdaptiveAvgPool>> samples();
    static Sample<AdaptiveAvgPool> random(sample::Draw& draw);
};

namespace detail {
struct PoolWindows;

/// Between tensors of two fixed shapes whose planes (all axes but the first two) correspond.
struct PlaneOp {
    Shape from, to;

    Shape checked(const char* operation, Shapes x) const;
    std::size_t planes() const { return from[0] * from[1]; }
    std::size_t plane(const Shape& shape) const { return element_count(Shape(shape.begin() + 2, shape.end())); }
};
}  // namespace detail

/// y = x at given places of each plane: what max pooling does once it is known where the largest elements are
struct TakePlaces : detail::PlaneOp {
    std::shared_ptr<const IndexArray> places;  ///< of the result's shape, within planes of x

    static constexpr const char* name = "max_pool_take";
    static constexpr const char* signature = "none: a derivative of max pooling";
    static constexpr const char* formula = "y = x at the windows' largest elements;  dx = max_pool_put(g)";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return checked(name, x); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<TakePlaces>> samples();
    static Sample<TakePlaces> random(sample::Draw& draw);
};

/// y = zeros to which x is added at given places of each plane
struct PutPlaces : detail::PlaneOp {
    std::shared_ptr<const IndexArray> places;  ///< of x's shape, within planes of the result

    static constexpr const char* name = "max_pool_put";
    static constexpr const char* signature = "none: a derivative of max pooling";
    static constexpr const char* formula =
        "y = x added to zeros at the windows' largest elements;  dx = max_pool_take(g)";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return checked(name, x); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<PutPlaces>> samples();
    static Sample<PutPlaces> random(sample::Draw& draw);
};

/// y = the mean of each window of any kind: the derivative of what follows
struct WindowMean : detail::PlaneOp {
    std::shared_ptr<const detail::PoolWindows> windows;

    static constexpr const char* name = "avg_pool_mean";
    static constexpr const char* signature = "none: a derivative of average pooling";
    static constexpr const char* formula = "y = mean x of each window;  dx = avg_pool_spread(g)";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return checked(name, x); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<WindowMean>> samples();
    static Sample<WindowMean> random(sample::Draw& draw);
};

/// y = the adjoint of the mean of windows: each x / count is added to all elements of its window
struct WindowSpread : detail::PlaneOp {
    std::shared_ptr<const detail::PoolWindows> windows;

    static constexpr const char* name = "avg_pool_spread";
    static constexpr const char* signature = "none: a derivative of average pooling";
    static constexpr const char* formula = "y = sum of x / count over the windows that see y;  dx = avg_pool_mean(g)";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return checked(name, x); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<WindowSpread>> samples();
    static Sample<WindowSpread> random(sample::Draw& draw);
};

/// The largest element of each window: `max_pool2d(x, 2)`, `max_pool2d(x, {3, 2}, {.stride = 2, .padding = 1})`.
/// ShapeError when the input has another rank, is empty or smaller than the kernel, ConfigError for options out of
/// range.
template <Node X>
auto max_pool1d(const X& x, PerAxis<1> kernel, MaxPool1dOptions options = {}, Location at = Location::current()) {
    return detail::call(MaxPool<1>{kernel, options}, at, x);
}
template <Node X>
auto max_pool2d(const X& x, PerAxis<2> kernel, MaxPool2dOptions options = {}, Location at = Location::current()) {
    return detail::call(MaxPool<2>{kernel, options}, at, x);
}

/// The mean of each window. Errors as for max_pool.
template <Node X>
auto avg_pool1d(const X& x, PerAxis<1> kernel, AvgPool1dOptions options = {}, Location at = Location::current()) {
    return detail::call(AvgPool<1>{kernel, options}, at, x);
}
template <Node X>
auto avg_pool2d(const X& x, PerAxis<2> kernel, AvgPool2dOptions options = {}, Location at = Location::current()) {
    return detail::call(AvgPool<2>{kernel, options}, at, x);
}

/// Means of windows that divide the input into `size` parts, which overlap where it does not divide evenly. ShapeError
/// for an input of another rank or an empty one, ConfigError for a size below 1.
template <Node X>
auto adaptive_avg_pool1d(const X& x, PerAxis<1> size, Location at = Location::current()) {
    return detail::call(AdaptiveAvgPool<1>{size}, at, x);
}
template <Node X>
auto adaptive_avg_pool2d(const X& x, PerAxis<2> size, Location at = Location::current()) {
    return detail::call(AdaptiveAvgPool<2>{size}, at, x);
}

/// The mean of every plane: (N, C, L) to (N, C, 1), (N, C, H, W) to (N, C, 1, 1).
template <Node X>
auto global_avg_pool1d(const X& x, Location at = Location::current()) {
    return adaptive_avg_pool1d(x, 1, at);
}
template <Node X>
auto global_avg_pool2d(const X& x, Location at = Location::current()) {
    return adaptive_avg_pool2d(x, 1, at);
}

namespace detail {
std::vector<OperationInfo> pooling_operations();
}

using PoolingOps = OpList<MaxPool<1>, MaxPool<2>, TakePlaces, PutPlaces, AvgPool<1>, AvgPool<2>, AdaptiveAvgPool<1>,
                          AdaptiveAvgPool<2>, WindowMean, WindowSpread>;

extern template struct MaxPool<1>;
extern template struct MaxPool<2>;
extern template struct AvgPool<1>;
extern template struct AvgPool<2>;
extern template struct AdaptiveAvgPool<1>;
extern template struct AdaptiveAvgPool<2>;
extern template struct detail::Runner<MaxPool<1>>;
extern template struct detail::Runner<MaxPool<2>>;
extern template struct detail::Runner<TakePlaces>;
extern template struct detail::Runner<PutPlaces>;
extern template struct detail::Runner<AvgPool<1>>;
extern template struct detail::Runner<AvgPool<2>>;
extern template struct detail::Runner<AdaptiveAvgPool<1>>;
extern template struct detail::Runner<AdaptiveAvgPool<2>>;
extern template struct detail::Runner<WindowMean>;
extern template struct detail::Runner<WindowSpread>;

}  // namespace xtape
