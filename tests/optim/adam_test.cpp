#include <xtape/optim/adam.hpp>

#include "optim/support.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace xtape;
using support::check_path;
using support::path;

namespace {

// Algorithm 1 of the paper, word for word, for one number.
std::vector<double> algorithm_1(const optim::AdamOptions& o, const std::vector<double>& gradients) {
    double x = 1, m = 0, v = 0;
    std::vector<double> values;
    for (std::size_t t = 1; t <= gradients.size(); ++t) {
        const double g = gradients[t - 1] + o.weight_decay * x;
        m = o.beta1 * m + (1 - o.beta1) * g;
        v = o.beta2 * v + (1 - o.beta2) * g * g;
        const double m_hat = m / (1 - std::pow(o.beta1, static_cast<double>(t)));
        const double v_hat = v / (1 - std::pow(o.beta2, static_cast<double>(t)));
        x -= o.lr * m_hat / (std::sqrt(v_hat) + o.epsilon);
        values.push_back(x);
    }
    return values;
}

}  // namespace

TEST_CASE("Adam's first steps are those worked by hand") {
    // beta1 = beta2 = 0.5, epsilon = 0, g = 2: m^ = 2, v^ = 4, step lr * 2 / 2.
    // Then g = -1: m = 0.5*1 - 0.5 = 0, so the step is 0; then g = 1: m = 0.5, m^ = 0.5 / 0.875 = 4/7,
    // v = 2, 1.5, 1.25, v^ = 1.25 / 0.875 = 10/7.
    const double third = 0.1 * (4. / 7) / std::sqrt(10. / 7);
    check_path(path<optim::Adam64>({.lr = 0.1, .beta1 = 0.5, .beta2 = 0.5, .epsilon = 0}, {2, -1, 1}),
               {0.9, 0.9, 0.9 - third});
}

TEST_CASE("epsilon stands outside the square root, after the correction") {
    // m^ = 2, sqrt(v^) = 2: 1 - 0.1 * 2 / (2 + 3)
    check_path(path<optim::Adam64>({.lr = 0.1, .epsilon = 3}, {2}), {0.96});
}

TEST_CASE("Adam follows algorithm 1 of the paper over many steps") {
    std::vector<double> gradients;
    for (int t = 0; t < 50; ++t) gradients.push_back(std::sin(0.7 * t) + 0.3);
    for (const optim::AdamOptions& options :
         {optim::AdamOptions{}, optim::AdamOptions{.lr = 0.02, .beta1 = 0.8, .beta2 = 0.9},
          optim::AdamOptions{.lr = 0.1, .epsilon = 1e-3, .weight_decay = 0.1}}) {
        check_path(path<optim::Adam64>(options, gradients), algorithm_1(options, gradients));
    }
}

TEST_CASE("in float the correction of the first step is exact") {
    // 1 - 0.999 in float alone is off by 1e-5; the first step is lr up to rounding whatever the gradient's size.
    for (const float g : {1e-3f, 1.f, 1e3f}) {
        Parameter p{Array{0.f}};
        p.accumulate_grad(Array{g});
        optim::Adam{{p}, {.lr = 1, .epsilon = 0}}.step();
        CHECK(p.value()(0) == doctest::Approx(-1).epsilon(1e-6));
    }
}

TEST_CASE("AMSGrad never takes a step with less memory than before") {
    // beta1 = 0, beta2 = 0.5, epsilon = 0: g = 4: v = 8, v^ = 16. g = 1: v = 4.5, the largest is 8, 8 / 0.75.
    const double second = 0.1 / std::sqrt(8 / 0.75);
    check_path(path<optim::Adam64>({.lr = 0.1, .beta1 = 0, .beta2 = 0.5, .epsilon = 0, .amsgrad = true}, {4, 1}),
               {0.9, 0.9 - second});
}

