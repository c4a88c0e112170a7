#include <xtape/autodiff/kernels/columns.hpp>
#include <xtape/autodiff/kernels/direct_convolution.hpp>
#include <xtape/autodiff/kernels/turn.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <array>
#include <utility>

// A tile of the weight gradient lives in registers while pixels are summed: neighbouring taps of a few input channels
// by one or two registers of output channels. The gradient of the output is turned first, so that the channels of a
// pixel stand together.
namespace xtape::detail {
namespace {

// Neighbouring taps of a tile, and the input channels that fill the registers with them.
template <class T>
constexpr std::ptrdiff_t most_taps = many_registers<T> ? 7 : 6;
template <class T>
constexpr std::size_t tile_channels(std::size_t taps) {
    return std::min<std::size_t>(4, (many_registers<T> ? 14 : 6) / taps);
}
constexpr std::ptrdiff_t channel_slack = 3;  // a tile may reach that far behind the last channel

struct WeightTile {
    std::ptrdiff_t rows, columns;  // of output pixels
    std::ptrdiff_t image_plane, image_row;
    std::ptrdiff_t pixel;        // channels of a turned pixel, all pieces
    std::ptrdiff_t sum_channel;  // from one input channel's sums to the next one's
};

// sum(channel, tap, lane) += the products over a block of pixels, which are added up by themselves first.
template <std::size_t TAPS, std::size_t V, class T>
void add_tile(const WeightTile& t, const T* image, const T* turned, T* sum) {
    using L = Lanes<T>;
    constexpr std::size_t channels = tile_channels<T>(TAPS);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        std::array<std::array<L, V>, channels * TAPS> total;
        for (auto& part : total) part.fill(L(0));
        std::array<const T*, channels> x;
        for (std::size_t c = 0; c < channels; ++c) x[c] = image + static_cast<std::ptrdiff_t>(c) * t.image_plane;
        for (std::ptrdiff_t i = 0; i < t.rows; ++i) {
            for (std::ptrdiff_t j = 0; j < t.columns; ++j, turned += t.pixel) {
                const L g0 = L::load(turned), g1 = V == 1 ? g0 : L::load(turned + (V - 1) * L::width);
                const auto add = [&](std::array<L, V>& to, L pixel) {
                    to[0] = multiply_add(pixel, g0, to[0]);
                    if constexpr (V == 2) to[1] = multiply_add(pixel, g1, to[1]);
                };
                (add(total[I], L(x[I / TAPS][j + static_cast<std::ptrdiff_t>(I % TAPS)])), ...);
            }
            for (const T*& row : x) row += t.image_row;
        }
        const auto put = [&](std::size_t i, const std::array<L, V>& from) {
            T* to = sum + static_cast<std::ptrdiff_t>(i / TAPS) * t.sum_channel +
                    static_cast<std::ptrdiff_t>(i % TAPS) * t.pixel;
            for (std::size_t v = 0; v < V; ++v) (L::load(to + v * L::width) + from[v]).store(to + v * L::width);
        };
        (put(I, total[I]), ...);
    }
    (std::make_index_sequence<channels * TAPS>());
}

template <class T>
using TileFunction = void (*)(const WeightTile&, const T*, const T*, T*);

template <class T>
TileFunction<T> tile_function(std::ptrdiff_t taps, std::ptrdiff_t vectors) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        static constexpr TileFunction<T> table[2][sizeof...(I)] = {{add_tile<I + 1, 1, T>...},
                                                                   {add_tile<I + 1, 2, T>...}};
        return table[vectors - 1][taps - 1];
    }
    (std::make_index_sequence<most_taps<T>>());
}

// How the work is cut, and where the sums of a piece of it lie: (part, group, block, channel, tap, output channel).
template <class T>
struct WeightPlan {
    explicit WeightPlan(const ConvolutionShape& s)
        : pieces(s.out), taps(s.y.kernel * s.x.kernel), channel(taps * pieces.count * pieces.width) {
        // Channels are cut as well when the batch alone makes too little work for many threads.
        const std::ptrdiff_t in = signed_size(s.in), want = ceiling(16, signed_size(s.batch * s.groups));
        length = ceiling(in, std::clamp<std::ptrdiff_t>(ceiling(in, 8), 1, want));
        blocks = ceiling(in, length);
        area = (length + channel_slack) * channel;
        all = signed_size(s.groups) * blocks * area;
        const auto count = static_cast<std::size_t>(blocks);
        parts = signed_size(weight_parts(s.batch, s.groups * count, static_cast<std::size_t>(all)));
        images = ceiling(signed_size(s.batch), parts);
        // Sums of at most about a thousand products before they meet other sums.
        rows = std::clamp<std::ptrdiff_t>(1024 / s.x.output, 1, s.y.output);
    }

    ChannelPieces<T> pieces;
    std::ptrdiff_t taps, channel, length, blocks, area, all, parts, images, rows;
};

