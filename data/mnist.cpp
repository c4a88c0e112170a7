#include <xtape/data/idx.hpp>
#include <xtape/data/mnist.hpp>
#include <xtape/data/set_files.hpp>

#include <string>
#include <utility>

namespace xtape::data {

namespace {

constexpr std::size_t side = 28;
constexpr std::size_t classes = 10;

// Fashion-MNIST took over the names of the files as well.
detail::KnownSet known_set(const std::string& name, const std::string& source) {
    return {name,
            {{"train-images-idx3-ubyte"},
             {"train-labels-idx1-ubyte"},
             {"t10k-images-idx3-ubyte"},
             {"t10k-labels-idx1-ubyte"}},
            source};
}

IndexArray to_labels(const ByteArray& bytes, const std::string& file) {
    IndexArray labels = empty_array<std::int64_t>(bytes.shape());
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const std::uint8_t label = bytes.data()[row];
        if (label >= classes) {
            throw DataError(file + ": expected labels from 0 to 9, got " + std::to_string(label) + " in row " +
                            std::to_string(row));
        }
        labels.data()[row] = label;
    }
    return labels;
}

TensorDataset read_part(const std::filesystem::path& images_file, const std::filesystem::path& labels_file,
                        bool image) {
    ByteArray images = read_idx(images_file);
    if (images.dimension() != 3 || images.shape()[1] != side || images.shape()[2] != side) {
        throw DataError(images_file.string() + ": expected images of shape (N, 28, 28), got " +
                        to_string(images.shape()));
    }
    const ByteArray labels = read_idx(labels_file);
    if (labels.dimension() != 1) {
        throw DataError(labels_file.string() + ": expected labels of shape (N), got " + to_string(labels.shape()));
    }
    if (labels.size() != images.shape()[0]) {
        throw DataError(labels_file.string() + ": expected one label for each of the " +
                        std::to_string(images.shape()[0]) + " images in " + images_file.string() + ", got " +
                        std::to_string(labels.size()) + " labels");
    }
    const std::size_t count = images.shape()[0];
    images.reshape(image ? Shape{count, 1, side, side} : Shape{count, side * side});
    return {std::move(images), to_labels(labels, labels_file.string()), classes};
}

Mnist read_set(const detail::KnownSet& set, const std::filesystem::path& folder, MnistOptions options) {
    const auto paths = detail::find_files(set, folder);
    return {read_part(paths[0], paths[1], options.image), read_part(paths[2], paths[3], options.image)};
}

}  // namespace

Mnist mnist(const std::filesystem::path& folder, MnistOptions options) {
    return read_set(
        known_set("mnist", "https://ossci-datasets.s3.amazonaws.com/mnist/ or http://yann.lecun.com/exdb/mnist/"),
        folder, options);
}

Mnist fashion_mnist(const std::filesystem::path& folder, MnistOptions options) {
    return read_set(known_set("fashion-mnist",
                              "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/ or "
                              "https://github.com/zalandoresearch/fashion-mnist/tree/master/data/fashion"),
                    folder, options);
}

}  // namespace xtape::data
