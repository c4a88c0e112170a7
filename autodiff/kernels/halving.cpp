#include <xtape/autodiff/kernels/halving.hpp>

#include <xtape/autodiff/kernels/columns.hpp>
#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace xtape::detail {
namespace {

// Registers of neighbouring pairs.
template <class T>
struct Pairs {
    using L = Lanes<T>;
    using Row [[gnu::vector_size(sizeof(L))]] = T;
    L first, second;

    template <std::size_t... I>
    static Pairs split(const T* p, std::index_sequence<I...>) {
        Row a, b;
        std::memcpy(&a, p, sizeof(Row));
        std::memcpy(&b, p + L::width, sizeof(Row));
        return {lanes_of(__builtin_shufflevector(a, b, (2 * I)...)),
                lanes_of(__builtin_shufflevector(a, b, (2 * I + 1)...))};
    }
    static Pairs load(const T* p) { return split(p, std::make_index_sequence<L::width>()); }

    template <std::size_t... I>
    void join(T* p, std::index_sequence<I...>) const {
        constexpr std::size_t n = L::width;
        const Row a = row_of(first), b = row_of(second);
        const Row low = __builtin_shufflevector(a, b, (I / 2 + I % 2 * n)...);
        const Row high = __builtin_shufflevector(a, b, (n / 2 + I / 2 + I % 2 * n)...);
        std::memcpy(p, &low, sizeof(Row));
        std::memcpy(p + n, &high, sizeof(Row));
    }
    void store(T* p) const { join(p, std::make_index_sequence<L::width>()); }

private:
    static L lanes_of(Row row) {
        L lanes;
        std::memcpy(&lanes, &row, sizeof(Row));
        return lanes;
    }
    static Row row_of(L lanes) {
        Row row;
        std::memcpy(&row, &lanes, sizeof(Row));
        return row;
    }
};

// Elements of a row in whole registers.
template <class T>
std::size_t padded(std::size_t width) {
    return (width + Lanes<T>::width - 1) / Lanes<T>::width * Lanes<T>::width;
}

// body(first row of x, first row of g, number of rows, first row of the result) in parallel blocks. Bodies read and write whole
// registers: what goes beyond the end of a row belongs to later ones. The last rows of a block, behind which somebody else's
// begin, pass through memory with space behind it. `x_row` and so on are elements of a row; x or g may be null.
template <class T, class F>
void each_block(std::size_t rows, std::size_t width, const T* x, const T* g, T* y, std::size_t y_row, F body) {
    constexpr std::size_t block_elements = 32768;  // of the side with four elements a window
    const std::size_t all = padded<T>(width), slack = 4 * all;
    const std::size_t edge = (all + width - 1) / width;  // rows that reach beyond a block's end
    parallel_for(rows, std::max<std::size_t>(1, block_elements / (4 * width)), [&](std::size_t begin, std::size_t end) {
        const std::size_t last = std::min(edge, end - begin), whole = end - begin - last, from = end - last;
        body(x ? x + 4 * width * begin : x, g ? g + width * begin : g, whole, y + y_row * begin);
        Scratch<T> memory((9 * last * width) + 3 * slack);
        T* const x_end = memory.data();
        T* const g_end = x_end + 4 * last * width + slack;
        T* const y_end = g_end + last * width + slack;
        if (x) std::copy_n(x + 4 * width * from, 4 * width * last, x_end);
        if (g) std::copy_n(g + width * from, width * last, g_end);
        body(x_end, g_end, last, y_end);
        std::copy_n(y_end, y_row * last, y + y_row * from);
    });
}

template <class T>
Lanes<T> larger(Lanes<T> largest, Lanes<T> v) {
    return where(v > largest, v, where(equal(v, v), largest, v));
}

// Within rows first, then across: in the order of the elements, so that the first of equal ones wins.
template <class T, class F>
void halve(const T* x, std::size_t rows, std::size_t width, T* y, F join) {
    each_block<T>(rows, width, x, nullptr, y, width, [=](const T* from, const T*, std::size_t count, T* to) {
        for (std::size_t r = 0; r < count; ++r, from += 4 * width, to += width) {
            for (std::size_t j = 0; j < width; j += Lanes<T>::width) {
                const Pairs<T> a = Pairs<T>::load(from + 2 * j), b = Pairs<T>::load(from + 2 * (width + j));
                join(join(a.first, a.second), join(b.first, b.second)).store(to + j);
            }
        }
    });
}

// A gradient, split between two elements of which the first is the largest unless the second beats it.
template <class T>
Pairs<T> shares(Lanes<T> first, Lanes<T> second, Lanes<T> g) {
    const Lanes<T> none(0);
    const auto beats = second > first, is = equal(second, second);
    return {where(beats, none, where(is, g, none)), where(beats, g, where(is, none, g))};
}

}  // namespace

template <class T>
void halve_max(const T* x, std::size_t rows, std::size_t width, T* y) {
    halve(x, rows, width, y, [](Lanes<T> a, Lanes<T> b) { return larger(a, b); });
}

template <class T>
void halve_mean(const T* x, std::size_t rows, std::size_t width, T* y) {
    halve(x, rows, width, y, [](Lanes<T> a, Lanes<T> b) { return (a + b) * T(0.5); });
}

template <class T>
void halve_max_gradient(const T* x, const T* g, std::size_t rows, std::size_t width, T* dx) {
    each_block<T>(rows, width, x, g, dx, 4 * width, [=](const T* from, const T* arriving, std::size_t count, T* to) {
        for (std::size_t r = 0; r < count; ++r, from += 4 * width, arriving += width, to += 4 * width) {
            // From the end on: what the first row writes beyond its end is in the second one, which overwrites it.
            for (std::size_t j = padded<T>(width); j > 0;) {
                j -= Lanes<T>::width;
                const Pairs<T> a = Pairs<T>::load(from + 2 * j), b = Pairs<T>::load(from + 2 * (width + j));
                const Pairs<T> of_rows =
                    shares(larger(a.first, a.second), larger(b.first, b.second), Lanes<T>::load(arriving + j));
                shares(a.first, a.second, of_rows.first).store(to + 2 * j);
                shares(b.first, b.second, of_rows.second).store(to + 2 * (width + j));
            }
        }
    });
}

template <class T>
void halve_spread(const T* g, std::size_t rows, std::size_t width, T* dx) {
    each_block<T>(rows, width, nullptr, g, dx, 4 * width, [=](const T*, const T* arriving, std::size_t count, T* to) {
        for (std::size_t r = 0; r < count; ++r, arriving += width, to += 4 * width) {
            for (T* row : {to, to + 2 * width}) {
                for (std::size_t j = 0; j < width; j += Lanes<T>::width) {
                    const Lanes<T> share = Lanes<T>::load(arriving + j) * T(0.25);
                    Pairs<T>{share, share}.store(row + 2 * j);
                }
            }
        }
    });
}

template void halve_max(const float*, std::size_t, std::size_t, float*);
template void halve_max(const double*, std::size_t, std::size_t, double*);
template void halve_max_gradient(const float*, const float*, std::size_t, std::size_t, float*);
template void halve_max_gradient(const double*, const double*, std::size_t, std::size_t, double*);
template void halve_mean(const float*, std::size_t, std::size_t, float*);
template void halve_mean(const double*, std::size_t, std::size_t, double*);
template void halve_spread(const float*, std::size_t, std::size_t, float*);
template void halve_spread(const double*, std::size_t, std::size_t, double*);

}  // namespace xtape::detail
