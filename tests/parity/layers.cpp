#include "parity/layers.hpp"

#include "parity/golden.hpp"

#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/state.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>

namespace parity {
namespace {

using namespace xtape;
using nlohmann::json;

template <class T>
void load_state(nn::BasicModule<T>& module, const json& state) {
    std::deque<BasicArray<T>> numbers;
    std::deque<IndexArray> integers;
    std::vector<files::StoredArray> arrays;
    for (const json& entry : state) {
        const auto name = entry.at("name").get<std::string>();
        if (entry.at("integer")) {
            arrays.push_back(files::stored(name, integers.emplace_back(golden_array<std::int64_t>(entry))));
        } else {
            // Decimals that read back as the same float are not the same double: both precisions start from the floats.
            arrays.push_back(files::stored(name, numbers.emplace_back(xt::cast<T>(golden_array<float>(entry)))));
        }
    }
    nn::load(module, arrays, {}, "golden state");
}

template <class T>
void compare_parameters(nn::BasicModule<T>& module, const json& wanted) {
    const auto parameters = module.named_parameters();
    REQUIRE(parameters.size() == wanted.size());
    for (const json& entry : wanted) {
        const auto name = entry.at("name").get<std::string>();
        const auto match = std::find_if(parameters.begin(), parameters.end(), [&](const auto& p) { return p.name == name; });
        REQUIRE_MESSAGE(match != parameters.end(), "no parameter " << name);
        const auto& parameter = match->parameter;
        const BasicArray<T> none(parameter.shape(), T(0));
        compare("gradient of " + name, parameter.has_grad() ? parameter.grad() : none, golden_array<T>(entry));
    }
}

template <class T>
void compare_buffers(nn::BasicModule<T>& module, const json& wanted) {
    const auto buffers = module.named_buffers();
    REQUIRE(buffers.size() == wanted.size());
    for (const json& entry : wanted) {
        const auto name = entry.at("name").get<std::string>();
        CAPTURE(name);
        const auto match = std::find_if(buffers.begin(), buffers.end(), [&](const auto& b) { return b.name == name; });
        REQUIRE(match != buffers.end());
        if (entry.at("integer")) {
            CHECK(*std::get<IndexArray*>(match->array) == golden_array<std::int64_t>(entry));
        } else {
            compare(name, *std::get<BasicArray<T>*>(match->array), golden_array<T>(entry));
        }
    }
}

template <class T>
void check_layer(const json& row, const json& wanted, const Layer<T>& layer) {
    load_state(*layer.module, row.at("state"));
    layer.module->train(row.at("train").get<bool>());
    Tape tape;
    std::vector<BasicTensor<T>> x;
    // Both precisions start from the same floats.
    for (const json& input : row.at("inputs")) x.push_back(tape.watch(BasicArray<T>(xt::cast<T>(golden_array<float>(input)))));
    const BasicTensor<T> y = layer.call(x);
    compare("value", y.value(), golden_array<T>(wanted.at("value")));
    compare_buffers(*layer.module, wanted.at("buffers"));
    if (!wanted.contains("gradients")) return;
    const BasicTensor<T> seed(golden_weights<T>(y.shape()));
    const auto gradients = tape.gradients<T>(y, &seed, x, {.keep = true});
    for (std::size_t i = 0; i < x.size(); ++i) {
        compare("gradient of input " + std::to_string(i), gradients[i].value(), golden_array<T>(wanted.at("gradients")[i]));
    }
    tape.backward(y, seed);
    compare_parameters(*layer.module, wanted.at("parameters"));
}

}  // namespace

void check_layers(const std::string& family, const std::vector<LayerCase>& cases) {
    std::vector<std::string> names;
    for (const LayerCase& one : cases) names.push_back(one.name);
    for (const json& row : golden_cases(family, names)) {
        const auto name = row.at("name").get<std::string>();
        CAPTURE(name);
        const auto match = std::find_if(cases.begin(), cases.end(), [&](const LayerCase& one) { return one.name == name; });
        if (match == cases.end()) continue;
        check_layer<float>(row, row.at("float"), match->of_float());
        check_layer<double>(row, row.at("double"), match->of_double());
    }
}

}  // namespace parity
