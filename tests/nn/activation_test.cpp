#include <xtape/nn/activation.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/sequential.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

using namespace xtape;

namespace {

// A layer and what it does to a number: the definitions, not the operations.
struct Known {
    std::shared_ptr<nn::Module64> layer;
    std::string text;
    std::function<double(double)> f;
};

template <class Layer, class... A>
std::shared_ptr<nn::Module64> make(A... arguments) {
    return std::make_shared<Layer>(arguments...);
}

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }
double elu_of(double x, double alpha) { return x > 0 ? x : alpha * (std::exp(x) - 1); }
double gelu_tanh_of(double x) {
    return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.)) * (x + 0.044715 * x * x * x)));
}

std::vector<Known> elementwise() {
    using namespace nn;
    return {
        {make<Tanh64>(), "Tanh", [](double x) { return std::tanh(x); }},
        {make<ReLU64>(), "ReLU", [](double x) { return std::max(x, 0.); }},
        {make<Sigmoid64>(), "Sigmoid", sigmoid_of},
        {make<SELU64>(), "SELU", [](double x) { return 1.0507009873554805 * elu_of(x, 1.6732632423543772); }},
        {make<SiLU64>(), "SiLU", [](double x) { return x * sigmoid_of(x); }},
        {make<Swish64>(), "SiLU", [](double x) { return x * sigmoid_of(x); }},
        {make<Mish64>(), "Mish", [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
        {make<LeakyReLU64>(), "LeakyReLU 0.01", [](double x) { return x > 0 ? x : 0.01 * x; }},
        {make<LeakyReLU64>(0.2), "LeakyReLU 0.2", [](double x) { return x > 0 ? x : 0.2 * x; }},
        {make<PReLU64>(), "PReLU 1", [](double x) { return x > 0 ? x : 0.25 * x; }},
        {make<ELU64>(), "ELU 1", [](double x) { return elu_of(x, 1); }},
        {make<ELU64>(0.5), "ELU 0.5", [](double x) { return elu_of(x, 0.5); }},
        {make<GELU64>(), "GELU", [](double x) { return x * (1 + std::erf(x / std::sqrt(2.))) / 2; }},
        {make<GELU64>(GELUOptions{.approximate = true}), "GELU approximate", gelu_tanh_of},
        {make<Softplus64>(), "Softplus 1", [](double x) { return std::log1p(std::exp(x)); }},
        {make<Softplus64>(SoftplusOptions{.beta = 2, .threshold = 1}), "Softplus 2",
         [](double x) { return 2 * x > 1 ? x : std::log1p(std::exp(2 * x)) / 2; }},
        {make<Hardtanh64>(), "Hardtanh -1 .. 1", [](double x) { return std::clamp(x, -1., 1.); }},
        {make<Hardtanh64>(0., 6.), "Hardtanh 0 .. 6", [](double x) { return std::clamp(x, 0., 6.); }},
    };
}

}  // namespace

TEST_CASE("activations as layers are their functions of every element") {
    const Array64 x{{-2.5, -0.75, -0.1}, {0.2, 0.9, 3.}};
    for (const Known& known : elementwise()) {
        INFO(known.text);
        const Array64 y = (*known.layer)(x).value();
        REQUIRE(y.shape() == x.shape());
        for (std::size_t i = 0; i < x.size(); ++i)
            CHECK(y.data()[i] == doctest::Approx(known.f(x.data()[i])).epsilon(1e-13));
    }
    CHECK(nn::ReLU{}(Array{-1.f, 2.f}).value() == Array{0.f, 2.f});
}

TEST_CASE("activations as layers say what they are") {
    for (const auto& [layer, text, f] : elementwise()) CHECK(layer->describe() == text);
    CHECK(nn::Softmax{}.describe() == "Softmax axis -1");
    CHECK(nn::LogSoftmax{1}.describe() == "LogSoftmax axis 1");
    CHECK(nn::PReLU{16}.describe() == "PReLU 16");
}

TEST_CASE("activations as layers pass the gradient check") {
    // At least 2e-3 from the kinks at -1, 0, 0.5, 1 and 6.
    const Array64 x{{-2.5, -0.75, -0.1}, {0.2, 0.9, 3.}};
    std::vector<std::shared_ptr<nn::Module64>> layers{make<nn::Softmax64>(), make<nn::Softmax64>(0),
                                                      make<nn::LogSoftmax64>(), make<nn::LogSoftmax64>(0),
                                                      make<nn::PReLU64>(std::size_t{3}, 0.3)};
    for (const Known& known : elementwise()) layers.push_back(known.layer);
    for (const auto& layer : layers) {
        const auto report = gradcheck([&](const Tensor64& v) { return (*layer)(v); }, {x});
        CHECK_MESSAGE(report.ok, layer->describe(), ": ", report.message);
    }
}

TEST_CASE("the slopes of PReLU are a parameter, one for all or one a channel") {
    nn::PReLU64 one, three{3, 0.1};
    REQUIRE(one.named_parameters().size() == 1);
    CHECK(one.named_parameters()[0].name == "weight");
    CHECK(one.weight.value() == Array64{0.25});
    CHECK(three.weight.value() == Array64{0.1, 0.1, 0.1});

    three.weight.assign({0.5, 2., 3.});
    CHECK(three(Array64{{-1., -1., -1.}, {1., -2., 0.}}).value() == Array64{{-0.5, -2., -3.}, {1., -4., 0.}});
    const Array64 image(Shape{2, 3, 1, 2}, -1.0), y = three(image).value();
    REQUIRE(y.shape() == image.shape());
    CHECK(y(1, 0, 0, 1) == -0.5);
    CHECK(y(0, 2, 0, 0) == -3);
    CHECK(one(Array64{-4., 2.}).value() == Array64{-1., 2.});

    const Array64 x{{-1.5, 0.3, -0.2}, {0.8, -2.0, 0.4}};
    for (nn::PReLU64* layer : {&one, &three}) {
        const auto report = gradcheck(*layer, [&] { return sum(square((*layer)(x))); });
        CHECK_MESSAGE(report.ok, layer->describe(), ": ", report.message);
    }
}

TEST_CASE("softmax and its logarithm act along the last axis unless told otherwise") {
    const Array64 x{{0., std::log(3.)}, {0., 0.}};
    const Array64 rows = nn::Softmax64{}(x).value(), columns = nn::Softmax64{0}(x).value();
    CHECK(rows(0, 0) == doctest::Approx(0.25).epsilon(1e-15));
    CHECK(rows(1, 1) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(columns(0, 0) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(columns(0, 1) == doctest::Approx(0.75).epsilon(1e-15));
    CHECK(nn::LogSoftmax64{}(x).value()(0, 0) == doctest::Approx(-std::log(4.)).epsilon(1e-15));
    CHECK(nn::LogSoftmax64{0}(x).value()(0, 1) == doctest::Approx(std::log(0.75)).epsilon(1e-14));
}

TEST_CASE("activations stand in a Sequential and are copied with it") {
    nn::Sequential net{nn::PReLU{2}, nn::GELU{{.approximate = true}}, nn::Softmax{}};
    nn::Sequential copy = net;
    const Array x{{-1.f, 2.f}};
    CHECK(net(x).value() == copy(x).value());
    CHECK(net.parameter_count() == 2);
}

TEST_CASE("options and inputs that do not fit an activation are errors") {
    CHECK_THROWS_WITH_AS(nn::PReLU(0, 0.25, Location{}), "PReLU: expected at least 1 channel, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(nn::Softplus({.beta = 0}, Location{}), "Softplus: expected a beta of more than 0, got 0",
                         ConfigError);
    CHECK_THROWS_WITH_AS(nn::Hardtanh(1, -1, Location{}), "Hardtanh: expected low <= high, got 1 and -1", ConfigError);
    nn::PReLU three{3};
    const auto text = [&](const Shape& shape) {
        try {
            three(Array(shape, 1.f));
        } catch (const ShapeError& error) {
            return error.message();
        }
        return std::string("no error");
    };
    CHECK(text({2, 4}) == "PReLU: expected (N, 3, ...) for 3 channels, got (2, 4)");
    CHECK(text({3}) == "PReLU: expected (N, 3, ...) for 3 channels, got (3)");
    nn::Softmax far{2};
    CHECK_THROWS_AS(far(Array{{1.f}}), ShapeError);
}
