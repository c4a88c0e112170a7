#include <xtape/autodiff/error.hpp>
#include <xtape/data/csv.hpp>
#include <xtape/data/usps_rows.hpp>
#include <xtape/files/gzip.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace xtape::data {

namespace {

constexpr std::size_t pixels = 256;

// Whether the first line has a comma near its beginning, where at the latest the label ends.
bool has_commas(std::span<const std::byte> bytes, const std::string& name) {
    std::array<std::byte, 64> start = {};
    std::size_t count = std::min(start.size(), bytes.size());
    if (files::is_gzip(bytes)) {
        count = files::GzipReader(bytes, name).read(start);
    } else {
        std::copy_n(bytes.begin(), count, start.begin());
    }
    return std::find(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(count), std::byte{','}) !=
           start.begin() + static_cast<std::ptrdiff_t>(count);
}

}  // namespace

UspsRows read_usps(std::span<const std::byte> bytes, const std::string& name) {
    const Table table = read_csv(bytes, name, {.header = false, .separator = has_commas(bytes, name) ? ',' : ' '});
    const auto fail = [&](const std::string& wanted, std::size_t row, std::size_t column) {
        const std::string got = files::detail::in_quotes(table.text(row, table.names()[column]));
        throw DataError(name + ": expected " + wanted + ", got " + got + " at " + table.place(row, column));
    };
    if (table.columns() != pixels + 1) {
        throw DataError(name + ": expected 257 columns, a label and 16 x 16 grey values, got " +
                        std::to_string(table.columns()));
    }
    const Array values = table.matrix();
    UspsRows result{empty_array<float>(Shape{table.rows(), pixels}), empty_array<std::int64_t>(Shape{table.rows()})};
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const float* const from = values.data() + row * (pixels + 1);
        if (!(from[0] >= 0 && from[0] <= 9) || from[0] != std::floor(from[0])) fail("a label from 0 to 9", row, 0);
        result.labels.data()[row] = static_cast<std::int64_t>(from[0]);
        for (std::size_t i = 1; i <= pixels; ++i) {
            if (!(std::abs(from[i]) <= 1)) fail("a grey value from -1 to 1", row, i);
        }
        std::copy_n(from + 1, pixels, result.features.data() + row * pixels);
    }
    return result;
}

UspsRows read_usps(const std::filesystem::path& path) { return read_usps(files::read_file(path), path.string()); }

}  // namespace xtape::data
