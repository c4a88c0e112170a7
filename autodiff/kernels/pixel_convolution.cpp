#include <xtape/autodiff/kernels/pixel_convolution.hpp>

#include <xtape/autodiff/kernels/direct_convolution.hpp>
#include <xtape/autodiff/kernels/phased_image.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <array>
#include <utility>

// A tile of the result lives in registers while taps and channels are summed: a few channels by a few registers of
// neighbouring pixels. Each tap costs a load of each register of pixels and one weight a channel, spread over a register.
namespace xtape::detail {
namespace {

// Channels of a tile, and registers for each of them.
template <class T>
constexpr std::ptrdiff_t most_channels = many_registers<T> ? 8 : 6;
constexpr std::ptrdiff_t most_vectors = 4;
template <class T>
constexpr std::ptrdiff_t tile_vectors(std::ptrdiff_t channels) {
    return std::clamp<std::ptrdiff_t>((many_registers<T> ? 24 : 12) / channels, 1, most_vectors);
}

template <class T>
struct PixelTile {
    std::ptrdiff_t channels, plane;  // of the image
    const std::ptrdiff_t* offsets;
    std::ptrdiff_t taps;
    const T* weights;  // (channel, tap, channel of the result)
    const T* bias;
    std::ptrdiff_t result_plane;
};

// C channels by V registers of pixels: x[v] and y[v] are where register v is read and written in the first channels.
template <std::size_t C, std::size_t V, class T>
void sum_pixels(const PixelTile<T>& t, const T* const* x, T* const* y) {
    using L = Lanes<T>;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        std::array<std::array<L, V>, C> sum;
        (sum[I].fill(L(t.bias[I])), ...);
        std::array<const T*, V> from;
        for (std::size_t v = 0; v < V; ++v) from[v] = x[v];
        const T* w = t.weights;
        for (std::ptrdiff_t c = 0; c < t.channels; ++c) {
            for (std::ptrdiff_t k = 0; k < t.taps; ++k, w += C) {
                std::array<L, V> pixels;
                for (std::size_t v = 0; v < V; ++v) pixels[v] = L::load(from[v] + t.offsets[k]);
                const auto add = [&](std::array<L, V>& to, L weight) {
                    for (std::size_t v = 0; v < V; ++v) to[v] = multiply_add(pixels[v], weight, to[v]);
                };
                (add(sum[I], L(w[I])), ...);
            }
            for (const T*& row : from) row += t.plane;
        }
        const auto put = [&](std::ptrdiff_t i, const std::array<L, V>& from_sum) {
            for (std::size_t v = 0; v < V; ++v) from_sum[v].store(y[v] + i * t.result_plane);
        };
        (put(static_cast<std::ptrdiff_t>(I), sum[I]), ...);
    }
    (std::make_index_sequence<C>());
}

template <class T>
using TileFunction = void (*)(const PixelTile<T>&, const T* const*, T* const*);

template <class T>
TileFunction<T> tile_function(std::ptrdiff_t channels, std::ptrdiff_t vectors) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        static constexpr auto limited = [](std::size_t i, std::ptrdiff_t v) {
            return static_cast<std::size_t>(std::min(v, tile_vectors<T>(static_cast<std::ptrdiff_t>(i) + 1)));
        };
        static constexpr TileFunction<T> table[most_vectors][sizeof...(I)] = {{sum_pixels<I + 1, limited(I, 1), T>...},
                                                                              {sum_pixels<I + 1, limited(I, 2), T>...},
                                                                              {sum_pixels<I + 1, limited(I, 3), T>...},
                                                                              {sum_pixels<I + 1, limited(I, 4), T>...}};
        return table[vectors - 1][channels - 1];
    }
    (std::make_index_sequence<static_cast<std::size_t>(most_channels<T>)>());
}

// One element of the kernel, as a phase of results reads it.
struct Tap {
    std::ptrdiff_t row, column;  // shifts in the image
    std::ptrdiff_t place;        // in the kernel
};

// Results (first_row + i * step, first_column + j * step), which see the same taps.
struct Phase {
    std::ptrdiff_t rows, columns, first_row, first_column;
    Scratch<Tap> taps;
};

