#include <xtape/nn/init.hpp>

#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/losses.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/optim/adam.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace xtape;

namespace {

struct Statistics {
    double mean = 0, deviation = 0, low = 0, high = 0;
};

template <class T>
Statistics statistics(const BasicArray<T>& x) {
    Statistics s;
    const auto n = static_cast<double>(x.size());
    for (const T v : x) s.mean += static_cast<double>(v) / n;
    for (const T v : x) s.deviation += (static_cast<double>(v) - s.mean) * (static_cast<double>(v) - s.mean) / n;
    s.deviation = std::sqrt(s.deviation);
    s.low = static_cast<double>(*std::min_element(x.begin(), x.end()));
    s.high = static_cast<double>(*std::max_element(x.begin(), x.end()));
    return s;
}

// For n draws the mean is within 5 standard errors of its expectation, and so is the deviation (relative error 1 /
// sqrt(2 n) for a normal, less for a uniform distribution).
template <class T>
void check_uniform(const BasicArray<T>& x, double bound) {
    const Statistics s = statistics(x);
    const double n = static_cast<double>(x.size()), deviation = bound / std::sqrt(3.0);
    CHECK(std::abs(s.mean) < 5 * deviation / std::sqrt(n));
    CHECK(s.deviation == doctest::Approx(deviation).epsilon(5 / std::sqrt(2 * n)));
    CHECK(s.low >= -bound);
    CHECK(s.high <= bound);
    CHECK(s.low < -0.99 * bound);
    CHECK(s.high > 0.99 * bound);
}

template <class T>
void check_normal(const BasicArray<T>& x, double deviation) {
    const Statistics s = statistics(x);
    const double n = static_cast<double>(x.size());
    CHECK(std::abs(s.mean) < 5 * deviation / std::sqrt(n));
    CHECK(s.deviation == doctest::Approx(deviation).epsilon(5 / std::sqrt(2 * n)));
    CHECK(s.high > 3 * deviation);  // 40,000 draws: 54 expected beyond
}

}  // namespace

TEST_CASE("fans count the axes behind the first two for both sides") {
    CHECK(nn::init::fans({10, 20}).in == 20);
    CHECK(nn::init::fans({10, 20}).out == 10);
    CHECK(nn::init::fans({16, 3, 5, 5}).in == 75);
    CHECK(nn::init::fans({16, 3, 5, 5}).out == 400);
    CHECK_THROWS_WITH_AS(nn::init::fans({3}, Location{}),
                         "init: expected a shape (out, in, ...) with at least two axes, got (3)", ShapeError);
    CHECK_THROWS_WITH_AS(nn::init::he_normal({}),
                         "init: expected a shape (out, in, ...) with at least two axes, got ()", ShapeError);
}

TEST_CASE("Xavier's numbers have the bound and the deviation of the paper") {
    seed(1);
    const Shape shape{100, 400};  // fans 400 in, 100 out
    check_uniform(nn::init::xavier_uniform(shape), std::sqrt(6.0 / 500));
    check_uniform(nn::init::xavier_uniform<double>(shape, 2), 2 * std::sqrt(6.0 / 500));
    check_normal(nn::init::xavier_normal(shape), std::sqrt(2.0 / 500));
    check_normal(nn::init::xavier_normal<double>(shape, 0.5), 0.5 * std::sqrt(2.0 / 500));
}

TEST_CASE("He's numbers have the bound and the deviation of the paper") {
    seed(2);
    const Shape shape{100, 400};
    check_uniform(nn::init::he_uniform(shape), std::sqrt(6.0 / 400));
    check_uniform(nn::init::he_uniform<double>(shape, 1), std::sqrt(3.0 / 400));
    check_normal(nn::init::he_normal(shape), std::sqrt(2.0 / 400));
    check_normal(nn::init::he_normal<double>(shape), std::sqrt(2.0 / 400));
}

TEST_CASE("He's numbers may go by the outputs, and Kaiming is another name of him") {
    const Shape shape{100, 400};
    seed(21);
    check_uniform(nn::init::he_uniform(shape, 1, nn::init::FanMode::out), std::sqrt(3.0 / 100));
    check_normal(nn::init::he_normal<double>(shape, 2, nn::init::FanMode::out), 2 / std::sqrt(100.0));
    const random::Stream stream(7, 3);
    using nn::init::FanMode;
    CHECK(nn::init::kaiming_uniform(shape, 1.5, stream) == nn::init::he_uniform(shape, 1.5, stream));
    CHECK(nn::init::kaiming_normal(shape, 1.5, stream) == nn::init::he_normal(shape, 1.5, stream));
    CHECK(nn::init::kaiming_uniform<double>(shape, 1.5, FanMode::out, stream) ==
          nn::init::he_uniform<double>(shape, 1.5, FanMode::out, stream));
    CHECK(nn::init::kaiming_normal<double>(shape, 1.5, FanMode::out, stream) ==
          nn::init::he_normal<double>(shape, 1.5, FanMode::out, stream));
}

