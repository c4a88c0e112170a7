#include <xtape/nn/residual.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace xtape;

namespace {

std::vector<std::string> names_of(nn::Module& module) {
    std::vector<std::string> names;
    for (const auto& [name, parameter] : module.named_parameters()) names.push_back(name);
    return names;
}

nn::Linear scaling(float factor) {
    nn::Linear layer{1, 1, {.bias = false}};
    layer.weight.assign(Array{{factor}});
    return layer;
}

}  // namespace

TEST_CASE("a residual block adds its input to what its layers make of it") {
    nn::Residual block{scaling(2), nn::ReLU{}, scaling(10)};
    // By hand: 3 + 10 * relu(2 * 3) = 63 and -3 + 10 * relu(-6) = -3.
    CHECK(block(Array{{3.f}, {-3.f}}).value() == Array{{63.f}, {-3.f}});
    CHECK(block.describe() == "Residual");
}

TEST_CASE("with a shortcut the input goes through it instead, wherever it stands among the layers") {
    nn::Residual last{scaling(2), scaling(10), nn::Shortcut{scaling(5), scaling(-1)}};
    nn::Residual first{nn::Shortcut{nn::Sequential{scaling(5), scaling(-1)}}, scaling(2), scaling(10)};
    // By hand: 10 * 2 * 3 - 5 * 3 = 45.
    CHECK(last(Array{{3.f}}).value() == Array{{45.f}});
    CHECK(first(Array{{3.f}}).value() == Array{{45.f}});
    for (nn::Residual* block : {&last, &first}) {
        CHECK(names_of(*block) ==
              std::vector<std::string>{"0.weight", "1.weight", "shortcut.0.weight", "shortcut.1.weight"});
    }
}

TEST_CASE("a copy of a residual block is deep, a move keeps its parameters") {
    nn::Residual block{scaling(2), nn::Shortcut{scaling(5)}};
    nn::Residual copy{block};
    copy.parameters()[1].assign(Array{{0.f}});
    CHECK(copy(Array{{1.f}}).value() == Array{{2.f}});
    CHECK(block(Array{{1.f}}).value() == Array{{7.f}});
    const ParameterList before = block.parameters();
    nn::Residual moved{std::move(block)};
    CHECK(moved.parameters()[0].is(before[0]));
    CHECK(moved.parameters()[1].is(before[1]));
    const nn::Sequential nested{nn::Residual{moved}, nn::Residual{nn::Residual{scaling(1)}, nn::Tanh{}}};
    CHECK(nested.size() == 2);
}

TEST_CASE("layers that change the shape are an error that says both shapes and the remedy") {
    nn::Sequential net{nn::Residual{nn::Linear{3, 5}}};
    const Array x{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}};
    try {
        net(x);
        FAIL("nothing was thrown");
    } catch (const ShapeError& error) {
        CHECK(error.layer() == "0 (Residual)");
        CHECK(error.message() ==
              "Residual: expected layers that keep the shape of their input, got input (2, 3) and output (2, 5); an "
              "nn::Shortcut among the layers projects the input");
    }
    nn::Residual block{nn::Linear{3, 5}, nn::Shortcut{nn::Linear{3, 4}}};
    try {
        block(x);
        FAIL("nothing was thrown");
    } catch (const ShapeError& error) {
        CHECK(error.message() == "Residual: expected layers and shortcut that end in one shape, got (2, 5) and (2, 4)");
    }
    // (2, 1) would broadcast.
    nn::Residual narrow{nn::Linear{3, 1}};
    CHECK_THROWS_AS(narrow(x), ShapeError);
}

TEST_CASE("residual blocks pass the gradient check with respect to input and parameters") {
    seed(5);
    nn::Residual64 plain{nn::Linear64{3, 4}, nn::Tanh64{}, nn::Linear64{4, 3}};
    nn::Residual64 projected{nn::Linear64{3, 4}, nn::Tanh64{}, nn::Linear64{4, 2}, nn::Shortcut64{nn::Linear64{3, 2}}};
    const Array64 x{{0.1, -0.2, 0.3}, {1.0, 0.5, -1.5}};
    for (nn::Residual64* block : {&plain, &projected}) {
        const auto by_input = gradcheck([&](const Tensor64& t) { return (*block)(t); }, {x});
        CHECK_MESSAGE(by_input.ok, by_input.message);
        const auto by_parameter = gradcheck(*block, [&] { return sum(square((*block)(x))); });
        CHECK_MESSAGE(by_parameter.ok, by_parameter.message);
    }
}
