#include "nn/nested.hpp"

#include <xtape/nn/module.hpp>

#include <xtape/autodiff/tape.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace xtape;
using support::Mlp;
using support::Pair;

namespace {

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

TEST_CASE("an error in a layer called alone begins with the layer and ends with the place of the call") {
    nn::Linear layer{3, 4};
    // Compilers disagree on the line of a call inside a macro's argument, so the call stands outside.
    const unsigned line = __LINE__ + 1;
    const auto call = [&] { layer(Array{{1.f, 2.f}}); };
    CHECK(error_of(call, line) ==
          "Linear 3->4: linear: expected input (..., in), weight (out, in), bias (out), got (1, 2), (4, 3), (4) "
          "(at module_errors_test.cpp:here)");
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
          "(at nested.hpp:here)");
    CHECK(error_of(
              [&] {
                  pair(Array{{1.f, 2.f}});
              },
              Mlp::forward_line) ==
          "encoder.hidden (Linear 3->4): linear: expected input (..., in), weight (out, in), bias (out), got (1, 2), "
          "(4, 3), (4) "
          "(at nested.hpp:here)");
}

TEST_CASE("an error in a model's own forward names the model's class") {
    struct Wrong : nn::Module {
        Tensor forward(const Tensor& x) override { return x + Array{1.f, 2.f, 3.f}; }
    } wrong;
    const unsigned line = __LINE__ + 1;
    const auto call = [&] { wrong(Array{1.f, 2.f}); };
    CHECK(error_of(call, line) ==
          "Wrong: add: expected shapes that broadcast together, got (2) and (3) (at module_errors_test.cpp:here)");
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
          "(at module_errors_test.cpp:here)");
    CHECK(error_of([&] { (void)model(negative); }, Rooted::Root::line) ==
          "deep.root (Root): sqrt: forward made NaN at [0] out of finite inputs: result (1) with 1 NaN; input 0 (1) all -1; "
          "record 8 (at module_errors_test.cpp:here)");
}

TEST_CASE("an anomaly of an operator in a layer ends with the place of the layer's call") {
    Enclosing outer;
    Tape tape{{.check_finite = true}};
    const Tensor zero = tape.watch(Array{0.f});
    CHECK(error_of([&] { (void)outer(zero); }, Enclosing::forward_line) ==
          "Inverse: divide: forward made inf at [0] out of finite inputs: result (1) with 1 inf; input 0 () all 1; input 1 (1) all "
          "0; record 1 (at module_errors_test.cpp:here)");
    const Tensor tiny = tape.watch(Array{1e-30f});
    const Tensor y = outer(tiny);
    CHECK(error_of([&] { tape.backward(y); }, Enclosing::forward_line) ==
          "Inverse: divide: backward made -inf at [0] in the gradient of input 1 out of finite values: gradient of input 1 (1) "
          "with 1 inf; gradient of the result (1) all 1; input 1 (1) all 1e-30; result (1) all 1e+30; record 3 "
          "(at module_errors_test.cpp:here)");
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
