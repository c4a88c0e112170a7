#include <xtape/data/idx.hpp>
#include <xtape/data/mnist.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <system_error>
#include <utility>

namespace xtape::data {

namespace {

constexpr std::size_t side = 28;
constexpr std::size_t classes = 10;
constexpr std::array file_names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                                   "t10k-labels-idx1-ubyte"};
using Paths = std::array<std::filesystem::path, 4>;

[[noreturn]] void fail_missing(const std::string& got) {
    std::string text = "mnist: expected a folder with the files";
    for (const char* name : file_names) text += std::string(text.back() == 's' ? " " : ", ") + name + ".gz";
    throw IoError(text + " (or the same without .gz), got " + got +
                  ". They can be had from https://ossci-datasets.s3.amazonaws.com/mnist/ or "
                  "http://yann.lecun.com/exdb/mnist/; name their folder with --data DIR or in the environment variable "
                  "XTAPE_DATA");
}

Paths find_files(const std::filesystem::path& folder) {
    if (folder.empty()) fail_missing("no folder");
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored))
        fail_missing("\"" + folder.string() + "\", which is not a folder");
    Paths paths;
    std::string missing;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        for (const char* ending : {".gz", ""}) {
            const std::filesystem::path path = folder / (std::string(file_names[i]) + ending);
            if (std::filesystem::is_regular_file(path, ignored)) paths[i] = path;
        }
        if (paths[i].empty()) missing += (missing.empty() ? "" : ", ") + std::string(file_names[i]);
    }
    if (!missing.empty()) fail_missing("\"" + folder.string() + "\" without " + missing);
    return paths;
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

}  // namespace

Mnist mnist(const std::filesystem::path& folder, MnistOptions options) {
    const Paths paths = find_files(folder);
    return {read_part(paths[0], paths[1], options.image), read_part(paths[2], paths[3], options.image)};
}

}  // namespace xtape::data
