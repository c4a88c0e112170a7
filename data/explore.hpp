// What there is to look at in a data set before a network sees it.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/data/dataset.hpp>
#include <xtape/data/image.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace xtape::data {

/// How many rows each class has, (classes).
IndexArray class_counts(const TensorDataset& set);

/// The same as a text: a line for each class with its name (its number when there are no names), the rows, their share
/// and a bar, the longest of which has so many characters. Throws ConfigError for another number of names.
std::string class_histogram(const TensorDataset& set, const std::vector<std::string>& names = {}, std::size_t width = 40,
                            Location at = Location::current());

/// The mean of the features of each class, (classes, ...); NaN for a class without rows. Sums are double; same bits on any
/// number of threads.
Array class_means(const TensorDataset& set);

/// What pandas' describe() tells of one feature. Numbers that are NaN do not count; without any others all are NaN.
struct FeatureStatistics {
    std::string name;
    std::size_t count = 0;
    double mean = 0;
    double deviation = 0;  ///< of a sample (divided by count - 1); NaN for a single number
    double min = 0, quartile1 = 0, median = 0, quartile3 = 0, max = 0;  ///< between two numbers by linear interpolation
};

/// Statistics of each feature of rows (N, ...); names are "0", "1", ... when there are none. Throws ShapeError for a scalar
/// and ConfigError for another number of names.
std::vector<FeatureStatistics> describe(const Array& rows, const std::vector<std::string>& names = {},
                                        Location at = Location::current());

/// An aligned table of them, a line for each feature.
std::string to_table(const std::vector<FeatureStatistics>& statistics);

/// Pearson's correlation of each two features of rows (N, ...), (D, D) with ones on the diagonal. NaN for a feature that
/// is the same in all rows or holds a NaN. Throws ShapeError for a scalar.
Array64 correlation(const Array& rows, Location at = Location::current());

/// A square table of a correlation matrix with two digits. Throws ShapeError unless it is (D, D), ConfigError for another
/// number of names.
std::string to_table(const Array64& correlation, const std::vector<std::string>& names = {}, Location at = Location::current());

struct SampleGridOptions {
    std::size_t rows = 0;      ///< 0: as many as the images need
    std::size_t columns = 10;  ///< at least 1
    std::size_t border = 1;    ///< pixels around each image
    std::size_t scale = 4;     ///< each pixel becomes a square of scale x scale, at least 1
    double low = 0, high = 1;  ///< numbers that become black and white; with low > high, dark is high
    std::uint8_t background = 128;
};

/// The first rows * columns images side by side as a picture (H, W, C) for write_png: (N, H, W) or (N, 1, H, W) gray,
/// (N, 3, H, W) in color. Numbers outside the range become its ends, NaN the low one. Places without an image show the
/// background. Throws ShapeError for another rank, another number of channels or no image; ConfigError for options out of
/// range or a side beyond max_png_side.
ByteArray sample_grid(const Array& images, const SampleGridOptions& options = {}, Location at = Location::current());

/// Writes it as a PNG file. Throws IoError when that fails.
void write_sample_grid(const std::filesystem::path& path, const Array& images, const SampleGridOptions& options = {},
                       Location at = Location::current());

}  // namespace xtape::data
