#include <xtape/autodiff/error.hpp>
#include <xtape/data/image_folder.hpp>
#include <xtape/data/png.hpp>
#include <xtape/files/text.hpp>

#include <algorithm>
#include <system_error>

namespace xtape::data {

namespace {

// What is in a folder, sorted, without names that begin with a point.
std::vector<std::filesystem::path> entries(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> paths;
    std::error_code error;
    for (std::filesystem::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
        if (!i->path().filename().string().starts_with('.')) paths.push_back(i->path());
    }
    if (error) throw IoError(folder.string() + ": cannot read: " + error.message());
    std::sort(paths.begin(), paths.end(), [](const auto& a, const auto& b) { return a.native() < b.native(); });
    return paths;
}

bool is_png(const std::filesystem::path& path) {
    std::error_code ignored;
    const std::string ending = path.extension().string();
    return (ending == ".png" || ending == ".PNG") && std::filesystem::is_regular_file(path, ignored);
}

// The picture (H, W, C) with as many channels as are wanted.
ByteArray converted(ByteArray image, ImageFolderOptions options) {
    if (options.channels == 1) return to_gray(image, options.background);
    if (image.shape()[2] == 4) return over(image, options.background);
    if (image.shape()[2] == 3) return image;
    ByteArray colored = empty_array<std::uint8_t>(Shape{image.shape()[0], image.shape()[1], 3});
    for (std::size_t i = 0; i < image.size(); ++i) std::fill_n(colored.data() + 3 * i, 3, image.data()[i]);
    return colored;
}

std::string side_lengths(const Shape& shape) { return std::to_string(shape[0]) + " x " + std::to_string(shape[1]); }

// Channel after channel, as networks take pictures.
void append(std::vector<std::uint8_t>& bytes, const ByteArray& image) {
    const std::size_t channels = image.shape()[2], pixels = image.shape()[0] * image.shape()[1];
    for (std::size_t channel = 0; channel < channels; ++channel) {
        for (std::size_t i = 0; i < pixels; ++i) bytes.push_back(image.data()[i * channels + channel]);
    }
}

}  // namespace

ImageFolder::ImageFolder(const std::filesystem::path& folder, ImageFolderOptions options) : options_(options) {
    if (options.channels != 1 && options.channels != 3) {
        throw ConfigError("ImageFolder: expected 1 or 3 channels, got " + std::to_string(options.channels));
    }
    std::vector<std::string> classes;
    std::vector<Picture> list;
    for (const std::filesystem::path& inside : entries(folder)) {
        std::error_code ignored;
        if (!std::filesystem::is_directory(inside, ignored)) continue;
        const auto label = static_cast<std::int64_t>(classes.size());
        classes.push_back(inside.filename().string());
        const std::size_t before = list.size();
        for (const std::filesystem::path& file : entries(inside)) {
            if (!is_png(file))
                throw DataError(file.string() + ": expected only .png files in the folder of a class, got this");
            list.push_back({file, label});
        }
        if (list.size() == before)
            throw DataError(inside.string() + ": expected .png files in the folder of a class, got none");
    }
    if (classes.empty()) throw DataError(folder.string() + ": expected a folder for each class, got none");
    classes_ = std::make_shared<const std::vector<std::string>>(std::move(classes));
    list_ = std::make_shared<const std::vector<Picture>>(std::move(list));
}

const ImageFolder::Picture& ImageFolder::picture(std::size_t i, const char* caller) const {
    if (i >= size()) {
        throw ConfigError(std::string("ImageFolder::") + caller + ": expected a row below " + std::to_string(size()) +
                          ", got " + std::to_string(i));
    }
    return (*list_)[i];
}

const std::filesystem::path& ImageFolder::file(std::size_t i) const { return picture(i, "file").file; }

std::pair<Array, std::int64_t> ImageFolder::get(std::size_t i) const {
    const Picture& from = picture(i, "get");
    return {to_float_image(converted(read_png(from.file), options_)), from.label};
}

TensorDataset ImageFolder::load() const {
    std::vector<std::uint8_t> bytes;  // grown picture by picture, so that the first alone decides nothing about memory
    IndexArray labels = empty_array<std::int64_t>(Shape{size()});
    Shape first;
    for (std::size_t i = 0; i < size(); ++i) {
        const Picture& from = (*list_)[i];
        const ByteArray image = converted(read_png(from.file), options_);
        if (i == 0) {
            first = image.shape();
        } else if (image.shape() != first) {
            throw DataError(from.file.string() + ": expected a picture of " + side_lengths(first) + " pixels like " +
                            (*list_)[0].file.string() + ", got " + side_lengths(image.shape()));
        }
        append(bytes, image);
        labels.data()[i] = from.label;
    }
    ByteArray features = empty_array<std::uint8_t>(Shape{size(), first[2], first[0], first[1]});
    std::copy(bytes.begin(), bytes.end(), features.data());
    return {std::move(features), std::move(labels), classes_->size()};
}

}  // namespace xtape::data
