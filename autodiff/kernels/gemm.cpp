#include <xtape/autodiff/kernels/gemm.hpp>

#include <xtape/autodiff/kernels/gemm_block.hpp>
#include <xtape/autodiff/kernels/serial_gemm.hpp>
#include <xtape/autodiff/kernels/turn.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <optional>

namespace xtape::detail {
namespace {

// Multiplications and additions that one core does in some six microseconds: twice what another thread costs to call.
constexpr std::ptrdiff_t block_work = std::ptrdiff_t{1} << 20;

std::ptrdiff_t signed_size(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }

// The whole product as a block; `beta` is left to the caller where it is neither 0 nor 1.
template <class T>
GemmBlock<T> as_block(const Gemm<T>& p, std::size_t row_a, std::size_t row_b, std::size_t row_c) {
    return {signed_size(p.m),
            signed_size(p.n),
            signed_size(p.k),
            {p.a, signed_size(row_a), p.transpose_a},
            {p.b, signed_size(row_b), p.transpose_b},
            p.c,
            signed_size(row_c),
            p.bias,
            p.beta != 0};
}

template <class T>
GemmBlock<T> as_block(const Gemm<T>& p) {
    GemmBlock<T> block = as_block(p, p.transpose_a ? p.m : p.k, p.transpose_b ? p.k : p.n, p.n);
    // A vector is its own transpose.
    if (p.m == 1) block.a = {p.a, block.k, false};
    if (p.n == 1) block.b = {p.b, block.k, true};
    return block;
}

// C = beta C, for a beta that multiply_block does not know.
template <class T>
void scale(const Gemm<T>& p, std::size_t row_c) {
    if (p.beta == 0 || p.beta == 1) return;
    for (std::size_t i = 0; i < p.m; ++i) {
        for (std::size_t j = 0; j < p.n; ++j) p.c[i * row_c + j] *= p.beta;
    }
}

// C = beta C + bias: a product of no terms.
template <class T>
void without_terms(const Gemm<T>& p) {
    for (std::size_t i = 0; i < p.m; ++i) {
        for (std::size_t j = 0; j < p.n; ++j) {
            T& c = p.c[i * p.n + j];
            c = (p.beta == 0 ? T(0) : p.beta * c) + (p.bias ? p.bias[j] : T(0));
        }
    }
}

// Less than two blocks.
template <class T>
bool is_small(const Gemm<T>& p) {
    return signed_size(p.m) * signed_size(p.n) * signed_size(p.k) < 2 * block_work;
}

// A grid of blocks over the result, as equal as can be.
class Grid {
public:
    template <class T>
    explicit Grid(const GemmBlock<T>& p) : panels_((p.n + panel - 1) / panel) {
        const std::ptrdiff_t work = p.m * p.n * p.k / block_work;
        if (work < 2) return;
        // Large products get larger blocks.
        const std::ptrdiff_t wanted = even(std::min(work, 8 + work / 8));
        const auto rows = [&](std::ptrdiff_t least) { return std::clamp<std::ptrdiff_t>(p.m / least, 1, wanted); };
        const auto columns = [&](std::ptrdiff_t least) { return std::clamp<std::ptrdiff_t>(p.n / least, 1, wanted); };
        // Blocks with few rows or columns read, and some of them pack, the operands more often than they should: where that
        // costs something, no more blocks than a few threads need.
        constexpr std::ptrdiff_t few_rows = 28, few_columns = 64, side = 256, enough = 4;
        if (is_swapped(p)) {
            columns_ = even(columns(side));
            if (columns_ < enough) columns_ = std::min(columns(few_rows), enough);
            panels_ = p.n;
        } else if (packs_b(p)) {
            columns_ = even(columns(side));
            rows_ = even(rows(side));
            if (rows_ * columns_ < enough) columns_ = std::min(columns(few_columns), enough / rows_);
        } else {
            rows_ = rows(few_rows);
            columns_ = std::min(columns(few_columns), (wanted + rows_ - 1) / rows_);
        }
    }

    std::size_t count() const { return static_cast<std::size_t>(rows_ * columns_); }

    template <class T>
    void multiply(const GemmBlock<T>& p, std::size_t block) const {
        const std::ptrdiff_t row = signed_size(block) / columns_, column = signed_size(block) % columns_;
        const std::ptrdiff_t unit = panels_ == p.n ? 1 : panel;
        const std::ptrdiff_t i = row * p.m / rows_, j = column * panels_ / columns_ * unit;
        GemmBlock<T> part = p;
        part.m = (row + 1) * p.m / rows_ - i;
        part.n = std::min(p.n, (column + 1) * panels_ / columns_ * unit) - j;
        part.a.data += i * (p.a.turned ? 1 : p.a.step);
        part.b.data += j * (p.b.turned ? p.b.step : 1);
        part.c += i * p.step_c + j;
        if (p.bias) part.bias += j;
        multiply_block(part);
    }

private:
    static constexpr std::ptrdiff_t panel = 32;
    static std::ptrdiff_t even(std::ptrdiff_t n) { return n == 1 ? 1 : (n + 1) / 2 * 2; }

