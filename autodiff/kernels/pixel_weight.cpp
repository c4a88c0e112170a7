#include <xtape/autodiff/kernels/direct_convolution.hpp>
#include <xtape/autodiff/kernels/phased_image.hpp>
#include <xtape/autodiff/kernels/pixel_convolution.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <array>
#include <utility>

// The weight gradient with pixels in registers: a tile is a few channels of the output by a few taps, each a register of sums
// over pixels, whose lanes are added up at the end.
namespace xtape::detail {
namespace {

template <class T>
constexpr std::ptrdiff_t most_channels = many_registers<T> ? 4 : 3;
template <class T>
constexpr std::ptrdiff_t most_taps = many_registers<T> ? 6 : 4;

struct WeightTile {
    std::ptrdiff_t rows, columns;  // of output pixels; columns fill registers
    std::ptrdiff_t x_row, y_row, y_plane;
    std::ptrdiff_t sum_channel;  // from one output channel's sums to the next one's
};

// sum(channel, tap) += the products over a block of pixels, which are added up by themselves first.
template <std::size_t C, std::size_t K, class T>
void add_tile(const WeightTile& t, const T* x, const std::ptrdiff_t* offsets, const T* y, T* sum) {
    using L = Lanes<T>;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        std::array<std::array<L, C>, K> total;
        for (auto& part : total) part.fill(L(0));
        std::array<const T*, K> at;
        for (std::size_t k = 0; k < K; ++k) at[k] = x + offsets[k];
        for (std::ptrdiff_t i = 0; i < t.rows; ++i, y += t.y_row) {
            for (std::ptrdiff_t j = 0; j < t.columns; j += lanes<T>) {
                std::array<L, C> g;
                for (std::size_t c = 0; c < C; ++c) g[c] = L::load(y + static_cast<std::ptrdiff_t>(c) * t.y_plane + j);
                const auto add = [&](std::array<L, C>& to, L pixels) {
                    for (std::size_t c = 0; c < C; ++c) to[c] = multiply_add(pixels, g[c], to[c]);
                };
                (add(total[I], L::load(at[I] + j)), ...);
            }
            for (const T*& row : at) row += t.x_row;
        }
        const auto put = [&](std::size_t k, const std::array<L, C>& from) {
            for (std::size_t c = 0; c < C; ++c) {
                sum[static_cast<std::ptrdiff_t>(c) * t.sum_channel + static_cast<std::ptrdiff_t>(k)] +=
                    xsimd::hadd(from[c].v);
            }
        };
        (put(I, total[I]), ...);
    }
    (std::make_index_sequence<K>());
}

template <class T>
using TileFunction = void (*)(const WeightTile&, const T*, const std::ptrdiff_t*, const T*, T*);

template <class T>
TileFunction<T> tile_function(std::ptrdiff_t channels, std::ptrdiff_t taps) {
    constexpr auto widest = static_cast<std::size_t>(most_taps<T>);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        static constexpr TileFunction<T> table[] = {add_tile<I / widest + 1, I % widest + 1, T>...};
        return table[(channels - 1) * most_taps<T> + taps - 1];
    }
    (std::make_index_sequence<static_cast<std::size_t>(most_channels<T>) * widest>());
}

// How the work is cut: parts of the batch, groups, and blocks of input channels.
struct WeightPlan {
    explicit WeightPlan(const ConvolutionShape& s) : taps(s.y.kernel * s.x.kernel) {
        // Channels are cut as well when the batch alone makes too little work for many threads.
        const std::ptrdiff_t in = signed_size(s.in), want = ceiling(16, signed_size(s.batch * s.groups));
        length = ceiling(in, std::clamp<std::ptrdiff_t>(ceiling(in, 8), 1, want));
        blocks = ceiling(in, length);
        elements = signed_size(s.groups * s.out) * in * taps;
        parts = signed_size(
            weight_parts(s.batch, s.groups * static_cast<std::size_t>(blocks), static_cast<std::size_t>(elements)));
        images = ceiling(signed_size(s.batch), parts);
        // Sums of at most about a thousand products before they meet other sums.
        rows = std::clamp<std::ptrdiff_t>(1024 / s.x.output, 1, s.y.output);
    }
    std::ptrdiff_t taps, length, blocks, elements, parts, images, rows;
};

template <class T>
class PixelWeight {
public:
    explicit PixelWeight(const ConvolutionShape& s)
        : s_(s), plan_(s), columns_(ceiling(s.x.output, lanes<T>) * lanes<T>) {}

    void run(const T* x, const T* y, T* w) const {
        constexpr std::ptrdiff_t work = std::ptrdiff_t{1} << 19;  // multiply-adds that are worth a parallel block
        const std::ptrdiff_t groups = signed_size(s_.groups), out = signed_size(s_.out);
        BasicArray<T> partial =
            empty_array<T>({static_cast<std::size_t>(plan_.parts - 1), static_cast<std::size_t>(plan_.elements)});
        const std::ptrdiff_t item_work = plan_.images * out * plan_.length * plan_.taps * s_.y.output * s_.x.output;
        parallel_for(static_cast<std::size_t>(plan_.parts * groups * plan_.blocks),
                     static_cast<std::size_t>(ceiling(work, item_work)), [&](std::size_t from, std::size_t to) {
                         Block block(*this);
                         for (std::ptrdiff_t item = signed_size(from); item < signed_size(to); ++item) {
                             const std::ptrdiff_t part = item / (groups * plan_.blocks);
                             T* sum = part == 0 ? w : partial.data() + (part - 1) * plan_.elements;
                             block.sum(part, item / plan_.blocks % groups, item % plan_.blocks * plan_.length, x, y,
                                       sum);
                         }
                     });
        add_parts(partial.data(), static_cast<std::size_t>(plan_.parts - 1), static_cast<std::size_t>(plan_.elements),
                  w);
    }

private:
    static SourceAxis source(const ConvolutionAxis& a) {
        return {a.input, a.stride, -a.padding, (a.kernel - 1) * a.dilation - a.padding};
    }

