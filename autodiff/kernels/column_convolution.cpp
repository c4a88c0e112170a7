#include <xtape/autodiff/kernels/column_convolution.hpp>

#include <xtape/autodiff/kernels/columns.hpp>
#include <xtape/autodiff/kernels/direct_convolution.hpp>
#include <xtape/autodiff/kernels/serial_gemm.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>

// The elements that the taps read are laid out as columns, and the sums over taps and channels are matrix products. Columns
// of a block of output rows stay in the second-level cache.
namespace xtape::detail {
namespace {

constexpr std::size_t column_bytes = std::size_t{1} << 19;
constexpr std::size_t block_work = std::size_t{1} << 21;  // multiply-adds that are worth a parallel block

std::size_t size(std::ptrdiff_t n) { return static_cast<std::size_t>(n); }
std::size_t pieces(std::size_t n, std::size_t length) { return (n + length - 1) / length; }

struct Sizes {
    explicit Sizes(const ConvolutionShape& s)
        : taps(size(s.y.kernel * s.x.kernel)),
          width(s.in * taps),
          plane(size(s.y.input * s.x.input)),
          pixels(size(s.y.output * s.x.output)) {}

    std::size_t taps, width, plane, pixels;  // width: of a column, the taps of all channels of a group
};

bool trivial(const ConvolutionAxis& a) {
    return a.kernel == 1 && a.stride == 1 && a.padding == 0 && a.input == a.output;
}

// The columns of a 1 x 1 convolution are the image itself.
bool pointwise(const ConvolutionShape& s) { return trivial(s.y) && trivial(s.x); }

// Output rows whose columns fit the cache.
template <class T>
std::ptrdiff_t rows_at_once(const ConvolutionShape& s, std::size_t width) {
    const std::size_t row = std::max<std::size_t>(1, width * size(s.x.output) * sizeof(T));
    return std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(column_bytes / row), 1, s.y.output);
}

// The columns of blocks of output rows, one image after the other; memory is allocated once.
template <class T>
class Columns {
public:
    Columns(const ConvolutionShape& s, std::size_t channels, std::ptrdiff_t rows)
        : shape_(s),
          channels_(channels),
          direct_(pointwise(s)),
          image_(s, direct_ ? 0 : channels, rows, columns_slack<T>) {
        if (direct_) return;
        const Shape extents{channels, Sizes(s).taps, size(rows), size(s.x.output)};
        memory_ = empty_array<T>({element_count(extents) + size(columns_slack<T>)});
    }
    // Of output rows [begin, end); `planes` is the first channel's plane.
    const T* of(const T* planes, std::ptrdiff_t begin, std::ptrdiff_t end) {
        if (direct_) {
            step_ = Sizes(shape_).plane;
            return planes + begin * shape_.x.input;
        }
        step_ = size((end - begin) * shape_.x.output);
        image_.load(planes, channels_, begin, end);
        fill_columns(shape_, image_, channels_, begin, end, memory_.data());
        return memory_.data();
    }
    std::size_t step() const { return step_; }

private:
    const ConvolutionShape& shape_;
    std::size_t channels_;
    bool direct_;
    PaddedRows<T> image_;
    BasicArray<T> memory_;
    std::size_t step_ = 0;
};

// Channels of one group cut into equal blocks of about `wanted` channels.
struct ChannelBlocks {
    ChannelBlocks(std::size_t channels, std::size_t wanted)
        : count(pieces(channels, std::clamp<std::size_t>(wanted, 1, channels))),
          length(pieces(channels, count)),
          all(channels) {
        count = pieces(channels, length);
    }
    std::size_t begin(std::size_t block) const { return block * length; }
    std::size_t channels(std::size_t block) const { return std::min(length, all - block * length); }

    std::size_t count, length, all;
};

// w += the sums over images [first, last) for a block of channels; both have s.groups * s.out rows.
template <class T>
void add_weight(const ConvolutionShape& s, Columns<T>& columns, std::ptrdiff_t rows, std::size_t group,
                std::size_t channel, std::size_t channels, std::size_t first, std::size_t last, const T* x, const T* y,
                T* w) {
    const Sizes z(s);
    bool begun = false;
    for (std::size_t n = first; n < last; ++n) {
        const std::size_t image = n * s.groups + group;
        for (std::ptrdiff_t begin = 0; begin < s.y.output; begin += rows) {
            const std::ptrdiff_t end = std::min(begin + rows, s.y.output);
            const T* b = columns.of(x + (image * s.in + channel) * z.plane, begin, end);
            serial_gemm<T>({false, true, s.out, channels * z.taps, size((end - begin) * s.x.output),
                            y + image * s.out * z.pixels + size(begin * s.x.output), b,
                            w + group * s.out * z.width + channel * z.taps, T(begun ? 1 : 0)},
                           z.pixels, columns.step(), z.width);
            begun = true;
        }
    }
}

}  // namespace

