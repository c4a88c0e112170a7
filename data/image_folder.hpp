// Pictures sorted into folders, one for each class.
#pragma once

#include <xtape/data/dataset.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace xtape::data {

struct ImageFolderOptions {
    std::size_t channels = 1;       ///< 1: gray (to_gray), 3: red, green, blue; pictures of another kind are converted
    std::uint8_t background = 255;  ///< gray that shows where a picture is transparent
};

/// A data set of the PNG files in the subfolders of a folder: `cat/1.png`, `cat/2.png`, `dog/1.png`, ... A subfolder
/// is a class; classes and the files of each are sorted by the bytes of their names. Names that begin with "." are
/// left out, as are files beside the subfolders. Copies share the list. Only the list is in memory: `get` reads a
/// file each time, from any thread; `load` reads all.
class ImageFolder {
public:
    /// Throws IoError when the folder or one in it cannot be read; DataError when there are no subfolders, one has no
    /// pictures, or it has something else than files ending with ".png" (or ".PNG"); ConfigError for other channels.
    explicit ImageFolder(const std::filesystem::path& folder, ImageFolderOptions options = {});

    std::size_t size() const { return list_->size(); }

    /// The picture in [0, 1] as (C, H, W), in its own size, and its class. Throws ConfigError for i >= size(), and
    /// naming the file what read_png throws.
    std::pair<Array, std::int64_t> get(std::size_t i) const;

    /// The names of the subfolders; label k stands for classes()[k].
    const std::vector<std::string>& classes() const { return *classes_; }

    /// The file of a picture. Throws ConfigError for i >= size().
    const std::filesystem::path& file(std::size_t i) const;

    /// All pictures in memory: features (N, C, H, W) in [0, 1], kept as bytes. Throws as get does, and DataError
    /// naming the file for a picture whose size is not that of the first.
    TensorDataset load() const;

private:
    struct Picture {
        std::filesystem::path file;
        std::int64_t label;
    };
    const Picture& picture(std::size_t i, const char* caller) const;

    std::shared_ptr<const std::vector<std::string>> classes_;
    std::shared_ptr<const std::vector<Picture>> list_;
    ImageFolderOptions options_;
};

/// The same as ImageFolder(folder, options).
inline ImageFolder image_folder(const std::filesystem::path& folder, ImageFolderOptions options = {}) {
    return ImageFolder(folder, options);
}

}  // namespace xtape::data
