#include <xtape/autodiff/kernels/turn.hpp>

#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <vector>

using namespace xtape;

namespace {

// Turns (rows, columns) into rows of `to_step` elements; `filled` of them are written, the rest keep -7.
template <class T>
void check(std::size_t rows, std::size_t columns, std::size_t to_step, bool padded) {
    CAPTURE(rows);
    CAPTURE(columns);
    CAPTURE(to_step);
    const std::size_t from_step = columns + 3;
    const Array64 from64 = sample::uniform({rows * from_step}, 1);
    std::vector<T> from(from64.begin(), from64.end()), to(columns * to_step + 1, T(-7));
    const auto in = [](std::size_t n) { return static_cast<std::ptrdiff_t>(n); };
    (padded ? detail::turn_padded<T> : detail::turn<T>)(from.data(), in(from_step), in(rows), in(columns), to.data(),
                                                        in(to_step));
    for (std::size_t j = 0; j < columns; ++j) {
        for (std::size_t i = 0; i < to_step; ++i) {
            CHECK(to[j * to_step + i] == (i < rows ? from[i * from_step + j] : padded ? T(0) : T(-7)));
        }
    }
    CHECK(to.back() == T(-7));
}

}  // namespace

TEST_CASE_TEMPLATE("matrices of all small sizes are turned, and nothing beside them is written", T, float, double) {
    for (const std::size_t rows : {0U, 1U, 2U, 7U, 8U, 9U, 15U, 16U, 17U, 33U}) {
        for (const std::size_t columns : {0U, 1U, 3U, 8U, 13U, 16U, 31U, 35U}) {
            check<T>(rows, columns, rows + 2, false);
            check<T>(rows, columns, rows, true);
            check<T>(rows, columns, (rows + 15) / 16 * 16 + 1, true);
        }
    }
}
