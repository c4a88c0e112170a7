#include <xtape/autodiff/ops/statistics.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/elementwise.hpp>
#include <xtape/autodiff/kernels/reduce_terms.hpp>
#include <xtape/autodiff/ops/elementary.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/sample.hpp>

#include <fmt/format.h>

#include <cmath>

namespace xtape {

using namespace sample;
using detail::elementwise_forward;
using detail::Folded;
using detail::MaxOf;
using detail::reduce_terms;
using detail::SumOf;

namespace {

template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();

// Sum over the folded axis of term(x, known...), with the results' shape.
template <template <class> class R, class T, std::size_t S, class F>
BasicArray<T> reduced(const Folded<T>& x, const Shape& shape, const std::array<const BasicArray<T>*, S>& known,
                      const F& term) {
    BasicArray<T> y = empty_array<T>(shape);
    std::array<const T*, S> pointers{};
    for (std::size_t k = 0; k < S; ++k) pointers[k] = known[k]->data();
    reduce_terms<R<T>, T, S>(x, y.data(), pointers, term);
    return y;
}

template <class T>
BasicArray<T> divided(BasicArray<T> y, double divisor) {
    const Lanes<T> n(divisor);
    elementwise_forward<T, 1>({&y}, y, [n](Lanes<T> v) { return v / n; });
    return y;
}

// The mean of each group of elements in two parts, of which the second is what rounding left out of the first.
template <class T>
struct Centre {
    BasicArray<T> mean, rest;
};

template <class T>
Centre<T> centre(const Folded<T>& x, const Shape& shape) {
    using L = Lanes<T>;
    const auto n = static_cast<double>(x.count());
    BasicArray<T> mean = divided(reduced<SumOf, T, 0>(x, shape, {}, detail::Itself{}), n);
    BasicArray<T> rest = divided(
        reduced<SumOf, T, 1>(x, shape, {&mean}, [](L v, const std::array<L, 1>& known) { return v - known[0]; }), n);
    return {std::move(mean), std::move(rest)};
}

double degrees_of_freedom(const detail::ReductionOp& op, const char* name, const Shape& x, double correction) {
    return std::max(0.0, static_cast<double>(op.count(name, x)) - correction);
}

Shape spread_shape(const detail::ReductionOp& op, const char* name, const Shape& x, double correction) {
    if (!(correction >= 0) || std::isinf(correction)) {
        throw ConfigError(std::string(name) + ": expected a correction of 0 or more, got " +
                          fmt::format("{}", correction));
    }
    return op.reduced_shape_of_some(name, x);
}

// Variance with keepdims.
template <class T>
BasicArray<T> variance(const detail::ReductionOp& op, const char* name, const BasicArray<T>& x, double correction) {
    using L = Lanes<T>;
    const Shape wide = op.kept_shape(name, x.shape());
    const Folded<T> folded(x, op.axes.mask(name, x.shape()));
    const Centre<T> c = centre(folded, wide);
    BasicArray<T> squares =
        reduced<SumOf, T, 2>(folded, wide, {&c.mean, &c.rest}, [](L v, const std::array<L, 2>& known) {
            const L deviation = (v - known[0]) - known[1];
            return deviation * deviation;
        });
    return divided(std::move(squares), degrees_of_freedom(op, name, x.shape(), correction));
}

Array64 variance_reference(const detail::ReductionOp& op, const char* name, const Array64& x, double correction) {
    const AxisMask reduced = op.axes.mask(name, x.shape());
    Array64 total(op.reduced_shape(name, x.shape()), 0.0), y = total;
    const auto n = static_cast<double>(op.count(name, x.shape()));
    detail::visit_reduced(x, reduced, [&](double v, std::size_t place) { total.data()[place] += v; });
    detail::visit_reduced(x, reduced, [&](double v, std::size_t place) {
        y.data()[place] += std::pow(v - total.data()[place] / n, 2) / (n - correction);
    });
    return y;
}

// (x - mean) scale, the gradient of both var and std; scale has the shape with keepdims.
template <class T>
void give_deviations(const detail::ReductionOp& op, const char* name, Replay<T>& r, const BasicTensor<T>& scale) {
    if (r.recording()) return r.give(0, (r.x(0) - mean(r.x(0), op.axes, true)) * scale);
    using L = Lanes<T>;
    const BasicArray<T>& x = *r.x_array(0);
    Centre<T> c = centre(Folded<T>(x, op.axes.mask(name, x.shape())), op.kept_shape(name, x.shape()));
    elementwise_forward<T, 2>({&c.mean, &c.rest}, c.mean, [](L high, L low) { return high + low; });
    BasicArray<T> dx = empty_array<T>(x.shape());
    elementwise_forward<T, 3>({&x, &c.mean, &scale.value()}, dx,
                              [](L v, L middle, L factor) { return (v - middle) * factor; });
    r.give(0, BasicTensor<T>(std::move(dx)));
}

}  // namespace

Shape Var::infer(Shapes x) const { return spread_shape(*this, name, *x[0], correction); }

template <class T>
BasicArray<T> Var::forward(Inputs<T> x) const {
    BasicArray<T> y = variance(*this, name, *x[0], correction);
    y.reshape(reduced_shape(name, x[0]->shape()));
    return y;
}

template <class T>
void Var::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    give_deviations(*this, name, r,
                    reshape(r.g(), kept_shape(name, shape)) * (2 / degrees_of_freedom(*this, name, shape, correction)));
}

