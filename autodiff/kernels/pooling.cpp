#include <xtape/autodiff/kernels/pooling.hpp>

#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>

namespace xtape::detail {
namespace {

// f(plane) for every plane, in parallel blocks of about 32768 elements.
template <class F>
void each_plane(std::size_t planes, std::size_t elements, F f) {
    parallel_for(planes, std::max<std::size_t>(1, 32768 / std::max<std::size_t>(1, elements)),
                 [&](std::size_t begin, std::size_t end) {
                     for (std::size_t plane = begin; plane < end; ++plane) f(plane);
                 });
}

// Whether v takes the place of the largest so far. The comparisons are joined without a branch, so that loops over them
// become SIMD.
template <class T>
bool beats(T v, T largest) {
    return bool(unsigned(v > largest) | unsigned(v != v));
}

template <class T>
T larger(T largest, T v) {
    return beats(v, largest) ? v : largest;
}

// Place of the window's largest element in its plane.
template <class T>
std::size_t largest_place(const T* x, std::size_t width, const PoolWindow& row, const PoolWindow& column) {
    std::size_t best = row.begin * width + column.begin;
    for (std::size_t i = row.begin; i < row.end; ++i) {
        for (std::size_t j = column.begin; j < column.end; ++j) {
            if (beats(x[i * width + j], x[best])) best = i * width + j;
        }
    }
    return best;
}

template <class T>
T largest_value(const T* x, std::size_t width, const PoolWindow& row, const PoolWindow& column) {
    T best = x[row.begin * width + column.begin];
    for (std::size_t i = row.begin; i < row.end; ++i) {
        for (std::size_t j = column.begin; j < column.end; ++j) best = larger(best, x[i * width + j]);
    }
    return best;
}

// Windows of 2 x 2 side by side, as loops over long stretches: first the pairs within rows, then the pairs of rows. That is the
// order of the elements, so that the first of equal ones wins here too.
constexpr std::size_t halving_elements =
    2048;  // of the input, for which the intermediate results stay in the first-level cache

template <class T, class F>
void halve_pairs(const T* __restrict x, std::size_t n, T* __restrict y, F join) {
    for (std::size_t i = 0; i < n; ++i) y[i] = join(x[2 * i], x[2 * i + 1]);
}

// f(first row of the output, number of rows) for pieces of `rows` rows of the output, `width` wide, in parallel blocks.
template <class F>
void each_halving(std::size_t rows, std::size_t width, F f) {
    const std::size_t piece = std::max<std::size_t>(1, halving_elements / (4 * width));
    parallel_for(rows, 16 * piece, [&](std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; row += piece) f(row, std::min(piece, end - row));
    });
}

// Rows are short, so whole registers are read and written: what goes beyond the end of a row belongs to the next one, which comes
// later, or to the slack behind the last one.
template <class T>
BasicArray<T> rows_with_slack(std::size_t elements) {
    BasicArray<T> rows = empty_array<T>({elements + Lanes<T>::width});
    std::fill_n(rows.data() + elements, Lanes<T>::width, T(0));
    return rows;
}

template <class T>
Lanes<T> larger(Lanes<T> largest, Lanes<T> v) {
    return where(v > largest, v, where(equal(v, v), largest, v));
}

template <class T, class F>
void halve(const T* x, std::size_t rows, std::size_t width, T* y, F join) {
    using L = Lanes<T>;
    each_halving(rows, width, [&](std::size_t row, std::size_t count) {
        BasicArray<T> pairs = rows_with_slack<T>(2 * count * width), result = rows_with_slack<T>(count * width);
        halve_pairs(x + 4 * row * width, 2 * count * width, pairs.data(), join);
        for (std::size_t r = 0; r < count; ++r) {
            const T* const a = pairs.data() + 2 * r * width;
            T* const to = result.data() + r * width;
            for (std::size_t j = 0; j < width; j += L::width)
                join(L::load(a + j), L::load(a + width + j)).store(to + j);
        }
        std::copy_n(result.data(), count * width, y + row * width);
    });
}

// Splits g between the two rows of each pair, then between the two elements of each pair in a row.
template <class T>
void halve_max_gradient(const T* x, const T* g, std::size_t rows, std::size_t width, T* dx) {
    using L = Lanes<T>;
    each_halving(rows, width, [&](std::size_t row, std::size_t count) {
        const std::size_t n = 2 * count * width;
        BasicArray<T> pairs = rows_with_slack<T>(n), share = rows_with_slack<T>(n),
                      arriving = rows_with_slack<T>(n / 2);
        const T* __restrict from = x + 4 * row * width;
        halve_pairs(from, n, pairs.data(), [](T a, T b) { return larger(a, b); });
        std::copy_n(g + row * width, n / 2, arriving.data());
        const L none(0);
        for (std::size_t r = 0; r < count; ++r) {
            const T* const a = pairs.data() + 2 * r * width;
            const T* const all = arriving.data() + r * width;
            T* const to = share.data() + 2 * r * width;
            for (std::size_t j = 0; j < width; j += L::width) {
                const L first = L::load(a + j), second = L::load(a + width + j), v = L::load(all + j);
                where(second > first, none, where(equal(second, second), v, none)).store(to + j);
            }
            for (std::size_t j = 0; j < width; j += L::width) {
                const L first = L::load(a + j), second = L::load(a + width + j), v = L::load(all + j);
                where(second > first, v, where(equal(second, second), none, v)).store(to + width + j);
            }
        }
        const T* __restrict part = share.data();
        T* __restrict to = dx + 4 * row * width;
        for (std::size_t i = 0; i < n; ++i) {
            const T v = part[i];
            const bool second = beats(from[2 * i + 1], from[2 * i]);
            to[2 * i] = second ? T(0) : v;
            to[2 * i + 1] = second ? v : T(0);
        }
    });
}

template <class T>
void halve_spread(const T* g, std::size_t rows, std::size_t width, T* dx) {
    each_halving(rows, width, [&](std::size_t row, std::size_t count) {
        for (std::size_t r = row; r < row + count; ++r) {
            const T* __restrict from = g + r * width;
            T* __restrict a = dx + 4 * r * width;
            for (std::size_t j = 0; j < width; ++j) a[2 * j] = a[2 * j + 1] = from[j] * T(0.25);
            std::copy_n(a, 2 * width, a + 2 * width);
        }
    });
}

// Float sums run in double, and double ones row by row: neither error grows with the size of a window that fits a
// plane.
template <class T>
double window_sum(const T* x, std::size_t width, const PoolWindow& row, const PoolWindow& column) {
    double total = 0;
    for (std::size_t i = row.begin; i < row.end; ++i) {
        double sum = 0;
        for (std::size_t j = column.begin; j < column.end; ++j) sum += static_cast<double>(x[i * width + j]);
        total += sum;
    }
    return total;
}

double divisor(const PoolWindow& row, const PoolWindow& column) {
    return static_cast<double>(row.count) * static_cast<double>(column.count);
}

}  // namespace

