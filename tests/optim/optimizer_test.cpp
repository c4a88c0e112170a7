#include <xtape/optim/optimizer.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/optim/adam.hpp>
#include <xtape/optim/sgd.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xtape;

TEST_CASE("parameters without a gradient and frozen ones stay as they are") {
    Parameter with{Array{1.f}}, without{Array{2.f}}, frozen{Array{3.f}};
    optim::SGD sgd{{with, without, frozen}, {.lr = 1}};
    with.accumulate_grad(Array{0.5f});
    frozen.accumulate_grad(Array{0.5f});
    frozen.set_frozen(true);
    sgd.step();
    CHECK(with.value() == Array{0.5f});
    CHECK(without.value() == Array{2.f});
    CHECK(frozen.value() == Array{3.f});
}

TEST_CASE("a step only reads the gradients and zero_grad forgets them") {
    Parameter p{Array{1.f, 2.f, 3.f}};
    const Array gradient{0.1f, -0.2f, 0.3f};
    p.accumulate_grad(gradient);
    optim::SGD sgd{{p}, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.5, .nesterov = true}};
    optim::Adam adam{{p}, {.weight_decay = 0.5}};
    sgd.step();
    adam.step();
    sgd.step();
    CHECK(p.grad() == gradient);
    adam.zero_grad();
    CHECK_FALSE(p.has_grad());
}

TEST_CASE("tensors made from a parameter before a step keep the old value") {
    Parameter p{Array{1.f}};
    const Tensor before = p;
    p.accumulate_grad(Array{1.f});
    optim::SGD{{p}, {.lr = 1}}.step();
    CHECK(before.value() == Array{1.f});
    CHECK(p.value() == Array{0.f});
}

TEST_CASE("the learning rate can be changed between steps") {
    Parameter p{Array{10.f}};
    p.accumulate_grad(Array{1.f});
    optim::SGD sgd{{p}, {.lr = 1}};
    sgd.step();
    sgd.set_learning_rate(4);
    CHECK(sgd.learning_rate() == 4);
    sgd.step();
    CHECK(p.value() == Array{5.f});
}

TEST_CASE("an optimizer keeps its parameters alive and lists them") {
    optim::SGD sgd{{Parameter{Array{1.f}, "a"}, Parameter{Array{2.f}, "b"}}};
    REQUIRE(sgd.parameters().size() == 2);
    CHECK(sgd.parameters()[1].name() == "b");
    CHECK(sgd.parameters()[1].value() == Array{2.f});
}

TEST_CASE("a parameter without elements can be stepped") {
    Parameter p{empty_array<float>({0, 3})};
    p.accumulate_grad(empty_array<float>({0, 3}));
    optim::Adam adam{{p}};
    adam.step();
    CHECK(p.shape() == Shape{0, 3});
}

TEST_CASE("a change while a tape still needs the parameter is found out") {
    Parameter p{Array{1.f}, "w"};
    p.accumulate_grad(Array{1.f});
    optim::SGD sgd{{p}, {.lr = 1}};
    Tape tape;
    const Tensor y = sum(square(p));
    sgd.step();
    CHECK_THROWS_AS(tape.backward(y), GraphError);
}

TEST_CASE("lists and learning rates that make no sense are errors") {
    Parameter p{Array{1.f}, "w"};
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(optim::SGD(ParameterList{}, {}, nowhere), "SGD: expected at least one parameter, got none",
                         ConfigError);
    CHECK_THROWS_WITH_AS(optim::Adam({p, p}, {}, nowhere), "Adam: expected each parameter once, got \"w\" twice",
                         ConfigError);
    CHECK_THROWS_WITH_AS(optim::SGD({p}, {.lr = -1}, nowhere), "SGD: expected a learning rate of at least 0, got -1",
                         ConfigError);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    optim::Adam adam{{p}};
    CHECK_THROWS_WITH_AS(adam.set_learning_rate(nan, nowhere), "Adam: expected a learning rate of at least 0, got nan",
                         ConfigError);
    CHECK(adam.learning_rate() == 1e-3);
}