Array64 Var::reference(std::span<const Array64> x) const { return variance_reference(*this, name, x[0], correction); }

std::vector<Sample<Var>> Var::samples() {
    return {{Var{{{}, false}, 1}, {uniform({2, 3}, 1)}},
            {Var{{0, true}, 0}, {uniform({4, 3}, 2)}},
            {Var{{{0, 2}, false}, 1}, {uniform({2, 3, 4}, 3)}},
            {Var{{1, false}, 0.5}, {uniform({3, 4}, 4)}}};
}

Sample<Var> Var::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 2);
    return {Var{op, draw.coin() ? 1.0 : 0.0}, {uniform(shape, draw.seed())}};
}

Shape Std::infer(Shapes x) const { return spread_shape(*this, name, *x[0], correction); }

template <class T>
BasicArray<T> Std::forward(Inputs<T> x) const {
    BasicArray<T> y = variance(*this, name, *x[0], correction);
    elementwise_forward<T, 1>({&y}, y, [](Lanes<T> v) { return sqrt(v); });
    y.reshape(reduced_shape(name, x[0]->shape()));
    return y;
}

template <class T>
void Std::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0), wide = kept_shape(name, shape);
    const BasicTensor<T> y = reshape(r.y(), wide), zero(T(0)), flat = equal(y, zero);
    const BasicTensor<T> scale = where(flat, zero, reshape(r.g(), wide) / where(flat, BasicTensor<T>(T(1)), y));
    give_deviations(*this, name, r, scale / degrees_of_freedom(*this, name, shape, correction));
}

Array64 Std::reference(std::span<const Array64> x) const {
    return xt::sqrt(variance_reference(*this, name, x[0], correction));
}

std::vector<Sample<Std>> Std::samples() {
    return {{Std{{{}, false}, 1}, {uniform({2, 3}, 1)}},
            {Std{{0, true}, 0}, {uniform({4, 3}, 2)}},
            {Std{{{0, 2}, false}, 1}, {uniform({2, 3, 4}, 3)}}};
}

Sample<Std> Std::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 2);
    return {Std{op, draw.coin() ? 1.0 : 0.0}, {distinct(shape, draw.seed())}};
}

