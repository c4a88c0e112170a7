// Initial numbers of parameters.
//
// Fans: a parameter of shape (out, in, extents...) joins fan_in = in * extents inputs to each output, and
// fan_out = out * extents outputs to each input.
//
// Xavier: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS
// 2010, formulas 12 and 16.
// He, also called Kaiming: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV 2015, section 2.2.
// LeCun: Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient backprop", 1998, formula 16.
// Orthogonal: A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
// neural networks", ICLR 2014; drawn as F. Mezzadri, "How to generate random matrices from the classical compact
// groups", 2007, section 5.
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

/// Which fan He's numbers go by: `in` keeps the variance of activations from layer to layer, `out` that of gradients.
enum class FanMode { in, out };

enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };

/// What a layer's weights are multiplied by for the activation that follows it, as PyTorch's calculate_gain
/// (https://pytorch.org/docs/1.13/nn.init.html): linear and sigmoid 1, tanh 5/3, relu sqrt(2), leaky_relu
/// sqrt(2 / (1 + slope^2)), selu 3/4.
double gain(Nonlinearity nonlinearity, double slope = 0.01);

/// Uniform over [-b, b), b = gain sqrt(6 / (fan_in + fan_out)). Throws as fans() and random::uniform do, as do those
/// that follow.
template <class T = float>
BasicArray<T> xavier_uniform(const Shape& shape, double gain = 1, random::Stream stream = random::next_stream());
/// Normal around 0, deviation gain sqrt(2 / (fan_in + fan_out)).
template <class T = float>
BasicArray<T> xavier_normal(const Shape& shape, double gain = 1, random::Stream stream = random::next_stream());

/// Uniform over [-b, b), b = gain sqrt(3 / fan); the gain sqrt(2) is that of ReLU.
template <class T = float>
BasicArray<T> he_uniform(const Shape& shape, double gain, FanMode mode, random::Stream stream = random::next_stream());
template <class T = float>
BasicArray<T> he_uniform(const Shape& shape, double gain = 1.4142135623730951,
                         random::Stream stream = random::next_stream()) {
    return he_uniform<T>(shape, gain, FanMode::in, stream);
}
/// Normal around 0, deviation gain / sqrt(fan).
template <class T = float>
BasicArray<T> he_normal(const Shape& shape, double gain, FanMode mode, random::Stream stream = random::next_stream());
template <class T = float>
BasicArray<T> he_normal(const Shape& shape, double gain = 1.4142135623730951,
                        random::Stream stream = random::next_stream()) {
    return he_normal<T>(shape, gain, FanMode::in, stream);
}

/// Another name of he_uniform.
template <class T = float>
BasicArray<T> kaiming_uniform(const Shape& shape, double gain, FanMode mode,
                              random::Stream stream = random::next_stream()) {
    return he_uniform<T>(shape, gain, mode, stream);
}
template <class T = float>
BasicArray<T> kaiming_uniform(const Shape& shape, double gain = 1.4142135623730951,
                              random::Stream stream = random::next_stream()) {
    return he_uniform<T>(shape, gain, stream);
}
/// Another name of he_normal.
template <class T = float>
BasicArray<T> kaiming_normal(const Shape& shape, double gain, FanMode mode,
                             random::Stream stream = random::next_stream()) {
    return he_normal<T>(shape, gain, mode, stream);
}
template <class T = float>
BasicArray<T> kaiming_normal(const Shape& shape, double gain = 1.4142135623730951,
                             random::Stream stream = random::next_stream()) {
    return he_normal<T>(shape, gain, stream);
}

/// Uniform over [-b, b), b = sqrt(3 / fan_in).
template <class T = float>
BasicArray<T> lecun_uniform(const Shape& shape, random::Stream stream = random::next_stream());
/// Normal around 0, deviation 1 / sqrt(fan_in): what SELU asks for.
template <class T = float>
BasicArray<T> lecun_normal(const Shape& shape, random::Stream stream = random::next_stream());

/// A random orthogonal matrix times gain, all equally likely: seen as a matrix (out, in * extents), its rows are
/// orthonormal, or its columns when there are fewer of these. Throws ShapeError for fewer than two axes.
template <class T = float>
BasicArray<T> orthogonal(const Shape& shape, double gain = 1, random::Stream stream = random::next_stream());

template <class T = float>
BasicArray<T> uniform(const Shape& shape, double low, double high, random::Stream stream = random::next_stream());
template <class T = float>
BasicArray<T> normal(const Shape& shape, double mean, double deviation, random::Stream stream = random::next_stream());