template <class T>
void convolve_columns(const ConvolutionShape& s, const T* x, const T* w, const T* bias, T* y) {
    const Sizes z(s);
    const std::ptrdiff_t rows = rows_at_once<T>(s, z.width);
    const std::size_t blocks = pieces(size(s.y.output), size(rows));
    const std::size_t work = s.out * z.width * size(rows * s.x.output);
    parallel_for(s.batch * s.groups * blocks, pieces(block_work, work), [&](std::size_t from, std::size_t to) {
        Columns<T> columns(s, s.in, rows);
        for (std::size_t item = from; item < to; ++item) {
            const std::size_t image = item / blocks, group = image % s.groups;  // image: of one group
            const std::ptrdiff_t begin = static_cast<std::ptrdiff_t>(item % blocks) * rows;
            const std::ptrdiff_t end = std::min(begin + rows, s.y.output);
            const std::size_t pixels = size((end - begin) * s.x.output);
            T* to_y = y + image * s.out * z.pixels + size(begin * s.x.output);
            for (std::size_t o = 0; bias && o < s.out; ++o) {
                std::fill_n(to_y + o * z.pixels, pixels, bias[group * s.out + o]);
            }
            const T* b = columns.of(x + image * s.in * z.plane, begin, end);
            serial_gemm<T>(
                {false, false, s.out, pixels, z.width, w + group * s.out * z.width, b, to_y, T(bias ? 1 : 0)}, z.width,
                columns.step(), z.pixels);
        }
    });
}

template <class T>
void convolve_columns_transposed(const ConvolutionShape& s, const T* y, const T* w, const T* bias, T* x) {
    const Sizes z(s);
    const ChannelBlocks blocks(s.in, column_bytes / std::max<std::size_t>(1, z.taps * z.pixels * sizeof(T)));
    const std::ptrdiff_t rows = rows_at_once<T>(s, blocks.length * z.taps);
    const std::size_t work = s.out * blocks.length * z.taps * z.pixels;
    parallel_for(s.batch * s.groups * blocks.count, pieces(block_work, work), [&](std::size_t from, std::size_t to) {
        BasicArray<T> columns = empty_array<T>({blocks.length, z.taps, size(rows), size(s.x.output)});
        for (std::size_t item = from; item < to; ++item) {
            const std::size_t image = item / blocks.count, group = image % s.groups, block = item % blocks.count;
            const std::size_t first = blocks.begin(block), channels = blocks.channels(block);
            T* planes = x + (image * s.in + first) * z.plane;
            for (std::size_t c = 0; c < channels; ++c) {
                std::fill_n(planes + c * z.plane, z.plane, bias ? bias[group * s.in + first + c] : T(0));
            }
            for (std::ptrdiff_t begin = 0; begin < s.y.output; begin += rows) {
                const std::ptrdiff_t end = std::min(begin + rows, s.y.output);
                const std::size_t pixels = size((end - begin) * s.x.output);
                serial_gemm<T>(
                    {true, false, channels * z.taps, pixels, s.out, w + group * s.out * z.width + first * z.taps,
                     y + image * s.out * z.pixels + size(begin * s.x.output), columns.data(), T(0)},
                    z.width, z.pixels, pixels);
                add_columns(s, columns.data(), channels, begin, end, planes);
            }
        }
    });
}

template <class T>
void convolve_columns_weight(const ConvolutionShape& s, const T* x, const T* y, T* w) {
    const Sizes z(s);
    const ChannelBlocks blocks(s.in, 128 / z.taps);
    const std::size_t elements = s.groups * s.out * z.width;
    const std::size_t parts = weight_parts(s.batch, s.groups * blocks.count, elements);
    const std::size_t images = pieces(s.batch, parts);
    const std::ptrdiff_t rows = rows_at_once<T>(s, blocks.length * z.taps);
    BasicArray<T> partial = empty_array<T>({parts - 1, elements});
    const std::size_t work = images * s.out * blocks.length * z.taps * z.pixels;
    parallel_for(parts * s.groups * blocks.count, pieces(block_work, work), [&](std::size_t from, std::size_t to) {
        for (std::size_t item = from; item < to; ++item) {
            const std::size_t part = item / (s.groups * blocks.count), block = item % blocks.count;
            const std::size_t channels = blocks.channels(block);
            Columns<T> columns(s, channels, rows);
            add_weight(s, columns, rows, item / blocks.count % s.groups, blocks.begin(block), channels, part * images,
                       std::min(s.batch, (part + 1) * images), x, y,
                       part == 0 ? w : partial.data() + (part - 1) * elements);
        }
    });
    add_parts(partial.data(), parts - 1, elements, w);
}

template void convolve_columns(const ConvolutionShape&, const float*, const float*, const float*, float*);
template void convolve_columns(const ConvolutionShape&, const double*, const double*, const double*, double*);
template void convolve_columns_transposed(const ConvolutionShape&, const float*, const float*, const float*, float*);
template void convolve_columns_transposed(const ConvolutionShape&, const double*, const double*, const double*,
                                          double*);
template void convolve_columns_weight(const ConvolutionShape&, const float*, const float*, float*);
template void convolve_columns_weight(const ConvolutionShape&, const double*, const double*, double*);

}  // namespace xtape::detail
