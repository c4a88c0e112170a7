#include <xtape/autodiff/kernels/moments.hpp>
#include <xtape/autodiff/kernels/normalize.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <vector>

namespace xtape::detail {
namespace {

constexpr std::size_t block_elements = 32768;

// Sums of g and of g (x - mean) over one strip.
using StripSums = std::array<double, 2>;
using AllSums = std::vector<StripSums, PoolAllocator<StripSums>>;

// Groups are cut into pieces of whole strips, each about a block of work. A group of one piece is read twice while it is in the cache.
struct Pieces {
    std::size_t strips, per_group, grain;

    explicit Pieces(const NormLayout& layout) {
        const std::size_t length = std::max<std::size_t>(1, layout.length);
        strips = std::max<std::size_t>(1, block_elements / length);
        per_group = std::max<std::size_t>(1, (layout.strips + strips - 1) / strips);
        grain = std::max<std::size_t>(1, block_elements / std::max<std::size_t>(1, std::min(strips, layout.strips) * length));
    }
    std::size_t begin(std::size_t piece) const { return piece * strips; }
    std::size_t end(std::size_t piece, const NormLayout& layout) const { return std::min(layout.strips, (piece + 1) * strips); }

    /// f(group, piece) for all pieces of all groups.
    template <class F>
    void each(const NormLayout& layout, const F& f) const {
        parallel_for(layout.groups * per_group, grain, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) f(i / per_group, i % per_group);
        });
    }
    /// first(group, piece) for all pieces of a group, then between(group), then last(group, piece).
    template <class First, class Between, class Last>
    void both(const NormLayout& layout, const First& first, const Between& between, const Last& last) const {
        if (per_group == 1) {
            parallel_for(layout.groups, grain, [&](std::size_t begin, std::size_t end) {
                for (std::size_t g = begin; g < end; ++g) {
                    first(g, 0);
                    between(g);
                    last(g, 0);
                }
            });
            return;
        }
        each(layout, first);
        for (std::size_t g = 0; g < layout.groups; ++g) between(g);
        each(layout, last);
    }
};

template <class T>
Moments piece_moments(const NormLayout& layout, const T* x, std::size_t group, std::size_t begin, std::size_t end) {
    return two_pass_moments<T>(static_cast<double>((end - begin) * layout.length), [&](auto& total, const auto& f) {
        for (std::size_t s = begin; s < end; ++s) {
            const T* const from = x + layout.offset(group, s);
            sum_stretch<T>(layout.length, total, [&](auto load, std::size_t i) { return f(load(from + i)); });
        }
    });
}

// Where every strip is one element of a row of channels, channels stand side by side: registers run over them.
constexpr std::size_t tile = 64;

template <class T, std::size_t K>
using ColumnSums = std::array<std::array<double, tile>, K>;

// total[k][c] += sum over rows of f(load, element, column)[k]; columns begin .. end, no register takes more than 16 rows.
template <class T, std::size_t K, class F>
void sum_columns(std::size_t rows, std::size_t step, std::size_t begin, std::size_t end, ColumnSums<T, K>& total, const F& f) {
    for (std::size_t first = 0; first < rows; first += 16) {
        const std::size_t last = std::min(rows, first + 16);
        for_registers<T>(end - begin, [&](auto load, auto store, std::size_t c) {
            using V = decltype(load(static_cast<const T*>(nullptr)));
            std::array<V, K> part;
            part.fill(V(0));
            for (std::size_t r = first; r < last; ++r) {
                const std::array<V, K> terms = f(load, r * step + begin + c, c);
                for (std::size_t k = 0; k < K; ++k) part[k] = part[k] + terms[k];
            }
            for (std::size_t k = 0; k < K; ++k) {
                alignas(64) T lane[Lanes<T>::width];
                store(part[k], lane);
                for (std::size_t i = 0; i < sizeof(V) / sizeof(T); ++i) total[k][c + i] += static_cast<double>(lane[i]);
            }
        });
    }
}

// The tile's means, in two parts.
template <class T>
struct ColumnCenters {
    alignas(64) std::array<T, tile> high, low;

    void set(std::size_t c, double mean) {
        const Center<T> center(mean);
        high[c] = center.high;
        low[c] = center.low;
    }
    template <class Load, class V>
    V from(Load load, std::size_t c, V x) const { return (x - load(high.data() + c)) - load(low.data() + c); }
};

template <class T>
void column_moments(const NormLayout& layout, const T* x, std::size_t begin, std::size_t end, NormStatistics s) {
    const std::size_t rows = layout.strips, step = layout.strip_step;
    const double n = static_cast<double>(rows);
    ColumnSums<T, 1> total{};
    sum_columns<T, 1>(rows, step, begin, end, total, [&](auto load, std::size_t at, std::size_t) { return std::array{load(x + at)}; });
    alignas(64) std::array<T, tile> center{};
    for (std::size_t c = 0; c < end - begin; ++c) center[c] = static_cast<T>(total[0][c] / n);
    ColumnSums<T, 2> deviation{};
    sum_columns<T, 2>(rows, step, begin, end, deviation, [&](auto load, std::size_t at, std::size_t c) {
        const auto d = load(x + at) - load(center.data() + c);
        return std::array{d, d * d};
    });
    for (std::size_t c = 0; c < end - begin; ++c) {
        const double squares = deviation[1][c] - deviation[0][c] * (deviation[0][c] / n);
        s.mean[begin + c] = static_cast<double>(center[c]) + deviation[0][c] / n;
        s.variance[begin + c] = squares < 0 ? 0 : squares / n;
    }
}

