#include <xtape/autodiff/kernels/pooling.hpp>

#include <xtape/autodiff/kernels/halving.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/kernels/strided_pooling.hpp>
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

// Whether the windows follow rules for which strided pooling pays; it is then f(rule of rows, rule of columns).
template <class F>
bool strided(const PoolWindows& windows, F f) {
    const std::optional<PoolRule> rows = pool_rule(windows.rows, windows.height),
                                  columns = pool_rule(windows.columns, windows.width);
    if (!rows || !columns) return false;
    f(*rows, *columns);
    return true;
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
        return halve_max(x, planes * windows.rows.size(), windows.columns.size(), y);
    }
    if (strided(windows, [&](const auto&... rules) { strided_pool_max(windows, rules..., x, planes, y); })) return;
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
    if (strided(windows, [&](const auto&... rules) { strided_pool_max_gradient(windows, rules..., x, g, planes, dx); }))
        return;
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
        return halve_mean(x, planes * windows.rows.size(), windows.columns.size(), y);
    }
    if (strided(windows, [&](const auto&... rules) { strided_pool_mean(windows, rules..., x, planes, y); })) return;
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
    if (strided(windows, [&](const auto&... rules) { strided_pool_spread(windows, rules..., g, planes, dx); })) return;
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