TEST_CASE("LeCun's numbers have the deviation of the paper") {
    seed(22);
    check_uniform(nn::init::lecun_uniform({100, 400}), std::sqrt(3.0 / 400));
    check_normal(nn::init::lecun_normal<double>({100, 400}), 1 / std::sqrt(400.0));
}

// The table of https://pytorch.org/docs/1.13/nn.init.html.
TEST_CASE("gains are PyTorch's") {
    using nn::init::gain;
    using nn::init::Nonlinearity;
    CHECK(gain(Nonlinearity::linear) == 1);
    CHECK(gain(Nonlinearity::sigmoid) == 1);
    CHECK(gain(Nonlinearity::tanh) == 5.0 / 3);
    CHECK(gain(Nonlinearity::relu) == std::sqrt(2.0));
    CHECK(gain(Nonlinearity::leaky_relu) == std::sqrt(2 / (1 + 0.01 * 0.01)));
    CHECK(gain(Nonlinearity::leaky_relu, 1) == 1);
    CHECK(gain(Nonlinearity::selu) == 0.75);
}

namespace {

// Largest |M M^T - gain^2 I| for the matrix (out, the rest) or its transpose, whichever is wide.
template <class T>
double distance_from_orthogonal(const BasicArray<T>& x, double gain) {
    const std::size_t out = x.shape()[0], in = x.size() / out, rows = std::min(out, in), columns = std::max(out, in);
    const auto at = [&](std::size_t row, std::size_t column) {
        return static_cast<double>(x.data()[out > in ? column * in + row : row * in + column]);
    };
    double worst = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < rows; ++j) {
            double product = i == j ? -gain * gain : 0;
            for (std::size_t k = 0; k < columns; ++k) product += at(i, k) * at(j, k);
            worst = std::max(worst, std::abs(product));
        }
    }
    return worst;
}

}  // namespace

TEST_CASE("orthogonal numbers are orthogonal: square, wide, tall and of four axes") {
    seed(23);
    for (const Shape& shape : {Shape{40, 40}, Shape{10, 50}, Shape{50, 10}, Shape{8, 3, 5, 5}, Shape{80, 3, 5, 5},
                               Shape{1, 7}, Shape{7, 1}, Shape{1, 1}}) {
        INFO(to_string(shape));
        CHECK(nn::init::orthogonal<double>(shape).shape() == shape);
        CHECK(distance_from_orthogonal(nn::init::orthogonal<double>(shape), 1) < 1e-12);
        CHECK(distance_from_orthogonal(nn::init::orthogonal<double>(shape, 1.5), 1.5) < 1e-12);
        CHECK(distance_from_orthogonal(nn::init::orthogonal(shape), 1) < 1e-5);
    }
    CHECK(nn::init::orthogonal({0, 3}).size() == 0);
    CHECK_THROWS_WITH_AS(nn::init::orthogonal({3}),
                         "init: expected a shape (out, in, ...) with at least two axes, got (3)", ShapeError);
}

TEST_CASE("orthogonal numbers prefer no direction and no sign") {
    // Without the convention for signs LAPACK's Q has a first element that is never positive. 400 draws: an element of a
    // random rotation of 4 axes has mean 0 and deviation 1/2.
    double mean = 0, square = 0;
    for (std::uint64_t number = 0; number < 400; ++number) {
        const double first = nn::init::orthogonal<double>({4, 4}, 1, random::Stream(1, number))(0, 0);
        mean += first / 400;
        square += first * first / 400;
    }
    CHECK(std::abs(mean) < 5 * 0.5 / 20);
    CHECK(square == doctest::Approx(0.25).epsilon(0.2));
    CHECK(nn::init::orthogonal({4, 4}, 1, random::Stream(1, 2)) == nn::init::orthogonal({4, 4}, 1, random::Stream(1, 2)));
    CHECK_FALSE(nn::init::orthogonal({1, 1}, 1, random::Stream(1, 0)).data()[0] ==
                nn::init::orthogonal({1, 1}, 1, random::Stream(1, 2)).data()[0]);
}

namespace {

// Mean and variance of the normal law within standardised bounds: N. Johnson, S. Kotz, N. Balakrishnan, "Continuous
// univariate distributions", volume 1, section 10.1.
struct Moments {
    double mean, variance;
};
Moments truncated_moments(double a, double b) {
    if (b < 0) return {-truncated_moments(-b, -a).mean, truncated_moments(-b, -a).variance};  // far below, tails are 1
    const auto density = [](double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.)); };
    const auto tail = [](double x) { return std::erfc(x / std::sqrt(2.)) / 2; };
    const double mass = tail(a) - tail(b), mean = (density(a) - density(b)) / mass;
    return {mean, 1 + (a * density(a) - b * density(b)) / mass - mean * mean};
}

