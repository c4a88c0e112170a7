#include <xtape/data/transforms.hpp>
#include <xtape/data/warp.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace xtape::data {

namespace {

using detail::each_image;
using detail::Images;
using detail::images_of;
using detail::Movement;
using detail::warp;

constexpr std::size_t grain = 1 << 14;

void require(bool good, const char* caller, const std::string& wanted, const std::string& got, Location at) {
    if (!good) throw ConfigError(std::string(caller) + ": expected " + wanted + ", got " + got, at);
}

void require_finite(const char* caller, const char* what, double value, Location at) {
    require(std::isfinite(value), caller, std::string("finite ") + what, std::to_string(value), at);
}

void require_probability(const char* caller, double value, Location at) {
    require(value >= 0 && value <= 1, caller, "a probability in [0, 1]", std::to_string(value), at);
}

// The draws of image i. No image needs as many as lie between two.
random::Stream stream_of(random::Stream stream, std::size_t i) {
    stream.skip(std::uint64_t{64} * i);
    return stream;
}

// One of -max .. max.
std::ptrdiff_t whole_number(random::Stream& stream, std::size_t max) {
    return static_cast<std::ptrdiff_t>(stream.below(2 * max + 1)) - static_cast<std::ptrdiff_t>(max);
}

// The part of an image that begins at (top, left), which may lie outside; there all is `value`.
void cut(const Images& images, const float* from, float* into, std::ptrdiff_t top, std::ptrdiff_t left, std::size_t height,
         std::size_t width, float value) {
    const auto source_width = static_cast<std::ptrdiff_t>(images.width);
    const auto last = static_cast<std::ptrdiff_t>(width);
    const std::ptrdiff_t begin = std::clamp<std::ptrdiff_t>(-left, 0, last), end = std::clamp(source_width - left, begin, last);
    for (std::size_t c = 0; c < images.channels; ++c) {
        for (std::size_t row = 0; row < height; ++row) {
            float* out = into + (c * height + row) * width;
            const std::ptrdiff_t source_row = top + static_cast<std::ptrdiff_t>(row);
            const bool inside = source_row >= 0 && source_row < static_cast<std::ptrdiff_t>(images.height);
            std::fill_n(out, width, value);
            if (!inside || begin == end) continue;
            const float* in = from + c * images.pixels() + source_row * source_width + left + begin;
            std::copy_n(in, end - begin, out + begin);
        }
    }
}

void mirror(const Images& images, const float* from, float* into, bool horizontal, bool vertical) {
    for (std::size_t c = 0; c < images.channels; ++c) {
        for (std::size_t row = 0; row < images.height; ++row) {
            const float* in = from + c * images.pixels() + row * images.width;
            float* out = into + c * images.pixels() + (vertical ? images.height - 1 - row : row) * images.width;
            if (horizontal) {
                std::reverse_copy(in, in + images.width, out);
            } else {
                std::copy_n(in, images.width, out);
            }
        }
    }
}

Array mirrored(const char* caller, const Array& x, bool horizontal, bool vertical, Location at) {
    const Images images = images_of(caller, x.shape(), at);
    return each_image(images, x, images.height, images.width, [&](std::size_t, const float* from, float* into) {
        mirror(images, from, into, horizontal, vertical);
    });
}

Array moved(const char* caller, const Array& x, const Movement& movement, float fill, Location at) {
    const Images images = images_of(caller, x.shape(), at);
    return each_image(images, x, images.height, images.width,
                      [&](std::size_t, const float* from, float* into) { warp(images, from, into, movement, fill); });
}

// What pixel `first` and those after it count for a pixel of the result.
struct Weights {
    std::size_t first;
    std::vector<double> weights;
};

// A triangle around the place of each pixel of the result; when there are fewer of them, it is as wide as two of them.
std::vector<Weights> triangles(std::size_t from, std::size_t to) {
    const double scale = static_cast<double>(from) / static_cast<double>(to), reach = std::max(scale, 1.0);
    std::vector<Weights> result(to);
    for (std::size_t i = 0; i < to; ++i) {
        const double center = (static_cast<double>(i) + 0.5) * scale;
        const auto first = static_cast<std::size_t>(std::max(0.0, center - reach + 0.5));
        const std::size_t last = std::min(from, static_cast<std::size_t>(center + reach + 0.5));
        double sum = 0;
        result[i].first = first;
        for (std::size_t k = first; k < last; ++k) {
            const double weight = std::max(0.0, 1 - std::abs(static_cast<double>(k) + 0.5 - center) / reach);
            result[i].weights.push_back(weight);
            sum += weight;
        }
        for (double& weight : result[i].weights) weight /= sum;
    }
    return result;
}

}  // namespace