bool PoolWindows::halving() const {
    const auto halves = [](const Scratch<PoolWindow>& windows, std::size_t extent) {
        if (2 * windows.size() != extent) return false;
        for (std::size_t i = 0; i < windows.size(); ++i) {
            if (windows[i] != PoolWindow{2 * i, 2 * i + 2, 2}) return false;
        }
        return true;
    };
    return halves(rows, height) && halves(columns, width);
}

template <class T>
void pool_max(const PoolWindows& windows, const T* x, std::size_t planes, T* y) {
    if (windows.halving()) {
        return halve(x, planes * windows.rows.size(), windows.columns.size(), y,
                     [](auto a, auto b) { return larger(a, b); });
    }
    each_plane(planes, windows.input(), [&](std::size_t plane) {
        const T* const from = x + plane * windows.input();
        T* to = y + plane * windows.output();
        for (const PoolWindow& row : windows.rows) {
            for (const PoolWindow& column : windows.columns) *to++ = largest_value(from, windows.width, row, column);
        }
    });
}

template <class T>
void pool_max_gradient(const PoolWindows& windows, const T* x, const T* g, std::size_t planes, T* dx) {
    if (windows.halving()) {
        return halve_max_gradient(x, g, planes * windows.rows.size(), windows.columns.size(), dx);
    }
    each_plane(planes, windows.input(), [&](std::size_t plane) {
        const T* const from = x + plane * windows.input();
        const T* arriving = g + plane * windows.output();
        T* const to = dx + plane * windows.input();
        std::fill_n(to, windows.input(), T(0));
        for (const PoolWindow& row : windows.rows) {
            for (const PoolWindow& column : windows.columns)
                to[largest_place(from, windows.width, row, column)] += *arriving++;
        }
    });
}