TEST_CASE("AdamW shrinks the parameter and leaves the gradient alone") {
    // The first step is lr whatever the gradient: 1 (1 - 0.1 * 0.5) - 0.1, then 0.85 * 0.95 - 0.1.
    check_path(path<optim::AdamW64>({.lr = 0.1, .epsilon = 0, .weight_decay = 0.5}, {2, 2}), {0.85, 0.7075});
    check_path(path<optim::AdamW64>({.lr = 0.1, .epsilon = 0}, {2}), {0.999 - 0.1});  // 0.01 by default
}

TEST_CASE("extreme gradients give what the formula gives") {
    // In float the square of 1e20 is infinite and that of 1e-30 is zero; both sides of the quotient's fast way.
    const auto first_step = [](float g, double epsilon) {
        Parameter p{Array{0.f}};
        p.accumulate_grad(Array{g});
        optim::Adam{{p}, {.lr = 1, .epsilon = epsilon}}.step();
        return p.value()(0);
    };
    CHECK(first_step(1e20f, 1e-8) == 0);
    CHECK(first_step(1e-30f, 1e-8) == doctest::Approx(-1e-22).epsilon(1e-5));
    CHECK(std::isnan(first_step(0, 0)));
    CHECK(first_step(0, 1e-8) == 0);
    CHECK(std::isnan(first_step(NAN, 1e-8)));
    CHECK(first_step(1e-15f, 0) == doctest::Approx(-1).epsilon(1e-6));
}

TEST_CASE("updates are counted for each parameter on its own") {
    Parameter64 early{Array64{1.}}, late{Array64{1.}};
    optim::Adam64 adam{{early, late}, {.lr = 0.1, .epsilon = 0}};
    early.accumulate_grad(Array64{2.});
    adam.step();
    late.accumulate_grad(Array64{5.});
    adam.step();
    CHECK(late.value()(0) == doctest::Approx(0.9).epsilon(1e-14));
}

TEST_CASE("a long parameter is updated in every element") {
    const std::size_t n = 100003;  // several blocks, the last one short and not a whole register
    Array start = empty_array<float>({n}), gradient = empty_array<float>({n});
    for (std::size_t i = 0; i < n; ++i) {
        start(i) = static_cast<float>(i % 7);
        gradient(i) = i % 2 == 0 ? 1.f : -2.f;
    }
    Parameter p{start};
    p.accumulate_grad(gradient);
    optim::Adam{{p}, {.lr = 0.5, .epsilon = 0}}.step();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n; ++i)
        wrong += std::abs(p.value()(i) - (start(i) + (i % 2 == 0 ? -0.5f : 0.5f))) > 1e-5f;
    CHECK(wrong == 0);
}

TEST_CASE("options may be written as floats") {
    Parameter p{Array{1.f}};
    CHECK(optim::AdamW{{p}, {.lr = 3e-3f, .weight_decay = 1e-4f}}.learning_rate() == doctest::Approx(3e-3));
}

TEST_CASE("options of Adam out of range are errors that name them") {
    Parameter p{Array{1.f}};
    const Location nowhere{};
    const auto make = [&](const optim::AdamOptions& options) { optim::Adam({p}, options, nowhere); };
    CHECK_THROWS_WITH_AS(make({.lr = -0.5}), "Adam: expected a learning rate of at least 0, got -0.5", ConfigError);
    CHECK_THROWS_WITH_AS(make({.beta1 = 1}), "Adam: expected a beta1 in [0, 1), got 1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.beta2 = -0.1}), "Adam: expected a beta2 in [0, 1), got -0.1", ConfigError);
    CHECK_THROWS_WITH_AS(make({.epsilon = -1e-8}), "Adam: expected an epsilon of at least 0, got -1e-08", ConfigError);
    CHECK_THROWS_WITH_AS(make({.weight_decay = -2}), "Adam: expected a weight_decay of at least 0, got -2",
                         ConfigError);
    CHECK_THROWS_WITH_AS(optim::AdamW({p}, {.beta1 = -1}, nowhere), "AdamW: expected a beta1 in [0, 1), got -1",
                         ConfigError);
}
