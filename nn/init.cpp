#include <xtape/nn/init.hpp>

#include <algorithm>
#include <cmath>

namespace xtape::nn {

namespace init {
namespace {

// A parameter without elements may have a fan of 0; nothing is drawn then, but the bound must be a number.
double per_root(double numerator, std::size_t fan) {
    return std::sqrt(numerator / static_cast<double>(std::max<std::size_t>(fan, 1)));
}

template <class T>
BasicArray<T> symmetric(const Shape& shape, double bound, const random::Stream& stream) {
    return random::uniform<T>(shape, static_cast<T>(-bound), static_cast<T>(bound), stream);
}

}  // namespace

Fans fans(const Shape& shape, Location at) {
    if (shape.size() < 2) {
        throw ShapeError("init: expected a shape (out, in, ...) with at least two axes, got " + to_string(shape), at);
    }
    const std::size_t field = element_count(Shape(shape.begin() + 2, shape.end()));
    return {shape[1] * field, shape[0] * field};
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
BasicArray<T> he_uniform(const Shape& shape, double gain, random::Stream stream) {
    return symmetric<T>(shape, gain * per_root(3, fans(shape, Location{}).in), stream);
}

template <class T>
BasicArray<T> he_normal(const Shape& shape, double gain, random::Stream stream) {
    return normal<T>(shape, 0, gain * per_root(1, fans(shape, Location{}).in), stream);
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
BasicArray<T> constant(const Shape& shape, double value) {
    BasicArray<T> array = empty_array<T>(shape);
    std::fill_n(array.data(), array.size(), static_cast<T>(value));
    return array;
}

template <class T>
BasicArray<T> zeros(const Shape& shape) {
    return constant<T>(shape, 0);
}

template Array xavier_uniform(const Shape&, double, random::Stream);
template Array64 xavier_uniform(const Shape&, double, random::Stream);
template Array xavier_normal(const Shape&, double, random::Stream);
template Array64 xavier_normal(const Shape&, double, random::Stream);
template Array he_uniform(const Shape&, double, random::Stream);
template Array64 he_uniform(const Shape&, double, random::Stream);
template Array he_normal(const Shape&, double, random::Stream);
template Array64 he_normal(const Shape&, double, random::Stream);
template Array uniform(const Shape&, double, double, random::Stream);
template Array64 uniform(const Shape&, double, double, random::Stream);
template Array normal(const Shape&, double, double, random::Stream);
template Array64 normal(const Shape&, double, double, random::Stream);
template Array constant(const Shape&, double);
template Array64 constant(const Shape&, double);
template Array zeros(const Shape&);
template Array64 zeros(const Shape&);

}  // namespace init

template <class T>
BasicArray<T> Init::make(const Shape& shape, random::Stream stream) const {
    switch (kind_) {
        case Kind::standard:
            return init::he_uniform<T>(shape, std::sqrt(1.0 / 3), stream);
        case Kind::xavier_uniform:
            return init::xavier_uniform<T>(shape, 1, stream);
        case Kind::xavier_normal:
            return init::xavier_normal<T>(shape, 1, stream);
        case Kind::he_uniform:
            return init::he_uniform<T>(shape, std::sqrt(2.0), stream);
        case Kind::he_normal:
            return init::he_normal<T>(shape, std::sqrt(2.0), stream);
        case Kind::uniform:
            return init::uniform<T>(shape, a_, b_, stream);
        case Kind::normal:
            return init::normal<T>(shape, a_, b_, stream);
        case Kind::constant:
            break;
    }
    return init::constant<T>(shape, a_);
}

template Array Init::make(const Shape&, random::Stream) const;
template Array64 Init::make(const Shape&, random::Stream) const;

}  // namespace xtape::nn
