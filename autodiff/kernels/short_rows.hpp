// Broadcasting along rows of a few elements, where a loop for each row would cost more than its arithmetic.
//
// Some dozens of rows are taken together as one run: a row vector is written out so often once, a column's elements are written
// out for each such piece, into buffers that stay in the nearest cache.
#pragma once

#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/autodiff/kernels/sweep.hpp>

#include <algorithm>
#include <array>

namespace xtape::detail {

template <class T, std::size_t N>
class ShortRows {
public:
    using Pointers = std::array<const T*, N>;

    /// Whether the sweep's operands are matrices of short rows, or row vectors, column vectors and scalars beside them.
    static bool fit(const Sweep<N>& sweep) {
        if (sweep.run * Lanes<T>::width > most || sweep.outer_rank != 1 || sweep.extents[0] < Lanes<T>::width) return false;
        for (std::size_t i = 0; i < N; ++i) {
            const std::size_t step = sweep.strides[i][0];
            if (step != 0 && step != (fixed(sweep, i) ? 1 : sweep.run)) return false;
        }
        return true;
    }

    /// Operands that are null stay so.
    ShortRows(const Sweep<N>& sweep, const Pointers& x) : sweep_(sweep), x_(x) {}

    /// Calls body(offset, pointers, length) for pieces that cover the output, in parallel; the pointers lead to `length` elements.
    template <class Body>
    void for_each(const Body& body) const {
        const std::size_t rows = most / sweep_.run / Lanes<T>::width * Lanes<T>::width;
        const std::size_t pieces = (sweep_.extents[0] + rows - 1) / rows;
        const std::size_t grain = std::max<std::size_t>(1, elementwise_grain / (rows * sweep_.run));
        parallel_for(pieces, grain, [&](std::size_t begin, std::size_t end) {
            Buffers buffers;
            for (std::size_t i = 0; i < N; ++i) {
                if (x_[i] && sweep_.strides[i][0] == 0) repeat(buffers[i].data(), x_[i], rows, fixed(sweep_, i));
            }
            for (std::size_t piece = begin; piece < end; ++piece) {
                const std::size_t first = piece * rows, count = std::min(rows, sweep_.extents[0] - first);
                Pointers at{};
                for (std::size_t i = 0; i < N; ++i) {
                    if (!x_[i]) continue;
                    const std::size_t step = sweep_.strides[i][0];
                    at[i] = step != 0 && !fixed(sweep_, i) ? x_[i] + first * step : buffers[i].data();
                    if (step != 0 && fixed(sweep_, i)) spread(buffers[i].data(), x_[i] + first, count);
                }
                body(first * sweep_.run, at, count * sweep_.run);
            }
        });
    }

private:
    static constexpr std::size_t most = 1024;  // elements of a piece
    using Buffers = std::array<std::array<T, most + Lanes<T>::width>, N>;

    static bool fixed(const Sweep<N>& sweep, std::size_t i) { return sweep.fixed >> i & 1u; }

    // Each row's number along the row. Registers reach over its end, where the next row then overwrites them.
    void spread(T* to, const T* from, std::size_t rows) const {
        for (std::size_t r = 0; r < rows; ++r, to += sweep_.run) {
            const Lanes<T> value(from[r]);
            for (std::size_t j = 0; j < sweep_.run; j += Lanes<T>::width) value.store(to + j);
        }
    }
    void repeat(T* to, const T* from, std::size_t rows, bool one) const {
        for (std::size_t r = 0; r < rows; ++r, to += sweep_.run) {
            for (std::size_t j = 0; j < sweep_.run; ++j) to[j] = from[one ? 0 : j];
        }
    }

    const Sweep<N>& sweep_;
    Pointers x_;
};

}  // namespace xtape::detail
