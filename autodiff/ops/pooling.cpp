#include <xtape/autodiff/ops/pooling.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/pooling.hpp>

namespace xtape {

using detail::check_number;
using detail::largest_number;
using detail::PoolWindow;
using detail::PoolWindows;

namespace {

// The options of both kinds of pooling, for one axis.
struct AxisRule {
    std::ptrdiff_t input, kernel, stride, padding;
    bool ceil_mode;

    // Number of windows; at most 0 when not even one fits. A last one that would begin behind the input does not count.
    std::ptrdiff_t windows() const {
        const std::ptrdiff_t free = input + 2 * padding - kernel + (ceil_mode ? stride - 1 : 0);
        if (free < 0) return 0;
        const std::ptrdiff_t count = free / stride + 1;
        return ceil_mode && (count - 1) * stride >= input + padding ? count - 1 : count;
    }
};

template <std::size_t D, class Options>
AxisRule axis_rule(const Shape& x, const PerAxis<D>& kernel, const Options& o, std::size_t i) {
    const PerAxis<D>& stride = o.stride.given() ? o.stride : kernel;
    return {static_cast<std::ptrdiff_t>(x[2 + i]), kernel[i], stride[i], o.padding[i], o.ceil_mode};
}

template <std::size_t D>
void check_input(const char* operation, const Shape& x) {
    const auto start = [&] { return std::string(operation) + ": expected "; };
    if (x.size() != D + 2) {
        throw ShapeError(start() + "input (N, C, " + (D == 1 ? "L" : "H, W") + "), got " + to_string(x));
    }
    const auto fits = [](std::size_t extent) { return extent >= 1 && extent <= std::size_t{largest_number}; };
    if (!std::all_of(x.begin() + 1, x.end(), fits)) {
        throw ShapeError(start() + "extents of at least 1 (N may be 0) and at most " + std::to_string(largest_number) +
                         ", got " + to_string(x));
    }
}

template <std::size_t D, class Options>
Shape pooled_shape(const char* operation, const Shape& x, const PerAxis<D>& kernel, const Options& o) {
    check_number(operation, "kernel", kernel, 1);
    if (o.stride.given()) check_number(operation, "stride", o.stride, 1);
    check_number(operation, "padding", o.padding, 0);
    for (std::size_t i = 0; i < D; ++i) {
        if (2 * o.padding[i] > kernel[i]) {
            throw ConfigError(std::string(operation) + ": expected a padding of at most half the kernel, which is " +
                              to_string(kernel) + ", got " + to_string(o.padding));
        }
    }
    check_input<D>(operation, x);
    Shape shape{x[0], x[1]};
    PerAxis<D> padded;
    bool fits = true;
    for (std::size_t i = 0; i < D; ++i) {
        const AxisRule rule = axis_rule(x, kernel, o, i);
        padded[i] = rule.input + 2 * rule.padding;
        fits = fits && rule.windows() >= 1;
        shape.push_back(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, rule.windows())));
    }
    if (!fits) {
        throw ShapeError(std::string(operation) + ": expected a kernel within the padded input, which is " +
                         to_string(padded) + ", but it is " + to_string(kernel) + ", got input " + to_string(x));
    }
    return shape;
}

// f(i) makes the windows of spatial axis i; a missing first axis has one window over one row.
template <std::size_t D, class F>
PoolWindows windows_by(const Shape& x, F f) {
    PoolWindows w;
    w.width = x[1 + D];
    w.columns = f(D - 1);
    if constexpr (D == 2) {
        w.height = x[2];
        w.rows = f(0);
    } else {
        w.rows = {PoolWindow{}};
    }
    return w;
}

