// Changes of images: cut, moved, turned, mirrored, made noisy. Each is a value that is called with images, or given to
// data::map (see compose.hpp).
//
// Images are a batch (N, C, H, W) or a single one (C, H, W); the result has the same rank. A batch is shared among all
// threads. What is random is drawn for each image by itself, from a stream that is given or else the next of the
// process-wide seed, and does not depend on the number of threads: image i of a batch always takes the same draws.
// All throw ShapeError for another rank, and ConfigError for options out of range.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/random.hpp>

#include <cstddef>

namespace xtape::data {

/// Images as rows of numbers: (N, C, H, W) becomes (N, C*H*W), a single image (C*H*W).
struct Flatten {
    Array operator()(const Array& x, Location at = Location::current()) const;
};

/// The reverse: rows (N, D) become images (N, channels, height, width), a single row (D) one image. Throws ShapeError
/// unless D is their product.
struct ToImage {
    std::size_t channels, height, width;
    Array operator()(const Array& x, Location at = Location::current()) const;
};

/// `value` on all sides.
struct Pad {
    std::size_t top = 0, bottom = 0, left = 0, right = 0;
    float value = 0;
    Array operator()(const Array& x, Location at = Location::current()) const;
};

/// The part of height x width pixels whose first one is (top, left). Throws ShapeError when it does not lie inside.
struct Crop {
    std::size_t top, left, height, width;
    Array operator()(const Array& x, Location at = Location::current()) const;
};

/// To height x width pixels. A pixel is the mean of those below it, weighted by a triangle that is as wide as two pixels of
/// the larger grid: what the Python library Pillow calls BILINEAR.
struct Resize {
    std::size_t height, width;
    Array operator()(const Array& x, Location at = Location::current()) const;
};

struct FlipHorizontal {  ///< left and right change places
    Array operator()(const Array& x, Location at = Location::current()) const;
};

struct FlipVertical {  ///< top and bottom change places
    Array operator()(const Array& x, Location at = Location::current()) const;
};

/// So many pixels down and right (negative: up and left), between pixels by bilinear interpolation; `fill` comes in.
struct Shift {
    double down = 0, right = 0;
    float fill = 0;
    Array operator()(const Array& x, Location at = Location::current()) const;
};

/// Counterclockwise around the center of the image, by bilinear interpolation; `fill` comes in at the corners.
struct Rotate {
    double degrees = 0;
    float fill = 0;
    Array operator()(const Array& x, Location at = Location::current()) const;
};

/// A part of height x width pixels, anywhere in the image padded by `padding` of `value` on all sides.
struct RandomCrop {
    std::size_t height, width, padding = 0;
    float value = 0;
    Array operator()(const Array& x, Location at = Location::current()) const;
    Array operator()(const Array& x, random::Stream stream, Location at = Location::current()) const;
};

/// Whole pixels from -max to max in each direction, all equally likely.
struct RandomShift {
    std::size_t max_down = 1, max_right = 1;
    float fill = 0;
    Array operator()(const Array& x, Location at = Location::current()) const;
    Array operator()(const Array& x, random::Stream stream, Location at = Location::current()) const;
};

/// An angle uniform in [-max_degrees, max_degrees).
struct RandomRotate {
    double max_degrees = 10;
    float fill = 0;
    Array operator()(const Array& x, Location at = Location::current()) const;
    Array operator()(const Array& x, random::Stream stream, Location at = Location::current()) const;
};

/// Each image mirrored with these probabilities.
struct RandomFlip {
    double horizontal = 0.5, vertical = 0;
    Array operator()(const Array& x, Location at = Location::current()) const;
    Array operator()(const Array& x, random::Stream stream, Location at = Location::current()) const;
};

/// N(0, deviation) added to each number of an array of any shape.
struct GaussianNoise {
    double deviation = 0.1;
    bool clamp = true;  ///< back into [0, 1]
    Array operator()(const Array& x, Location at = Location::current()) const;
    Array operator()(const Array& x, random::Stream stream, Location at = Location::current()) const;
};

/// Each number of an array of any shape becomes `low` or `high`, with half this probability each.
struct SaltAndPepper {
    double probability = 0.05;
    float low = 0, high = 1;
    Array operator()(const Array& x, Location at = Location::current()) const;
    Array operator()(const Array& x, random::Stream stream, Location at = Location::current()) const;
};

}  // namespace xtape::data
