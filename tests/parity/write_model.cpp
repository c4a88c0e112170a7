// Saves a network, an input and its logits for tests/parity/model_file: write_model FOLDER
#include "parity/mlp.hpp"

#include <xtape/files/safetensors.hpp>
#include <xtape/nn/state.hpp>

#include <filesystem>

using namespace xtape;

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const std::filesystem::path folder = arguments[1];
    seed(1);
    parity::Mlp<float> model;
    const Array x = nn::init::normal({5, 8}, 0, 1);
    const Array logits = model(x).value();
    nn::save(model, folder / "mlp.safetensors");
    nn::save(model, folder / "mlp.npz");
    files::write_safetensors(folder / "case.safetensors",
                             std::vector{files::stored("x", x), files::stored("logits", logits)});
    return 0;
}
