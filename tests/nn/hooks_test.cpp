#include <xtape/nn/hooks.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace xtape;

namespace {

/// y = w x, w = 3.
struct Triple : nn::Module {
    Parameter w{Array{3.f}};
    Tensor forward(const Tensor& x) override { return x * w; }
    void visit(nn::Visitor& v) override { v("w", w); }
};

struct Deep : nn::Module {
    struct Inner : nn::Module {
        Triple first, second;
        static constexpr unsigned second_line = __LINE__ + 1;
        Tensor forward(const Tensor& x) override { return second(first(x)); }
        void visit(nn::Visitor& v) override {
            v("first", first);
            v("second", second);
        }
    };
    Inner inner;
    Tensor forward(const Tensor& x) override { return inner(x); }
    void visit(nn::Visitor& v) override { v("inner", inner); }
};

template <class E, class F>
std::string error_of(F&& f) {
    try {
        f();
    } catch (const E& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("hooks see the input and the output of a call, with the module") {
    Triple module;
    std::vector<std::pair<std::string, float>> seen;
    const auto input = module.on_input([&](nn::Module& m, const Tensor& x) {
        CHECK(&m == &module);
        seen.emplace_back("input", x.item());
    });
    const auto output = module.on_output([&](nn::Module& m, const Tensor& y) {
        CHECK(&m == &module);
        seen.emplace_back("output", y.item());
    });
    CHECK(module(Array{2.f}).value() == Array{6.f});
    CHECK(seen == std::vector<std::pair<std::string, float>>{{"input", 2.f}, {"output", 6.f}});
}

TEST_CASE("hooks replace what they return a tensor for, each seeing what the one before made") {
    Triple module;
    const auto doubled = module.on_input([](nn::Module&, const Tensor& x) { return x * 2.f; });
    const auto plus_one = module.on_output([](nn::Module&, const Tensor& y) { return y + 1.f; });
    const auto undefined = module.on_output([](nn::Module&, const Tensor&) { return Tensor(); });
    const auto negative = module.on_output([](nn::Module&, const Tensor& y) { return -y; });
    // By hand: -(3 * (2 * 5) + 1) = -31.
    CHECK(module(Array{5.f}).value() == Array{-31.f});
}

TEST_CASE("a hook on the gradient sees that of the output, and what it returns goes on in its place") {
    Triple module;
    std::vector<float> seen;
    auto hook = module.on_gradient([&](nn::Module&, const Tensor& g) {
        seen.push_back(g.item());
        return g * 10.f;
    });
    {
        Tape tape;
        const Tensor x = tape.watch(Array{2.f});
        // d(4 y)/dy = 4; then 40 goes on: dw = 40 x = 80 and dx = 40 w = 120.
        const auto gradients = tape.gradient(sum(module(x) * 4.f), {x, module.w});
        CHECK(gradients[0].value() == Array{120.f});
        CHECK(gradients[1].value() == Array{80.f});
        CHECK(seen == std::vector<float>{4.f});
    }
    {
        Tape tape;
        tape.backward(sum(module(Array{2.f}) * 4.f));
        CHECK(module.w.grad() == Array{80.f});
    }
    module.zero_grad();
    hook.remove();
    {
        Tape tape;
        tape.backward(sum(module(Array{2.f}) * 4.f));
        CHECK(module.w.grad() == Array{8.f});
    }
    CHECK(seen == std::vector<float>{4.f, 4.f});
}

TEST_CASE("a hook that observes the gradient changes no bit of value and gradients") {
    seed(3);
    nn::Linear plain{5, 4};
    nn::Linear hooked = plain;
    int calls = 0;
    const auto hook = hooked.on_gradient([&](nn::Module&, const Tensor& g) {
        CHECK(g.shape() == Shape{3, 4});
        ++calls;
    });
    const Array x = random::normal<float>({3, 5}, 0, 1);
    for (nn::Linear* layer : {&plain, &hooked}) {
        Tape tape;
        tape.backward(sum(square((*layer)(x))));
    }
    CHECK(calls == 1);
    CHECK(hooked(x).value() == plain(x).value());
    CHECK(hooked.weight.grad() == plain.weight.grad());
    CHECK(hooked.bias->grad() == plain.bias->grad());
}

TEST_CASE("a module called twice shows the gradients of both calls, last call first") {
    Triple module;
    std::vector<float> seen;
    const auto hook = module.on_gradient([&](nn::Module&, const Tensor& g) { seen.push_back(g.item()); });
    Tape tape;
    // y = w (w x): dy/dy = 1, then w = 3.
    tape.backward(sum(module(module(Array{1.f}))));
    CHECK(seen == std::vector<float>{1.f, 3.f});
    CHECK(module.w.grad() == Array{6.f});
}

TEST_CASE("hooks on the gradient take part in gradients of gradients") {
    struct Cube : nn::Module {
        Tensor forward(const Tensor& x) override { return pow(x, 3); }
    } cube;
    const auto hook = cube.on_gradient([](nn::Module&, const Tensor& g) { return g * 2.f; });
    Tape tape;
    const Tensor x = tape.watch(Array{2.f});
    const Tensor dx = tape.gradient(sum(cube(x)), x, {.create_graph = true});
    CHECK(dx.value() == Array{24.f});  // 2 * 3 x^2
    // The second derivative runs through the recorded 6 x^2 alone: 12 x.
    CHECK(tape.gradient(sum(dx), x).value() == Array{24.f});
}

TEST_CASE("without a recording tape, or a gradient that arrives, no hook on the gradient is called") {
    Triple module;
    int calls = 0;
    const auto hook = module.on_gradient([&](nn::Module&, const Tensor&) { ++calls; });
    CHECK(module(Array{2.f}).value() == Array{6.f});
    Tape tape;
    (void)module(Array{2.f});
    tape.backward(sum(square(module.w)));
    module.freeze();
    (void)module(Array{2.f});
    CHECK(calls == 0);
}

TEST_CASE("a hook ends with its handle, with remove, or with the module when the handle lets it") {
    Triple module;
    int calls = 0;
    const auto count = [&](nn::Module&, const Tensor&) { ++calls; };
    {
        const auto hook = module.on_output(count);
        module(Array{1.f});
        CHECK(calls == 1);
    }
    module(Array{1.f});
    CHECK(calls == 1);

    module.on_output(count).keep();
    auto second = module.on_output(count);
    module(Array{1.f});
    CHECK(calls == 3);
    second.remove();
    second.remove();
    module(Array{1.f});
    CHECK(calls == 4);

    nn::HookHandle handle = module.on_output(count);
    handle = module.on_input(count);  // the first is taken off
    module(Array{1.f});
    CHECK(calls == 6);
    nn::HookHandle other = std::move(handle);
    handle.remove();
    module(Array{1.f});
    CHECK(calls == 8);
}

TEST_CASE("a handle may outlive its module, and a tape the module whose gradient it was to show") {
    int calls = 0;
    auto module = std::make_unique<Triple>();
    auto hook = module->on_gradient([&](nn::Module&, const Tensor&) { ++calls; });
    Tape tape;
    const Tensor x = tape.watch(Array{2.f});
    const Tensor y = (*module)(x);
    module.reset();
    CHECK(tape.gradient(sum(y), x).value() == Array{3.f});
    CHECK(calls == 0);
    hook.remove();
}

TEST_CASE("a copy of a module has no hooks, a moved module takes them along") {
    Triple module;
    int calls = 0;
    const nn::Module* called = nullptr;
    auto hook = module.on_output([&](nn::Module& m, const Tensor&) {
        ++calls;
        called = &m;
    });
    Triple copy = module;
    copy(Array{1.f});
    CHECK(calls == 0);

    Triple moved = std::move(module);
    moved(Array{1.f});
    CHECK(calls == 1);
    CHECK(called == &moved);

    Triple assigned;
    assigned = std::move(moved);
    assigned(Array{1.f});
    CHECK(calls == 2);
    CHECK(called == &assigned);

    assigned = copy;  // replaced whole
    assigned(Array{1.f});
    CHECK(calls == 2);
    hook.remove();
}

TEST_CASE("hooks of a layer in a container move with the container") {
    nn::Sequential net{Triple{}, nn::Tanh{}};
    int calls = 0;
    const auto hook = net[0].on_output([&](nn::Module&, const Tensor&) { ++calls; });
    nn::Sequential copy = net;
    copy(Array{1.f});
    CHECK(calls == 0);
    nn::Sequential moved = std::move(net);
    moved(Array{1.f});
    CHECK(calls == 1);
}

TEST_CASE("a hook may add and remove hooks, which counts from the next call on") {
    Triple module;
    int first = 0, added = 0;
    nn::HookHandle later, self;
    self = module.on_output([&](nn::Module& m, const Tensor&) {
        ++first;
        later = m.on_output([&](nn::Module&, const Tensor&) { ++added; });
        self.remove();
    });
    module(Array{1.f});
    CHECK(first == 1);
    CHECK(added == 0);
    module(Array{1.f});
    CHECK(first == 1);
    CHECK(added == 1);
}

TEST_CASE("an error of a hook says the path of its layer and the place of the layer's call") {
    Deep model;
    const auto wrong = [](nn::Module&, const Tensor&) -> Tensor {
        throw DataError("probe: expected a number, got none");
    };
    const std::string text = "inner.second (Triple): probe: expected a number, got none (at hooks_test.cpp:" +
                             std::to_string(Deep::Inner::second_line) + ")";
    for (const bool before : {true, false}) {
        const auto hook = before ? model.inner.second.on_input(wrong) : model.inner.second.on_output(wrong);
        CHECK(error_of<DataError>([&] { model(Array{1.f}); }) == text);
    }
    const auto hook = model.inner.second.on_gradient(wrong);
    for (const bool checked : {false, true}) {
        Tape tape{{.check_finite = checked}};
        const Tensor loss = sum(model(Array{1.f}));
        CHECK(error_of<DataError>([&] { tape.backward(loss); }) == text);
        CHECK_FALSE(model.inner.first.w.has_grad());
    }
}

TEST_CASE("exceptions of others leave a hook unchanged") {
    Triple module;
    const auto stop = [](nn::Module&, const Tensor&) { throw std::runtime_error("stop"); };
    {
        const auto hook = module.on_output(stop);
        CHECK_THROWS_WITH_AS(module(Array{1.f}), "stop", std::runtime_error);
    }
    const auto hook = module.on_gradient(stop);
    Tape tape;
    const Tensor loss = sum(module(Array{1.f}));
    CHECK_THROWS_WITH_AS(tape.backward(loss), "stop", std::runtime_error);
}

TEST_CASE("a gradient of another shape than the output's is an error that says both") {
    Deep model;
    const auto hook = model.inner.second.on_gradient([](nn::Module&, const Tensor&) {
        return Tensor(Array{1.f, 2.f});
    });
    Tape tape;
    const Tensor loss = sum(model(Array{{1.f, 2.f, 3.f}}));
    CHECK(error_of<ShapeError>([&] { tape.backward(loss); }) ==
          "inner.second (Triple): on_gradient: expected a gradient of the output's shape (1, 3), got (2) "
          "(at hooks_test.cpp:" +
              std::to_string(Deep::Inner::second_line) + ")");
}

TEST_CASE("a tape shows the records of hooks by their name and shape") {
    Triple module;
    const auto hook = module.on_gradient([](nn::Module&, const Tensor&) {});
    Tape tape;
    (void)module(Array{{1.f, 2.f}});
    const TapeSummary summary = tape.summary();
    REQUIRE(summary.operations.size() == 2);
    CHECK(summary.operations[1].name == "on_gradient");
    CHECK(summary.operations[1].elements == 2);
    CHECK(summary.operations[1].kept_bytes == 0);
}

TEST_CASE("hooks work in double precision") {
    nn::Linear64 layer{2, 2};
    int calls = 0;
    const auto hook = layer.on_gradient([&](nn::Module64&, const Tensor64&) { ++calls; });
    Tape tape;
    tape.backward(sum(layer(Array64{{1., 2.}})));
    CHECK(calls == 1);
}
