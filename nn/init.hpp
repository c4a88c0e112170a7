// Initial numbers of parameters.
//
// Fans: a parameter of shape (out, in, extents...) joins fan_in = in * extents inputs to each output, and
// fan_out = out * extents outputs to each input.
//
// Xavier: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS
// 2010, formulas 12 and 16.
// He: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV 2015, section 2.2.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/random.hpp>

#include <cstddef>

namespace xtape::nn {

namespace init {

struct Fans {
    std::size_t in, out;
};
/// Throws ShapeError for a shape with fewer than two axes.
Fans fans(const Shape& shape, Location at = Location::current());

/// Uniform over [-b, b), b = gain sqrt(6 / (fan_in + fan_out)). Throws as fans() and random::uniform do, as do those
/// that follow.
template <class T = float>
BasicArray<T> xavier_uniform(const Shape& shape, double gain = 1, random::Stream stream = random::next_stream());
/// Normal around 0, deviation gain sqrt(2 / (fan_in + fan_out)).
template <class T = float>
BasicArray<T> xavier_normal(const Shape& shape, double gain = 1, random::Stream stream = random::next_stream());
/// Uniform over [-b, b), b = gain sqrt(3 / fan_in); the gain sqrt(2) is that of ReLU.
template <class T = float>
BasicArray<T> he_uniform(const Shape& shape, double gain = 1.4142135623730951,
                         random::Stream stream = random::next_stream());
/// Normal around 0, deviation gain / sqrt(fan_in).
template <class T = float>
BasicArray<T> he_normal(const Shape& shape, double gain = 1.4142135623730951,
                        random::Stream stream = random::next_stream());

template <class T = float>
BasicArray<T> uniform(const Shape& shape, double low, double high, random::Stream stream = random::next_stream());
template <class T = float>
BasicArray<T> normal(const Shape& shape, double mean, double deviation, random::Stream stream = random::next_stream());
template <class T = float>
BasicArray<T> constant(const Shape& shape, double value);
template <class T = float>
BasicArray<T> zeros(const Shape& shape);

}  // namespace init

/// How a layer fills its weight, as an option: `nn::Linear{64, 128, {.init = nn::Init::he_uniform}}`.
class Init {
public:
    /// Uniform over [-b, b), b = 1 / sqrt(fan_in): what PyTorch's Linear and convolutions do.
    static const Init standard;
    static const Init xavier_uniform, xavier_normal;
    static const Init he_uniform, he_normal;
    static const Init zeros;
    static constexpr Init uniform(double low, double high) { return {Kind::uniform, low, high}; }
    static constexpr Init normal(double mean, double deviation) { return {Kind::normal, mean, deviation}; }
    static constexpr Init constant(double value) { return {Kind::constant, value, 0}; }

    template <class T>
    BasicArray<T> make(const Shape& shape, random::Stream stream = random::next_stream()) const;

    friend constexpr bool operator==(const Init&, const Init&) = default;

private:
    enum class Kind { standard, xavier_uniform, xavier_normal, he_uniform, he_normal, uniform, normal, constant };
    constexpr Init(Kind kind, double a, double b) : kind_(kind), a_(a), b_(b) {}

    Kind kind_;
    double a_, b_;
};

inline constexpr Init Init::standard{Kind::standard, 0, 0};
inline constexpr Init Init::xavier_uniform{Kind::xavier_uniform, 0, 0};
inline constexpr Init Init::xavier_normal{Kind::xavier_normal, 0, 0};
inline constexpr Init Init::he_uniform{Kind::he_uniform, 0, 0};
inline constexpr Init Init::he_normal{Kind::he_normal, 0, 0};
inline constexpr Init Init::zeros{Kind::constant, 0, 0};

}  // namespace xtape::nn