namespace {

// Sum of squares, and a power of two that x was divided by before squaring where the squares would not have fitted.
template <class T>
BasicArray<T> euclidean(const Folded<T>& x, const Shape& shape) {
    using L = Lanes<T>;
    using Limits = std::numeric_limits<T>;
    BasicArray<T> y = reduced<SumOf, T, 0>(x, shape, {}, [](L v, const auto&) { return v * v; });
    // Squares below the smallest normal number lose digits; sums this large do not notice.
    const T low = Limits::min() * static_cast<T>(1e8);
    bool fits = true;
    for (const T total : y) fits = fits && total >= low && total <= Limits::max();
    if (fits) {
        elementwise_forward<T, 1>({&y}, y, [](L total) { return sqrt(total); });
        return y;
    }
    const BasicArray<T> largest = reduced<MaxOf, T, 0>(x, shape, {}, [](L v, const auto&) { return abs(v); });
    BasicArray<T> down = empty_array<T>(shape), up = empty_array<T>(shape);
    for (std::size_t i = 0; i < largest.size(); ++i) {
        const T top = largest.data()[i];
        const int exponent = top > 0 && std::isfinite(top)
                                 ? std::clamp(std::ilogb(top), Limits::min_exponent, Limits::max_exponent - 2)
                                 : 0;
        down.data()[i] = std::ldexp(T(1), -exponent);
        up.data()[i] = std::ldexp(T(1), exponent);
    }
    y = reduced<SumOf, T, 1>(x, shape, {&down}, [](L v, const std::array<L, 1>& known) {
        const L scaled = v * known[0];
        return scaled * scaled;
    });
    elementwise_forward<T, 2>({&y, &up}, y, [](L total, L factor) { return sqrt(total) * factor; });
    return y;
}

}  // namespace

Shape Norm::infer(Shapes x) const {
    if (order != 1 && order != 2 && order != infinity<double>) {
        throw ConfigError("norm: expected order 1, 2 or infinity, got " + fmt::format("{}", order));
    }
    return order == infinity<double> ? reduced_shape_of_some(name, *x[0]) : reduced_shape(name, *x[0]);
}

template <class T>
BasicArray<T> Norm::forward(Inputs<T> x) const {
    using L = Lanes<T>;
    const Shape shape = reduced_shape(name, x[0]->shape());
    const Folded<T> folded(*x[0], axes.mask(name, x[0]->shape()));
    const auto magnitude = [](L v, const auto&) { return abs(v); };
    if (order == 2) return euclidean(folded, shape);
    return order == 1 ? reduced<SumOf, T, 0>(folded, shape, {}, magnitude)
                      : reduced<MaxOf, T, 0>(folded, shape, {}, magnitude);
}

template <class T>
void Norm::backward(Replay<T>& r) const {
    const Shape wide = kept_shape(name, r.shape(0));
    const BasicTensor<T> x = r.x(0), g = reshape(r.g(), wide), zero(T(0)), one(T(1));
    if (order == 2) {
        const BasicTensor<T> y = reshape(r.y(), wide), flat = equal(y, zero);
        if (r.recording()) return r.give(0, g * where(flat, zero, x / where(flat, one, y)));
        using L = Lanes<T>;
        BasicArray<T> dx = empty_array<T>(r.shape(0));
        // Divided first: x / y cannot overflow.
        elementwise_forward<T, 3>({&x.value(), &y.value(), &g.value()}, dx, [](L v, L length, L arriving) {
            return where(equal(length, L(0)), L(0), arriving * (v / length));
        });
        return r.give(0, BasicTensor<T>(std::move(dx)));
    }
    // The sign of NaN is NaN.
    if (order == 1 && !r.recording()) {
        using L = Lanes<T>;
        BasicArray<T> dx = empty_array<T>(r.shape(0));
        elementwise_forward<T, 2>({&x.value(), &g.value()}, dx, [](L v, L arriving) {
            return arriving * where(v > L(0), L(1), where(v < L(0), L(-1), v));
        });
        return r.give(0, BasicTensor<T>(std::move(dx)));
    }
    const BasicTensor<T> plain = detach(x), sign = where(plain > zero, one, where(plain < zero, -one, plain));
    if (order == 1) return r.give(0, g * sign);
    const BasicTensor<T> largest = equal(abs(plain), detach(reshape(r.y(), wide)));
    r.give(0, sign * largest * (g / sum(largest, axes, true)));
}

Array64 Norm::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), 0.0);
    detail::visit_reduced(x[0], axes.mask(name, x[0].shape()), [&](double v, std::size_t place) {
        double& total = y.data()[place];
        total = order == 1 ? total + std::abs(v) : order == 2 ? total + v * v : std::max(total, std::abs(v));
    });
    if (order == 2) y = xt::sqrt(y);
    return y;
}

std::vector<Sample<Norm>> Norm::samples() {
    return {{Norm{{{}, false}, 2}, {uniform({2, 3}, 1)}},
            {Norm{{0, true}, 2}, {uniform({4, 3}, 2)}},
            {Norm{{1, false}, 1}, {uniform({2, 3, 2}, 3)}},
            {Norm{{{0, 2}, false}, 2}, {uniform({2, 3, 2}, 4)}},
            {Norm{{1, true}, infinity<double>}, {distinct({3, 4}, 5) + 0.03}}};
}

