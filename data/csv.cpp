#include <xtape/autodiff/error.hpp>
#include <xtape/data/csv.hpp>
#include <xtape/data/number_text.hpp>
#include <xtape/data/table_text.hpp>
#include <xtape/files/gzip.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/text.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

namespace xtape::data {

namespace {

using detail::is_blank;
using detail::TableText;

void check(const CsvOptions& options) {
    const auto fail = [](const std::string& wanted, char got) {
        throw ConfigError("read_csv: expected " + wanted + ", got " + files::detail::in_quotes({&got, 1}));
    };
    const auto cannot_be = [](char c) { return c == '"' || c == '\n' || c == '\r' || c == '\0'; };
    if (cannot_be(options.separator))
        fail("a separator that is neither a quote nor a line end nor NUL", options.separator);
    if (options.decimal != '.' && options.decimal != ',')
        fail("a decimal sign that is a point or a comma", options.decimal);
    if (options.decimal == options.separator) fail("a decimal sign other than the separator", options.decimal);
    if (options.comment != '\0' && (cannot_be(options.comment) || options.comment == options.separator)) {
        fail("a comment sign that is neither a quote nor a line end nor the separator", options.comment);
    }
}

// Finds the rows and cells of a table's text, from front to back.
class Scanner {
public:
    Scanner(TableText& table, const CsvOptions& options)
        : table_(table),
          text_(table.text()),
          options_(options),
          runs_(options.separator == ' '),
          trim_(runs_ || options.trim) {
        for (const char c : {options.separator, '\r', '\n'}) ends_[static_cast<unsigned char>(c)] = true;
        if (runs_) ends_['\t'] = true;
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    }

    // Adds the next row to the table; false when there is none.
    bool next_row() {
        skip_lines();
        if (at_end()) return false;
        const std::size_t begin = at_;
        table_.rows.push_back(begin);
        std::size_t count = 0;
        do {
            add_cell(begin);
            if (trim_) skip_blanks();
            ++count;
            read_cell(count);
        } while (next_cell());
        add_cell(begin, 1);
        check_width(begin, count);
        skip_line_end();
        return true;
    }

private:
    bool at_end() const { return at_ == text_.size(); }
    bool at_line_end() const { return at_end() || text_[at_] == '\n' || text_[at_] == '\r'; }
    bool ends_cell(char c) const { return ends_[static_cast<unsigned char>(c)]; }

    // Blanks that do not separate anything, unless any run of them does.
    void skip_blanks() {
        while (!at_end() && is_blank(text_[at_]) && (runs_ || text_[at_] != options_.separator)) ++at_;
    }

    void skip_line_end() {
        if (at_end()) return;
        const bool two = text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n';
        at_ += two ? 2 : 1;
    }

    // Blank lines and comments.
    void skip_lines() {
        while (!at_end()) {
            const std::size_t begin = at_;
            if (options_.comment != '\0' && text_[at_] == options_.comment) {
                at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
            } else {
                skip_blanks();
            }
            if (!at_line_end()) {
                at_ = begin;
                return;
            }
            skip_line_end();
        }
    }

    void add_cell(std::size_t row_begin, std::size_t beyond = 0) {
        const std::size_t offset = at_ - row_begin + beyond;
        if (offset > std::numeric_limits<std::uint32_t>::max()) {
            fail("rows of less than 4 GiB", "a longer one", row_begin);
        }
        table_.cells.push_back(static_cast<std::uint32_t>(offset));
    }

    void read_cell(std::size_t column) {
        if (!at_end() && text_[at_] == '"') {
            read_quoted(column);
        } else {
            while (!at_end() && !ends_cell(text_[at_])) ++at_;
        }
    }

    void read_quoted(std::size_t column) {
        const std::size_t opening = at_++;
        const std::string in_column = ", column " + std::to_string(column);
        while (true) {
            at_ = text_.find('"', at_);
            if (at_ == std::string_view::npos) fail("a closing quote", "the end of the file", opening, in_column);
            ++at_;
            if (at_end() || text_[at_] != '"') break;
            ++at_;
        }
        const std::size_t closed = at_;
        if (trim_) skip_blanks();
        const bool separated = runs_ && at_ > closed;
        if (!separated && !at_end() && !ends_cell(text_[at_])) {
            const std::string_view rest = text_.substr(at_, text_.find_first_of("\r\n", at_) - at_);
            fail("a separator or the end of the line behind the closing quote", files::detail::in_quotes(rest), at_,
                 in_column);
        }
    }

