#include <xtape/autodiff/kernels/gemm_block.hpp>
#include <xtape/autodiff/kernels/lanes.hpp>

#include <algorithm>
#include <array>

// A few long rows times many: both lie along k in memory, so registers hold terms of one element instead of elements.
namespace xtape::detail {
namespace {

constexpr std::ptrdiff_t most_thin = 4;

// R rows of x with S rows of y; sums(r, s).
template <std::size_t R, std::size_t S, class T>
void dot_rows(std::ptrdiff_t k, const T* x, std::ptrdiff_t step_x, const T* y, std::ptrdiff_t step_y, T* sums) {
    using L = Lanes<T>;
    constexpr auto width = static_cast<std::ptrdiff_t>(L::width);
    std::array<std::array<L, S>, R> sum{};
    const auto add = [&](auto load) {
        std::array<L, S> b;
        for (std::size_t s = 0; s < S; ++s) b[s] = load(y + static_cast<std::ptrdiff_t>(s) * step_y);
        for (std::size_t r = 0; r < R; ++r) {
            const L a = load(x + static_cast<std::ptrdiff_t>(r) * step_x);
            for (std::size_t s = 0; s < S; ++s) sum[r][s] = multiply_add(a, b[s], sum[r][s]);
        }
    };
    std::ptrdiff_t l = 0;
    for (; l + width <= k; l += width) add([l](const T* p) { return L::load(p + l); });
    if (l < k) add([=](const T* p) { return L::load_some(p + l, static_cast<std::size_t>(k - l)); });
    for (std::size_t r = 0; r < R; ++r) {
        for (std::size_t s = 0; s < S; ++s) sums[r * S + s] = xsimd::hadd(sum[r][s].v);
    }
}

template <class T>
using DotFunction = void (*)(std::ptrdiff_t, const T*, std::ptrdiff_t, const T*, std::ptrdiff_t, T*);

}  // namespace

template <class T>
bool is_thin(const GemmBlock<T>& p) {
    return !p.a.turned && p.b.turned && std::min(p.m, p.n) <= most_thin &&
           p.k >= 2 * static_cast<std::ptrdiff_t>(Lanes<T>::width);
}

template <class T>
void multiply_thin(const GemmBlock<T>& p) {
    static constexpr DotFunction<T> functions[2][4] = {
        {dot_rows<1, 1, T>, dot_rows<2, 1, T>, dot_rows<3, 1, T>, dot_rows<4, 1, T>},
        {dot_rows<1, 2, T>, dot_rows<2, 2, T>, dot_rows<3, 2, T>, dot_rows<4, 2, T>}};
    // x: the many rows, y: the few.
    const bool many_a = p.m >= p.n;
    const MatrixView<T>&x = many_a ? p.a : p.b, &y = many_a ? p.b : p.a;
    const std::ptrdiff_t many = std::max(p.m, p.n), few = std::min(p.m, p.n);
    for (std::ptrdiff_t i = 0; i < many; i += 4) {
        const std::ptrdiff_t rows = std::min<std::ptrdiff_t>(4, many - i);
        for (std::ptrdiff_t j = 0; j < few; j += 2) {
            const std::ptrdiff_t columns = std::min<std::ptrdiff_t>(2, few - j);
            T sums[8];
            functions[columns - 1][rows - 1](p.k, x.data + i * x.step, x.step, y.data + j * y.step, y.step, sums);
            for (std::ptrdiff_t r = 0; r < rows; ++r) {
                for (std::ptrdiff_t s = 0; s < columns; ++s) {
                    const std::ptrdiff_t row = many_a ? i + r : j + s, column = many_a ? j + s : i + r;
                    T& c = p.c[row * p.step_c + column];
                    const T sum = sums[r * columns + s] + (p.bias ? p.bias[column] : T(0));
                    c = p.add ? c + sum : sum;
                }
            }
        }
    }
}

template bool is_thin(const GemmBlock<float>&);
template bool is_thin(const GemmBlock<double>&);
template void multiply_thin(const GemmBlock<float>&);
template void multiply_thin(const GemmBlock<double>&);

}  // namespace xtape::detail
