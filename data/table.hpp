// A table of text whose columns are asked for as numbers, as categories, or together as a matrix of features.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xtape::data {

namespace detail {
struct TableText;
}

/// What becomes of missing numbers: an error, or a number in their place. (`Table::drop_missing` leaves their rows
/// out.)
struct Missing {
    enum class Kind { refuse, number, mean };
    Kind kind = Kind::refuse;
    double number = 0;

    Missing() = default;
    Missing(double value) : kind(Kind::number), number(value) {}
    static Missing refuse() { return {}; }

    /// The mean of the numbers that the column has, computed in double from the first row to the last.
    static Missing mean();
};

struct CategoryOptions {
    bool first_seen = false;  ///< in the order in which they come in the table, instead of sorted by their bytes
    std::vector<std::string> names = {};                ///< if given: these in this order, and no others
    std::optional<std::string> missing = std::nullopt;  ///< the category of missing cells; without it they are an error
};

/// A column as classes: number i stands for names[i].
struct Categories {
    IndexArray indices;  ///< (N)
    std::vector<std::string> names;
};

/// A column of a table as columns of a feature matrix.
struct Column {
    enum class Encoding { number, index, one_hot };
    std::string name;
    Encoding encoding = Encoding::number;
    Missing missing = {};
    CategoryOptions categories = {};

    /// Its numbers.
    Column(std::string column, Missing instead = {}) : name(std::move(column)), missing(instead) {}
    Column(const char* column) : Column(std::string(column)) {}

    /// One number: the category's position, 0 for the first.
    static Column index(std::string column, CategoryOptions options = {});

    /// As many numbers as there are categories: 1 for that of the row, 0 for the others.
    static Column one_hot(std::string column, CategoryOptions options = {});
};

template <class T>
struct BasicFeatures {
    BasicArray<T> values;            ///< (N, F)
    std::vector<std::string> names;  ///< F: "age"; of a one-hot encoded column "region=north", ...
    /// What these numbers were made of, with the categories and means that were found: another table asked for these
    /// gives columns with the same meaning.
    std::vector<Column> columns;
};
using Features = BasicFeatures<float>;

/// Most categories that a one-hot encoding finds by itself; more must be given.
inline constexpr std::size_t max_one_hot_categories = 1024;

/// Rows of text cells in named columns, as read_csv makes them. Copies share the text, which never changes; all members
/// may be called from several threads.
///
/// Errors about the content are DataError and name the file, the line and the column (from 1, as editors count; with
/// a header the first row is usually line 2) and the text found there. Every member that takes a name throws
/// DataError with the names that there are when it is none of them.
class Table {
public:
    explicit Table(std::shared_ptr<const detail::TableText> text);

    std::size_t rows() const { return rows_.size(); }
    std::size_t columns() const;
    const std::vector<std::string>& names() const;

    /// The position of a column, from 0.
    std::size_t column(std::string_view name) const;

    /// The content of a cell, without its quotes. Throws ConfigError for row >= rows().
    std::string text(std::size_t row, std::string_view column) const;

    /// `line 3, column 2 ("bmi")`: where a cell is in the file. Throws ConfigError when there is none.
    std::string place(std::size_t row, std::size_t column) const;

    /// How many cells of the column have no value.
    std::size_t missing(std::string_view column) const;

    /// The table without the rows in which one of these columns, or with none given any column, has no value.
    Table drop_missing(const std::vector<std::string>& columns = {}) const;

    /// The numbers of a column, (N), each the T nearest to what is written: decimal, finite, in any locale. Throws
    /// DataError for a cell that is none, that T cannot hold, or that is missing where that is refused; and for a
    /// mean of nothing.
    template <class T = float>
    BasicArray<T> numbers(std::string_view column, Missing missing = {}) const;

    /// All columns as numbers, (N, C). Throws as numbers does.
    template <class T = float>
    BasicArray<T> matrix(Missing missing = {}) const;

    /// A column as classes. Throws DataError for a missing cell or a category that was not given.
    Categories categories(std::string_view column, const CategoryOptions& options = {}) const;

    /// Columns side by side, in the order asked for, as in `features({"age", Column::one_hot("region")})`. Throws as
    /// numbers and categories do, DataError for more than max_one_hot_categories or more bytes than
    /// files::max_content_bytes, and ConfigError for no columns.
    template <class T = float>
    BasicFeatures<T> features(std::vector<Column> columns) const;

private:
    template <class T>
    T number(std::size_t row, std::size_t column, const Missing& missing) const;
    template <class T>
    BasicArray<T> numbers(const std::vector<std::size_t>& columns, const Missing& missing) const;
    Missing resolved(std::size_t column, const Missing& missing) const;
    IndexArray encoded(std::size_t at, Column& column) const;
    std::size_t checked(std::size_t row) const;
    [[noreturn]] void fail(const std::string& wanted, std::size_t row, std::size_t column) const;

    std::shared_ptr<const detail::TableText> text_;
    std::vector<std::size_t> rows_;  // of the text
};

}  // namespace xtape::data