template <class F>
void each_tile(const NormLayout& layout, const F& f) {
    const std::size_t tiles = (layout.channels + tile - 1) / tile, work = std::max<std::size_t>(1, layout.strips * tile);
    parallel_for(tiles, std::max<std::size_t>(1, block_elements / work), [&](std::size_t first, std::size_t last) {
        for (std::size_t t = first; t < last; ++t) f(t * tile, std::min(layout.channels, (t + 1) * tile));
    });
}

template <class T>
void normalize_columns(const NormLayout& layout, const T* x, const T* weight, const T* bias, NormStatistics s, bool given, T* y) {
    each_tile(layout, [&](std::size_t begin, std::size_t end) {
        if (!given) column_moments(layout, x, begin, end, s);
        ColumnCenters<T> center{};
        alignas(64) std::array<T, tile> scale{}, shift{};
        for (std::size_t c = 0; c < end - begin; ++c) {
            const double rstd = 1 / std::sqrt(s.variance[begin + c] + s.eps);
            center.set(c, s.mean[begin + c]);
            scale[c] = static_cast<T>(weight ? rstd * static_cast<double>(weight[begin + c]) : rstd);
            shift[c] = bias ? bias[begin + c] : T(0);
        }
        for (std::size_t r = 0; r < layout.strips; ++r) {
            const T* const from = x + r * layout.strip_step + begin;
            T* const to = y + r * layout.strip_step + begin;
            for_registers<T>(end - begin, [&](auto load, auto store, std::size_t c) {
                store(center.from(load, c, load(from + c)) * load(scale.data() + c) + load(shift.data() + c), to + c);
            });
        }
    });
}

template <class T>
void normalize_columns_backward(const NormLayout& layout, const NormBackward<T>& o, NormStatistics s, bool given) {
    const double n = static_cast<double>(layout.strips);
    each_tile(layout, [&](std::size_t begin, std::size_t end) {
        ColumnCenters<T> center{};
        for (std::size_t c = 0; c < end - begin; ++c) center.set(c, s.mean[begin + c]);
        ColumnSums<T, 2> total{};
        sum_columns<T, 2>(layout.strips, layout.strip_step, begin, end, total, [&](auto load, std::size_t at, std::size_t c) {
            const auto g = load(o.g + at);
            return std::array{g, g * center.from(load, c, load(o.x + at))};
        });
        // dx = scale g - slope (x - mean) - shift
        alignas(64) std::array<T, tile> scale{}, slope{}, shift{};
        for (std::size_t c = 0; c < end - begin; ++c) {
            const double rstd = 1 / std::sqrt(s.variance[begin + c] + s.eps);
            const double each = o.weight ? rstd * static_cast<double>(o.weight[begin + c]) : rstd;
            if (o.dbias) o.dbias[begin + c] = static_cast<T>(total[0][c]);
            if (o.dweight) o.dweight[begin + c] = static_cast<T>(total[1][c] * rstd);
            scale[c] = static_cast<T>(each);
            slope[c] = static_cast<T>(each * total[1][c] * rstd * rstd / n);
            shift[c] = static_cast<T>(each * total[0][c] / n);
        }
        if (!o.dx) return;
        for (std::size_t r = 0; r < layout.strips; ++r) {
            const std::size_t row = r * layout.strip_step + begin;
            for_registers<T>(end - begin, [&](auto load, auto store, std::size_t c) {
                auto dx = load(o.g + row + c) * load(scale.data() + c);
                if (!given) dx = dx - (center.from(load, c, load(o.x + row + c)) * load(slope.data() + c) + load(shift.data() + c));
                store(dx, o.dx + row + c);
            });
        }
    });
}

template <class T>
void channel_gradients(const NormLayout& layout, const AllSums& sums, NormStatistics s, const NormBackward<T>& o) {
    AllSums total(layout.channels, StripSums{});
    // Groups without elements have no statistics, and nothing to add.
    for (std::size_t g = 0; g < (layout.length == 0 ? 0 : layout.groups); ++g) {
        const double rstd = 1 / std::sqrt(s.variance[g] + s.eps);
        for (std::size_t strip = 0; strip < layout.strips; ++strip) {
            const StripSums& own = sums[g * layout.strips + strip];
            StripSums& channel = total[layout.channel(g, strip)];
            channel[0] += own[0];
            channel[1] += own[1] * rstd;
        }
    }
    for (std::size_t c = 0; c < layout.channels; ++c) {
        if (o.dbias) o.dbias[c] = static_cast<T>(total[c][0]);
        if (o.dweight) o.dweight[c] = static_cast<T>(total[c][1]);
    }
}