// What convolve and convolve_transposed have in common.
struct PixelSums {
    std::size_t images, groups;
    std::ptrdiff_t read, written;                         // channels of one group
    std::ptrdiff_t weight_read, weight_written;           // from one channel's weights to the next one's
    std::ptrdiff_t height, width, row_step, column_step;  // of the result, and of its phases
    SourceAxis y, x;
    Scratch<Phase> phases;

    void span(const Tap& tap) {
        y.low = std::min(y.low, tap.row);
        y.high = std::max(y.high, tap.row);
        x.low = std::min(x.low, tap.column);
        x.high = std::max(x.high, tap.column);
    }
};

constexpr std::ptrdiff_t far = std::ptrdiff_t{1} << 48;  // beyond any shift

PixelSums sums_of(const ConvolutionShape& s) {
    const std::ptrdiff_t in = signed_size(s.in), taps = s.y.kernel * s.x.kernel;
    PixelSums p{s.batch,
                s.groups,
                in,
                signed_size(s.out),
                taps,
                in * taps,
                s.y.output,
                s.x.output,
                1,
                1,
                {s.y.input, s.y.stride, far, -far},
                {s.x.input, s.x.stride, far, -far},
                {}};
    Phase all{s.y.output, s.x.output, 0, 0, {}};
    for (std::ptrdiff_t k = 0; k < taps; ++k) {
        all.taps.push_back(
            {k / s.x.kernel * s.y.dilation - s.y.padding, k % s.x.kernel * s.x.dilation - s.x.padding, k});
        p.span(all.taps.back());
    }
    p.phases.push_back(std::move(all));
    return p;
}

PixelSums transposed_sums_of(const ConvolutionShape& s) {
    const std::ptrdiff_t in = signed_size(s.in), taps = s.y.kernel * s.x.kernel;
    PixelSums p{s.batch,
                s.groups,
                signed_size(s.out),
                in,
                in * taps,
                taps,
                s.y.input,
                s.x.input,
                s.y.stride,
                s.x.stride,
                {s.y.output, 1, far, -far},
                {s.x.output, 1, far, -far},
                {}};
    for (std::ptrdiff_t a = 0; a < std::min(s.y.stride, s.y.input); ++a) {
        for (std::ptrdiff_t b = 0; b < std::min(s.x.stride, s.x.input); ++b) {
            Phase phase{ceiling(s.y.input - a, s.y.stride), ceiling(s.x.input - b, s.x.stride), a, b, {}};
            for (std::ptrdiff_t k = 0; k < taps; ++k) {
                const std::ptrdiff_t row = a + s.y.padding - k / s.x.kernel * s.y.dilation;
                const std::ptrdiff_t column = b + s.x.padding - k % s.x.kernel * s.x.dilation;
                if (row % s.y.stride != 0 || column % s.x.stride != 0) continue;
                phase.taps.push_back({row / s.y.stride, column / s.x.stride, k});
                p.span(phase.taps.back());
            }
            p.phases.push_back(std::move(phase));
        }
    }
    if (p.y.low == far) p.y.low = p.y.high = p.x.low = p.x.high = 0;
    return p;
}

template <class T>
class PixelConvolution {
public:
    PixelConvolution(PixelSums sums, const T* w, const T* bias)
        : s_(std::move(sums)),
          pieces_(ceiling(s_.written, most_channels<T>)),
          piece_(ceiling(s_.written, pieces_)),
          vectors_(tile_vectors<T>(piece_)),
          bias_(s_.groups * static_cast<std::size_t>(s_.written)) {
        if (bias) std::copy_n(bias, bias_.size(), bias_.data());
        for (const Phase& phase : s_.phases) taps_ += signed_size(phase.taps.size());
        pack(w);
    }