// One image's rows [begin, end): every tap and channel of a block.
template <class T>
void add_rows(const ConvolutionShape& s, const WeightPlan<T>& plan, const PaddedRows<T>& image, const T* turned,
              std::ptrdiff_t channels, std::ptrdiff_t begin, std::ptrdiff_t end, T* sum) {
    const std::ptrdiff_t pixel = plan.pieces.count * plan.pieces.width;
    const std::ptrdiff_t step = ceiling(s.x.kernel, ceiling(s.x.kernel, most_taps<T>));
    for (std::ptrdiff_t q = 0; q < s.x.kernel; q += step) {
        const std::ptrdiff_t taps = std::min(step, s.x.kernel - q);
        const TileFunction<T> add = tile_function<T>(taps, plan.pieces.vectors);
        const auto together = static_cast<std::ptrdiff_t>(tile_channels<T>(static_cast<std::size_t>(taps)));
        for (std::ptrdiff_t p = 0; p < s.y.kernel; ++p) {
            // The output rows under which this row of the kernel lies inside the image.
            const std::ptrdiff_t shift = s.y.padding - p * s.y.dilation;
            const std::ptrdiff_t first = std::max(begin, shift), last = std::min(end, s.y.input + shift);
            if (first >= last) continue;
            const WeightTile tile{last - first, s.x.output, image.plane(), image.pitch(), pixel, plan.channel};
            for (std::ptrdiff_t c = 0; c < channels; c += together) {
                const T* const x = image.row(static_cast<std::size_t>(c), first, p) + q;
                const T* const g = turned + (first - begin) * s.x.output * pixel;
                T* const to = sum + c * plan.channel + (p * s.x.kernel + q) * pixel;
                for (std::ptrdiff_t piece = 0; piece < plan.pieces.count; ++piece) {
                    add(tile, x, g + piece * plan.pieces.width, to + piece * plan.pieces.width);
                }
            }
        }
    }
}

}  // namespace

bool direct_weight_fits(const ConvolutionShape& s) { return s.y.stride == 1 && s.x.stride == 1 && s.x.dilation == 1; }

template <class T>
bool direct_weight_pays(const ConvolutionShape& s) {
    return wide_registers<T> && direct_weight_fits(s) && signed_size(s.out) >= lanes<T> &&
           s.y.kernel * s.x.kernel > 1 && s.in >= 3;
}

template <class T>
void convolve_weight_direct(const ConvolutionShape& s, const T* x, const T* y, T* w) {
    const WeightPlan<T> plan(s);
    const std::ptrdiff_t in = signed_size(s.in), out = signed_size(s.out), groups = signed_size(s.groups);
    const std::ptrdiff_t in_plane = s.y.input * s.x.input, out_plane = s.y.output * s.x.output;
    const std::ptrdiff_t pixel = plan.pieces.count * plan.pieces.width;
    BasicArray<T> sums = empty_array<T>({static_cast<std::size_t>(plan.parts), static_cast<std::size_t>(plan.all)});
    parallel_for(static_cast<std::size_t>(plan.parts * groups * plan.blocks), 1, [&](std::size_t from, std::size_t to) {
        PaddedRows<T> image(s, static_cast<std::size_t>(plan.length + channel_slack), plan.rows, 0);
        Scratch<T> turned(static_cast<std::size_t>(plan.rows * s.x.output * pixel));
        for (std::ptrdiff_t item = signed_size(from); item < signed_size(to); ++item) {
            const std::ptrdiff_t part = item / (groups * plan.blocks), group = item / plan.blocks % groups;
            const std::ptrdiff_t channel = item % plan.blocks * plan.length,
                                 channels = std::min(plan.length, in - channel);
            T* const sum = sums.data() + item * plan.area;
            std::fill_n(sum, plan.area, T(0));
            for (std::ptrdiff_t n = part * plan.images; n < std::min((part + 1) * plan.images, signed_size(s.batch));
                 ++n) {
                for (std::ptrdiff_t begin = 0; begin < s.y.output; begin += plan.rows) {
                    const std::ptrdiff_t end = std::min(begin + plan.rows, s.y.output);
                    image.load(x + ((n * groups + group) * in + channel) * in_plane, static_cast<std::size_t>(channels),
                               begin, end);
                    turn(y + (n * groups + group) * out * out_plane + begin * s.x.output, out_plane, out,
                         (end - begin) * s.x.output, turned.data(), pixel);
                    add_rows(s, plan, image, turned.data(), channels, begin, end, sum);
                }
            }
        }
    });
    add_parts(sums.data() + plan.all, static_cast<std::size_t>(plan.parts - 1), static_cast<std::size_t>(plan.all),
              sums.data());
    for (std::ptrdiff_t group = 0; group < groups; ++group) {
        for (std::ptrdiff_t c = 0; c < in; ++c) {
            const T* const sum =
                sums.data() + (group * plan.blocks + c / plan.length) * plan.area + c % plan.length * plan.channel;
            turn(sum, pixel, plan.taps, out, w + (group * out * in + c) * plan.taps, in * plan.taps);
        }
    }
}

template bool direct_weight_pays<float>(const ConvolutionShape&);
template bool direct_weight_pays<double>(const ConvolutionShape&);
template void convolve_weight_direct(const ConvolutionShape&, const float*, const float*, float*);
template void convolve_weight_direct(const ConvolutionShape&, const double*, const double*, double*);

}  // namespace xtape::detail
