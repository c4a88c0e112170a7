// Tables in text files: comma-separated values (RFC 4180), and what else is found under that name.
#pragma once

#include <xtape/data/table.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace xtape::data {

struct CsvOptions {
    bool header = true;    ///< the first row has the names of the columns; otherwise they are "0", "1", ...
    char separator = ',';  ///< between cells; ' ' stands for any run of spaces and tabs, as in `1.0   2.5 `
    char decimal = '.';    ///< between integer and fraction; ',' where the separator is not
    char comment = '\0';   ///< a line that begins with it is skipped; none by default
    bool trim = false;     ///< spaces and tabs around a cell do not belong to it (around a number they never matter)
    std::vector<std::string> names = {};  ///< of the columns, instead of those of the header
    std::vector<std::string> missing = {"", "?", "NA", "N/A", "NaN", "nan", "NULL", "null"};  ///< cells without a value
};

/// Most columns that are read.
inline constexpr std::size_t max_csv_columns = std::size_t{1} << 20;

/// The table in these bytes; `name` is the file in error messages. gzip data is recognised by its first bytes. Lines
/// end with LF, CRLF or CR; blank ones are skipped, a byte-order mark of UTF-8 too. A cell in double quotes may hold
/// separators, line ends and, each written twice, quotes; inside a cell that does not begin with one a quote is like
/// any other character. Text is taken as it is: nothing is checked or converted until a column is asked for.
///
/// Any bytes are safe to pass: time and memory are proportional to the bytes present and, for gzip, to what they
/// inflate to, which may be 256 MiB or 100 times the file, and no more than files::max_content_bytes.
///
/// Throws DataError with the line (and the column, both from 1) when there is no row at all; rows have different
/// numbers of cells; a quote is not closed or something follows it; the text has a NUL byte or is UTF-16; two columns
/// have one name; there are more than max_csv_columns or not as many as `names`. Throws ConfigError for characters
/// that cannot be what the options make them.
Table read_csv(std::span<const std::byte> bytes, const std::string& name, const CsvOptions& options = {});

/// The same from a file. Throws IoError when it cannot be read.
Table read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

}  // namespace xtape::data