    void run(const T* x, T* y) const {
        constexpr std::ptrdiff_t work = std::ptrdiff_t{1} << 20;  // multiply-adds that are worth a parallel block
        const std::ptrdiff_t all_rows = s_.phases[0].rows, rows = block_rows(), blocks = ceiling(all_rows, rows);
        // Where no result is in the phase of a tap there is no tap.
        const std::ptrdiff_t item_work =
            std::max<std::ptrdiff_t>(1, s_.read * s_.written * taps_ * rows * s_.phases[0].columns);
        const std::ptrdiff_t x_plane = s_.y.extent * s_.x.extent, y_plane = s_.height * s_.width;
        parallel_for(s_.images * s_.groups * static_cast<std::size_t>(blocks),
                     static_cast<std::size_t>(ceiling(work, item_work)), [&](std::size_t from, std::size_t to) {
                         const auto channels = static_cast<std::size_t>(s_.read);
                         PhasedImage<T> image(s_.y, s_.x, channels, all_rows, rows,
                                              std::max(s_.phases[0].columns, lanes<T>));
                         const Scratch<std::ptrdiff_t> offsets = offsets_in(image);
                         for (std::ptrdiff_t item = signed_size(from); item < signed_size(to); ++item) {
                             const std::ptrdiff_t n = item / blocks, begin = item % blocks * rows;
                             const std::ptrdiff_t count = std::min(rows, all_rows - begin);
                             image.load(x + n * s_.read * x_plane, channels, begin, count);
                             block(image, offsets.data(), n % signed_size(s_.groups), begin, count,
                                   y + n * s_.written * y_plane);
                         }
                     });
    }

private:
    // Rows of a phase whose part of the image stays in the second-level cache.
    std::ptrdiff_t block_rows() const {
        constexpr std::ptrdiff_t image_bytes = std::ptrdiff_t{1} << 18;
        const std::ptrdiff_t row = s_.read * s_.x.extent * s_.y.step * std::ptrdiff_t{sizeof(T)};
        return std::min(s_.phases[0].rows, std::max<std::ptrdiff_t>(8, image_bytes / row - (s_.y.high - s_.y.low)));
    }

    // (group, phase, piece, channel, tap, channel of the result): in the order in which tiles read them.
    void pack(const T* w) {
        weights_ = Scratch<T>(s_.groups * static_cast<std::size_t>(s_.read * s_.written * taps_));
        T* to = weights_.data();
        const std::ptrdiff_t all = std::max(s_.read * s_.weight_read, s_.written * s_.weight_written);
        for (std::size_t group = 0; group < s_.groups; ++group, w += all) {
            for (const Phase& phase : s_.phases) {
                for (std::ptrdiff_t first = 0; first < s_.written; first += piece_) {
                    const std::ptrdiff_t count = std::min(piece_, s_.written - first);
                    for (std::ptrdiff_t c = 0; c < s_.read; ++c) {
                        for (const Tap& tap : phase.taps) {
                            const T* from = w + first * s_.weight_written + c * s_.weight_read + tap.place;
                            for (std::ptrdiff_t o = 0; o < count; ++o) *to++ = from[o * s_.weight_written];
                        }
                    }
                }
            }
        }
    }

    // Of the taps of all phases.
    Scratch<std::ptrdiff_t> offsets_in(const PhasedImage<T>& image) const {
        Scratch<std::ptrdiff_t> offsets;
        offsets.reserve(static_cast<std::size_t>(taps_));
        for (const Phase& phase : s_.phases) {
            for (const Tap& tap : phase.taps) offsets.push_back(image.offset(tap.row, tap.column));
        }
        return offsets;
    }

    // Rows [begin, begin + rows) of each phase, of one group of one image.
    void block(const PhasedImage<T>& image, const std::ptrdiff_t* offsets, std::ptrdiff_t group, std::ptrdiff_t begin,
               std::ptrdiff_t rows, T* y) const {
        const T* weights = weights_.data() + group * s_.read * s_.written * taps_;
        for (const Phase& phase : s_.phases) {
            const auto taps = signed_size(phase.taps.size());
            const PixelTile<T> tile{s_.read,
                                    image.plane(),
                                    offsets,
                                    taps,
                                    weights,
                                    bias_.data() + group * s_.written,
                                    s_.height * s_.width};
            const std::ptrdiff_t a_row = ceiling(phase.columns, lanes<T>);
            const std::ptrdiff_t registers = std::min(rows, phase.rows - begin) * a_row;
            Place place;
            for (std::ptrdiff_t at = 0; at < registers; at += vectors_) {
                tiles(tile, image, phase, begin, place, std::min(vectors_, registers - at), y);
            }
            offsets += taps;
            weights += s_.read * s_.written * taps;
        }
    }

