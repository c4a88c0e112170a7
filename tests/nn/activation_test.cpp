#include <xtape/nn/activation.hpp>

#include <xtape/autodiff/gradcheck.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

TEST_CASE("activations as layers are the functions") {
    nn::Tanh64 t;
    nn::ReLU64 r;
    nn::Sigmoid64 s;
    const Array64 x{-2., 0., 0.5};
    const Array64 relu_expected{0., 0., 0.5};
    CHECK(r(x).value() == relu_expected);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(t(x).value()(i) == doctest::Approx(std::tanh(x(i))).epsilon(1e-14));
        CHECK(s(x).value()(i) == doctest::Approx(1 / (1 + std::exp(-x(i)))).epsilon(1e-14));
    }
    CHECK(nn::ReLU{}(Array{-1.f, 2.f}).value() == Array{0.f, 2.f});
}

TEST_CASE("activations as layers have no parameters and say what they are") {
    nn::Tanh t;
    nn::ReLU r;
    nn::Sigmoid s;
    CHECK(t.parameters().empty());
    CHECK(t.describe() == "Tanh");
    CHECK(r.describe() == "ReLU");
    CHECK(s.describe() == "Sigmoid");
}

TEST_CASE("activations as layers pass the gradient check") {
    const Array64 x{{-1.5, 0.3}, {0.8, 2.0}};
    nn::Tanh64 t;
    nn::ReLU64 r;
    nn::Sigmoid64 s;
    for (nn::Module64* layer :
         {static_cast<nn::Module64*>(&t), static_cast<nn::Module64*>(&r), static_cast<nn::Module64*>(&s)}) {
        const auto report = gradcheck([&](const Tensor64& v) { return (*layer)(v); }, {x});
        CHECK_MESSAGE(report.ok, layer->describe(), ": ", report.message);
    }
}