bool in_columns(const NormLayout& layout) { return layout.length == 1 && layout.strip_channels == 0; }

}  // namespace

template <class T>
void normalize_groups(const NormLayout& layout, const T* x, const T* weight, const T* bias, NormStatistics s, bool given, T* y) {
    if (in_columns(layout)) return normalize_columns(layout, x, weight, bias, s, given, y);
    const Pieces pieces(layout);
    std::vector<Moments, PoolAllocator<Moments>> part(given ? 0 : layout.groups * pieces.per_group);
    const auto look = [&](std::size_t g, std::size_t p) {
        if (!given) part[g * pieces.per_group + p] = piece_moments(layout, x, g, pieces.begin(p), pieces.end(p, layout));
    };
    const auto join = [&](std::size_t g) {
        if (given) return;
        Moments all;
        for (std::size_t p = 0; p < pieces.per_group; ++p) all = all + part[g * pieces.per_group + p];
        s.mean[g] = all.mean;
        s.variance[g] = all.variance();
    };
    const auto apply = [&](std::size_t g, std::size_t p) {
        const Center<T> center(s.mean[g]);
        const double rstd = 1 / std::sqrt(s.variance[g] + s.eps);
        for (std::size_t strip = pieces.begin(p); strip < pieces.end(p, layout); ++strip) {
            const std::size_t c = layout.channel(g, strip), at = layout.offset(g, strip);
            const T scale = static_cast<T>(weight ? rstd * static_cast<double>(weight[c]) : rstd), shift = bias ? bias[c] : T(0);
            for_registers<T>(layout.length, [&](auto load, auto store, std::size_t i) {
                store(center.from(load(x + at + i)) * scale + shift, y + at + i);
            });
        }
    };
    pieces.both(layout, look, join, apply);
}

template <class T>
void normalize_groups_backward(const NormLayout& layout, const NormBackward<T>& o, NormStatistics s, bool given) {
    if (in_columns(layout)) return normalize_columns_backward(layout, o, s, given);
    const Pieces pieces(layout);
    AllSums sums(layout.groups * layout.strips), means(layout.groups);
    const auto weight_of = [&](std::size_t g, std::size_t strip) {
        return o.weight ? static_cast<double>(o.weight[layout.channel(g, strip)]) : 1.0;
    };
    const auto look = [&](std::size_t g, std::size_t p) {
        const Center<T> center(s.mean[g]);
        for (std::size_t strip = pieces.begin(p); strip < pieces.end(p, layout); ++strip) {
            const T *from = o.x + layout.offset(g, strip), *slope = o.g + layout.offset(g, strip);
            StripSums total{};
            sum_stretch<T>(layout.length, total, [&](auto load, std::size_t i) {
                const auto value = load(slope + i);
                return std::array{value, value * center.from(load(from + i))};
            });
            sums[g * layout.strips + strip] = total;
        }
    };
    const auto join = [&](std::size_t g) {
        StripSums total{};
        for (std::size_t strip = 0; strip < layout.strips; ++strip) {
            for (std::size_t k = 0; k < 2; ++k) total[k] += weight_of(g, strip) * sums[g * layout.strips + strip][k];
        }
        const double n = static_cast<double>(layout.count());
        means[g] = {total[0] / n, total[1] / n};
    };
    const auto apply = [&](std::size_t g, std::size_t p) {
        if (!o.dx) return;
        const Center<T> center(s.mean[g]);
        const double rstd = 1 / std::sqrt(s.variance[g] + s.eps);
        const T slope = static_cast<T>(means[g][1] * rstd * rstd * rstd), shift = static_cast<T>(means[g][0] * rstd);
        for (std::size_t strip = pieces.begin(p); strip < pieces.end(p, layout); ++strip) {
            const std::size_t at = layout.offset(g, strip);
            const T scale = static_cast<T>(rstd * weight_of(g, strip));
            for_registers<T>(layout.length, [&](auto load, auto store, std::size_t i) {
                auto dx = load(o.g + at + i) * scale;
                if (!given) dx = dx - (center.from(load(o.x + at + i)) * slope + shift);
                store(dx, o.dx + at + i);
            });
        }
    };
    pieces.both(layout, look, join, apply);
    if (o.dweight || o.dbias) channel_gradients(layout, sums, s, o);
}

template void normalize_groups(const NormLayout&, const float*, const float*, const float*, NormStatistics, bool, float*);
template void normalize_groups(const NormLayout&, const double*, const double*, const double*, NormStatistics, bool, double*);
template void normalize_groups_backward(const NormLayout&, const NormBackward<float>&, NormStatistics, bool);
template void normalize_groups_backward(const NormLayout&, const NormBackward<double>&, NormStatistics, bool);

}  // namespace xtape::detail
