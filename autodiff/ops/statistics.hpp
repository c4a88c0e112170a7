// Spread and size of what stands along axes: var std norm logsumexp. Structs, because the safe way of each is not the
// formula as it is written: deviations from an exact mean, squares that cannot overflow, exponentials of numbers that
// are not positive.
#pragma once

#include <xtape/autodiff/ops/reduction.hpp>

namespace xtape {

/// y = sum of (x - mean)² over axes / (n - correction), n elements; correction 1 estimates the variance of what x is a
/// sample of, 0 is the variance of x itself. Deviations are taken from the mean exact to far below its last digit: a
/// large mean costs no precision.
struct Var : detail::ReductionOp {
    double correction = 1;

    static constexpr const char* name = "var";
    static constexpr const char* signature = "var(x, axes, keepdims, correction)";
    static constexpr const char* formula =
        "y = sum of (x - mean)^2 over axes / (n - correction);  dx = 2 g (x - mean) / (n - correction)";
    static constexpr const char* domain = "n > correction; NaN or inf otherwise";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Var>> samples();
    static Sample<Var> random(sample::Draw& draw);
};

/// y = √var. Where all elements are equal the gradient is 0.
struct Std : detail::ReductionOp {
    double correction = 1;

    static constexpr const char* name = "std";
    static constexpr const char* signature = "std(x, axes, keepdims, correction)";
    static constexpr const char* formula = "y = sqrt(var(x));  dx = g (x - mean) / ((n - correction) y)";
    static constexpr const char* domain = "n > correction; NaN or inf otherwise";
    static constexpr const char* kinks = "The derivative is 0 where y = 0.";
    static constexpr Keep keep = Keep::inputs() | Keep::output();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Std>> samples();
    static Sample<Std> random(sample::Draw& draw);
};

/// y = sum |x| (order 1), √(sum x²) (order 2) or max |x| (order infinity) over axes. Order 2 is scaled where squares
/// would overflow or vanish.
struct Norm : detail::ReductionOp {
    double order = 2;

    static constexpr const char* name = "norm";
    static constexpr const char* signature = "norm(x, order, axes, keepdims)";
    static constexpr const char* formula =
        "y = sum |x|, sqrt(sum x^2) or max |x| over axes for order 1, 2, inf;  "
        "dx = g sign(x), g x / y or (g sign(x) / (number of largest) where |x| = y, else 0)";
    static constexpr const char* kinks =
        "The derivative of order 1 is 0 where x = 0, of order 2 where y = 0; of order inf equal largest elements share "
        "it evenly, and it "
        "is 0 where y = 0.";
    static constexpr Keep keep = Keep::inputs() | Keep::output();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Norm>> samples();
    static Sample<Norm> random(sample::Draw& draw);
};

/// y = ln sum exp(x) over axes, computed as max x + ln sum exp(x - max x): nothing overflows. -inf over nothing.
struct LogSumExp : detail::ReductionOp {
    static constexpr const char* name = "logsumexp";
    static constexpr const char* signature = "logsumexp(x, axes, keepdims)";
    static constexpr const char* formula = "y = ln sum exp(x) over axes;  dx = g exp(x - y)";
    static constexpr const char* kinks =
        "-inf over nothing. Where all x are -inf, y is -inf and the derivative 0; where one is inf, y is inf and the "
        "derivative NaN.";
    static constexpr Keep keep = Keep::inputs() | Keep::output();

    Shape infer(Shapes x) const { return reduced_shape(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<LogSumExp>> samples();
    static Sample<LogSumExp> random(sample::Draw& draw);
};

/// Variance over axes. `correction` is 1 as in PyTorch (NumPy's default, ddof, is 0): `var(x, {}, false, 0)` is NumPy's
/// `var(x)`. NaN over one element with correction 1. ShapeError over nothing, ConfigError for a correction that is
/// negative or not finite.
template <Node X>
auto var(const X& x, Axes axes = {}, bool keepdims = false, double correction = 1, Location at = Location::current()) {
    return detail::call(Var{{std::move(axes), keepdims}, correction}, at, x);
}
/// Standard deviation over axes, the square root of var. Where `using namespace xtape` makes `std(x)` ambiguous with
/// the namespace, it is xtape::std(x) or stddev(x).
template <Node X>
auto std(const X& x, Axes axes = {}, bool keepdims = false, double correction = 1, Location at = Location::current()) {
    return detail::call(Std{{std::move(axes), keepdims}, correction}, at, x);
}
template <Node X>
auto stddev(const X& x, Axes axes = {}, bool keepdims = false, double correction = 1,
            Location at = Location::current()) {
    return detail::call(Std{{std::move(axes), keepdims}, correction}, at, x);
}
/// Norm of the vector of all elements, or of those along axes; `order` is 1, 2 or INFINITY (ConfigError). Of nothing it
/// is 0 for orders 1 and 2, a ShapeError for infinity.
template <Node X>
auto norm(const X& x, double order = 2, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(Norm{{std::move(axes), keepdims}, order}, at, x);
}
template <Node X>
auto logsumexp(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(LogSumExp{{std::move(axes), keepdims}}, at, x);
}

namespace detail {
std::vector<OperationInfo> statistics_operations();
}

using StatisticsOps = OpList<Var, Std, Norm, LogSumExp>;

extern template struct detail::Runner<Var>;
extern template struct detail::Runner<Std>;
extern template struct detail::Runner<Norm>;
extern template struct detail::Runner<LogSumExp>;

}  // namespace xtape
