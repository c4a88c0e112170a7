#include <xtape/nn/module_list.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/optim/sgd.hpp>

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

/// Adds up what its layers make of x.
struct Added : nn::Module {
    nn::ModuleList parts{nn::Linear{2, 3}, nn::Sequential{nn::Linear{2, 3}, nn::Tanh{}}};
    Tensor forward(const Tensor& x) override {
        Tensor y = parts[0](x);
        for (std::size_t i = 1; i < parts.size(); ++i) y = y + parts[i](x);
        return y;
    }
    void visit(nn::Visitor& v) override { v("parts", parts); }
};

struct Heads : nn::Module {
    nn::ModuleDict heads;
    Heads() {
        heads.insert("digit", nn::Linear{2, 3});
        heads.insert("parity", nn::Linear{2, 2});
    }
    Tensor forward(const Tensor& x) override { return heads["digit"](x); }
    void visit(nn::Visitor& v) override { v("heads", heads); }
};

std::vector<std::string> names_of(nn::Module& module) {
    std::vector<std::string> names;
    for (const auto& [name, parameter] : module.named_parameters()) names.push_back(name);
    return names;
}

}  // namespace

TEST_CASE("the layers of a list are those of the model, by number") {
    Added model;
    CHECK(names_of(model) ==
          std::vector<std::string>{"parts.0.weight", "parts.0.bias", "parts.1.0.weight", "parts.1.0.bias"});
    CHECK(model.parts.size() == 2);
    CHECK(model(Array{{1.f, 2.f}}).shape() == Shape{1, 3});
    CHECK(model.parts.describe() == "ModuleList");
}

TEST_CASE("a list grows, and is walked over in order") {
    nn::ModuleList list;
    CHECK(list.size() == 0);
    list.append(nn::Linear{1, 2});
    const nn::Tanh tanh;
    list.append(tanh);
    list.append(nn::ModuleList{nn::Linear{2, 1}});
    std::vector<std::string> names;
    for (nn::Module& layer : list) names.push_back(layer.describe());
    CHECK(names == std::vector<std::string>{"Linear 1->2", "Tanh", "ModuleList"});
    CHECK(names_of(list) == std::vector<std::string>{"0.weight", "0.bias", "2.0.weight", "2.0.bias"});
}

TEST_CASE("a copy of a list is deep, a move keeps what optimizers hold") {
    Added model;
    Added copy = model;
    CHECK(copy.parameters()[0].value() == model.parameters()[0].value());
    CHECK_FALSE(copy.parameters()[0].is(model.parameters()[0]));
    nn::ModuleList single{model.parts};
    CHECK(single.size() == 2);

    optim::SGD sgd{model.parameters(), {.lr = 1}};
    const ParameterList held = model.parameters();
    Added moved = std::move(model);
    const Array before = held[1].value();
    {
        Tape tape;
        tape.backward(sum(moved(Array{{1.f, 2.f}})));
    }
    sgd.step();
    CHECK(moved.parameters()[1].is(held[1]));
    CHECK(moved.parameters()[1].value()(0) == before(0) - 1);  // y = W x + b + ...: dy/db = 1
}

TEST_CASE("calling a list or a dictionary is an error that says what to do") {
    nn::ModuleList list{nn::Tanh{}, nn::Tanh{}};
    CHECK_THROWS_WITH_AS(
        list.forward(Array{1.f}),
        "ModuleList: expected calls of its 2 modules, got one of the list itself, which has no forward; "
        "a Sequential calls them in turn",
        ConfigError);
    nn::ModuleDict dict;
    CHECK_THROWS_WITH_AS(
        dict.forward(Array{1.f}),
        "ModuleDict: expected calls of its 0 modules, got one of the list itself, which has no forward; "
        "a Sequential calls them in turn",
        ConfigError);
}

TEST_CASE("a list refuses numbers out of range and copies of what cannot be copied") {
    nn::ModuleList list{Unique{}};
    CHECK_THROWS_WITH_AS(list[1], "ModuleList: expected a layer number below 1, got 1", ConfigError);
    CHECK_THROWS_WITH_AS(nn::ModuleList{list}, "ModuleList: expected layers that can be copied, got Unique",
                         ConfigError);
}

TEST_CASE("the layers of a dictionary are those of the model, by name and in the order of insertion") {
    Heads model;
    CHECK(names_of(model) == std::vector<std::string>{"heads.digit.weight", "heads.digit.bias", "heads.parity.weight",
                                                      "heads.parity.bias"});
    CHECK(model.heads.size() == 2);
    CHECK(model.heads.contains("parity"));
    CHECK_FALSE(model.heads.contains("letter"));
    CHECK(model(Array{{1.f, 2.f}}).shape() == Shape{1, 3});
    Heads copy = model;
    CHECK(copy.parameters()[0].value() == model.parameters()[0].value());
    CHECK_FALSE(copy.parameters()[0].is(model.parameters()[0]));
}

TEST_CASE("a dictionary refuses names it has or must not have, and says those it knows") {
    nn::ModuleDict dict;
    CHECK_THROWS_WITH_AS(dict["a"], "ModuleDict: expected one of the names (none), got \"a\"", ConfigError);
    dict.insert("a", nn::Tanh{});
    dict.insert("b", nn::Tanh{});
    CHECK_THROWS_WITH_AS(dict["c"], "ModuleDict: expected one of the names \"a\", \"b\", got \"c\"", ConfigError);
    CHECK_THROWS_WITH_AS(dict.insert("a", nn::ReLU{}), "ModuleDict: expected a new name, got \"a\" again", ConfigError);
    for (const std::string name : {"", "a.b"}) {
        CHECK_THROWS_WITH_AS(
            dict.insert(name, nn::ReLU{}),
            ("ModuleDict: expected a name that is not empty and has no dots, got \"" + name + "\"").c_str(),
            ConfigError);
    }
    CHECK(dict.size() == 2);
}