    // Whether another cell follows in this row; at_ then is behind what separates them.
    bool next_cell() {
        if (runs_) {
            skip_blanks();
            return !at_line_end();
        }
        if (at_line_end()) return false;
        ++at_;
        return true;
    }

    void check_width(std::size_t row_begin, std::size_t count) {
        if (table_.columns == 0) {
            if (count > max_csv_columns) {
                fail("at most " + std::to_string(max_csv_columns) + " columns", std::to_string(count), row_begin);
            }
            table_.columns = count;
            first_row_ = row_begin;
        } else if (count != table_.columns) {
            fail(std::to_string(table_.columns) + " columns as in line " + std::to_string(table_.line(first_row_)),
                 std::to_string(count), row_begin);
        }
    }

    [[noreturn]] void fail(const std::string& wanted, const std::string& got, std::size_t byte,
                           const std::string& column = "") const {
        table_.fail(wanted, got, "line " + std::to_string(table_.line(byte)) + column);
    }

    TableText& table_;
    std::string_view text_;
    const CsvOptions& options_;
    bool runs_, trim_;
    std::array<bool, 256> ends_ = {};
    std::size_t at_ = 0, first_row_ = 0;
};

// gzip that grows by more than text does is somebody's trap.
std::vector<std::byte> inflated(std::span<const std::byte> bytes, const std::string& name) {
    constexpr std::size_t usual_ratio = 100, free_bytes = std::size_t{256} << 20;
    const std::size_t most = bytes.size() > files::max_content_bytes / usual_ratio
                                 ? files::max_content_bytes
                                 : std::max(free_bytes, bytes.size() * usual_ratio);
    return files::gunzip(bytes, most, name);
}

void check_text(const TableText& table) {
    const std::string_view text = table.text();
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) table.fail("text in UTF-8", "UTF-16", "byte 0");
    if (files::is_gzip(table.bytes)) table.fail("text", "gzip inside gzip; decompress it once", "byte 0");
    const std::size_t nul = text.find('\0');
    if (nul != std::string_view::npos) table.fail("text", "a NUL byte", "line " + std::to_string(table.line(nul)));
}

// Takes the names out of the table's first row, if they are there.
void name_columns(TableText& table, const CsvOptions& options) {
    std::vector<std::string> names = options.names;
    if (!names.empty() && names.size() != table.columns) {
        table.fail(std::to_string(names.size()) + " columns, as many as names are given", std::to_string(table.columns),
                   table.place(0));
    }
    std::string scratch;
    names.reserve(table.columns);
    for (std::size_t column = names.size(); column < table.columns; ++column) {
        names.push_back(options.header ? std::string(table.content(0, column, scratch)) : std::to_string(column));
    }
    const std::size_t twice = table.set_names(std::move(names));
    if (twice < table.columns) {
        if (!options.names.empty()) {
            throw ConfigError("read_csv: expected names that differ, got " + detail::list_in_quotes(options.names));
        }
        table.fail("names of columns that differ", files::detail::in_quotes(table.names[twice]) + " again",
                   table.place(0, twice));
    }
    table.named = options.header || !options.names.empty();
    if (options.header) {
        table.rows.clear();
        table.cells.clear();
    }
}

Table scan(std::vector<std::byte> bytes, const std::string& name, const CsvOptions& options) {
    auto table = std::make_shared<TableText>();
    table->file = name;
    table->bytes = std::move(bytes);
    table->decimal = options.decimal;
    table->trimmed = options.trim || options.separator == ' ';
    table->set_missing(options.missing);
    check_text(*table);

    Scanner scanner(*table, options);
    if (!scanner.next_row()) {
        table->fail(options.header ? "a row with the names of the columns" : "at least one row", "the end of the file",
                    "line " + std::to_string(table->line(table->bytes.size())));
    }
    name_columns(*table, options);
    while (scanner.next_row()) {
    }
    return Table(std::move(table));
}

}  // namespace

Table read_csv(std::span<const std::byte> bytes, const std::string& name, const CsvOptions& options) {
    check(options);
    if (files::is_gzip(bytes)) return scan(inflated(bytes, name), name, options);
    return scan({bytes.begin(), bytes.end()}, name, options);
}

Table read_csv(const std::filesystem::path& path, const CsvOptions& options) {
    check(options);
    std::vector<std::byte> bytes = files::read_file(path);
    const std::string name = path.string();
    if (files::is_gzip(bytes)) return scan(inflated(bytes, name), name, options);
    return scan(std::move(bytes), name, options);
}

}  // namespace xtape::data
