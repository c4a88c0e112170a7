#include <xtape/autodiff/kernels/scan.hpp>

#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace xtape::detail {
namespace {

constexpr std::size_t block_elements = 32768;
constexpr std::size_t piece = 256;  // columns that go along the axis side by side

// Calls f(first place, columns) for pieces of neighbouring columns, in parallel.
template <class F>
void for_columns(std::size_t outer, std::size_t count, std::size_t inner, const F& f) {
    if (count == 0) return;
    const std::size_t pieces = (inner + piece - 1) / piece;
    const std::size_t grain =
        std::max<std::size_t>(1, block_elements / (count * std::clamp<std::size_t>(inner, 1, piece)));
    parallel_for(outer * pieces, grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t b = begin; b < end; ++b) {
            const std::size_t first = b % pieces * piece;
            f(b / pieces * count * inner + first, std::min(piece, inner - first));
        }
    });
}

// Calls step(place, state, number of the step) along every column; each column has a state of its own.
template <class F>
void scan(std::size_t outer, std::size_t count, std::size_t inner, bool backwards, double first, const F& step) {
    for_columns(outer, count, inner, [&](std::size_t at, std::size_t width) {
        const auto row = [&](std::size_t c) { return at + (backwards ? count - 1 - c : c) * inner; };
        if (width == 1) {
            double state = first;
            for (std::size_t c = 0; c < count; ++c) step(row(c), state, c);
            return;
        }
        std::array<double, piece> state;
        state.fill(first);
        for (std::size_t c = 0; c < count; ++c) {
            const std::size_t place = row(c);
            for (std::size_t i = 0; i < width; ++i) step(place + i, state[i], c);
        }
    });
}

// Neighbouring columns of a chunk of rows: from `place` on in steps, which may be negative.
struct Stretch {
    std::size_t place, rows, columns;
    std::ptrdiff_t step;

    std::size_t row(std::size_t c) const {
        return static_cast<std::size_t>(static_cast<std::ptrdiff_t>(place) + static_cast<std::ptrdiff_t>(c) * step);
    }
};

template <class T>
void add_up(const T* x, const Stretch& s, double* total) {
    if (s.columns > 1) {
        for (std::size_t c = 0; c < s.rows; ++c) {
            const T* const from = x + s.row(c);
            for (std::size_t k = 0; k < s.columns; ++k) total[k] += static_cast<double>(from[k]);
        }
        return;
    }
    // Four sums side by side: one alone would wait for itself.
    std::array<double, 4> sum{};
    std::size_t c = 0;
    for (; c + 4 <= s.rows; c += 4) {
        for (std::size_t k = 0; k < 4; ++k) sum[k] += static_cast<double>(x[s.row(c + k)]);
    }
    for (; c < s.rows; ++c) sum[0] += static_cast<double>(x[s.row(c)]);
    *total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// y = before + running sums of x; `before` may be null.
template <class T>
void run_on(const T* x, T* y, const Stretch& s, const double* before) {
    if (s.columns == 1) {
        const double offset = before ? *before : 0;
        double sum = 0;
        for (std::size_t c = 0; c < s.rows; ++c) {
            sum += static_cast<double>(x[s.row(c)]);
            y[s.row(c)] = static_cast<T>(offset + sum);
        }
        return;
    }
    std::array<double, piece> sum{}, offset{};
    if (before) std::copy(before, before + s.columns, offset.begin());
    for (std::size_t c = 0; c < s.rows; ++c) {
        const std::size_t row = s.row(c);
        for (std::size_t k = 0; k < s.columns; ++k) {
            sum[k] += static_cast<double>(x[row + k]);
            y[row + k] = static_cast<T>(offset[k] + sum[k]);
        }
    }
}

}  // namespace