template <std::size_t D, class Options>
PoolWindows pool_windows(const Shape& x, const PerAxis<D>& kernel, const Options& o, bool count_padding) {
    return windows_by<D>(x, [&](std::size_t axis) {
        const AxisRule rule = axis_rule(x, kernel, o, axis);
        detail::Scratch<PoolWindow> windows(static_cast<std::size_t>(rule.windows()));
        for (std::size_t i = 0; i < windows.size(); ++i) {
            const std::ptrdiff_t begin = static_cast<std::ptrdiff_t>(i) * rule.stride - rule.padding;
            const std::ptrdiff_t first = std::max<std::ptrdiff_t>(0, begin),
                                 last = std::min(begin + rule.kernel, rule.input);
            const std::ptrdiff_t count =
                count_padding ? std::min(begin + rule.kernel, rule.input + rule.padding) - begin : last - first;
            windows[i] = {static_cast<std::size_t>(first), static_cast<std::size_t>(last),
                          static_cast<std::size_t>(count)};
        }
        return windows;
    });
}

template <std::size_t D>
PoolWindows adaptive_windows(const Shape& x, const PerAxis<D>& size) {
    return windows_by<D>(x, [&](std::size_t axis) {
        const std::size_t extent = x[2 + axis], count = static_cast<std::size_t>(size[axis]);
        detail::Scratch<PoolWindow> windows(count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t begin = i * extent / count, end = ((i + 1) * extent + count - 1) / count;
            windows[i] = {begin, end, end - begin};
        }
        return windows;
    });
}

std::size_t planes(const Shape& x) { return x[0] * x[1]; }

template <class T>
BasicArray<T> mean_of(const PoolWindows& windows, const BasicArray<T>& x, const Shape& shape) {
    BasicArray<T> y = empty_array<T>(shape);
    detail::pool_mean(windows, x.data(), planes(shape), y.data());
    return y;
}

template <class T>
BasicArray<T> spread_of(const PoolWindows& windows, const BasicArray<T>& g, const Shape& shape) {
    BasicArray<T> dx = empty_array<T>(shape);
    detail::pool_spread(windows, g.data(), planes(shape), dx.data());
    return dx;
}

template <class T>
void spread_gradient(Replay<T>& r, PoolWindows windows) {
    const Shape shape = r.shape(0);
    if (!r.recording()) {
        r.give(0, BasicTensor<T>(spread_of(windows, r.g().value(), shape)));
        return;
    }
    const WindowSpread spread{{r.g().shape(), shape}, std::make_shared<const PoolWindows>(std::move(windows))};
    r.give(0, detail::call(spread, Location{}, r.g()));
}

}  // namespace

template <std::size_t D>
Shape MaxPool<D>::infer(Shapes x) const {
    return pooled_shape(name, *x[0], kernel, options);
}

template <std::size_t D>
template <class T>
BasicArray<T> MaxPool<D>::forward(Inputs<T> x) const {
    BasicArray<T> y = empty_array<T>(pooled_shape(name, x[0]->shape(), kernel, options));
    detail::pool_max(pool_windows(x[0]->shape(), kernel, options, false), x[0]->data(), planes(y.shape()), y.data());
    return y;
}

template <std::size_t D>
template <class T>
void MaxPool<D>::backward(Replay<T>& r) const {
    const BasicArray<T>& x = *r.x_array(0);
    const PoolWindows windows = pool_windows(x.shape(), kernel, options, false);
    if (!r.recording()) {
        BasicArray<T> dx = empty_array<T>(x.shape());
        detail::pool_max_gradient(windows, x.data(), r.g().value().data(), planes(x.shape()), dx.data());
        r.give(0, BasicTensor<T>(std::move(dx)));
        return;
    }
    auto places = std::make_shared<IndexArray>(r.g().shape());
    detail::pool_max_places(windows, x.data(), planes(x.shape()), places->data());
    r.give(0, detail::call(PutPlaces{{r.g().shape(), x.shape()}, std::move(places)}, Location{}, r.g()));
}

template <std::size_t D>
Shape AvgPool<D>::infer(Shapes x) const {
    return pooled_shape(name, *x[0], kernel, options);
}