template <class T>
void check_truncated(const nn::init::TruncatedNormal& law) {
    const BasicArray<T> x = nn::init::truncated_normal<T>({40000}, law);
    const Statistics s = statistics(x);
    const Moments m = truncated_moments((law.low - law.mean) / law.deviation, (law.high - law.mean) / law.deviation);
    const double deviation = law.deviation * std::sqrt(m.variance);
    CHECK(std::abs(s.mean - (law.mean + law.deviation * m.mean)) < 5 * deviation / 200);
    // The relative error of a deviation is at most that of a normal law's where tails are cut; an exponential's, which
    // far tails resemble, is twice as large.
    CHECK(s.deviation == doctest::Approx(deviation).epsilon(10 / std::sqrt(2 * 40000.0)));
    CHECK(s.low >= static_cast<double>(static_cast<T>(law.low)));
    CHECK(s.high <= static_cast<double>(static_cast<T>(law.high)));
}

}  // namespace

TEST_CASE("the truncated normal keeps its bounds and has the moments of the formula") {
    seed(24);
    check_truncated<float>({});
    check_truncated<double>({});
    check_truncated<float>({.mean = 1, .deviation = 0.1, .low = 0.95, .high = 1.3});
    check_truncated<double>({.low = -0.01, .high = 0.02});
    check_truncated<double>({.low = 8, .high = 9});
    check_truncated<double>({.mean = 5, .low = -4, .high = -3});
    check_truncated<double>({.low = -30, .high = 30});
    // Of 40000 numbers all but about 1820 would lie within 2 deviations anyway; within, the density is the normal one.
    const Array64 x = nn::init::truncated_normal<double>({40000});
    const auto inner = std::count_if(x.begin(), x.end(), [](double v) { return std::abs(v) < 1; });
    CHECK(static_cast<double>(inner) / 40000 == doctest::Approx(0.6826895 / 0.9544997).epsilon(0.016));
}

TEST_CASE("an element of the truncated normal depends on its stream and place only") {
    const random::Stream stream(3, 5);
    const Array64 many = nn::init::truncated_normal<double>({100, 100}, {}, stream),
                  few = nn::init::truncated_normal<double>({7}, {}, stream);
    for (std::size_t i = 0; i < 7; ++i) CHECK(few.data()[i] == many.data()[i]);
}

TEST_CASE("a truncated normal that cannot be is an error") {
    const auto make = [](const nn::init::TruncatedNormal& law) { nn::init::truncated_normal({2}, law); };
    const std::string wanted =
        "truncated_normal: expected a finite mean, a finite deviation above 0 and low < high, got ";
    CHECK_THROWS_WITH_AS(make({.deviation = 0}), (wanted + "0, 0, -2 and 2").c_str(), ConfigError);
    CHECK_THROWS_WITH_AS(make({.low = 2, .high = 2}), (wanted + "0, 1, 2 and 2").c_str(), ConfigError);
    CHECK_THROWS_WITH_AS(make({.mean = INFINITY}), (wanted + "inf, 1, -2 and 2").c_str(), ConfigError);
    CHECK_THROWS_WITH_AS(make({.low = 50, .high = 60}),
                         "truncated_normal: expected bounds that the normal distribution reaches, got 50 and 60 for mean 0 "
                         "and deviation 1",
                         ConfigError);
}

TEST_CASE("ones and the identity") {
    CHECK(nn::init::ones({2}) == Array{1.f, 1.f});
    CHECK(nn::init::eye<double>({2, 3}) == Array64{{1., 0., 0.}, {0., 1., 0.}});
    CHECK_THROWS_WITH_AS(nn::init::eye({2}, Location{}), "eye: expected the shape of a matrix, got (2)", ShapeError);
}

TEST_CASE("gain and fan of an option can be changed where it has them") {
    using nn::init::FanMode;
    const Shape shape{20, 30};
    const random::Stream stream(7, 3);
    CHECK(nn::Init::xavier_uniform.with_gain(2).make<float>(shape, stream) ==
          nn::init::xavier_uniform(shape, 2, stream));
    CHECK(nn::Init::he_normal.with_gain(1).with_mode(FanMode::out).make<float>(shape, stream) ==
          nn::init::he_normal(shape, 1, FanMode::out, stream));
    CHECK(nn::Init::orthogonal.with_gain(3).make<float>(shape, stream) == nn::init::orthogonal(shape, 3, stream));
    CHECK_FALSE(nn::Init::he_normal.with_gain(1) == nn::Init::he_normal);
    CHECK_THROWS_WITH_AS(nn::Init::zeros.with_gain(2, Location{}),
                         "Init: expected Xavier's, He's or orthogonal numbers to change the gain of, got others",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::Init::lecun_normal.with_gain(2, Location{}),
                         "Init: expected Xavier's, He's or orthogonal numbers to change the gain of, got others",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::Init::orthogonal.with_mode(FanMode::out, Location{}),
                         "Init: expected He's numbers to change the fan of, got others", ConfigError);
}

