// Data sets that are drawn: the shapes of scikit-learn's make_moons and its like, lines, curves, sums, and images with
// noise. The same stream gives the same bits.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/data/dataset.hpp>

#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

namespace xtape::data {

/// Inputs and targets of a regression, one row each. `data::ArrayDataset{pairs.x, pairs.y}` makes a data set of them.
struct Pairs {
    Array x;
    Array y;
};

// All generators throw ConfigError with the option for no samples, a negative noise or deviation, a number that is not
// finite, or a range that is empty. `noise` is the deviation of a normal number added to each coordinate. The rows of
// class sets come in random order unless `shuffle` is off; then class by class.

struct LineOptions {
    std::size_t samples = 100;
    double slope = 8, intercept = 2;
    double deviation = 1;        ///< of the noise in y
    double low = -3, high = 3;   ///< range of x
    random::Stream stream = random::next_stream();
};

/// y = slope * x + intercept + N(0, deviation), x uniform in [low, high): x and y (N, 1).
Pairs make_line(const LineOptions& options = {}, Location at = Location::current());

struct SineOptions {
    std::size_t samples = 500;
    double amplitude = 1, frequency = 1, phase = 0;
    double deviation = 0;  ///< of the noise in y
    double low = 0, high = 2 * std::numbers::pi;
    random::Stream stream = random::next_stream();
};

/// y = amplitude * sin(frequency * x + phase) + N(0, deviation), x uniform in [low, high): x and y (N, 1).
Pairs make_sine(const SineOptions& options = {}, Location at = Location::current());

enum class Calculation { add, multiply };

struct CalculatorOptions {
    std::size_t samples = 1000;
    Calculation calculation = Calculation::add;
    std::int64_t low = 0, high = 100;  ///< operands are whole numbers from low to high
    bool scaled = true;                ///< otherwise x and y hold the numbers themselves
    random::Stream stream = random::next_stream();
};

/// Problems for a network that learns to calculate.
struct Problems {
    Array x;             ///< (N, 2), the operands over x_scale
    Array y;             ///< (N, 1), the results over y_scale
    double x_scale = 1;  ///< the largest magnitude an operand may have
    double y_scale = 1;  ///< the largest magnitude a result may have: of a sum 2 * x_scale, of a product its square
};

/// Two numbers, each uniform over the whole numbers from low to high, and their sum or product; so scaled that all lie in
/// [-1, 1]. What a network gives, times y_scale, is the result it means; a mean absolute error counts y_scale times, a
/// mean squared error its square.
Problems make_calculator(const CalculatorOptions& options = {}, Location at = Location::current());

struct BlobsOptions {
    std::size_t samples = 100;
    std::vector<std::vector<double>> centers = {};  ///< (K, D); empty: so many as below, uniform in the box
    std::size_t classes = 3, features = 2;
    double box = 10;       ///< centers are drawn from [-box, box) for each feature
    double deviation = 1;  ///< of every feature around its center
    bool shuffle = true;
    random::Stream stream = random::next_stream();
};

/// Normal clouds: x = center[k] + N(0, deviation), label k. Classes are equally large, the first ones by one row larger
/// when samples cannot be divided. Features (N, D). Also throws ConfigError for centers of different lengths.
TensorDataset make_blobs(const BlobsOptions& options = {}, Location at = Location::current());

struct MoonsOptions {
    std::size_t samples = 100;
    double noise = 0.1;
    bool shuffle = true;
    random::Stream stream = random::next_stream();
};

/// Two half circles that interlock, as scikit-learn's make_moons: (cos t, sin t) has label 0, (1 - cos t, 1/2 - sin t)
/// label 1, t evenly spaced over [0, pi]. Features (N, 2); the second class has the odd sample.
TensorDataset make_moons(const MoonsOptions& options = {}, Location at = Location::current());

struct CirclesOptions {
    std::size_t samples = 100;
    double factor = 0.5;  ///< radius of the inner circle, in [0, 1)
    double noise = 0.05;
    bool shuffle = true;
    random::Stream stream = random::next_stream();
};

/// A circle within a circle, as scikit-learn's make_circles: (cos t, sin t) has label 0, the same times factor label 1, t
/// evenly spaced over [0, 2 pi). Features (N, 2); the second class has the odd sample.
TensorDataset make_circles(const CirclesOptions& options = {}, Location at = Location::current());

struct SpiralsOptions {
    std::size_t samples = 300;
    std::size_t arms = 3;
    double turns = 0.75;  ///< of each arm, from the center to radius 1
    double noise = 0.02;
    bool shuffle = true;
    random::Stream stream = random::next_stream();
};

/// Arms of a spiral, a class each: for r evenly spaced over (0, 1] and the angle a = 2 pi (turns * r + k / arms) the point
/// (r cos a, r sin a) has label k. Features (N, 2); classes are as large as those of make_blobs.
TensorDataset make_spirals(const SpiralsOptions& options = {}, Location at = Location::current());

struct FourGaussiansOptions {
    std::size_t samples = 400;
    double distance = 1;     ///< of each center from both axes
    double deviation = 0.5;  ///< of both coordinates
    bool shuffle = true;
    random::Stream stream = random::next_stream();
};

/// The problem XOR with noise: normal clouds around (d, d) and (-d, -d) with label 0, (d, -d) and (-d, d) with label 1,
/// d = distance. Features (N, 2); clouds are equally large, the first ones by one row larger.
TensorDataset make_four_gaussians(const FourGaussiansOptions& options = {}, Location at = Location::current());

/// The accuracy that no classifier can exceed in the long run on such clouds. The likelihoods of the two classes differ
/// by (n(x - d) - n(x + d)) (n(y - d) - n(y + d)), n the normal density, whose sign is that of x y. So label 0 where
/// x y > 0 is the best rule; it is right when both coordinates have their center's sign or neither has:
/// p^2 + (1 - p)^2, p = Phi(distance / deviation).
double bayes_accuracy(const FourGaussiansOptions& options, Location at = Location::current());

struct CheckerboardOptions {
    std::size_t samples = 1000;
    std::size_t cells = 4;  ///< along each side
    double side = 2;        ///< length of the board, whose center is the origin
    double noise = 0;       ///< added after the label is known
    bool shuffle = true;    ///< otherwise in order of label
    random::Stream stream = random::next_stream();
};

/// Points uniform on a board of cells * cells squares; the label is (column + row) mod 2, so the cell with the smallest
/// coordinates has 0. Features (N, 2).
TensorDataset make_checkerboard(const CheckerboardOptions& options = {}, Location at = Location::current());

struct NoisyOptions {
    double deviation = 0.5;
    bool clamp = true;  ///< back into [0, 1]
    random::Stream stream = random::next_stream();
};

struct NoisyPairs {
    Array noisy;
    Array clean;
};

/// Images, of any shape and usually in [0, 1], and the same with N(0, deviation) added to every number: the inputs and
/// targets of a network that removes noise. Runs on all threads; same bits on any number of them.
NoisyPairs make_noisy(Array images, const NoisyOptions& options = {}, Location at = Location::current());

}  // namespace xtape::data
