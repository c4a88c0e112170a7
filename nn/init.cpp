#include <xtape/nn/init.hpp>

#include <xtape/autodiff/kernels/lapack.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/nn/normal_quantile.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace xtape::nn {

namespace init {
namespace {

// A parameter without elements may have a fan of 0; nothing is drawn then, but the bound must be a number.
double per_root(double numerator, std::size_t fan) {
    return std::sqrt(numerator / static_cast<double>(std::max<std::size_t>(fan, 1)));
}

std::size_t fan(const Shape& shape, FanMode mode) {
    const Fans both = fans(shape, Location{});
    return mode == FanMode::in ? both.in : both.out;
}

template <class T>
BasicArray<T> symmetric(const Shape& shape, double bound, const random::Stream& stream) {
    return random::uniform<T>(shape, static_cast<T>(-bound), static_cast<T>(bound), stream);
}

// The normal law's distribution function, accurate in the lower tail.
double distribution(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }

}  // namespace

Fans fans(const Shape& shape, Location at) {
    if (shape.size() < 2) {
        throw ShapeError("init: expected a shape (out, in, ...) with at least two axes, got " + to_string(shape), at);
    }
    const std::size_t field = element_count(Shape(shape.begin() + 2, shape.end()));
    return {shape[1] * field, shape[0] * field};
}

double gain(Nonlinearity nonlinearity, double slope) {
    switch (nonlinearity) {
        case Nonlinearity::tanh:
            return 5.0 / 3;
        case Nonlinearity::relu:
            return std::numbers::sqrt2;
        case Nonlinearity::leaky_relu:
            return std::sqrt(2 / (1 + slope * slope));
        case Nonlinearity::selu:
            return 0.75;
        case Nonlinearity::linear:
        case Nonlinearity::sigmoid:
            break;
    }
    return 1;
}

template <class T>
BasicArray<T> xavier_uniform(const Shape& shape, double gain, random::Stream stream) {
    const auto [in, out] = fans(shape, Location{});
    return symmetric<T>(shape, gain * per_root(6, in + out), stream);
}

template <class T>
BasicArray<T> xavier_normal(const Shape& shape, double gain, random::Stream stream) {
    const auto [in, out] = fans(shape, Location{});
    return normal<T>(shape, 0, gain * per_root(2, in + out), stream);
}

template <class T>
BasicArray<T> he_uniform(const Shape& shape, double gain, FanMode mode, random::Stream stream) {
    return symmetric<T>(shape, gain * per_root(3, fan(shape, mode)), stream);
}

template <class T>
BasicArray<T> he_normal(const Shape& shape, double gain, FanMode mode, random::Stream stream) {
    return normal<T>(shape, 0, gain * per_root(1, fan(shape, mode)), stream);
}

template <class T>
BasicArray<T> lecun_uniform(const Shape& shape, random::Stream stream) {
    return he_uniform<T>(shape, 1, FanMode::in, stream);
}

template <class T>
BasicArray<T> lecun_normal(const Shape& shape, random::Stream stream) {
    return he_normal<T>(shape, 1, FanMode::in, stream);
}

template <class T>
BasicArray<T> orthogonal(const Shape& shape, double gain, random::Stream stream) {
    fans(shape, Location{});
    BasicArray<T> result = empty_array<T>(shape);
    if (result.size() == 0) return result;
    const std::size_t out = shape[0], in = result.size() / out;
    const bool tall = out > in;
    const std::size_t rows = std::min(out, in), columns = std::max(out, in);
    // In double for float as well: rounding comes last.
    Array64 q = random::normal<double>({rows, columns}, 0, 1, stream);
    xtape::detail::orthonormalize_rows(q.data(), rows, columns, "orthogonal");
    for (std::size_t o = 0; o < out; ++o) {
        for (std::size_t i = 0; i < in; ++i) {
            result.data()[o * in + i] = static_cast<T>(gain * q.data()[tall ? i * columns + o : o * columns + i]);
        }
    }
    return result;
}

template <class T>
BasicArray<T> uniform(const Shape& shape, double low, double high, random::Stream stream) {
    return random::uniform<T>(shape, static_cast<T>(low), static_cast<T>(high), stream);
}

template <class T>
BasicArray<T> normal(const Shape& shape, double mean, double deviation, random::Stream stream) {
    return random::normal<T>(shape, static_cast<T>(mean), static_cast<T>(deviation), stream);
}

template <class T>
BasicArray<T> truncated_normal(const Shape& shape, const TruncatedNormal& law, random::Stream stream) {
    const double mean = law.mean, deviation = law.deviation, low = law.low, high = law.high;
    if (!(std::isfinite(mean) && std::isfinite(deviation) && deviation > 0 && low < high)) {
        throw ConfigError(
            fmt::format("truncated_normal: expected a finite mean, a finite deviation above 0 and low < "
                        "high, got {}, {}, {} and {}",
                        mean, deviation, low, high));
    }
    // Above the mean the mirror image is drawn: probabilities next to 1 have no digits left.
    const double a = (low - mean) / deviation, b = (high - mean) / deviation, side = a > 0 ? -1 : 1;
    const double from = distribution(side > 0 ? a : -b), to = distribution(side > 0 ? b : -a);
    if (!(to - from > 1e-300)) {
        throw ConfigError(
            fmt::format("truncated_normal: expected bounds that the normal distribution reaches, got {} and "
                        "{} for mean {} and deviation {}",
                        low, high, mean, deviation));
    }
    const Array64 probability = random::uniform<double>(shape, from, to, stream);
    BasicArray<T> result = empty_array<T>(shape);
    const T bottom = static_cast<T>(low), top = static_cast<T>(high);
    parallel_for(result.size(), 4096, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const double p = std::max(probability.data()[i], 1e-300);  // 0 has no number
            const double x = mean + deviation * side * detail::normal_quantile(p);
            result.data()[i] = std::clamp(static_cast<T>(x), bottom, top);
        }
    });
    return result;
}

