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

namespace {

struct Mlp : nn::Module {
    nn::Linear hidden{3, 4};
    nn::Linear output{4, 2};

    static constexpr unsigned forward_line = __LINE__ + 1;
    Tensor forward(const Tensor& x) override { return output(tanh(hidden(x))); }
    void visit(nn::Visitor& v) override {
        v("hidden", hidden);
        v("output", output);
    }
};

struct Pair : nn::Module {
    Mlp encoder;
    nn::Sequential decoder{nn::Linear{2, 5}, nn::Linear{7, 1}};
    Parameter scale{Array{2.f}};

    static constexpr unsigned forward_line = __LINE__ + 1;
    Tensor forward(const Tensor& x) override { return decoder(encoder(x)) * scale; }
    void visit(nn::Visitor& v) override {
        v("encoder", encoder);
        v("decoder", decoder);
        v("scale", scale);
    }
};

std::vector<std::string> names_of(nn::Module& module) {
    std::vector<std::string> names;
    for (const auto& [name, parameter] : module.named_parameters()) names.push_back(name);
    return names;
}

bool same(const Array& a, const Array& b) {
    return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

// What a module says when its forward fails, with the line of the call that failed replaced by "here".
template <class F>
std::string error_of(F&& f, unsigned line = 0) {
    try {
        f();
    } catch (const Error& error) {
        std::string text = error.what();
        const std::string place = ":" + std::to_string(line) + ")";
        if (const auto at = text.find(place); at != std::string::npos) text.replace(at, place.size(), ":here)");
        return text;
    }
    return "no error";
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

TEST_CASE("an error in a layer called alone begins with the layer and ends with the place of the call") {
    nn::Linear layer{3, 4};
    // Compilers disagree on the line of a call inside a macro's argument, so the call stands outside.
    const unsigned line = __LINE__ + 1;
    const auto call = [&] { layer(Array{{1.f, 2.f}}); };
    CHECK(error_of(call, line) ==
          "Linear 3->4: linear: expected input (..., in), weight (out, in), bias (out), got (1, 2), (4, 3), (4) "
          "(at module_test.cpp:here)");
}

TEST_CASE("an error deep in a model says the whole path of its layer") {
    Pair pair;
    CHECK(error_of(
              [&] {
                  pair(Array{{1.f, 2.f, 3.f}});
              },
              Pair::forward_line) ==
          "decoder.1 (Linear 7->1): linear: expected input (..., in), weight (out, in), bias (out), got (1, 5), (1, "
          "7), (1) "
          "(at module_test.cpp:here)");
    CHECK(error_of(
              [&] {
                  pair(Array{{1.f, 2.f}});
              },
              Mlp::forward_line) ==
          "encoder.hidden (Linear 3->4): linear: expected input (..., in), weight (out, in), bias (out), got (1, 2), "
          "(4, 3), (4) "
          "(at module_test.cpp:here)");
}

TEST_CASE("an error in a model's own forward names the model's class") {
    struct Wrong : nn::Module {
        Tensor forward(const Tensor& x) override { return x + Array{1.f, 2.f, 3.f}; }
    } wrong;
    const unsigned line = __LINE__ + 1;
    const auto call = [&] { wrong(Array{1.f, 2.f}); };
    CHECK(error_of(call, line) ==
          "Wrong: add: expected shapes that broadcast together, got (2) and (3) (at module_test.cpp:here)");
}

TEST_CASE("an error keeps its type and its message, and a module outside the tree leaves the path alone") {
    struct Enclosing : nn::Module {
        nn::Linear hidden{3, 4};
        Tensor forward(const Tensor& x) override { return hidden(x); }
    } outer;  // does not name its member
    try {
        outer(Array{{1.f, 2.f}});
        FAIL("nothing was thrown");
    } catch (const ShapeError& error) {
        CHECK(error.layer() == "Linear 3->4");
        CHECK(error.message() ==
              "linear: expected input (..., in), weight (out, in), bias (out), got (1, 2), (4, 3), (4)");
        CHECK(error.module() == &outer.hidden);
    }
}

TEST_CASE("exceptions of others pass through a module unchanged") {
    struct Throwing : nn::Module {
        Tensor forward(const Tensor&) override { throw std::runtime_error("mine"); }
    } module;
    CHECK_THROWS_WITH_AS(module(Array{1.f}), "mine", std::runtime_error);
}

namespace {

/// A model whose one layer's gradient is infinite at 0.
struct Rooted : nn::Module {
    struct Root : nn::Module {
        static constexpr unsigned line = __LINE__ + 1;
        Tensor forward(const Tensor& x) override { return sqrt(x) + 1.f; }
        std::string describe() const override { return "Root"; }
    };
    struct Deep : nn::Module {
        Root root;
        Tensor forward(const Tensor& x) override { return root(x * 1.f); }
        void visit(nn::Visitor& v) override { v("root", root); }
    };
    Deep deep;
    Tensor forward(const Tensor& x) override { return square(deep(x)); }
    void visit(nn::Visitor& v) override { v("deep", deep); }
};

struct Inverse : nn::Module {
    Tensor forward(const Tensor& x) override { return 1.f / x; }
};

struct Enclosing : nn::Module {
    Inverse inverse;  // not named in visit
    static constexpr unsigned forward_line = __LINE__ + 1;
    Tensor forward(const Tensor& x) override { return inverse(x); }
};

}  // namespace

TEST_CASE("an anomaly in a backward names the layer in whose forward the operation ran, like one in the forward") {
    Rooted model;
    Tape tape{{.check_finite = true}};
    const Tensor x = tape.watch(Array{0.f, 1.f}), negative = tape.watch(Array{-1.f});
    CHECK(error_of([&] { tape.backward(sum(model(x))); }, Rooted::Root::line) ==
          "deep.root (Root): sqrt: backward made inf at [0] in the gradient of input 0 out of finite values: gradient of "
          "input 0 (2) with 1 inf, else all 2; gradient of the result (2) from 2 to 4; result (2) from 0 to 1; record 3 "
          "(at module_test.cpp:here)");
    CHECK(error_of([&] { (void)model(negative); }, Rooted::Root::line) ==
          "deep.root (Root): sqrt: forward made NaN at [0] out of finite inputs: result (1) with 1 NaN; input 0 (1) all -1; "
          "record 8 (at module_test.cpp:here)");
}

TEST_CASE("an anomaly of an operator in a layer ends with the place of the layer's call") {
    Enclosing outer;
    Tape tape{{.check_finite = true}};
    const Tensor zero = tape.watch(Array{0.f});
    CHECK(error_of([&] { (void)outer(zero); }, Enclosing::forward_line) ==
          "Inverse: divide: forward made inf at [0] out of finite inputs: result (1) with 1 inf; input 0 () all 1; input 1 (1) all "
          "0; record 1 (at module_test.cpp:here)");
    const Tensor tiny = tape.watch(Array{1e-30f});
    const Tensor y = outer(tiny);
    CHECK(error_of([&] { tape.backward(y); }, Enclosing::forward_line) ==
          "Inverse: divide: backward made -inf at [0] in the gradient of input 1 out of finite values: gradient of input 1 (1) "
          "with 1 inf; gradient of the result (1) all 1; input 1 (1) all 1e-30; result (1) all 1e+30; record 3 "
          "(at module_test.cpp:here)");
}

TEST_CASE("a model whose members cannot be named is checked all the same") {
    struct Nameless : nn::Module {
        nn::Linear part{1, 1};
        Tensor forward(const Tensor& x) override { return log(part(x)); }
        void visit(nn::Visitor& v) override { v("", part); }
    } model;
    Tape tape{{.check_finite = true}};
    model.part.weight.assign(Array{{0.f}});
    model.part.bias->assign(Array{0.f});
    CHECK_THROWS_AS(model(Array{{1.f}}), AnomalyError);
}
