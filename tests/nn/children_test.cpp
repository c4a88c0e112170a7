#include <xtape/nn/children.hpp>

#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace xtape;

namespace {

struct Unique : nn::Module {
    std::unique_ptr<float> factor = std::make_unique<float>(3.f);
    Tensor forward(const Tensor& x) override { return x; }
};

}  // namespace

TEST_CASE("children are numbered or named, in the order of adding") {
    detail::Children<float> children("Box");
    children.append(nn::Linear{1, 2});
    children.append("last", nn::Tanh{});
    CHECK(children.size() == 2);
    CHECK(children.name(0) == "0");
    CHECK(children.name(1) == "last");
    CHECK(children.find("last") == &children.at(1));
    CHECK(children.find("first") == nullptr);
}

TEST_CASE("children copy deep, each as its own class, and stay where they are in a move") {
    detail::Children<float> children("Box");
    const nn::Linear layer{2, 2};
    children.append(layer);
    detail::Children<float> copy = children;
    auto& linear = dynamic_cast<nn::Linear&>(copy.at(0));
    CHECK(linear.weight.value() == layer.weight.value());
    linear.weight.assign(nn::init::zeros({2, 2}));
    CHECK_FALSE(dynamic_cast<nn::Linear&>(children.at(0)).weight.value() == nn::init::zeros({2, 2}));

    const nn::Module* const before = &children.at(0);
    const detail::Children<float> moved = std::move(children);
    CHECK(&moved.at(0) == before);
}

TEST_CASE("children are walked over as modules") {
    detail::Children<float> children("Box");
    CHECK(children.begin() == children.end());
    children.append(nn::Linear{1, 2});
    children.append(nn::Tanh{});
    std::vector<std::string> names;
    for (nn::Module& module : children) names.push_back(module.describe());
    CHECK(names == std::vector<std::string>{"Linear 1->2", "Tanh"});
    CHECK((children.begin()++)->describe() == "Linear 1->2");
}

TEST_CASE("errors of children name their owner") {
    detail::Children<float> children("Box");
    children.append(Unique{});
    CHECK_THROWS_WITH_AS(children.at(1), "Box: expected a layer number below 1, got 1", ConfigError);
    CHECK_THROWS_WITH_AS(detail::Children<float>{children}, "Box: expected layers that can be copied, got Unique",
                         ConfigError);
}
