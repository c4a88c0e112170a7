#include <xtape/autodiff/error.hpp>
#include <xtape/data/number_text.hpp>
#include <xtape/data/table_text.hpp>
#include <xtape/files/text.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace xtape::data::detail {

void TableText::set_missing(std::vector<std::string> texts) {
    missing = std::move(texts);
    for (const std::string& text : missing) {
        if (text.empty()) {
            empty_is_missing = true;
        } else {
            starts_missing[static_cast<unsigned char>(text[0])] = true;
        }
    }
}

std::size_t TableText::set_names(std::vector<std::string> texts) {
    names = std::move(texts);
    sorted.resize(names.size());
    std::iota(sorted.begin(), sorted.end(), 0u);
    std::stable_sort(sorted.begin(), sorted.end(), [&](auto a, auto b) { return names[a] < names[b]; });
    const auto twice =
        std::adjacent_find(sorted.begin(), sorted.end(), [&](auto a, auto b) { return names[a] == names[b]; });
    return twice == sorted.end() ? names.size() : *(twice + 1);
}

std::string_view TableText::written(std::size_t row, std::size_t column) const {
    const std::uint32_t* const cell = &cells[row * (columns + 1) + column];
    std::string_view result = text().substr(rows[row] + cell[0], cell[1] - cell[0] - 1);
    return trimmed ? without_blanks(result) : result;
}

std::string_view TableText::content(std::size_t row, std::size_t column, std::string& scratch) const {
    std::string_view cell = written(row, column);
    if (cell.empty() || cell.front() != '"') return cell;
    cell = cell.substr(1, cell.size() - 2);
    if (cell.find('"') == std::string_view::npos) return cell;
    scratch.clear();
    for (std::size_t i = 0; i < cell.size(); ++i) {
        scratch += cell[i];
        if (cell[i] == '"') ++i;
    }
    return scratch;
}

bool TableText::is_missing(std::string_view content) const {
    if (content.empty()) return empty_is_missing;
    return starts_missing[static_cast<unsigned char>(content[0])] &&
           std::find(missing.begin(), missing.end(), content) != missing.end();
}

std::size_t TableText::line(std::size_t byte) const {
    const std::string_view all = text();
    std::size_t count = 1;
    for (std::size_t i = 0; i < byte; ++i) {
        if (all[i] == '\n' || (all[i] == '\r' && (i + 1 == all.size() || all[i + 1] != '\n'))) ++count;
    }
    return count;
}

std::string TableText::place(std::size_t row) const { return "line " + std::to_string(line(rows[row])); }

std::string TableText::place(std::size_t row, std::size_t column) const {
    const std::size_t byte = rows[row] + cells[row * (columns + 1) + column];
    std::string result = "line " + std::to_string(line(byte)) + ", column " + std::to_string(column + 1);
    if (named) result += " (" + files::detail::in_quotes(names[column]) + ")";
    return result;
}

void TableText::fail(const std::string& wanted, const std::string& got, const std::string& place) const {
    throw DataError(file + ": expected " + wanted + ", got " + got + " at " + place);
}

std::string list_in_quotes(const std::vector<std::string>& texts) {
    constexpr std::size_t most = 20;
    std::string result;
    for (std::size_t i = 0; i < std::min(most, texts.size()); ++i) {
        result += (i == 0 ? "" : ", ") + files::detail::in_quotes(texts[i]);
    }
    return result + (texts.size() > most ? ", ..." : "");
}

}  // namespace xtape::data::detail
