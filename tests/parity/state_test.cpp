// Files that tests/parity/model_file wrote with PyTorch.
#include "parity/mlp.hpp"

#include <xtape/files/safetensors.hpp>
#include <xtape/nn/state.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <string>

using namespace xtape;

namespace {

const std::filesystem::path golden = XTAPE_GOLDEN_DIR;

template <class T>
BasicArray<T> recorded(const std::string& name) {
    const files::Safetensors file = files::read_safetensors(golden / "mlp_case.safetensors");
    for (const files::StoredArray& array : file.arrays) {
        if (array.name == name) return files::to_array<T>(array, name);
    }
    throw ConfigError("no array " + name);
}

// The largest difference between PyTorch's logits and those of a network with the weights of that file.
template <class T>
double difference(const std::string& file, const std::string& logits) {
    parity::Mlp<T> model;
    const nn::LoadReport report = nn::load(model, golden / file);
    CHECK(report.loaded == std::vector<std::string>{"encoder.0.weight", "encoder.0.bias", "encoder.2.weight",
                                                    "encoder.2.bias", "head.weight"});
    const BasicArray<T> ours = model(recorded<T>("x")).value(), theirs = recorded<T>(logits);
    REQUIRE(ours.shape() == theirs.shape());
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        worst = std::max(worst, static_cast<double>(std::abs(ours.data()[i] - theirs.data()[i])));
        largest = std::max(largest, static_cast<double>(std::abs(ours.data()[i])));
    }
    CHECK(largest > 0.1);
    return worst;
}

}  // namespace

TEST_CASE("a PyTorch network's weights load by name and give the same logits") {
    CHECK(difference<float>("mlp.safetensors", "logits") < 1e-5);
    CHECK(difference<double>("mlp.safetensors", "logits") < 1e-5);
}

TEST_CASE("a PyTorch network's weights in float16, bfloat16 and float64 give the same logits") {
    CHECK(difference<float>("mlp_mixed.safetensors", "logits_mixed") < 1e-5);
    CHECK(difference<double>("mlp_mixed.safetensors", "logits_mixed") < 1e-5);
}