    // The memory of one parallel block.
    class Block {
    public:
        explicit Block(const PixelWeight& all)
            : all_(all),
              s_(all.s_),
              plan_(all.plan_),
              image_(source(s_.y), source(s_.x), static_cast<std::size_t>(plan_.length), s_.y.output, plan_.rows,
                     all.columns_),
              gradient_(s_.out * static_cast<std::size_t>(plan_.rows * all.columns_)) {
            offsets_.reserve(static_cast<std::size_t>(plan_.length * plan_.taps));
            for (std::ptrdiff_t k = 0; k < plan_.length * plan_.taps; ++k) {
                const std::ptrdiff_t p = k % plan_.taps / s_.x.kernel, q = k % s_.x.kernel;
                offsets_.push_back(k / plan_.taps * image_.plane() +
                                   image_.offset(p * s_.y.dilation - s_.y.padding, q * s_.x.dilation - s_.x.padding));
            }
        }

        // The sums over one part of the batch for one group and its input channels from `channel` on.
        void sum(std::ptrdiff_t part, std::ptrdiff_t group, std::ptrdiff_t channel, const T* x, const T* y, T* w) {
            const std::ptrdiff_t in = signed_size(s_.in), out = signed_size(s_.out), groups = signed_size(s_.groups);
            const std::ptrdiff_t channels = std::min(plan_.length, in - channel);
            T* const sum = w + (group * out * in + channel) * plan_.taps;
            for (std::ptrdiff_t o = 0; o < out; ++o)
                std::fill_n(sum + o * in * plan_.taps, channels * plan_.taps, T(0));
            const std::ptrdiff_t last = std::min((part + 1) * plan_.images, signed_size(s_.batch));
            for (std::ptrdiff_t n = part * plan_.images; n < last; ++n) {
                const T* const planes = x + ((n * groups + group) * in + channel) * s_.y.input * s_.x.input;
                for (std::ptrdiff_t begin = 0; begin < s_.y.output; begin += plan_.rows) {
                    const std::ptrdiff_t rows = std::min(plan_.rows, s_.y.output - begin);
                    image_.load(planes, static_cast<std::size_t>(channels), begin, rows);
                    load_gradient(y + (n * groups + group) * out * s_.y.output * s_.x.output, begin, rows);
                    add_rows(rows, channels, sum);
                }
            }
        }

    private:
        // Rows of the gradient with zeros behind them, so that they fill registers.
        void load_gradient(const T* y, std::ptrdiff_t begin, std::ptrdiff_t rows) {
            T* to = gradient_.data();
            for (std::ptrdiff_t o = 0; o < signed_size(s_.out); ++o, y += s_.y.output * s_.x.output) {
                for (std::ptrdiff_t i = begin; i < begin + rows; ++i, to += all_.columns_) {
                    copy_row(y + i * s_.x.output, s_.x.output, to);
                }
            }
        }

        // Every tap of the channels, for the rows that are loaded.
        void add_rows(std::ptrdiff_t rows, std::ptrdiff_t channels, T* sum) const {
            const std::ptrdiff_t out = signed_size(s_.out), taps = channels * plan_.taps;
            const std::ptrdiff_t out_step = ceiling(out, ceiling(out, most_channels<T>));
            const std::ptrdiff_t tap_step = ceiling(taps, ceiling(taps, most_taps<T>));
            const std::ptrdiff_t row = signed_size(s_.in) * plan_.taps, plane = rows * all_.columns_;
            const WeightTile tile{rows, all_.columns_, image_.row_step(), all_.columns_, plane, row};
            for (std::ptrdiff_t o = 0; o < out; o += out_step) {
                for (std::ptrdiff_t k = 0; k < taps; k += tap_step) {
                    tile_function<T>(std::min(out_step, out - o), std::min(tap_step, taps - k))(
                        tile, image_.at(0, 0), offsets_.data() + k, gradient_.data() + o * plane, sum + o * row + k);
                }
            }
        }

        const PixelWeight& all_;
        const ConvolutionShape& s_;
        const WeightPlan& plan_;
        PhasedImage<T> image_;
        Scratch<T> gradient_;
        Scratch<std::ptrdiff_t> offsets_;
    };

    const ConvolutionShape& s_;
    WeightPlan plan_;
    std::ptrdiff_t columns_;  // of a row of the gradient that fills registers
};

}  // namespace

template <class T>
void convolve_pixels_weight(const ConvolutionShape& s, const T* x, const T* y, T* w) {
    PixelWeight<T>(s).run(x, y, w);
}

template void convolve_pixels_weight(const ConvolutionShape&, const float*, const float*, float*);
template void convolve_pixels_weight(const ConvolutionShape&, const double*, const double*, double*);

}  // namespace xtape::detail
