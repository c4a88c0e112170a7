#include <xtape/autodiff/error.hpp>
#include <xtape/data/number_text.hpp>
#include <xtape/data/table.hpp>
#include <xtape/data/table_text.hpp>
#include <xtape/files/text.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace xtape::data {

using detail::NumberText;
using files::detail::in_quotes;

Missing Missing::mean() {
    Missing result;
    result.kind = Kind::mean;
    return result;
}

Table::Table(std::shared_ptr<const detail::TableText> text) : text_(std::move(text)), rows_(text_->rows.size()) {
    std::iota(rows_.begin(), rows_.end(), std::size_t{0});
}

std::size_t Table::columns() const { return text_->columns; }

const std::vector<std::string>& Table::names() const { return text_->names; }

std::size_t Table::column(std::string_view name) const {
    const auto& sorted = text_->sorted;
    const auto found = std::lower_bound(sorted.begin(), sorted.end(), name,
                                        [&](auto column, std::string_view wanted) { return names()[column] < wanted; });
    if (found == sorted.end() || names()[*found] != name) {
        throw DataError(text_->file + ": expected a column " + in_quotes(name) + ", got " +
                        detail::list_in_quotes(names()));
    }
    return *found;
}

std::size_t Table::checked(std::size_t row) const {
    if (row >= rows()) {
        throw ConfigError(text_->file + ": expected a row below " + std::to_string(rows()) + ", got " +
                          std::to_string(row));
    }
    return rows_[row];
}

std::string Table::text(std::size_t row, std::string_view column) const {
    std::string scratch;
    return std::string(text_->content(checked(row), this->column(column), scratch));
}

std::string Table::place(std::size_t row, std::size_t column) const {
    if (column >= columns()) {
        throw ConfigError(text_->file + ": expected a column below " + std::to_string(columns()) + ", got " +
                          std::to_string(column));
    }
    return text_->place(checked(row), column);
}

void Table::fail(const std::string& wanted, std::size_t row, std::size_t column) const {
    std::string scratch;
    const std::string_view cell = text_->content(row, column, scratch);
    text_->fail(wanted, in_quotes(cell) + (text_->is_missing(cell) ? ", which is missing," : ""),
                text_->place(row, column));
}

std::size_t Table::missing(std::string_view column) const {
    const std::size_t at = this->column(column);
    std::string scratch;
    return static_cast<std::size_t>(std::count_if(rows_.begin(), rows_.end(), [&](std::size_t row) {
        return text_->is_missing(text_->content(row, at, scratch));
    }));
}

Table Table::drop_missing(const std::vector<std::string>& columns) const {
    std::vector<std::size_t> which(columns.size());
    std::transform(columns.begin(), columns.end(), which.begin(), [&](const auto& name) { return column(name); });
    if (columns.empty()) {
        which.resize(this->columns());
        std::iota(which.begin(), which.end(), std::size_t{0});
    }
    Table result = *this;
    std::string scratch;
    std::erase_if(result.rows_, [&](std::size_t row) {
        return std::any_of(which.begin(), which.end(),
                           [&](std::size_t at) { return text_->is_missing(text_->content(row, at, scratch)); });
    });
    return result;
}

// `row` is one of the text. A missing number is refused or has a number in its place.
template <class T>
T Table::number(std::size_t row, std::size_t column, const Missing& missing) const {
    // No number needs quotes that are written twice.
    std::string scratch;
    const std::string_view cell = text_->content(row, column, scratch);
    if (text_->is_missing(cell)) {
        if (missing.kind == Missing::Kind::refuse) fail("a number", row, column);
        return static_cast<T>(missing.number);
    }
    T value = 0;
    switch (detail::number_from_text(cell, text_->decimal, value)) {
        case NumberText::other:
            fail("a number", row, column);
        case NumberText::out_of_range:
            fail(std::string("a number that ") + (sizeof(T) == sizeof(float) ? "float" : "double") + " can hold", row,
                 column);
        case NumberText::number:
            break;
    }
    return value;
}

// A mean becomes the number that it is.
Missing Table::resolved(std::size_t column, const Missing& missing) const {
    if (missing.kind != Missing::Kind::mean) return missing;
    std::string scratch;
    double sum = 0;
    std::size_t count = 0;
    for (const std::size_t row : rows_) {
        if (text_->is_missing(text_->content(row, column, scratch))) continue;
        sum += number<double>(row, column, {});
        ++count;
    }
    if (count == 0) {
        throw DataError(text_->file + ": expected numbers to take the mean of in column " + std::to_string(column + 1) +
                        " (" + in_quotes(names()[column]) + "), got none");
    }
    return sum / static_cast<double>(count);
}

template <class T>
BasicArray<T> Table::numbers(const std::vector<std::size_t>& columns, const Missing& missing) const {
    std::vector<Missing> instead;
    for (const std::size_t column : columns) instead.push_back(resolved(column, missing));
    BasicArray<T> values = empty_array<T>(Shape{rows(), columns.size()});
    T* into = values.data();
    for (const std::size_t row : rows_) {
        for (std::size_t i = 0; i < columns.size(); ++i) *into++ = number<T>(row, columns[i], instead[i]);
    }
    return values;
}

template <class T>
BasicArray<T> Table::numbers(std::string_view column, Missing missing) const {
    BasicArray<T> values = numbers<T>(std::vector{this->column(column)}, missing);
    values.reshape(Shape{rows()});
    return values;
}

template <class T>
BasicArray<T> Table::matrix(Missing missing) const {
    std::vector<std::size_t> all(columns());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return numbers<T>(all, missing);
}

template BasicArray<float> Table::numbers(std::string_view, Missing) const;
template BasicArray<double> Table::numbers(std::string_view, Missing) const;
template BasicArray<float> Table::matrix(Missing) const;
template BasicArray<double> Table::matrix(Missing) const;
template float Table::number(std::size_t, std::size_t, const Missing&) const;
template double Table::number(std::size_t, std::size_t, const Missing&) const;

}  // namespace xtape::data
