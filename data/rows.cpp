#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/rows.hpp>

#include <algorithm>
#include <cstring>

namespace xtape::data::detail {

namespace {

// Bytes that make a parallel block worth its start.
constexpr std::size_t copy_grain = 256 * 1024;

}  // namespace

void fail_row(const char* who, std::size_t size, const std::string& row) {
    throw ConfigError(std::string(who) + ": expected a row below " + std::to_string(size) + ", got " + row);
}

void gather_rows(const char* who, const void* from, std::size_t size, std::size_t width,
                 std::span<const std::int64_t> rows, void* into) {
    for (const std::int64_t row : rows) checked_row(who, row, size);
    const auto* const source = static_cast<const std::byte*>(from);
    auto* const target = static_cast<std::byte*>(into);
    if (width == 0) return;
    parallel_for(rows.size(), std::max<std::size_t>(1, copy_grain / width), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            if (i + rows_ahead < end) fetch_row(source + static_cast<std::size_t>(rows[i + rows_ahead]) * width, width);
            std::memcpy(target + i * width, source + static_cast<std::size_t>(rows[i]) * width, width);
        }
    });
}

Shape rows_shape(std::size_t count, const Shape& whole) {
    Shape shape = whole;
    shape[0] = count;
    return shape;
}

}  // namespace xtape::data::detail
