#include <xtape/autodiff/error.hpp>
#include <xtape/data/table.hpp>
#include <xtape/data/table_text.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/text.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace xtape::data {

using files::detail::in_quotes;

namespace {

// Gives the names the order of their bytes and the indices what follows from that.
void sort(Categories& categories) {
    std::vector<std::size_t> order(categories.names.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return categories.names[a] < categories.names[b]; });
    std::vector<std::int64_t> position(order.size());
    std::vector<std::string> names(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        position[order[i]] = static_cast<std::int64_t>(i);
        names[i] = std::move(categories.names[order[i]]);
    }
    categories.names = std::move(names);
    for (std::int64_t& index : categories.indices) index = position[static_cast<std::size_t>(index)];
}

// The names of the feature columns that a column becomes.
void add_names(const Column& column, std::vector<std::string>& names) {
    if (column.encoding != Column::Encoding::one_hot) {
        names.push_back(column.name);
        return;
    }
    for (const std::string& category : column.categories.names) names.push_back(column.name + "=" + category);
}

}  // namespace

Column Column::index(std::string column, CategoryOptions options) {
    Column result(std::move(column));
    result.encoding = Encoding::index;
    result.categories = std::move(options);
    return result;
}

Column Column::one_hot(std::string column, CategoryOptions options) {
    Column result = index(std::move(column), std::move(options));
    result.encoding = Encoding::one_hot;
    return result;
}

Categories Table::categories(std::string_view column, const CategoryOptions& options) const {
    const std::size_t at = this->column(column);
    std::map<std::string, std::int64_t, std::less<>> positions;
    Categories result{empty_array<std::int64_t>(Shape{rows()}), options.names};
    for (const std::string& name : options.names) {
        if (!positions.emplace(name, positions.size()).second) {
            throw ConfigError("Table::categories: expected categories that differ, got " +
                              detail::list_in_quotes(options.names));
        }
    }

    std::string scratch;
    std::int64_t* into = result.indices.data();
    for (const std::size_t row : rows_) {
        std::string_view cell = text_->content(row, at, scratch);
        if (text_->is_missing(cell)) {
            if (!options.missing) fail("a category", row, at);
            cell = *options.missing;
        }
        auto found = positions.find(cell);
        if (found == positions.end()) {
            if (!options.names.empty()) fail("one of " + detail::list_in_quotes(options.names), row, at);
            found = positions.emplace(cell, positions.size()).first;
            result.names.emplace_back(cell);
        }
        *into++ = found->second;
    }
    if (options.names.empty() && !options.first_seen) sort(result);
    return result;
}

template <class T>
BasicFeatures<T> Table::features(std::vector<Column> columns) const {
    if (columns.empty()) throw ConfigError("Table::features: expected at least one column, got none");
    BasicFeatures<T> result;
    std::vector<std::size_t> at;
    std::vector<IndexArray> indices;  // of those that are not numbers
    for (Column& column : columns) {
        at.push_back(this->column(column.name));
        indices.push_back(encoded(at.back(), column));
        add_names(column, result.names);
    }
    const Shape shape{rows(), result.names.size()};
    if (shape[1] != 0 && rows() > files::max_content_bytes / sizeof(T) / shape[1]) {
        throw DataError(text_->file + ": expected features of at most " + std::to_string(files::max_content_bytes) +
                        " bytes, got shape " + to_string(shape));
    }
    result.values = BasicArray<T>(shape, T(0));
    T* into = result.values.data();
    for (std::size_t i = 0; i < rows(); ++i) {
        for (std::size_t k = 0; k < columns.size(); ++k) {
            const Column& column = columns[k];
            switch (column.encoding) {
                case Column::Encoding::number:
                    *into++ = number<T>(rows_[i], at[k], column.missing);
                    break;
                case Column::Encoding::index:
                    *into++ = static_cast<T>(indices[k].data()[i]);
                    break;
                case Column::Encoding::one_hot:
                    into[indices[k].data()[i]] = 1;
                    into += column.categories.names.size();
                    break;
            }
        }
    }
    result.columns = std::move(columns);
    return result;
}

// Puts what the table says in place of what the column leaves open: the mean, the categories. Returns their indices.
IndexArray Table::encoded(std::size_t at, Column& column) const {
    if (column.encoding == Column::Encoding::number) {
        column.missing = resolved(at, column.missing);
        return {};
    }
    const bool given = !column.categories.names.empty();
    Categories found = categories(column.name, column.categories);
    if (column.encoding == Column::Encoding::one_hot && !given && found.names.size() > max_one_hot_categories) {
        throw DataError(text_->file + ": expected at most " + std::to_string(max_one_hot_categories) +
                        " categories for a one-hot encoding, got " + std::to_string(found.names.size()) +
                        " in column " + std::to_string(at + 1) + " (" + in_quotes(column.name) + ")");
    }
    column.categories.names = std::move(found.names);
    return std::move(found.indices);
}

template BasicFeatures<float> Table::features(std::vector<Column>) const;
template BasicFeatures<double> Table::features(std::vector<Column>) const;

}  // namespace xtape::data