template <class T>
void running_sum(const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner, bool backwards) {
    // Sums in double need no help within a float; a double's are kept short.
    constexpr std::size_t chunk = sizeof(T) == 4 ? 1024 : 64;
    if (outer == 0 || inner == 0 || count == 0) return;
    const std::size_t chunks = (count + chunk - 1) / chunk, pieces = (inner + piece - 1) / piece;
    const std::size_t grain =
        std::max<std::size_t>(1, block_elements / (std::min(count, chunk) * std::min(inner, piece)));
    const std::ptrdiff_t step = backwards ? -static_cast<std::ptrdiff_t>(inner) : static_cast<std::ptrdiff_t>(inner);
    // Calls f(stretch, number of its first sum, whether it begins a row).
    const auto for_stretches = [&](const auto& f) {
        parallel_for(outer * chunks * pieces, grain, [&](std::size_t begin, std::size_t end) {
            for (std::size_t n = begin; n < end; ++n) {
                const std::size_t part = n / pieces, first = part % chunks * chunk, column = n % pieces * piece;
                const std::size_t row = part / chunks * count + (backwards ? count - 1 - first : first);
                f(Stretch{row * inner + column, std::min(chunk, count - first), std::min(piece, inner - column), step},
                  part * inner + column, first == 0);
            }
        });
    };
    // Sums of whole chunks, then their running sums, from which each chunk goes on.
    std::vector<double, PoolAllocator<double>> totals(chunks > 1 ? outer * chunks * inner : 0);
    if (chunks > 1) {
        for_stretches([&](const Stretch& s, std::size_t to, bool) { add_up(x, s, totals.data() + to); });
        running_sum<double>(totals.data(), totals.data(), outer, chunks, inner, false);
    }
    for_stretches([&](const Stretch& s, std::size_t to, bool begins) {
        run_on(x, y, s, begins ? nullptr : totals.data() + to - inner);
    });
}

template <class T>
void running_product(const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner) {
    scan(outer, count, inner, false, 1, [&](std::size_t k, double& product, std::size_t) {
        product *= static_cast<double>(x[k]);
        y[k] = static_cast<T>(product);
    });
}

template <class T>
void running_recurrence(const T* a, const T* b, T* y, std::size_t outer, std::size_t count, std::size_t inner,
                        bool transposed) {
    if (transposed) {
        scan(outer, count, inner, true, 0, [&](std::size_t k, double& carried, std::size_t) {
            const double value = carried + static_cast<double>(b[k]);
            y[k] = static_cast<T>(value);
            carried = static_cast<double>(a[k]) * value;
        });
        return;
    }
    scan(outer, count, inner, false, 0, [&](std::size_t k, double& value, std::size_t c) {
        const double own = static_cast<double>(b[k]);
        value = c == 0 ? own : static_cast<double>(a[k]) * value + own;
        y[k] = static_cast<T>(value);
    });
}

template <class T>
void times_previous(const T* u, const T* v, T before, T* y, std::size_t outer, std::size_t count, std::size_t inner) {
    for_columns(outer, count, inner, [&](std::size_t at, std::size_t width) {
        for (std::size_t c = 0; c < count; ++c) {
            const std::size_t row = at + c * inner;
            for (std::size_t k = row; k < row + width; ++k) y[k] = u[k] * (c == 0 ? before : v[k - inner]);
        }
    });
}

template <class T>
void product_of_others(const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner) {
    scan(outer, count, inner, false, 1, [&](std::size_t k, double& product, std::size_t) {
        y[k] = static_cast<T>(product);
        product *= static_cast<double>(x[k]);
    });
    scan(outer, count, inner, true, 1, [&](std::size_t k, double& product, std::size_t) {
        y[k] = static_cast<T>(static_cast<double>(y[k]) * product);
        product *= static_cast<double>(x[k]);
    });
}

template void running_sum(const float*, float*, std::size_t, std::size_t, std::size_t, bool);
template void running_sum(const double*, double*, std::size_t, std::size_t, std::size_t, bool);
template void running_product(const float*, float*, std::size_t, std::size_t, std::size_t);
template void running_product(const double*, double*, std::size_t, std::size_t, std::size_t);
template void running_recurrence(const float*, const float*, float*, std::size_t, std::size_t, std::size_t, bool);
template void running_recurrence(const double*, const double*, double*, std::size_t, std::size_t, std::size_t, bool);
template void times_previous(const float*, const float*, float, float*, std::size_t, std::size_t, std::size_t);
template void times_previous(const double*, const double*, double, double*, std::size_t, std::size_t, std::size_t);
template void product_of_others(const float*, float*, std::size_t, std::size_t, std::size_t);
template void product_of_others(const double*, double*, std::size_t, std::size_t, std::size_t);

}  // namespace xtape::detail