Sample<Norm> Norm::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 1);
    const double orders[] = {1, 2, infinity<double>};
    const double order = orders[draw(0, 2)];
    // Equally spaced numbers come in pairs of the same magnitude unless they are moved.
    return {Norm{op, order},
            {order == 1 || order == 2 ? uniform(shape, draw.seed()) : Array64(distinct(shape, draw.seed()) + 0.013)}};
}

template <class T>
BasicArray<T> LogSumExp::forward(Inputs<T> x) const {
    using L = Lanes<T>;
    const Shape shape = reduced_shape(name, x[0]->shape());
    const Folded<T> folded(*x[0], axes.mask(name, x[0]->shape()));
    BasicArray<T> shift = reduced<MaxOf, T, 0>(folded, shape, {}, detail::Itself{});
    // An infinite shift would make NaN of inf - inf; without one the exponentials say inf or 0 by themselves.
    elementwise_forward<T, 1>({&shift}, shift, [](L v) { return where(equal(abs(v), L(infinity<T>)), L(0), v); });
    BasicArray<T> y = reduced<SumOf, T, 1>(folded, shape, {&shift},
                                           [](L v, const std::array<L, 1>& known) { return exp(v - known[0]); });
    elementwise_forward<T, 2>({&shift, &y}, y, [](L largest, L total) { return largest + log(total); });
    return y;
}

template <class T>
void LogSumExp::backward(Replay<T>& r) const {
    const Shape wide = kept_shape(name, r.shape(0));
    const BasicTensor<T> g = reshape(r.g(), wide), y = detach(reshape(r.y(), wide)), zero(T(0)), one(T(1));
    // exp(x - y) has the error that rounding left in y, which grows with |y|; divided by its sum it has not. Where
    // everything is -inf, exp(-inf - 0) is the 0 that exp(-inf + inf) is not.
    const BasicTensor<T> shift = where(equal(y, BasicTensor<T>(-infinity<T>)), zero, y);
    if (r.recording()) {
        const BasicTensor<T> shares = exp(r.x(0) - shift), total = sum(shares, axes, true);
        return r.give(0, shares * (g / where(equal(total, zero), one, total)));
    }
    using L = Lanes<T>;
    const BasicArray<T>& x = *r.x_array(0);
    BasicArray<T> scale = reduced<SumOf, T, 1>(Folded<T>(x, axes.mask(name, x.shape())), wide, {&shift.value()},
                                               [](L v, const std::array<L, 1>& known) { return exp(v - known[0]); });
    elementwise_forward<T, 2>({&g.value(), &scale}, scale,
                              [](L arriving, L total) { return arriving / where(equal(total, L(0)), L(1), total); });
    BasicArray<T> dx = empty_array<T>(x.shape());
    elementwise_forward<T, 3>({&x, &shift.value(), &scale}, dx,
                              [](L v, L known, L factor) { return exp(v - known) * factor; });
    r.give(0, BasicTensor<T>(std::move(dx)));
}

Array64 LogSumExp::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), 0.0);
    detail::visit_reduced(x[0], axes.mask(name, x[0].shape()),
                          [&](double v, std::size_t place) { y.data()[place] += std::exp(v); });
    return xt::log(y);
}

std::vector<Sample<LogSumExp>> LogSumExp::samples() {
    return {{LogSumExp{{{}, false}}, {uniform({2, 3}, 1)}},
            {LogSumExp{{0, true}}, {uniform({4, 3}, 2)}},
            {LogSumExp{{{0, 2}, false}}, {uniform({2, 3, 2}, 3)}}};
}

Sample<LogSumExp> LogSumExp::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 1);
    return {LogSumExp{op}, {uniform(shape, draw.seed())}};
}

template struct detail::Runner<Var>;
template struct detail::Runner<Std>;
template struct detail::Runner<Norm>;
template struct detail::Runner<LogSumExp>;

std::vector<OperationInfo> detail::statistics_operations() { return describe_family(StatisticsOps{}); }

}  // namespace xtape
