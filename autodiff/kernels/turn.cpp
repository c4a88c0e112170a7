#include <xtape/autodiff/kernels/turn.hpp>

#include <xtape/autodiff/kernels/lanes.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace xtape::detail {
namespace {

// A square of N x N elements, turned by exchanging its off-diagonal quarters, then theirs, and so on.
template <class T, std::size_t N>
struct Square {
    typedef T Row __attribute__((vector_size(N * sizeof(T))));

    static void turn(const T* from, std::ptrdiff_t from_step, T* to, std::ptrdiff_t to_step) {
        Row rows[N];
        for (std::size_t i = 0; i < N; ++i)
            std::memcpy(&rows[i], from + static_cast<std::ptrdiff_t>(i) * from_step, sizeof(Row));
        exchange<N / 2>(rows);
        for (std::size_t i = 0; i < N; ++i)
            std::memcpy(to + static_cast<std::ptrdiff_t>(i) * to_step, &rows[i], sizeof(Row));
    }

    // `rows` x `columns` elements of a square. Of a result's row the first `width` elements are written, zeros behind `rows`.
    static void turn_part(const T* from, std::ptrdiff_t from_step, std::ptrdiff_t rows, std::ptrdiff_t columns, T* to,
                          std::ptrdiff_t to_step, std::ptrdiff_t width) {
        Row square[N] = {};
        for (std::ptrdiff_t i = 0; i < rows; ++i) copy(from + i * from_step, columns, &square[i]);
        exchange<N / 2>(square);
        for (std::ptrdiff_t j = 0; j < columns; ++j) copy(&square[j], width, to + j * to_step);
    }

private:
    // 0 < n <= N elements.
    static void copy(const void* from, std::ptrdiff_t n, void* to) {
        using L = Lanes<T>;
        const auto* x = static_cast<const T*>(from);
        auto* y = static_cast<T*>(to);
        constexpr auto width = static_cast<std::ptrdiff_t>(L::width);
        for (; n >= width; n -= width, x += width, y += width) L::load(x).store(y);
        if (n > 0) L::load_some(x, static_cast<std::size_t>(n)).store_some(y, static_cast<std::size_t>(n));
    }

    // In each pair of rows that are H apart, blocks of H elements cross over.
    template <std::size_t H>
    static void exchange(Row (&rows)[N]) {
        for (std::size_t i = 0; i < N; ++i) {
            if (!(i & H)) cross<H>(rows[i], rows[i + H], std::make_index_sequence<N>());
        }
        if constexpr (H > 1) exchange<H / 2>(rows);
    }
    template <std::size_t H, std::size_t... J>
    static void cross(Row& upper, Row& lower, std::index_sequence<J...>) {
        const Row a = upper, b = lower;
        upper = __builtin_shufflevector(a, b, static_cast<int>(J & H ? N + (J ^ H) : J)...);
        lower = __builtin_shufflevector(a, b, static_cast<int>(J & H ? N + J : J ^ H)...);
    }
};

// As many elements as a cache line has, where registers are that long.
template <class T>
constexpr std::size_t side = sizeof(Lanes<T>) == 64 ? Lanes<T>::width : 8;

// Columns [rows, width) of `to` become zero.
template <class T>
void turn_to_width(const T* from, std::ptrdiff_t from_step, std::ptrdiff_t rows, std::ptrdiff_t columns, T* to,
                   std::ptrdiff_t to_step, std::ptrdiff_t width) {
    using S = Square<T, side<T>>;
    constexpr auto n = static_cast<std::ptrdiff_t>(side<T>);
    for (std::ptrdiff_t i = 0; i < width; i += n) {
        const std::ptrdiff_t some = std::min(n, rows - i), written = std::min(n, width - i);
        for (std::ptrdiff_t j = 0; j < columns; j += n) {
            const T* const square = from + i * from_step + j;
            T* const turned = to + j * to_step + i;
            if (some == n && columns - j >= n) {
                S::turn(square, from_step, turned, to_step);
            } else {
                S::turn_part(square, from_step, some, std::min(n, columns - j), turned, to_step, written);
            }
        }
    }
}

}  // namespace

template <class T>
void turn(const T* from, std::ptrdiff_t from_step, std::ptrdiff_t rows, std::ptrdiff_t columns, T* to,
          std::ptrdiff_t to_step) {
    turn_to_width(from, from_step, rows, columns, to, to_step, rows);
}

template <class T>
void turn_padded(const T* from, std::ptrdiff_t from_step, std::ptrdiff_t rows, std::ptrdiff_t columns, T* to,
                 std::ptrdiff_t to_step) {
    turn_to_width(from, from_step, rows, columns, to, to_step, to_step);
}

template void turn(const float*, std::ptrdiff_t, std::ptrdiff_t, std::ptrdiff_t, float*, std::ptrdiff_t);
template void turn(const double*, std::ptrdiff_t, std::ptrdiff_t, std::ptrdiff_t, double*, std::ptrdiff_t);
template void turn_padded(const float*, std::ptrdiff_t, std::ptrdiff_t, std::ptrdiff_t, float*, std::ptrdiff_t);
template void turn_padded(const double*, std::ptrdiff_t, std::ptrdiff_t, std::ptrdiff_t, double*, std::ptrdiff_t);

}  // namespace xtape::detail