    // A register of pixels in the rows of a block.
    struct Place {
        std::ptrdiff_t row = 0, column = 0;
    };

    // All channels of `count` registers of pixels of a phase from `place` on, which moves behind them.
    void tiles(PixelTile<T> tile, const PhasedImage<T>& image, const Phase& phase, std::ptrdiff_t begin, Place& place,
               std::ptrdiff_t count, T* y) const {
        const bool whole = phase.columns >= lanes<T> && s_.column_step == 1;
        const std::ptrdiff_t plane = s_.height * s_.width;
        const T* x[most_vectors];
        T* to[most_vectors];
        std::ptrdiff_t valid[most_vectors];
        for (std::ptrdiff_t v = 0; v < count; ++v) {
            // The last register of a row overlaps the one before it.
            const std::ptrdiff_t i = place.row;
            const std::ptrdiff_t j = std::clamp<std::ptrdiff_t>(phase.columns - lanes<T>, 0, place.column);
            x[v] = image.at(i, j);
            to[v] =
                y + (phase.first_row + (begin + i) * s_.row_step) * s_.width + phase.first_column + j * s_.column_step;
            valid[v] = std::min(lanes<T>, phase.columns - j);
            place.column += lanes<T>;
            if (place.column >= phase.columns) place = {i + 1, 0};
        }
        alignas(64) T buffer[most_vectors * most_channels<T> * lanes<T>];
        T* buffers[most_vectors];
        for (std::ptrdiff_t v = 0; v < count; ++v) buffers[v] = buffer + v * lanes<T>;
        if (!whole) tile.result_plane = most_vectors * lanes<T>;
        for (std::ptrdiff_t first = 0; first < s_.written; first += piece_) {
            const std::ptrdiff_t channels = std::min(piece_, s_.written - first);
            tile_function<T>(channels, count)(tile, x, whole ? to : buffers);
            tile.weights += s_.read * tile.taps * channels;
            tile.bias += channels;
            for (std::ptrdiff_t v = 0; v < count; ++v) {
                for (std::ptrdiff_t o = 0; !whole && o < channels; ++o) {
                    put_pixels(buffers[v] + o * tile.result_plane, valid[v], to[v] + o * plane);
                }
                to[v] += channels * plane;
            }
        }
    }

    void put_pixels(const T* from, std::ptrdiff_t count, T* to) const {
        if (s_.column_step == 1) return copy_pixels(from, count, to);
        for (std::ptrdiff_t j = 0; j < count; ++j) to[j * s_.column_step] = from[j];
    }

    PixelSums s_;
    std::ptrdiff_t pieces_, piece_, vectors_, taps_ = 0;
    Scratch<T> weights_, bias_;
};

}  // namespace

bool pixel_convolution_fits(const ConvolutionShape& s) {
    const auto fits = [](const ConvolutionAxis& a) {
        return a.stride <= 8 && a.dilation * (a.kernel - 1) <= a.input + 64;
    };
    return fits(s.y) && fits(s.x);
}

template <class T>
bool pixel_convolution_pays(const ConvolutionShape& s) {
    return pixel_convolution_fits(s) && (wide_registers<T> || s.out <= 8);
}

template <class T>
void convolve_pixels(const ConvolutionShape& s, const T* x, const T* w, const T* bias, T* y) {
    PixelConvolution<T>(sums_of(s), w, bias).run(x, y);
}

template <class T>
void convolve_pixels_transposed(const ConvolutionShape& s, const T* y, const T* w, const T* bias, T* x) {
    PixelConvolution<T>(transposed_sums_of(s), w, bias).run(y, x);
}

template bool pixel_convolution_pays<float>(const ConvolutionShape&);
template bool pixel_convolution_pays<double>(const ConvolutionShape&);
template void convolve_pixels(const ConvolutionShape&, const float*, const float*, const float*, float*);
template void convolve_pixels(const ConvolutionShape&, const double*, const double*, const double*, double*);
template void convolve_pixels_transposed(const ConvolutionShape&, const float*, const float*, const float*, float*);
template void convolve_pixels_transposed(const ConvolutionShape&, const double*, const double*, const double*, double*);

}  // namespace xtape::detail