    std::ptrdiff_t rows_ = 1, columns_ = 1;  // of the grid
    std::ptrdiff_t panels_;                  // that columns are cut between
};

// A product ready to be multiplied block by block.
template <class T>
class Plan {
public:
    explicit Plan(const Gemm<T>& p) : block_(as_block(p)), grid_(block_) {
        scale(p, p.n);
        // Every block would turn all of A.
        if (grid_.count() > 1 && !block_.a.turned && is_swapped(block_)) {
            turned_.emplace(block_.m * block_.k);
            turn(block_.a.data, block_.a.step, block_.m, block_.k, turned_->data(), block_.m);
            block_.a = {turned_->data(), block_.m, true};
        }
    }
    std::size_t count() const { return grid_.count(); }
    void multiply(std::size_t block) const { grid_.multiply(block_, block); }

private:
    GemmBlock<T> block_;
    Grid grid_;
    std::optional<PoolMemory<T>> turned_;
};

template <class T>
void multiply_small(const Gemm<T>& p) {
    scale(p, p.n);
    multiply_block(as_block(p));
}

template <class T>
bool is_empty(const Gemm<T>& p) {
    return p.m == 0 || p.n == 0;
}

// `place(p, i)` points p at the operands of product i.
template <class T, class Place>
void run_products(const Gemm<T>& first, std::size_t count, Place place) {
    if (count == 0 || is_empty(first)) return;
    const auto product = [&](std::size_t i) {
        Gemm<T> p = first;
        place(p, i);
        return p;
    };
    if (first.k == 0) {
        for (std::size_t i = 0; i < count; ++i) without_terms(product(i));
        return;
    }
    if (is_small(first)) {
        const std::size_t work = first.m * first.n * first.k;
        parallel_for(count, std::max<std::size_t>(1, static_cast<std::size_t>(block_work) / work),
                     [&](std::size_t begin, std::size_t end) {
                         for (std::size_t i = begin; i < end; ++i) multiply_small(product(i));
                     });
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const Plan<T> plan(product(i));
        parallel_for(plan.count(), 1, [&](std::size_t begin, std::size_t end) {
            for (std::size_t b = begin; b < end; ++b) plan.multiply(b);
        });
    }
}

}  // namespace

template <class T>
void gemm_batch(const Gemm<T>& first, std::size_t count, std::size_t step_a, std::size_t step_b, std::size_t step_c) {
    run_products(first, count, [&](Gemm<T>& p, std::size_t i) {
        p.a += i * step_a;
        p.b += i * step_b;
        p.c += i * step_c;
    });
}

template <class T>
void gemm_batch(const Gemm<T>& first, const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
    run_products(first, a.size(), [&](Gemm<T>& p, std::size_t i) {
        p.a += a[i] * (p.m * p.k);
        p.b += b[i] * (p.k * p.n);
        p.c += i * (p.m * p.n);
    });
}

template <class T>
void gemm_pair(const Gemm<T>& first, const Gemm<T>& second) {
    if (is_empty(first) || is_empty(second) || first.k == 0 || second.k == 0) {
        gemm(first);
        gemm(second);
        return;
    }
    if (first.m * first.n * first.k + second.m * second.n * second.k < 2 * static_cast<std::size_t>(block_work)) {
        multiply_small(first);
        multiply_small(second);
        return;
    }
    const Plan<T> a(first), b(second);
    parallel_for(a.count() + b.count(), 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) i < a.count() ? a.multiply(i) : b.multiply(i - a.count());
    });
}

template <class T>
void serial_gemm(const Gemm<T>& p, std::size_t row_a, std::size_t row_b, std::size_t row_c) {
    scale(p, row_c);
    multiply_block(as_block(p, row_a, row_b, row_c));
}

std::vector<std::size_t> broadcast_places(const Shape& from, const Shape& to) {
    std::vector<std::size_t> places(element_count(to));
    for (std::size_t n = 0; n < places.size(); ++n) {
        std::size_t rest = n, step = 1;
        for (std::size_t i = 0; i < from.size(); ++i) {
            const std::size_t extent = from[from.size() - 1 - i], wide = to[to.size() - 1 - i];
            places[n] += (extent == 1 ? 0 : rest % wide) * step;
            rest /= wide;
            step *= extent;
        }
    }
    return places;
}

template void gemm_batch(const Gemm<float>&, std::size_t, std::size_t, std::size_t, std::size_t);
template void gemm_batch(const Gemm<double>&, std::size_t, std::size_t, std::size_t, std::size_t);
template void gemm_batch(const Gemm<float>&, const std::vector<std::size_t>&, const std::vector<std::size_t>&);
template void gemm_batch(const Gemm<double>&, const std::vector<std::size_t>&, const std::vector<std::size_t>&);
template void gemm_pair(const Gemm<float>&, const Gemm<float>&);
template void gemm_pair(const Gemm<double>&, const Gemm<double>&);
template void serial_gemm(const Gemm<float>&, std::size_t, std::size_t, std::size_t);
template void serial_gemm(const Gemm<double>&, std::size_t, std::size_t, std::size_t);

}  // namespace xtape::detail
