// What transforms of images share: the layout of images, and pictures moved and turned.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <cstddef>

namespace xtape::data::detail {

/// Extents of a batch (N, C, H, W), or of one image (C, H, W) with count 1.
struct Images {
    std::size_t count, channels, height, width;
    bool batch;

    std::size_t pixels() const { return height * width; }
    std::size_t numbers() const { return channels * pixels(); }  ///< of an image
    Shape shape() const;
};

/// Throws ShapeError for another rank.
Images images_of(const char* caller, const Shape& shape, Location at);

/// f(i, from, into) for each image i: its numbers in x, and those of the result, which has images of height x width.
template <class F>
Array each_image(const Images& images, const Array& x, std::size_t height, std::size_t width, F&& f) {
    Images result = images;
    result.height = height;
    result.width = width;
    Array y = empty_array<float>(result.shape());
    const std::size_t most = std::max<std::size_t>({images.numbers(), result.numbers(), 1});
    parallel_for(images.count, std::max<std::size_t>(1, (std::size_t{1} << 13) / most), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) f(i, x.data() + i * images.numbers(), y.data() + i * result.numbers());
    });
    return y;
}

/// A turn, counterclockwise around the center, and then a movement in pixels.
struct Movement {
    double degrees = 0, down = 0, right = 0;
};

/// Draws one image moved so, by bilinear interpolation between the four pixels around the place where a pixel comes from;
/// beyond the image all is `fill`.
void warp(const Images& images, const float* from, float* into, const Movement& movement, float fill);

}  // namespace xtape::data::detail
