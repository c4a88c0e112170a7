// The innermost loop of matrix products: a tile of the result that stays in registers while its terms are summed.
#pragma once

#include <xtape/autodiff/kernels/lanes.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace xtape::detail {

/// How A lies in memory: row after row, or column after column.
enum class Lying { rows, columns };

/// What a tile reads and where it writes. `b` has as many columns as the tile; a row of it takes one or two registers.
template <class T>
struct TileWork {
    std::ptrdiff_t k;
    const T* a;
    std::ptrdiff_t step_a;  ///< from row to row, or from column to column
    const T* b;
    std::ptrdiff_t step_b;
    const T* start;  ///< a row from which every sum begins; null: zeros
    T* c;
    std::ptrdiff_t step_c;
    bool add;  ///< to what stands in C
};

/// Rows of the largest tile: with two registers a row, three are left for B and a number of A.
template <class T>
constexpr std::ptrdiff_t most_tile_rows = many_registers<T> ? 14 : 6;

template <class T>
constexpr std::ptrdiff_t register_width = static_cast<std::ptrdiff_t>(Lanes<T>::width);

// R rows by V registers.
template <std::size_t R, std::size_t V, Lying A, class T>
struct Tile {
    using Row = std::array<Lanes<T>, V>;
    static constexpr std::ptrdiff_t width = register_width<T>;

    static void multiply(const TileWork<T>& w) { multiply(w, std::make_index_sequence<R>()); }

private:
    template <std::size_t... I>
    [[gnu::always_inline]] static inline void multiply(const TileWork<T>& w, std::index_sequence<I...>) {
        std::array<Row, R> sum;
        if (w.start) {
            const Row start = load(w.start);
            ((sum[I] = start), ...);
        } else {
            ((sum[I] = Row{}), ...);
        }
        const T* b = w.b;
        const std::ptrdiff_t step_a = w.step_a, step_b = w.step_b;
        if constexpr (A == Lying::columns) {
            const T* a = w.a;
            for (std::ptrdiff_t l = w.k; l > 0; --l, a += step_a, b += step_b) {
                const Row row = load(b);
                (add(sum[I], a[I], row), ...);
            }
        } else {
            std::array<const T*, (R + 2) / 3> a;  // one pointer for three rows: addresses cost no instructions
            point(a, w.a, step_a);
            for (std::ptrdiff_t l = w.k; l > 0; --l, b += step_b) {
                const Row row = load(b);
                (add(sum[I], a[I / 3][static_cast<std::ptrdiff_t>(I % 3) * step_a], row), ...);
                for (const T*& p : a) ++p;
            }
        }
        T* const c = w.c;
        const std::ptrdiff_t step_c = w.step_c;
        if (w.add) {
            (store_sum(sum[I], c + static_cast<std::ptrdiff_t>(I) * step_c), ...);
        } else {
            (store(sum[I], c + static_cast<std::ptrdiff_t>(I) * step_c), ...);
        }
    }

    static Row load(const T* from) {
        Row row;
        for (std::size_t v = 0; v < V; ++v) row[v] = Lanes<T>::load(from + static_cast<std::ptrdiff_t>(v) * width);
        return row;
    }
    static void add(Row& sum, T a, const Row& b) {
        const Lanes<T> spread(a);
        for (std::size_t v = 0; v < V; ++v) sum[v] = multiply_add(spread, b[v], sum[v]);
    }
    static void store(const Row& sum, T* to) {
        for (std::size_t v = 0; v < V; ++v) sum[v].store(to + static_cast<std::ptrdiff_t>(v) * width);
    }
    static void store_sum(const Row& sum, T* to) {
        const Row before = load(to);
        for (std::size_t v = 0; v < V; ++v) (before[v] + sum[v]).store(to + static_cast<std::ptrdiff_t>(v) * width);
    }
    template <std::size_t N>
    static void point(std::array<const T*, N>& a, const T* first, std::ptrdiff_t step) {
        for (const T*& p : a) {
            p = first;
            first += 3 * step;
            asm("" : "+r"(first));  // GCC 12 otherwise makes these few pointers in vector registers, which takes longer
        }
    }
};

template <class T>
using TileFunction = void (*)(const TileWork<T>&);

/// The tile of 1 <= rows <= most_tile_rows by 1 or 2 registers.
template <Lying A, class T>
TileFunction<T> tile_function(std::ptrdiff_t rows, std::ptrdiff_t registers) {
    constexpr auto make = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<std::array<TileFunction<T>, sizeof...(I)>, 2>{
            {{Tile<I + 1, 1, A, T>::multiply...}, {Tile<I + 1, 2, A, T>::multiply...}}};
    };
    static constexpr auto table = make(std::make_index_sequence<static_cast<std::size_t>(most_tile_rows<T>)>());
    return table[static_cast<std::size_t>(registers - 1)][static_cast<std::size_t>(rows - 1)];
}

}  // namespace xtape::detail