template <class T>
void pool_max_places(const PoolWindows& windows, const T* x, std::size_t planes, std::int64_t* places) {
    each_plane(planes, windows.input(), [&](std::size_t plane) {
        std::int64_t* to = places + plane * windows.output();
        for (const PoolWindow& row : windows.rows) {
            for (const PoolWindow& column : windows.columns) {
                *to++ =
                    static_cast<std::int64_t>(largest_place(x + plane * windows.input(), windows.width, row, column));
            }
        }
    });
}

template <class T>
void pool_mean(const PoolWindows& windows, const T* x, std::size_t planes, T* y) {
    if (windows.output() == 1 && windows.rows[0].end - windows.rows[0].begin == windows.height &&
        windows.columns[0].end - windows.columns[0].begin == windows.width) {
        reduce_middle(ReduceKind::sum, x, y, planes, windows.input(), 1);
        const double count = divisor(windows.rows[0], windows.columns[0]);
        for (std::size_t plane = 0; plane < planes; ++plane)
            y[plane] = static_cast<T>(static_cast<double>(y[plane]) / count);
        return;
    }
    if (windows.halving()) {
        return halve(x, planes * windows.rows.size(), windows.columns.size(), y,
                     [](auto a, auto b) { return (a + b) * T(0.5); });
    }
    each_plane(planes, windows.input(), [&](std::size_t plane) {
        const T* const from = x + plane * windows.input();
        T* to = y + plane * windows.output();
        for (const PoolWindow& row : windows.rows) {
            for (const PoolWindow& column : windows.columns) {
                *to++ = static_cast<T>(window_sum(from, windows.width, row, column) / divisor(row, column));
            }
        }
    });
}

template <class T>
void pool_spread(const PoolWindows& windows, const T* g, std::size_t planes, T* dx) {
    if (windows.halving()) return halve_spread(g, planes * windows.rows.size(), windows.columns.size(), dx);
    each_plane(planes, windows.input(), [&](std::size_t plane) {
        const T* arriving = g + plane * windows.output();
        T* const to = dx + plane * windows.input();
        std::fill_n(to, windows.input(), T(0));
        for (const PoolWindow& row : windows.rows) {
            for (const PoolWindow& column : windows.columns) {
                const T share = static_cast<T>(static_cast<double>(*arriving++) / divisor(row, column));
                for (std::size_t i = row.begin; i < row.end; ++i) {
                    for (std::size_t j = column.begin; j < column.end; ++j) to[i * windows.width + j] += share;
                }
            }
        }
    });
}

template <class T>
void take_places(const T* x, const std::int64_t* places, std::size_t planes, std::size_t from, std::size_t to, T* y) {
    each_plane(planes, to, [&](std::size_t plane) {
        for (std::size_t i = 0; i < to; ++i) {
            y[plane * to + i] = x[plane * from + static_cast<std::size_t>(places[plane * to + i])];
        }
    });
}

template <class T>
void put_places(const T* x, const std::int64_t* places, std::size_t planes, std::size_t from, std::size_t to, T* y) {
    each_plane(planes, to, [&](std::size_t plane) {
        std::fill_n(y + plane * to, to, T(0));
        for (std::size_t i = 0; i < from; ++i) {
            y[plane * to + static_cast<std::size_t>(places[plane * from + i])] += x[plane * from + i];
        }
    });
}

template void pool_max(const PoolWindows&, const float*, std::size_t, float*);
template void pool_max(const PoolWindows&, const double*, std::size_t, double*);
template void pool_max_gradient(const PoolWindows&, const float*, const float*, std::size_t, float*);
template void pool_max_gradient(const PoolWindows&, const double*, const double*, std::size_t, double*);
template void pool_max_places(const PoolWindows&, const float*, std::size_t, std::int64_t*);
template void pool_max_places(const PoolWindows&, const double*, std::size_t, std::int64_t*);
template void pool_mean(const PoolWindows&, const float*, std::size_t, float*);
template void pool_mean(const PoolWindows&, const double*, std::size_t, double*);
template void pool_spread(const PoolWindows&, const float*, std::size_t, float*);
template void pool_spread(const PoolWindows&, const double*, std::size_t, double*);
template void take_places(const float*, const std::int64_t*, std::size_t, std::size_t, std::size_t, float*);
template void take_places(const double*, const std::int64_t*, std::size_t, std::size_t, std::size_t, double*);
template void put_places(const float*, const std::int64_t*, std::size_t, std::size_t, std::size_t, float*);
template void put_places(const double*, const std::int64_t*, std::size_t, std::size_t, std::size_t, double*);

}  // namespace xtape::detail