template <std::size_t D>
template <class T>
BasicArray<T> AvgPool<D>::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    return mean_of(pool_windows(shape, kernel, options, options.count_include_pad), *x[0],
                   pooled_shape(name, shape, kernel, options));
}

template <std::size_t D>
template <class T>
void AvgPool<D>::backward(Replay<T>& r) const {
    spread_gradient(r, pool_windows(r.shape(0), kernel, options, options.count_include_pad));
}

template <std::size_t D>
Shape AdaptiveAvgPool<D>::infer(Shapes x) const {
    check_number(name, "size", size, 1);
    check_input<D>(name, *x[0]);
    Shape shape = *x[0];
    for (std::size_t i = 0; i < D; ++i) shape[2 + i] = static_cast<std::size_t>(size[i]);
    return shape;
}

template <std::size_t D>
template <class T>
BasicArray<T> AdaptiveAvgPool<D>::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    const Shape* const pointer = &shape;
    return mean_of(adaptive_windows(shape, size), *x[0], infer(Shapes(&pointer, 1)));
}

template <std::size_t D>
template <class T>
void AdaptiveAvgPool<D>::backward(Replay<T>& r) const {
    spread_gradient(r, adaptive_windows(r.shape(0), size));
}

Shape detail::PlaneOp::checked(const char* operation, Shapes x) const {
    if (*x[0] != from) {
        throw ShapeError(std::string(operation) + ": expected input " + to_string(from) + ", got " + to_string(*x[0]));
    }
    return to;
}

template <class T>
BasicArray<T> TakePlaces::forward(Inputs<T> x) const {
    BasicArray<T> y = empty_array<T>(to);
    detail::take_places(x[0]->data(), places->data(), planes(), plane(from), plane(to), y.data());
    return y;
}

template <class T>
void TakePlaces::backward(Replay<T>& r) const {
    r.give(0, detail::call(PutPlaces{{to, from}, places}, Location{}, r.g()));
}

template <class T>
BasicArray<T> PutPlaces::forward(Inputs<T> x) const {
    BasicArray<T> y = empty_array<T>(to);
    detail::put_places(x[0]->data(), places->data(), planes(), plane(from), plane(to), y.data());
    return y;
}

template <class T>
void PutPlaces::backward(Replay<T>& r) const {
    r.give(0, detail::call(TakePlaces{{to, from}, places}, Location{}, r.g()));
}

template <class T>
BasicArray<T> WindowMean::forward(Inputs<T> x) const {
    return mean_of(*windows, *x[0], to);
}

template <class T>
void WindowMean::backward(Replay<T>& r) const {
    r.give(0, detail::call(WindowSpread{{to, from}, windows}, Location{}, r.g()));
}

template <class T>
BasicArray<T> WindowSpread::forward(Inputs<T> x) const {
    return spread_of(*windows, *x[0], to);
}

template <class T>
void WindowSpread::backward(Replay<T>& r) const {
    r.give(0, detail::call(WindowMean{{to, from}, windows}, Location{}, r.g()));
}

template struct MaxPool<1>;
template struct MaxPool<2>;
template struct AvgPool<1>;
template struct AvgPool<2>;
template struct AdaptiveAvgPool<1>;
template struct AdaptiveAvgPool<2>;
template struct detail::Runner<MaxPool<1>>;
template struct detail::Runner<MaxPool<2>>;
template struct detail::Runner<TakePlaces>;
template struct detail::Runner<PutPlaces>;
template struct detail::Runner<AvgPool<1>>;
template struct detail::Runner<AvgPool<2>>;
template struct detail::Runner<AdaptiveAvgPool<1>>;
template struct detail::Runner<AdaptiveAvgPool<2>>;
template struct detail::Runner<WindowMean>;
template struct detail::Runner<WindowSpread>;

}  // namespace xtape
