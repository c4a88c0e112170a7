#include <xtape/autodiff/kernels/direct_convolution.hpp>

#include <xtape/autodiff/kernels/columns.hpp>
#include <xtape/autodiff/kernels/turn.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <array>
#include <utility>

// A tile of the result lives in registers while taps and channels are summed: a few pixels of one row by one or two
// registers of channels. Each tap costs a load of weights and, for each pixel, one number of the image spread over a
// register.
namespace xtape::detail {
namespace {

// Three registers are left for weights and the image.
template <class T>
constexpr std::ptrdiff_t most_pixels = many_registers<T> ? 14 : 6;

// Pixels of a tile, rounded up to what turns quickly.
template <class T>
constexpr std::ptrdiff_t tile_rows = (most_pixels<T> + 7) / 8 * 8;
static_assert(tile_rows<float> <= most_copied_pixels && tile_rows<double> <= most_copied_pixels);

// What a tile reads: for each channel and each row of the kernel inside the image, `taps` neighbours a row.
template <class T>
struct TileSource {
    const T* image;
    const T* weights;
    std::ptrdiff_t channels, rows, taps;
    std::ptrdiff_t image_plane, image_row, image_tap;
    std::ptrdiff_t weight_plane, weight_row;
};

// P pixels by V registers; `tile` is (P, V * lanes).
template <std::size_t P, std::size_t V, class T>
void sum_tile(const TileSource<T>& s, const T* bias, T* tile) {
    using L = Lanes<T>;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        std::array<std::array<L, V>, P> sum;
        std::array<L, V> start;
        for (std::size_t v = 0; v < V; ++v) start[v] = L::load(bias + v * L::width);
        ((sum[I] = start), ...);
        for (std::ptrdiff_t c = 0; c < s.channels; ++c) {
            for (std::ptrdiff_t p = 0; p < s.rows; ++p) {
                const T* x = s.image + c * s.image_plane + p * s.image_row;
                const T* w = s.weights + c * s.weight_plane + p * s.weight_row;
                for (std::ptrdiff_t q = 0; q < s.taps; ++q, x += s.image_tap, w += V * L::width) {
                    const L w0 = L::load(w);
                    if constexpr (V == 1) {
                        ((sum[I][0] = multiply_add(L(x[I]), w0, sum[I][0])), ...);
                    } else {
                        const L w1 = L::load(w + L::width);
                        const auto add = [&](std::array<L, V>& to, L pixel) {
                            to[0] = multiply_add(pixel, w0, to[0]);
                            to[1] = multiply_add(pixel, w1, to[1]);
                        };
                        (add(sum[I], L(x[I])), ...);
                    }
                }
            }
        }
        const auto put = [&](std::size_t i, const std::array<L, V>& from) {
            for (std::size_t v = 0; v < V; ++v) from[v].store(tile + (i * V + v) * L::width);
        };
        (put(I, sum[I]), ...);
    }
    (std::make_index_sequence<P>());
}

template <class T>
using TileFunction = void (*)(const TileSource<T>&, const T*, T*);

// The tile for that many pixels, which rounds odd numbers up.
template <class T>
TileFunction<T> tile_function(std::ptrdiff_t pixels, std::ptrdiff_t vectors) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        static constexpr TileFunction<T> table[2][sizeof...(I)] = {{sum_tile<2 * (I + 1), 1, T>...},
                                                                   {sum_tile<2 * (I + 1), 2, T>...}};
        return table[vectors - 1][(pixels + 1) / 2 - 1];
    }
    (std::make_index_sequence<most_pixels<T> / 2>());
}

// (group, piece, channel, tap, lane): the weights in the order in which tiles read them.
template <class T>
Scratch<T> packed_weights(const ConvolutionShape& s, const ChannelPieces<T>& pieces, const T* w) {
    const std::ptrdiff_t taps = s.y.kernel * s.x.kernel, in = signed_size(s.in);
    Scratch<T> packed(s.groups * static_cast<std::size_t>(pieces.count * in * taps * pieces.width));
    T* to = packed.data();
    for (std::ptrdiff_t group = 0; group < signed_size(s.groups); ++group) {
        for (std::ptrdiff_t piece = 0; piece < pieces.count; ++piece) {
            const T* from = w + (group * pieces.all + piece * pieces.width) * in * taps;
            for (std::ptrdiff_t k = 0; k < in * taps; ++k, to += pieces.width) {
                for (std::ptrdiff_t o = 0; o < pieces.valid(piece); ++o) to[o] = from[o * in * taps + k];
            }
        }
    }
    return packed;
}

template <class T>
class DirectConvolution {
public:
    DirectConvolution(const ConvolutionShape& s, const T* w, const T* bias)
        : s_(s),
          pieces_(s.out),
          weights_(packed_weights(s, pieces_, w)),
          bias_(s.groups * static_cast<std::size_t>(pieces_.count * pieces_.width)),
          tiles_(ceiling(s.x.output, most_pixels<T>)),
          pixels_((ceiling(s.x.output, tiles_) + 1) / 2 * 2),
          tile_(tile_function<T>(pixels_, pieces_.vectors)) {
        for (std::size_t group = 0; bias && group < s.groups; ++group) {
            std::copy_n(bias + group * s.out, s.out, bias_.data() + signed_size(group) * pieces_.count * pieces_.width);
        }
    }

