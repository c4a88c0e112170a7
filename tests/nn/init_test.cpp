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