struct TruncatedNormal {
    double mean = 0, deviation = 1;
    double low = -2, high = 2;  ///< bounds of the numbers themselves
};
/// The normal distribution within [low, high]: the quantile of a uniform number between the probabilities of the bounds,
/// so every draw counts and element i depends on the stream and i only. Throws ConfigError unless the deviation is
/// finite and more than 0, the mean finite, low < high, and the interval likelier than 1e-300.
template <class T = float>
BasicArray<T> truncated_normal(const Shape& shape, const TruncatedNormal& law = {},
                               random::Stream stream = random::next_stream());

template <class T = float>
BasicArray<T> constant(const Shape& shape, double value);
template <class T = float>
BasicArray<T> zeros(const Shape& shape);
template <class T = float>
BasicArray<T> ones(const Shape& shape);
/// Ones on the diagonal of a matrix, zeros elsewhere. Throws ShapeError unless the shape has two axes.
template <class T = float>
BasicArray<T> eye(const Shape& shape, Location at = Location::current());

}  // namespace init

/// How a layer fills its weight, as an option: `nn::Linear{64, 128, {.init = nn::Init::he_uniform}}`.
class Init {
public:
    /// Uniform over [-b, b), b = 1 / sqrt(fan_in): what PyTorch's Linear and convolutions do.
    static const Init standard;
    static const Init xavier_uniform, xavier_normal;
    static const Init he_uniform, he_normal;
    static const Init kaiming_uniform, kaiming_normal;  ///< other names of he_uniform and he_normal
    static const Init lecun_uniform, lecun_normal;
    static const Init orthogonal;
    static const Init zeros, ones;
    static constexpr Init uniform(double low, double high) { return {Kind::uniform, low, high}; }
    static constexpr Init normal(double mean, double deviation) { return {Kind::normal, mean, deviation}; }
    static constexpr Init truncated_normal(const init::TruncatedNormal& law) {
        return {Kind::truncated_normal, law.mean, law.deviation, law.low, law.high};
    }
    static constexpr Init constant(double value) { return {Kind::constant, value, 0}; }

    /// Another gain: `nn::Init::xavier_uniform.with_gain(5.0 / 3)`. Throws ConfigError unless it is Xavier's, He's or
    /// the orthogonal one.
    Init with_gain(double gain, Location at = Location::current()) const;
    /// Another fan: `nn::Init::he_normal.with_mode(nn::init::FanMode::out)`. Throws ConfigError unless it is He's.
    Init with_mode(init::FanMode mode, Location at = Location::current()) const;

    template <class T>
    BasicArray<T> make(const Shape& shape, random::Stream stream = random::next_stream()) const;

    friend constexpr bool operator==(const Init&, const Init&) = default;

private:
    enum class Kind {
        standard,
        xavier_uniform,
        xavier_normal,
        he_uniform,
        he_normal,
        lecun_uniform,
        lecun_normal,
        orthogonal,
        uniform,
        normal,
        truncated_normal,
        constant
    };
    constexpr Init(Kind kind, double a, double b, double low = 0, double high = 0)
        : kind_(kind), a_(a), b_(b), low_(low), high_(high) {}

    Kind kind_;
    double a_, b_;  // the gain and nothing; or low and high, mean and deviation, the constant
    double low_, high_;
    init::FanMode mode_ = init::FanMode::in;
};

inline constexpr Init Init::standard{Kind::standard, 0, 0};
inline constexpr Init Init::xavier_uniform{Kind::xavier_uniform, 1, 0};
inline constexpr Init Init::xavier_normal{Kind::xavier_normal, 1, 0};
inline constexpr Init Init::he_uniform{Kind::he_uniform, 1.4142135623730951, 0};
inline constexpr Init Init::he_normal{Kind::he_normal, 1.4142135623730951, 0};
inline constexpr Init Init::kaiming_uniform = Init::he_uniform;
inline constexpr Init Init::kaiming_normal = Init::he_normal;
inline constexpr Init Init::lecun_uniform{Kind::lecun_uniform, 0, 0};
inline constexpr Init Init::lecun_normal{Kind::lecun_normal, 0, 0};
inline constexpr Init Init::orthogonal{Kind::orthogonal, 1, 0};
inline constexpr Init Init::zeros{Kind::constant, 0, 0};
inline constexpr Init Init::ones{Kind::constant, 1, 0};

}  // namespace xtape::nn