    // Pixels behind the last column that the last tile computes in vain.
    std::ptrdiff_t slack() const { return tiles_ * pixels_ - s_.x.output; }

    // Output row i of one group of one image.
    void row(const PaddedRows<T>& image, std::ptrdiff_t group, std::ptrdiff_t i, T* y) const {
        const std::ptrdiff_t taps = s_.y.kernel * s_.x.kernel, in = signed_size(s_.in), width = pieces_.width;
        std::ptrdiff_t first = 0, last = s_.y.kernel;
        while (first < last && !image.row(0, i, first)) ++first;
        while (last > first && !image.row(0, i, last - 1)) --last;
        const T* const begin = first < last ? image.row(0, i, first) : nullptr;
        alignas(64) T tile[tile_rows<T> * 2 * lanes<T>] = {}, turned[2 * lanes<T> * tile_rows<T>];
        for (std::ptrdiff_t piece = 0; piece < pieces_.count; ++piece) {
            const std::ptrdiff_t place = (group * pieces_.count + piece) * width;
            const T* const weights = weights_.data() + place * in * taps + first * s_.x.kernel * width;
            for (std::ptrdiff_t at = 0; at < s_.x.output; at += pixels_) {
                tile_({begin ? begin + at : nullptr, weights, begin ? in : 0, last - first, s_.x.kernel, image.plane(),
                       s_.y.dilation * image.pitch(), s_.x.dilation, taps * width, s_.x.kernel * width},
                      bias_.data() + place, tile);
                turn(tile, width, tile_rows<T>, width, turned, tile_rows<T>);
                const std::ptrdiff_t valid = std::min(pixels_, s_.x.output - at);
                T* to = y + piece * width * s_.y.output * s_.x.output + at;
                for (std::ptrdiff_t o = 0; o < pieces_.valid(piece); ++o, to += s_.y.output * s_.x.output) {
                    copy_pixels(turned + o * tile_rows<T>, valid, to);
                }
            }
        }
    }

private:
    const ConvolutionShape& s_;
    ChannelPieces<T> pieces_;
    Scratch<T> weights_, bias_;
    std::ptrdiff_t tiles_, pixels_;
    TileFunction<T> tile_;
};

}  // namespace

bool direct_convolution_fits(const ConvolutionShape& s) { return s.y.stride == 1 && s.x.stride == 1; }

template <class T>
bool direct_convolution_pays(const ConvolutionShape& s) {
    const std::ptrdiff_t taps = s.y.kernel * s.x.kernel;
    return wide_registers<T> && direct_convolution_fits(s) && signed_size(s.out) >= lanes<T> && taps > 1 &&
           signed_size(s.in) * taps >= 64;
}

template <class T>
void convolve_direct(const ConvolutionShape& s, const T* x, const T* w, const T* bias, T* y) {
    const DirectConvolution<T> direct(s, w, bias);
    // Blocks of output rows whose part of the image stays in the second-level cache.
    constexpr std::ptrdiff_t image_bytes = std::ptrdiff_t{1} << 18;
    const std::ptrdiff_t row = signed_size(s.in) * s.x.input * std::ptrdiff_t{sizeof(T)};
    const std::ptrdiff_t rows = std::min(s.y.output, std::max<std::ptrdiff_t>(8, image_bytes / row - s.y.kernel));
    const std::ptrdiff_t blocks = ceiling(s.y.output, rows);
    const std::ptrdiff_t in_plane = s.y.input * s.x.input, out_plane = s.y.output * s.x.output;
    parallel_for(s.batch * s.groups * static_cast<std::size_t>(blocks), 1, [&](std::size_t from, std::size_t to) {
        PaddedRows<T> image(s, s.in, rows, direct.slack());
        for (std::ptrdiff_t item = signed_size(from); item < signed_size(to); ++item) {
            const std::ptrdiff_t n = item / blocks, begin = item % blocks * rows,
                                 end = std::min(begin + rows, s.y.output);
            image.load(x + n * signed_size(s.in) * in_plane, s.in, begin, end);
            for (std::ptrdiff_t i = begin; i < end; ++i) {
                direct.row(image, n % signed_size(s.groups), i,
                           y + n * signed_size(s.out) * out_plane + i * s.x.output);
            }
        }
    });
}

template bool direct_convolution_pays<float>(const ConvolutionShape&);
template bool direct_convolution_pays<double>(const ConvolutionShape&);
template void convolve_direct(const ConvolutionShape&, const float*, const float*, const float*, float*);
template void convolve_direct(const ConvolutionShape&, const double*, const double*, const double*, double*);

}  // namespace xtape::detail
