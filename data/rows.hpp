// Rows asked of a data set: checked and copied.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace xtape::data::detail {

/// Row numbers in pool memory: made for each batch without asking the heap.
using Rows = std::vector<std::int64_t, PoolAllocator<std::int64_t>>;

/// "<who>: expected a row below 3, got 7", a ConfigError.
[[noreturn]] void fail_row(const char* who, std::size_t size, const std::string& row);

/// Throws that error for i >= size.
inline void check_row(const char* who, std::size_t i, std::size_t size) {
    if (i >= size) fail_row(who, size, std::to_string(i));
}

/// The row as an unsigned number. Throws that error when it is outside 0 .. size-1.
inline std::size_t checked_row(const char* who, std::int64_t row, std::size_t size) {
    if (row < 0 || static_cast<std::size_t>(row) >= size) fail_row(who, size, std::to_string(row));
    return static_cast<std::size_t>(row);
}

/// Rows in random order come from memory that nothing has announced. So, while one is copied, the row that so many
/// places later comes is asked for: a batch of MNIST takes a third of the time.
inline constexpr std::size_t rows_ahead = 4;

/// Asks for the first bytes of a row; the processor itself fetches the rest of a long one. Inlined always, because GCC
/// takes a function that only does this for one that does nothing, and drops the call.
[[gnu::always_inline]] inline void fetch_row(const void* row, std::size_t width) {
    const auto* const bytes = static_cast<const std::byte*>(row);
    for (std::size_t i = 0; i < std::min<std::size_t>(width, 4096); i += memory_alignment) __builtin_prefetch(bytes + i);
}

/// Copies rows of `width` bytes to `into`, one behind the other. Throws that error for a row outside 0 .. size-1,
/// before anything is copied.
void gather_rows(const char* who, const void* from, std::size_t size, std::size_t width,
                 std::span<const std::int64_t> rows, void* into);

template <class T>
void resize(BasicArray<T>& array, const Shape& shape) {
    if (array.shape() != shape) array = empty_array<T>(shape);
}

/// The shape of so many of the rows of an array of that shape (N, ...).
Shape rows_shape(std::size_t count, const Shape& whole);

/// Makes `batch` those rows of a column (N, ...), reusing its memory when the shape stays.
template <class T>
void gather_rows(const char* who, const BasicArray<T>& column, std::span<const std::int64_t> rows,
                 BasicArray<T>& batch) {
    resize(batch, rows_shape(rows.size(), column.shape()));
    const std::size_t size = column.shape()[0];
    const std::size_t width = size == 0 ? 0 : column.size() / size * sizeof(T);
    gather_rows(who, column.data(), size, width, rows, batch.data());
}

}  // namespace xtape::data::detail
