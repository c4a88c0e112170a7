#include <xtape/data/explore.hpp>
#include <xtape/data/png.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace xtape::data {

namespace {

struct Layout {
    std::size_t images, channels, height, width;  // of what is given
    std::size_t rows, columns;                    // of the grid

    std::size_t picture_height(const SampleGridOptions& o) const { return rows * (height * o.scale + o.border) + o.border; }
    std::size_t picture_width(const SampleGridOptions& o) const { return columns * (width * o.scale + o.border) + o.border; }
};

void check(const SampleGridOptions& options, Location at) {
    const auto require = [&](bool good, const std::string& wanted, const std::string& got) {
        if (!good) throw ConfigError("sample_grid: expected " + wanted + ", got " + got, at);
    };
    const std::size_t most = max_png_side;
    require(options.columns >= 1 && options.columns <= most, "1 to " + std::to_string(most) + " columns", std::to_string(options.columns));
    require(options.rows <= most, "at most " + std::to_string(most) + " rows", std::to_string(options.rows));
    require(options.border <= most, "a border of at most " + std::to_string(most) + " pixels", std::to_string(options.border));
    require(options.scale >= 1 && options.scale <= most, "a scale from 1 to " + std::to_string(most), std::to_string(options.scale));
    require(std::isfinite(options.low) && std::isfinite(options.high) && options.low != options.high, "finite low and high that differ",
            std::to_string(options.low) + " and " + std::to_string(options.high));
}

Layout layout_of(const Shape& shape, const SampleGridOptions& options, Location at) {
    const bool good = (shape.size() == 3 || (shape.size() == 4 && (shape[1] == 1 || shape[1] == 3))) &&
                      std::all_of(shape.begin(), shape.end(), [](std::size_t extent) { return extent > 0; });
    if (!good) {
        throw ShapeError("sample_grid: expected images (N, H, W), (N, 1, H, W) or (N, 3, H, W), got shape " + to_string(shape), at);
    }
    Layout layout{shape[0], shape.size() == 4 ? shape[1] : 1, shape[shape.size() - 2], shape[shape.size() - 1], 0, 0};
    layout.columns = std::min(options.columns, layout.images);
    layout.rows = options.rows != 0 ? options.rows : (layout.images + layout.columns - 1) / layout.columns;
    if (layout.height > max_png_side || layout.width > max_png_side || layout.rows > max_png_side ||
        layout.picture_height(options) > max_png_side || layout.picture_width(options) > max_png_side) {
        throw ConfigError("sample_grid: expected a picture of at most " + std::to_string(max_png_side) + " pixels a side, got " +
                              std::to_string(layout.rows) + " rows and " + std::to_string(layout.columns) + " columns of images " +
                              std::to_string(layout.height) + " x " + std::to_string(layout.width),
                          at);
    }
    return layout;
}

std::uint8_t shade(float number, const SampleGridOptions& options) {
    const double part = (static_cast<double>(number) - options.low) / (options.high - options.low);
    const double inside = part > 0 ? std::min(part, 1.0) : 0;  // NaN is not above 0
    return static_cast<std::uint8_t>(inside * 255 + 0.5);
}

}  // namespace

ByteArray sample_grid(const Array& images, const SampleGridOptions& options, Location at) {
    check(options, at);
    const Layout layout = layout_of(images.shape(), options, at);
    const std::size_t picture_width = layout.picture_width(options), pixels = layout.height * layout.width;
    ByteArray picture(Shape{layout.picture_height(options), picture_width, layout.channels}, options.background);
    for (std::size_t i = 0; i < std::min(layout.images, layout.rows * layout.columns); ++i) {
        const std::size_t top = options.border + i / layout.columns * (layout.height * options.scale + options.border);
        const std::size_t left = options.border + i % layout.columns * (layout.width * options.scale + options.border);
        for (std::size_t row = 0; row < layout.height * options.scale; ++row) {
            std::uint8_t* into = picture.data() + ((top + row) * picture_width + left) * layout.channels;
            for (std::size_t column = 0; column < layout.width * options.scale; ++column) {
                const std::size_t pixel = row / options.scale * layout.width + column / options.scale;
                for (std::size_t c = 0; c < layout.channels; ++c) {
                    *into++ = shade(images.data()[(i * layout.channels + c) * pixels + pixel], options);
                }
            }
        }
    }
    return picture;
}

void write_sample_grid(const std::filesystem::path& path, const Array& images, const SampleGridOptions& options, Location at) {
    write_png(path, sample_grid(images, options, at), at);
}

}  // namespace xtape::data
