#include "nn/nested.hpp"

#include <xtape/nn/module.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/optim/sgd.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

using namespace xtape;
using support::Mlp;
using support::Pair;

namespace {

std::vector<std::string> names_of(nn::Module& module) {
    std::vector<std::string> names;
    for (const auto& [name, parameter] : module.named_parameters()) names.push_back(name);
    return names;
}

bool same(const Array& a, const Array& b) {
    return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

}  // namespace

TEST_CASE("parameters are named by their path and come in the order of visit") {
    Pair pair;
    const std::vector<std::string> names{"encoder.hidden.weight", "encoder.hidden.bias", "encoder.output.weight",
                                         "encoder.output.bias",   "decoder.0.weight",    "decoder.0.bias",
                                         "decoder.1.weight",      "decoder.1.bias",      "scale"};
    CHECK(names_of(pair) == names);
    const ParameterList parameters = pair.parameters();
    REQUIRE(parameters.size() == names.size());
    for (std::size_t i = 0; i < names.size(); ++i) CHECK(parameters[i].name() == names[i]);
    CHECK(pair.encoder.output.weight.name() == "encoder.output.weight");
}

TEST_CASE("a part of a model names its parameters from where it stands") {
    Pair pair;
    CHECK(pair.encoder.parameters()[0].name() == "hidden.weight");
    CHECK(pair.encoder.hidden.parameters()[0].name() == "weight");
}

TEST_CASE("parameter_count adds up the scalars of all parameters") {
    Mlp mlp;
    CHECK(mlp.parameter_count() == 3 * 4 + 4 + 4 * 2 + 2);
    nn::Sequential none;
    CHECK(none.parameter_count() == 0);
    CHECK(none.parameters().empty());
}

TEST_CASE("modules are listed from the root down, each once") {
    Pair pair;
    std::vector<std::string> names;
    for (const auto& [name, module] : pair.named_modules()) names.push_back(name);
    CHECK(names == std::vector<std::string>{"", "encoder", "encoder.hidden", "encoder.output", "decoder", "decoder.0",
                                            "decoder.1"});
    CHECK(pair.named_modules()[2].module == &pair.encoder.hidden);
}

TEST_CASE("apply reaches every module once, members before the module that has them") {
    struct Tied : nn::Module {
        Mlp first;
        nn::Sequential rest{nn::Linear{2, 2}};
        Tensor forward(const Tensor& x) override { return rest(first(x)); }
        void visit(nn::Visitor& v) override {
            v("first", first);
            v("again", first.output);
            v("rest", rest);
        }
    } tied;
    std::vector<nn::Module*> seen;
    tied.apply([&](nn::Module& module) { seen.push_back(&module); });
    CHECK(seen == std::vector<nn::Module*>{&tied.first.hidden, &tied.first.output, &tied.first, &tied.rest[0], &tied.rest,
                                           &tied});
    tied.apply([](nn::Module& module) {
        if (auto* linear = dynamic_cast<nn::Linear*>(&module)) linear->bias->assign(Array(linear->bias->shape(), 7.f));
    });
    CHECK(tied.first.hidden.bias->value() == Array{7.f, 7.f, 7.f, 7.f});
}

TEST_CASE("frozen parameters get no gradient, stay in a step, and count as not trainable") {
    Mlp model;
    optim::SGD sgd{model.parameters(), {.lr = 1}};
    const auto step = [&] {
        Tape tape;
        tape.backward(sum(square(model(Array{{1.f, 2.f, 3.f}}))));
        sgd.step();
        sgd.zero_grad();
    };
    CHECK(model.trainable_parameter_count() == model.parameter_count());
    model.hidden.freeze();
    CHECK(model.trainable_parameter_count() == 4 * 2 + 2);
    CHECK(model.parameter_count() == 3 * 4 + 4 + 4 * 2 + 2);
    const Array hidden = model.hidden.weight.value(), output = model.output.weight.value();
    step();
    CHECK(same(model.hidden.weight.value(), hidden));
    CHECK_FALSE(same(model.output.weight.value(), output));

    Mlp copy = model;
    CHECK(copy.hidden.weight.frozen());
    CHECK_FALSE(copy.output.weight.frozen());

    model.freeze();
    CHECK(model.trainable_parameter_count() == 0);
    model.unfreeze();
    CHECK(model.trainable_parameter_count() == model.parameter_count());
    step();
    CHECK_FALSE(same(model.hidden.weight.value(), hidden));
}

TEST_CASE("a parameter shared by two members is listed once, under its first name") {
    struct Tied : nn::Module {
        nn::Linear first{2, 2};
        ParameterRef again = first.weight;
        Tensor forward(const Tensor& x) override { return x; }
        void visit(nn::Visitor& v) override {
            v("first", first);
            v("again", again);
        }
    } tied;
    CHECK(names_of(tied) == std::vector<std::string>{"first.weight", "first.bias"});
}

TEST_CASE("buffers are named by their path, come in the order of visit, and are no parameters") {
    struct Counting : nn::Module {
        Parameter weight{Array{1.f}};
        Array mean{2.f, 3.f};
        IndexArray steps{std::int64_t{4}};
        Tensor forward(const Tensor& x) override { return x * weight; }
        void visit(nn::Visitor& v) override {
            v.buffer("mean", mean);
            v("weight", weight);
            v.buffer("steps", steps);
            v.buffer("again", mean);
        }
    };
    struct Pairs : nn::Module {
        Counting first, second;
        Tensor forward(const Tensor& x) override { return second(first(x)); }
        void visit(nn::Visitor& v) override {
            v("first", first);
            v("second", second);
        }
    } pairs;
    std::vector<std::string> names;
    for (const auto& [name, array] : pairs.named_buffers()) names.push_back(name);
    CHECK(names == std::vector<std::string>{"first.mean", "first.steps", "second.mean", "second.steps"});
    CHECK(std::get<Array*>(pairs.named_buffers()[2].array) == &pairs.second.mean);
    CHECK(std::get<IndexArray*>(pairs.named_buffers()[1].array) == &pairs.first.steps);
    CHECK(names_of(pairs) == std::vector<std::string>{"first.weight", "second.weight"});
}

TEST_CASE("a buffer with the name of another member is an error that says it") {
    struct Named : nn::Module {
        Parameter weight{Array{1.f}};
        Array buffer{1.f};
        Tensor forward(const Tensor& x) override { return x; }
        void visit(nn::Visitor& v) override {
            v("w", weight);
            v.buffer("w", buffer);
        }
    } named;
    CHECK_THROWS_WITH_AS(named.named_buffers(),
                         "visit: expected names that differ, got \"w\" for a buffer and another member", ConfigError);
}

TEST_CASE("a module that shows itself to a visitor does no harm") {
    struct Loop : nn::Module {
        Parameter weight{Array{1.f}};
        Tensor forward(const Tensor& x) override { return x; }
        void visit(nn::Visitor& v) override {
            v("self", *this);
            v("weight", weight);
        }
    } loop;
    CHECK(names_of(loop) == std::vector<std::string>{"weight"});
}

TEST_CASE("names that visit must not use are an error that says them") {
    struct Named : nn::Module {
        std::string first, second;
        Parameter a{Array{1.f}}, b{Array{1.f}};
        Tensor forward(const Tensor& x) override { return x; }
        void visit(nn::Visitor& v) override {
            v(first, a);
            v(second, b);
        }
    } named;
    named.first = "a.b";
    CHECK_THROWS_WITH_AS(named.parameters(), "visit: expected a name that is not empty and has no dots, got \"a.b\"",
                         ConfigError);
    named.first = "";
    CHECK_THROWS_WITH_AS(named.parameters(), "visit: expected a name that is not empty and has no dots, got \"\"",
                         ConfigError);
    named.first = named.second = "w";
    CHECK_THROWS_WITH_AS(named.parameters(), "visit: expected names that differ, got \"w\" for two parameters",
                         ConfigError);
}

TEST_CASE("a copy of a model has equal numbers of its own") {
    Mlp model;
    Mlp copy = model;
    CHECK(same(copy.hidden.weight.value(), model.hidden.weight.value()));
    CHECK_FALSE(copy.hidden.weight.is(model.hidden.weight));
    copy.hidden.weight.assign(nn::init::zeros({4, 3}));
    CHECK_FALSE(same(copy.hidden.weight.value(), model.hidden.weight.value()));
    CHECK(copy(Array{{1.f, 2.f, 3.f}}).shape() == Shape{1, 2});
}

TEST_CASE("a model may be moved while an optimizer works on it") {
    Mlp model;
    optim::SGD sgd{model.parameters(), {.lr = 1}};
    const Array before = model.output.bias->value();
    Mlp moved = std::move(model);
    {
        Tape tape;
        tape.backward(sum(moved(Array{{1.f, 2.f, 3.f}})));
    }
    sgd.step();
    // y = W h + b, so every bias has gradient 1.
    CHECK(moved.output.bias->value()(0) == before(0) - 1);
    CHECK(moved.output.bias->value()(1) == before(1) - 1);
}

TEST_CASE("zero_grad forgets the gradients of the whole tree") {
    Mlp model;
    Tape tape;
    tape.backward(sum(model(Array{{1.f, 2.f, 3.f}})));
    CHECK(model.hidden.weight.has_grad());
    CHECK(model.output.bias->has_grad());
    model.zero_grad();
    for (const auto& parameter : model.parameters()) CHECK_FALSE(parameter.has_grad());
}

TEST_CASE("train and eval reach every module") {
    Pair pair;
    CHECK(pair.training());
    pair.eval();
    for (const auto& [name, module] : pair.named_modules()) CHECK_FALSE(module->training());
    pair.train();
    for (const auto& [name, module] : pair.named_modules()) CHECK(module->training());
}

TEST_CASE("an evaluation scope gives every module its own mode back, after an exception too") {
    Pair pair;
    pair.encoder.eval();
    try {
        const nn::EvaluationScope scope(pair);
        for (const auto& [name, module] : pair.named_modules()) CHECK_FALSE(module->training());
        throw std::runtime_error("stop");
    } catch (const std::runtime_error&) {
    }
    CHECK(pair.training());
    CHECK(pair.decoder[1].training());
    CHECK_FALSE(pair.encoder.training());
    CHECK_FALSE(pair.encoder.hidden.training());
}

TEST_CASE("a module is called by the name of its class unless it says otherwise") {
    CHECK(Mlp{}.describe() == "Mlp");
    CHECK(nn::Linear(784, 256).describe() == "Linear 784->256");
}
