#include <xtape/autodiff/kernels/gemm.hpp>

#include <xtape/autodiff/kernels/blas.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxblas/cxxblas.cxx>

#include <algorithm>

namespace xtape::detail {
namespace {

// Rows or columns of the result that make one block of about 2 million multiply-adds; multiples of 16 keep BLAS'
// kernels whole.
std::size_t block_length(std::size_t length, std::size_t work_per_line) {
    constexpr std::size_t work = std::size_t{1} << 21;
    const std::size_t lines =
        std::max<std::size_t>(16, (work / std::max<std::size_t>(1, work_per_line) + 15) / 16 * 16);
    return std::min(length, lines);
}

int extent(std::size_t value) { return blas_int(value, "matmul"); }

// Rows [row, row + rows) and columns [column, column + columns) of the product.
template <class T>
void gemm_block(const Gemm<T>& p, std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
    const T* a = p.a + (p.transpose_a ? row : row * p.k);
    const T* b = p.b + (p.transpose_b ? column * p.k : column);
    cxxblas::gemm<int>(cxxblas::RowMajor, p.transpose_a ? cxxblas::Trans : cxxblas::NoTrans,
                       p.transpose_b ? cxxblas::Trans : cxxblas::NoTrans, extent(rows), extent(columns), extent(p.k),
                       T(1), a, extent(p.transpose_a ? p.m : p.k), b, extent(p.transpose_b ? p.k : p.n), p.beta,
                       p.c + row * p.n + column, extent(p.n));
}

// A product of so few numbers that calling BLAS would take longer than making it.
template <class T>
void tiny_product(const Gemm<T>& p) {
    const std::size_t row_a = p.transpose_a ? 1 : p.k, step_a = p.transpose_a ? p.m : 1;
    const std::size_t column_b = p.transpose_b ? p.k : 1, step_b = p.transpose_b ? 1 : p.n;
    for (std::size_t i = 0; i < p.m; ++i) {
        for (std::size_t j = 0; j < p.n; ++j) {
            T sum = 0;
            for (std::size_t l = 0; l < p.k; ++l) sum += p.a[i * row_a + l * step_a] * p.b[j * column_b + l * step_b];
            T& c = p.c[i * p.n + j];
            c = p.beta == 0 ? sum : sum + p.beta * c;
        }
    }
}

// `place(p, i)` points p at the operands of product i.
template <class T, class Place>
void run_products(const Gemm<T>& first, std::size_t count, Place place) {
    if (count == 0 || first.m == 0 || first.n == 0) return;
    const auto product = [&](std::size_t i) {
        Gemm<T> p = first;
        place(p, i);
        return p;
    };
    if (first.k == 0) {
        for (std::size_t i = 0; i < count; ++i) {
            T* c = product(i).c;
            for (std::size_t j = 0; j < first.m * first.n; ++j) c[j] = first.beta == 0 ? T(0) : first.beta * c[j];
        }
        return;
    }
    const bool by_rows = first.m >= first.n;
    const std::size_t length = by_rows ? first.m : first.n;
    const std::size_t block = block_length(length, (by_rows ? first.n : first.m) * first.k);
    const std::size_t blocks = (length + block - 1) / block;
    const std::size_t product_work = first.m * first.n * first.k;
    if (product_work <= 64) {
        parallel_for(count, 4096, [&](std::size_t begin, std::size_t end) {
            for (std::size_t i = begin; i < end; ++i) tiny_product(product(i));
        });
        return;
    }
    const std::size_t grain =
        blocks > 1 ? 1 : std::max<std::size_t>(1, (std::size_t{1} << 20) / std::max<std::size_t>(1, product_work));
    const OneBlasThread one;
    parallel_for(count * blocks, grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const Gemm<T> p = product(i / blocks);
            const std::size_t from = i % blocks * block, lines = std::min(block, length - from);
            if (by_rows) {
                gemm_block(p, from, lines, 0, p.n);
            } else {
                gemm_block(p, 0, p.m, from, lines);
            }
        }
    });
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

}  // namespace xtape::detail
