// The MNIST handwritten digits (LeCun, Cortes, Burges) and the clothes of Fashion-MNIST (Xiao, Rasul, Vollgraf), read
// from the four official files of each.
#pragma once

#include <xtape/data/dataset.hpp>

#include <array>
#include <filesystem>
#include <string_view>

namespace xtape::data {

struct MnistOptions {
    bool image = false;  ///< features (N, 1, 28, 28) instead of (N, 784)
};

struct Mnist {
    TensorDataset train;  ///< 60000 rows in the official files
    TensorDataset test;   ///< 10000 rows
};

/// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each as
/// it is or with .gz, from that folder or its subfolder "mnist". Features in [0, 1] (grey value / 255, kept as bytes),
/// labels 0..9. Any number of images is read; a part may be empty. Throws IoError naming the four files and where they
/// can be had when one is missing; DataError when a file is damaged, images are not 28 x 28, the counts of images and
/// labels differ, or a label is above 9.
Mnist mnist(const std::filesystem::path& folder, MnistOptions options = {});

/// The same of Fashion-MNIST, which has files of these names in a folder of its own ("fashion-mnist").
Mnist fashion_mnist(const std::filesystem::path& folder, MnistOptions options = {});

/// What its labels 0..9 mean.
inline constexpr std::array<std::string_view, 10> fashion_mnist_classes = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};

}  // namespace xtape::data