Array Flatten::operator()(const Array& x, Location at) const {
    const Images images = images_of("Flatten", x.shape(), at);
    Array y = x;
    y.reshape(images.batch ? Shape{images.count, images.numbers()} : Shape{images.numbers()});
    return y;
}

Array ToImage::operator()(const Array& x, Location at) const {
    const Shape& shape = x.shape();
    const std::size_t numbers = channels * height * width;
    if ((shape.size() != 1 && shape.size() != 2) || shape.back() != numbers) {
        throw ShapeError("ToImage: expected rows (N, " + std::to_string(numbers) + ") or a row (" + std::to_string(numbers) +
                             "), got shape " + to_string(shape),
                         at);
    }
    Array y = x;
    y.reshape(shape.size() == 2 ? Shape{shape[0], channels, height, width} : Shape{channels, height, width});
    return y;
}

Array Pad::operator()(const Array& x, Location at) const {
    const Images images = images_of("Pad", x.shape(), at);
    const std::size_t new_height = images.height + top + bottom, new_width = images.width + left + right;
    return each_image(images, x, new_height, new_width, [&](std::size_t, const float* from, float* into) {
        cut(images, from, into, -static_cast<std::ptrdiff_t>(top), -static_cast<std::ptrdiff_t>(left), new_height, new_width, value);
    });
}

Array Crop::operator()(const Array& x, Location at) const {
    const Images images = images_of("Crop", x.shape(), at);
    if (height > images.height || top > images.height - height || width > images.width || left > images.width - width) {
        throw ShapeError("Crop: expected images that hold " + std::to_string(height) + " x " + std::to_string(width) +
                             " pixels from (" + std::to_string(top) + ", " + std::to_string(left) + "), got shape " + to_string(x.shape()),
                         at);
    }
    return each_image(images, x, height, width, [&](std::size_t, const float* from, float* into) {
        cut(images, from, into, static_cast<std::ptrdiff_t>(top), static_cast<std::ptrdiff_t>(left), height, width, 0);
    });
}

Array Resize::operator()(const Array& x, Location at) const {
    const Images images = images_of("Resize", x.shape(), at);
    require(height > 0 && width > 0, "Resize", "sides of at least 1", std::to_string(height) + " x " + std::to_string(width), at);
    if (images.pixels() == 0) throw ShapeError("Resize: expected images with pixels, got shape " + to_string(x.shape()), at);
    const std::vector<Weights> across = triangles(images.width, width), along = triangles(images.height, height);
    return each_image(images, x, height, width, [&](std::size_t, const float* from, float* into) {
        std::vector<double> narrow(images.height * width);
        for (std::size_t c = 0; c < images.channels; ++c) {
            for (std::size_t row = 0; row < images.height; ++row) {
                const float* in = from + c * images.pixels() + row * images.width;
                for (std::size_t k = 0; k < width; ++k) {
                    const auto& [first, weights] = across[k];
                    double sum = 0;
                    for (std::size_t j = 0; j < weights.size(); ++j) sum += weights[j] * static_cast<double>(in[first + j]);
                    narrow[row * width + k] = sum;
                }
            }
            for (std::size_t i = 0; i < height * width; ++i) {
                const auto& [first, weights] = along[i / width];
                double sum = 0;
                for (std::size_t j = 0; j < weights.size(); ++j) sum += weights[j] * narrow[(first + j) * width + i % width];
                into[c * height * width + i] = static_cast<float>(sum);
            }
        }
    });
}

Array FlipHorizontal::operator()(const Array& x, Location at) const { return mirrored("FlipHorizontal", x, true, false, at); }

Array FlipVertical::operator()(const Array& x, Location at) const { return mirrored("FlipVertical", x, false, true, at); }

Array Shift::operator()(const Array& x, Location at) const {
    require_finite("Shift", "pixels", down, at);
    require_finite("Shift", "pixels", right, at);
    return moved("Shift", x, {.down = down, .right = right}, fill, at);
}