TEST_CASE("the options of layers stand for the functions") {
    const Shape shape{20, 30};
    const random::Stream stream(7, 3);
    CHECK(nn::Init::xavier_uniform.make<float>(shape, stream) == nn::init::xavier_uniform(shape, 1, stream));
    CHECK(nn::Init::xavier_normal.make<float>(shape, stream) == nn::init::xavier_normal(shape, 1, stream));
    CHECK(nn::Init::he_uniform.make<double>(shape, stream) ==
          nn::init::he_uniform<double>(shape, std::sqrt(2.0), stream));
    CHECK(nn::Init::he_normal.make<double>(shape, stream) ==
          nn::init::he_normal<double>(shape, std::sqrt(2.0), stream));
    CHECK(nn::Init::uniform(-2, 3).make<float>(shape, stream) == nn::init::uniform(shape, -2, 3, stream));
    CHECK(nn::Init::normal(1, 3).make<float>(shape, stream) == nn::init::normal(shape, 1, 3, stream));
    CHECK(nn::Init::kaiming_uniform == nn::Init::he_uniform);
    CHECK(nn::Init::kaiming_normal == nn::Init::he_normal);
    CHECK(nn::Init::lecun_uniform.make<float>(shape, stream) == nn::init::lecun_uniform(shape, stream));
    CHECK(nn::Init::lecun_normal.make<float>(shape, stream) == nn::init::lecun_normal(shape, stream));
    CHECK(nn::Init::orthogonal.make<float>(shape, stream) == nn::init::orthogonal(shape, 1, stream));
    const nn::init::TruncatedNormal law{.mean = 1, .deviation = 2, .low = 0, .high = 3};
    CHECK(nn::Init::truncated_normal(law).make<float>(shape, stream) ==
          nn::init::truncated_normal(shape, law, stream));
    CHECK(nn::Init::ones.make<float>({2}, stream) == Array{1.f, 1.f});
    CHECK(nn::Init::constant(4).make<float>({2}, stream) == Array{4.f, 4.f});
    CHECK(nn::Init::zeros.make<double>({2}, stream) == Array64{0., 0.});
    seed(3);
    check_uniform(nn::Init::standard.make<float>({100, 400}), 1 / std::sqrt(400.0));
}

TEST_CASE("the same seed gives the same numbers and the next stream gives others") {
    seed(5);
    const Array first = nn::init::he_uniform({4, 4}), second = nn::init::he_uniform({4, 4});
    seed(5);
    CHECK(nn::init::he_uniform({4, 4}) == first);
    CHECK_FALSE(first == second);
}

TEST_CASE("a parameter without elements can be initialised") {
    CHECK(nn::init::xavier_uniform({0, 0}).size() == 0);
    CHECK(nn::init::he_normal({3, 0}).shape() == Shape{3, 0});
}

namespace {

// The loss of a 2-4-1 network on XOR after 500 steps.
float xor_loss(nn::Init init) {
    seed(1);
    nn::Sequential net{nn::Linear{2, 4, {.init = init}}, nn::Tanh{}, nn::Linear{4, 1, {.init = init}}};
    const Array x{{0.f, 0.f}, {0.f, 1.f}, {1.f, 0.f}, {1.f, 1.f}}, y{{0.f}, {1.f}, {1.f}, {0.f}};
    optim::Adam adam{net.parameters(), {.lr = 0.05}};
    for (int step = 0; step < 500; ++step) {
        Tape tape;
        tape.backward(nn::mse(net(x), y));
        adam.step();
        adam.zero_grad();
    }
    return nn::mse(net(x), y).item();
}

}  // namespace

TEST_CASE("XOR is learned from Xavier's weights, and never from zeros") {
    // With all weights 0 every gradient but that of the last bias is 0, and stays it: the network says 1/2 whatever comes.
    CHECK(xor_loss(nn::Init::zeros) == doctest::Approx(0.25));
    CHECK(xor_loss(nn::Init::xavier_uniform) < 1e-3f);
    CHECK(xor_loss(nn::Init::constant(0.5)) > 0.05f);  // equal weights stay equal: four units are one
}
