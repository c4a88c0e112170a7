// A table as the text it was read from, and where in it the cells are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xtape::data::detail {

// Invariants: `cells` holds columns + 1 numbers a row: where each cell begins, and one more than where the last one
// ends, all counted from the beginning of the row. A cell whose first byte is a quotation mark ends with another one,
// and every other in between comes twice.
struct TableText {
    std::string file;  // its name in error messages
    std::vector<std::byte> bytes;
    std::size_t columns = 0;
    std::vector<std::size_t> rows;              // where each begins
    std::vector<std::uint32_t> cells;           // see above
    std::vector<std::string> names;             // of the columns
    bool named = false;                         // by the file or the caller; otherwise the names are "0", "1", ...
    std::vector<std::uint32_t> sorted;          // columns in the order of their names
    std::vector<std::string> missing;           // texts that stand for a missing value
    std::array<bool, 256> starts_missing = {};  // first bytes of those that are not empty
    bool empty_is_missing = false;
    char decimal = '.';
    bool trimmed = false;  // blanks around cells do not belong to them

    std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

    /// Makes `missing` and what is derived from it.
    void set_missing(std::vector<std::string> texts);

    /// Makes `names` and their order; the position of a name that came before, or names.size().
    std::size_t set_names(std::vector<std::string> texts);

    /// The cell as it is written, with its quotes if it has any.
    std::string_view written(std::size_t row, std::size_t column) const;

    /// The content of the cell; made in `scratch` where the file has it differently.
    std::string_view content(std::size_t row, std::size_t column, std::string& scratch) const;

    bool is_missing(std::string_view content) const;

    /// The number of the line that byte is in, from 1, as editors count: LF, CRLF and CR end one.
    std::size_t line(std::size_t byte) const;

    /// `line 3`, `line 3, column 2 ("bmi")`: where that row or cell is in the file.
    std::string place(std::size_t row) const;
    std::string place(std::size_t row, std::size_t column) const;

    [[noreturn]] void fail(const std::string& wanted, const std::string& got, const std::string& place) const;
};

/// The texts in quotation marks, of many the first 20: `"a", "b", ...`.
std::string list_in_quotes(const std::vector<std::string>& texts);

}  // namespace xtape::data::detail
