// What the programs with auto-encoders share: the network, how far its images are from the true ones, and pictures of both.
#pragma once

#include "support.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace examples {

/// An encoder from images (N, D) to codes, and a decoder from codes to logits, of which sigmoid makes gray values.
struct Autoencoder : xtape::nn::Module {
    xtape::nn::Sequential encoder, decoder;

    Autoencoder(xtape::nn::Sequential to_code, xtape::nn::Sequential to_image)
        : encoder(std::move(to_code)), decoder(std::move(to_image)) {}

    xtape::Tensor forward(const xtape::Tensor& x) override { return decoder(encoder(x)); }
    void visit(xtape::nn::Visitor& v) override {
        v("encoder", encoder);
        v("decoder", decoder);
    }
};

/// Of linear layers of these widths from image to code, {784, 256, 64}, and the same ones back. The activation is between layers, but not
/// on the code: a code that is squashed, or has no negative numbers, says less.
template <class Activation>
Autoencoder dense_autoencoder(std::vector<std::size_t> widths, const Activation& activation) {
    auto encoder = mlp(widths, activation, xtape::nn::Init::xavier_uniform);
    std::reverse(widths.begin(), widths.end());
    return {std::move(encoder), mlp(widths, activation, xtape::nn::Init::xavier_uniform)};
}

/// "784-256-64-256-784" for {784, 256, 64}.
std::string there_and_back(std::vector<std::size_t> widths);

/// The gray values that an auto-encoder makes of images (N, D).
xtape::Array reconstructed(xtape::nn::Module& net, const xtape::Array& images);

/// The same by the first principal components of other images: the best that linear layers can do, by mean squared error.
xtape::Array projected(const xtape::Array& train, std::size_t components, const xtape::Array& images);

/// The first image of each class, (classes, D).
xtape::Array one_of_each(const xtape::data::TensorDataset& set);

/// An error, which is to be no larger than the goal.
Outcome error(int number, const std::string& name, const std::string& metric, const std::string& reported, double goal,
              double reached);

struct ImageRow {
    std::string caption;  ///< one word or two; there is room for 12 letters
    xtape::Array images;  ///< (N, side * side)
};

/// OUT/NAME.png: the rows below each other.
void picture(Study& study, const std::string& title, const std::string& name, const std::vector<ImageRow>& rows);

}  // namespace examples