Array Rotate::operator()(const Array& x, Location at) const {
    require_finite("Rotate", "degrees", degrees, at);
    return moved("Rotate", x, {.degrees = degrees}, fill, at);
}

Array RandomCrop::operator()(const Array& x, Location at) const { return (*this)(x, random::next_stream(), at); }

Array RandomCrop::operator()(const Array& x, random::Stream stream, Location at) const {
    const Images images = images_of("RandomCrop", x.shape(), at);
    const std::size_t rows = images.height + 2 * padding, columns = images.width + 2 * padding;
    if (height > rows || width > columns) {
        throw ShapeError("RandomCrop: expected images that hold " + std::to_string(height) + " x " + std::to_string(width) +
                             " pixels with padding " + std::to_string(padding) + ", got shape " + to_string(x.shape()),
                         at);
    }
    return each_image(images, x, height, width, [&](std::size_t i, const float* from, float* into) {
        random::Stream own = stream_of(stream, i);
        const auto top = static_cast<std::ptrdiff_t>(own.below(rows - height + 1)), left = static_cast<std::ptrdiff_t>(own.below(columns - width + 1));
        const auto border = static_cast<std::ptrdiff_t>(padding);
        cut(images, from, into, top - border, left - border, height, width, value);
    });
}

Array RandomShift::operator()(const Array& x, Location at) const { return (*this)(x, random::next_stream(), at); }

Array RandomShift::operator()(const Array& x, random::Stream stream, Location at) const {
    const Images images = images_of("RandomShift", x.shape(), at);
    return each_image(images, x, images.height, images.width, [&](std::size_t i, const float* from, float* into) {
        random::Stream own = stream_of(stream, i);
        const std::ptrdiff_t down = whole_number(own, max_down), right = whole_number(own, max_right);
        cut(images, from, into, -down, -right, images.height, images.width, fill);
    });
}

Array RandomRotate::operator()(const Array& x, Location at) const { return (*this)(x, random::next_stream(), at); }

Array RandomRotate::operator()(const Array& x, random::Stream stream, Location at) const {
    require_finite("RandomRotate", "degrees", max_degrees, at);
    const Images images = images_of("RandomRotate", x.shape(), at);
    return each_image(images, x, images.height, images.width, [&](std::size_t i, const float* from, float* into) {
        random::Stream own = stream_of(stream, i);
        warp(images, from, into, {.degrees = max_degrees * (2 * own.uniform() - 1)}, fill);
    });
}

Array RandomFlip::operator()(const Array& x, Location at) const { return (*this)(x, random::next_stream(), at); }

Array RandomFlip::operator()(const Array& x, random::Stream stream, Location at) const {
    require_probability("RandomFlip", horizontal, at);
    require_probability("RandomFlip", vertical, at);
    const Images images = images_of("RandomFlip", x.shape(), at);
    return each_image(images, x, images.height, images.width, [&](std::size_t i, const float* from, float* into) {
        random::Stream own = stream_of(stream, i);
        const bool sideways = own.uniform() < horizontal, upside_down = own.uniform() < vertical;
        mirror(images, from, into, sideways, upside_down);
    });
}

Array GaussianNoise::operator()(const Array& x, Location at) const { return (*this)(x, random::next_stream(), at); }

Array GaussianNoise::operator()(const Array& x, random::Stream stream, Location at) const {
    require(deviation >= 0 && std::isfinite(deviation), "GaussianNoise", "a finite deviation of at least 0", std::to_string(deviation), at);
    Array y = random::normal<float>(x.shape(), 0.f, static_cast<float>(deviation), stream);
    parallel_for(y.size(), grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const float value = x.data()[i] + y.data()[i];
            y.data()[i] = clamp ? std::clamp(value, 0.f, 1.f) : value;
        }
    });
    return y;
}

Array SaltAndPepper::operator()(const Array& x, Location at) const { return (*this)(x, random::next_stream(), at); }

Array SaltAndPepper::operator()(const Array& x, random::Stream stream, Location at) const {
    require_probability("SaltAndPepper", probability, at);
    Array y = random::uniform<float>(x.shape(), 0.f, 1.f, stream);
    const auto all = static_cast<float>(probability), half = static_cast<float>(probability / 2);
    parallel_for(y.size(), grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const float u = y.data()[i];
            y.data()[i] = u < half ? low : u < all ? high : x.data()[i];
        }
    });
    return y;
}

}  // namespace xtape::data
