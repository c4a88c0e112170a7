#include <xtape/autodiff/kernels/moments.hpp>
#include <xtape/autodiff/kernels/normalize.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>

namespace xtape::detail {
namespace {

constexpr std::size_t block_elements = 32768;
constexpr std::size_t block_rows = 32;  // rows whose gradients of weight and bias are added one after the other

std::size_t rows_of(std::size_t width) { return std::max<std::size_t>(1, block_elements / std::max<std::size_t>(1, width)); }

template <class T>
Moments row_moments(const T* x, std::size_t width) {
    return two_pass_moments<T>(static_cast<double>(width), [&](auto& total, const auto& f) {
        sum_stretch<T>(width, total, [&](auto load, std::size_t i) { return f(load(x + i)); });
    });
}

// One row's dx, and its part of dweight and dbias.
template <class T>
void row_backward(const NormBackward<T>& o, std::size_t r, std::size_t width, Center<T> center, double rstd, T* dweight, T* dbias) {
    const T *x = o.x + r * width, *g = o.g + r * width, *weight = o.weight;
    const T scale = static_cast<T>(rstd);
    const auto weighted = [&](auto load, std::size_t i) { return weight ? load(g + i) * load(weight + i) : load(g + i); };
    if (o.dx) {
        std::array<double, 2> total{};
        sum_stretch<T>(width, total, [&](auto load, std::size_t i) {
            const auto gw = weighted(load, i);
            return std::array{gw, gw * center.from(load(x + i))};
        });
        const double n = static_cast<double>(width);
        const T a = static_cast<T>(rstd * total[0] / n), b = static_cast<T>(rstd * rstd * rstd * total[1] / n);
        T* const dx = o.dx + r * width;
        for_registers<T>(width, [&](auto load, auto store, std::size_t i) {
            store(weighted(load, i) * scale - (center.from(load(x + i)) * b + a), dx + i);
        });
    }
    if (dweight) {
        for_registers<T>(width, [&](auto load, auto store, std::size_t i) {
            store(load(dweight + i) + load(g + i) * (center.from(load(x + i)) * scale), dweight + i);
        });
    }
    if (dbias) {
        for_registers<T>(width, [&](auto load, auto store, std::size_t i) { store(load(dbias + i) + load(g + i), dbias + i); });
    }
}

}  // namespace

template <class T>
void normalize_rows(std::size_t rows, std::size_t width, const T* x, const T* weight, const T* bias, NormStatistics s, T* y) {
    parallel_for(rows, rows_of(width), [&](std::size_t begin, std::size_t end) {
        for (std::size_t r = begin; r < end; ++r) {
            const T* const from = x + r * width;
            T* const to = y + r * width;
            const Moments moments = row_moments(from, width);
            s.mean[r] = moments.mean;
            s.variance[r] = moments.variance();
            const Center<T> center(moments.mean);
            const T scale = static_cast<T>(1 / std::sqrt(s.variance[r] + s.eps));
            for_registers<T>(width, [&](auto load, auto store, std::size_t i) {
                auto v = center.from(load(from + i)) * scale;
                if (weight) v = v * load(weight + i);
                if (bias) v = v + load(bias + i);
                store(v, to + i);
            });
        }
    });
}

template <class T>
void normalize_rows_backward(std::size_t rows, std::size_t width, const NormBackward<T>& o, NormStatistics s) {
    const std::size_t blocks = (rows + block_rows - 1) / block_rows;
    // A block's own sums of the gradients of weight and bias; the blocks' are added pairwise.
    const auto parts = [&](bool wanted) { return BasicArray<T>(Shape{wanted ? blocks * width : 0}, T(0)); };
    BasicArray<T> dweight = parts(o.dweight), dbias = parts(o.dbias);
    parallel_for(blocks, std::max<std::size_t>(1, rows_of(width) / block_rows), [&](std::size_t begin, std::size_t end) {
        for (std::size_t b = begin; b < end; ++b) {
            for (std::size_t r = b * block_rows; r < std::min(rows, (b + 1) * block_rows); ++r) {
                row_backward(o, r, width, Center<T>(s.mean[r]), 1 / std::sqrt(s.variance[r] + s.eps),
                             o.dweight ? dweight.data() + b * width : nullptr, o.dbias ? dbias.data() + b * width : nullptr);
            }
        }
    });
    if (o.dweight) reduce_middle<T>(ReduceKind::sum, dweight.data(), o.dweight, 1, blocks, width);
    if (o.dbias) reduce_middle<T>(ReduceKind::sum, dbias.data(), o.dbias, 1, blocks, width);
}

template void normalize_rows(std::size_t, std::size_t, const float*, const float*, const float*, NormStatistics, float*);
template void normalize_rows(std::size_t, std::size_t, const double*, const double*, const double*, NormStatistics, double*);
template void normalize_rows_backward(std::size_t, std::size_t, const NormBackward<float>&, NormStatistics);
template void normalize_rows_backward(std::size_t, std::size_t, const NormBackward<double>&, NormStatistics);

}  // namespace xtape::detail
