// Pictures of training: curves and grids of gray images, drawn by gnuplot when the program runs.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace xtape::train {

/// One curve. Without x the points stand at 1, 2, 3, ...; a point that is not finite leaves a gap.
struct Series {
    std::string name;  ///< in the legend; an empty one has no entry there
    std::vector<double> y;
    std::vector<double> x = {};
    bool points = false;  ///< dots instead of a line
};

/// A chart of curves:
///
///     train::Plot{.title = "digits", .x_label = "epoch", .y_label = "loss", .series = {{"train", losses}}}
///         .save("loss.svg");
struct Plot {
    std::string title, x_label, y_label;
    std::vector<Series> series;
    bool log_y = false;                  ///< logarithmic y axis; points that are not positive are left out
    unsigned width = 800, height = 500;  ///< pixels, 100 to 10000

    /// Writes an SVG or PNG picture, by the file's extension. Text is shown as it is, without markup. Throws
    /// ConfigError for another extension, a size out of range or no finite point; ShapeError when x and y differ in
    /// length; IoError when gnuplot is not installed or fails, or the file cannot be written.
    void save(const std::filesystem::path& file, Location at = Location::current()) const;
};

struct ImageGridOptions {
    std::string title = {};
    std::vector<std::string> captions = {};  ///< under each image; none, or one an image
    std::size_t columns = 10;                ///< images in a row, at least 1
    bool dark_is_high = false;               ///< high numbers black on white instead of white on black
};

/// Writes gray images (N, H, W) side by side; the smallest number of all is one end of the gray scale, the largest the
/// other, and what is not finite stays white. Throws ShapeError for another rank, no image or an empty one; ConfigError
/// for another number of captions; otherwise as Plot::save.
void write_image_grid(const std::filesystem::path& file, const Array& images, const ImageGridOptions& options = {},
                      Location at = Location::current());

}  // namespace xtape::train
