// Running along an axis: cumsum cumprod linear_recurrence.
#pragma once

#include <xtape/autodiff/ops/shaping.hpp>

namespace xtape {

/// y_i = x_0 + ... + x_i along an axis; or x_i + ... + x_last when `backwards`
struct CumSum {
    std::size_t axis = 0;
    bool backwards = false;

    static constexpr const char* name = "cumsum";
    static constexpr const char* signature = "cumsum(x, axis)";
    static constexpr const char* formula = "y_i = x_0 + ... + x_i along axis;  dx_i = g_i + ... + g_last";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return *x[0]; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<CumSum>> samples();
    static Sample<CumSum> random(sample::Draw& draw);
};

/// y_i = x_0 x_1 ... x_i along an axis. The gradient is made without a division, and so is right to any order when
/// elements are 0.
struct CumProd {
    std::size_t axis = 0;

    static constexpr const char* name = "cumprod";
    static constexpr const char* signature = "cumprod(x, axis)";
    static constexpr const char* formula =
        "y_i = x_0 x_1 ... x_i along axis;  dx_i = y_(i-1) s_i, where s_i = g_i + x_(i+1) s_(i+1) and y_(-1) = 1";
    static constexpr const char* kinks = "Elements of 0 need no special case: nothing is divided.";
    static constexpr Keep keep = Keep::inputs() | Keep::output();

    Shape infer(Shapes x) const { return *x[0]; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<CumProd>> samples();
    static Sample<CumProd> random(sample::Draw& draw);
};

/// y_i = a_i y_(i-1) + b_i along an axis, where y_(-1) = 0; or its transpose y_i = b_i + a_(i+1) y_(i+1), which runs
/// backwards from y_(last+1) = 0. a_0 takes no part in either.
struct LinearRecurrence {
    std::size_t axis = 0;
    bool transposed = false;

    static constexpr const char* name = "linear_recurrence";
    static constexpr const char* signature = "linear_recurrence(a, b, axis)";
    static constexpr const char* formula =
        "y_i = a_i y_(i-1) + b_i along axis, y_(-1) = 0;  da_i = s_i y_(i-1);  db_i = s_i, where s_i = g_i + a_(i+1) "
        "s_(i+1)";
    static constexpr Keep keep = Keep::input(0) | Keep::output();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<LinearRecurrence>> samples();
    static Sample<LinearRecurrence> random(sample::Draw& draw);
};

namespace detail {
std::size_t running_axis(const char* operation, const Shape& shape, int axis, Location at);

/// z_i = x_0 ... x_(i-1) and z_i = x_(i+1) ... x_last along an axis, 1 where there are none: what products are
/// differentiated with.
template <class T>
BasicTensor<T> product_before(const BasicTensor<T>& x, std::size_t axis);
template <class T>
BasicTensor<T> product_behind(const BasicTensor<T>& x, std::size_t axis);

extern template BasicTensor<float> product_before(const BasicTensor<float>&, std::size_t);
extern template BasicTensor<double> product_before(const BasicTensor<double>&, std::size_t);
extern template BasicTensor<float> product_behind(const BasicTensor<float>&, std::size_t);
extern template BasicTensor<double> product_behind(const BasicTensor<double>&, std::size_t);
}  // namespace detail

/// Running sums along an axis, of x's shape; negative axes count from the last. ShapeError for an axis out of range.
/// The error does not grow linearly with the length.
template <Node X>
auto cumsum(const X& x, int axis, Location at = Location::current()) {
    return detail::call(CumSum{detail::running_axis("cumsum", x.shape(), axis, at)}, at, x);
}
/// Running products along an axis, of x's shape. ShapeError for an axis out of range.
template <Node X>
auto cumprod(const X& x, int axis, Location at = Location::current()) {
    return detail::call(CumProd{detail::running_axis("cumprod", x.shape(), axis, at)}, at, x);
}
/// y_i = a_i y_(i-1) + b_i along an axis, from y_(-1) = 0: leaky sums, moving averages, state-space layers. ShapeError
/// unless a and b have the same shape, and for an axis out of range.
template <Node A, class B>
requires Operands<A, B>
auto linear_recurrence(const A& a, const B& b, int axis, Location at = Location::current()) {
    return detail::call(LinearRecurrence{detail::running_axis("linear_recurrence", a.shape(), axis, at)}, at, a, b);
}

namespace detail {
std::vector<OperationInfo> cumulative_operations();
}

using CumulativeOps = OpList<CumSum, CumProd, LinearRecurrence>;

extern template struct detail::Runner<CumSum>;
extern template struct detail::Runner<CumProd>;
extern template struct detail::Runner<LinearRecurrence>;

}  // namespace xtape
