#include <xtape/nn/lambda.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>

#include <doctest/doctest.h>

#include <functional>

using namespace xtape;

namespace {

Tensor half(const Tensor& x) { return x / 2.f; }

}  // namespace

TEST_CASE("a lambda is a layer among others, also in a copy") {
    nn::Sequential net{nn::Lambda{[](const Tensor& x) { return tanh(x); }}, nn::Lambda{half, "Half"}};
    nn::Sequential copy = net;
    for (nn::Sequential* each : {&net, &copy}) {
        CHECK((*each)(Array{0.f}).value() == Array{0.f});
        CHECK((*each)(Array{50.f}).value() == Array{0.5f});
        CHECK((*each)[0].describe() == "Lambda");
        CHECK((*each)[1].describe() == "Half");
        CHECK(each->parameters().empty());
    }
}

TEST_CASE("copies of a lambda have states of their own") {
    nn::Lambda counting{[n = 0.f](const Tensor& x) mutable { return x + ++n; }};
    CHECK(counting(Array{0.f}).value() == Array{1.f});
    nn::Lambda copy = counting;
    CHECK(counting(Array{0.f}).value() == Array{2.f});
    CHECK(copy(Array{0.f}).value() == Array{2.f});
}

TEST_CASE("a lambda passes the gradient check") {
    nn::Lambda64 cube{[](const Tensor64& x) { return x * x * x; }};
    const auto check = gradcheck([&](const Tensor64& x) { return cube(x); }, {Array64{0.5, -1.5}});
    CHECK_MESSAGE(check.ok, check.message);
}

TEST_CASE("an empty function is an error that says the name of the layer") {
    CHECK_THROWS_WITH_AS((nn::Lambda{std::function<Tensor(const Tensor&)>(), "Head"}),
                         "Head: expected a function, got an empty one", ConfigError);
}

TEST_CASE("an error inside a lambda says its name") {
    nn::Sequential net{nn::Lambda{[](const Tensor& x) { return reshape(x, {3}); }, "Three"}};
    try {
        net(Array{1.f, 2.f});
        FAIL("nothing was thrown");
    } catch (const ShapeError& error) {
        CHECK(error.layer() == "0 (Three)");
    }
}

TEST_CASE("the identity gives back its input") {
    nn::Identity identity;
    const Tensor x = Array{{1.f, -2.f}};
    const Tensor y = identity(x);
    CHECK(&y.value() == &x.value());
    CHECK(identity.describe() == "Identity");
    CHECK(identity.parameters().empty());
}