template <class T>
BasicArray<T> constant(const Shape& shape, double value) {
    return BasicArray<T>(shape, static_cast<T>(value));
}

template <class T>
BasicArray<T> zeros(const Shape& shape) {
    return constant<T>(shape, 0);
}

template <class T>
BasicArray<T> ones(const Shape& shape) {
    return constant<T>(shape, 1);
}

template <class T>
BasicArray<T> eye(const Shape& shape, Location at) {
    if (shape.size() != 2) throw ShapeError("eye: expected the shape of a matrix, got " + to_string(shape), at);
    BasicArray<T> matrix = zeros<T>(shape);
    for (std::size_t i = 0; i < std::min(shape[0], shape[1]); ++i) matrix(i, i) = 1;
    return matrix;
}

template Array xavier_uniform(const Shape&, double, random::Stream);
template Array64 xavier_uniform(const Shape&, double, random::Stream);
template Array xavier_normal(const Shape&, double, random::Stream);
template Array64 xavier_normal(const Shape&, double, random::Stream);
template Array he_uniform(const Shape&, double, FanMode, random::Stream);
template Array64 he_uniform(const Shape&, double, FanMode, random::Stream);
template Array he_normal(const Shape&, double, FanMode, random::Stream);
template Array64 he_normal(const Shape&, double, FanMode, random::Stream);
template Array lecun_uniform(const Shape&, random::Stream);
template Array64 lecun_uniform(const Shape&, random::Stream);
template Array lecun_normal(const Shape&, random::Stream);
template Array64 lecun_normal(const Shape&, random::Stream);
template Array orthogonal(const Shape&, double, random::Stream);
template Array64 orthogonal(const Shape&, double, random::Stream);
template Array uniform(const Shape&, double, double, random::Stream);
template Array64 uniform(const Shape&, double, double, random::Stream);
template Array normal(const Shape&, double, double, random::Stream);
template Array64 normal(const Shape&, double, double, random::Stream);
template Array truncated_normal(const Shape&, const TruncatedNormal&, random::Stream);
template Array64 truncated_normal(const Shape&, const TruncatedNormal&, random::Stream);
template Array constant(const Shape&, double);
template Array64 constant(const Shape&, double);
template Array zeros(const Shape&);
template Array64 zeros(const Shape&);
template Array ones(const Shape&);
template Array64 ones(const Shape&);
template Array eye(const Shape&, Location);
template Array64 eye(const Shape&, Location);

}  // namespace init

Init Init::with_gain(double gain, Location at) const {
    if (kind_ < Kind::xavier_uniform || kind_ > Kind::orthogonal || kind_ == Kind::lecun_uniform ||
        kind_ == Kind::lecun_normal) {
        throw ConfigError("Init: expected Xavier's, He's or orthogonal numbers to change the gain of, got others", at);
    }
    Init other = *this;
    other.a_ = gain;
    return other;
}

Init Init::with_mode(init::FanMode mode, Location at) const {
    if (kind_ != Kind::he_uniform && kind_ != Kind::he_normal) {
        throw ConfigError("Init: expected He's numbers to change the fan of, got others", at);
    }
    Init other = *this;
    other.mode_ = mode;
    return other;
}

template <class T>
BasicArray<T> Init::make(const Shape& shape, random::Stream stream) const {
    switch (kind_) {
        case Kind::standard:
            return init::he_uniform<T>(shape, std::sqrt(1.0 / 3), stream);
        case Kind::xavier_uniform:
            return init::xavier_uniform<T>(shape, a_, stream);
        case Kind::xavier_normal:
            return init::xavier_normal<T>(shape, a_, stream);
        case Kind::he_uniform:
            return init::he_uniform<T>(shape, a_, mode_, stream);
        case Kind::he_normal:
            return init::he_normal<T>(shape, a_, mode_, stream);
        case Kind::lecun_uniform:
            return init::lecun_uniform<T>(shape, stream);
        case Kind::lecun_normal:
            return init::lecun_normal<T>(shape, stream);
        case Kind::orthogonal:
            return init::orthogonal<T>(shape, a_, stream);
        case Kind::uniform:
            return init::uniform<T>(shape, a_, b_, stream);
        case Kind::normal:
            return init::normal<T>(shape, a_, b_, stream);
        case Kind::truncated_normal:
            return init::truncated_normal<T>(shape, {.mean = a_, .deviation = b_, .low = low_, .high = high_}, stream);
        case Kind::constant:
            break;
    }
    return init::constant<T>(shape, a_);
}

template Array Init::make(const Shape&, random::Stream) const;
template Array64 Init::make(const Shape&, random::Stream) const;

}  // namespace xtape::nn
