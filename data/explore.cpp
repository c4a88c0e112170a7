#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/explore.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xtape::data {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Names given or numbered.
std::vector<std::string> names_of(const char* caller, const std::vector<std::string>& names, std::size_t count, Location at) {
    if (!names.empty() && names.size() != count) {
        throw ConfigError(fmt::format("{}: expected {} names or none, got {}", caller, count, names.size()), at);
    }
    if (!names.empty()) return names;
    std::vector<std::string> numbers;
    for (std::size_t i = 0; i < count; ++i) numbers.push_back(fmt::format("{}", i));
    return numbers;
}

std::size_t longest(const std::vector<std::string>& texts) {
    std::size_t length = 0;
    for (const std::string& text : texts) length = std::max(length, text.size());
    return length;
}

// Rows and numbers in each.
struct Table {
    std::size_t rows, width;
};

Table table_of(const char* caller, const Array& rows, Location at) {
    if (rows.shape().empty()) throw ShapeError(fmt::format("{}: expected rows (N, ...), got shape ()", caller), at);
    std::size_t width = 1;
    for (std::size_t axis = 1; axis < rows.shape().size(); ++axis) width *= rows.shape()[axis];
    return {rows.shape()[0], width};
}

// Of numbers in order; NumPy's default, "linear".
double quantile(const std::vector<float>& sorted, double part) {
    const double place = part * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto low = static_cast<double>(sorted[below]), high = static_cast<double>(sorted[std::min(below + 1, sorted.size() - 1)]);
    return low + (place - static_cast<double>(below)) * (high - low);
}

FeatureStatistics describe_column(std::vector<float> numbers) {
    numbers.erase(std::remove_if(numbers.begin(), numbers.end(), [](float x) { return std::isnan(x); }), numbers.end());
    if (numbers.empty()) return {{}, 0, nan, nan, nan, nan, nan, nan, nan};
    std::sort(numbers.begin(), numbers.end());
    const auto count = static_cast<double>(numbers.size());
    double sum = 0, squares = 0;
    for (const float x : numbers) sum += static_cast<double>(x);
    const double mean = sum / count;
    for (const float x : numbers) squares += (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean);
    return {{},
            numbers.size(),
            mean,
            numbers.size() > 1 ? std::sqrt(squares / (count - 1)) : nan,
            static_cast<double>(numbers.front()),
            quantile(numbers, 0.25),
            quantile(numbers, 0.5),
            quantile(numbers, 0.75),
            static_cast<double>(numbers.back())};
}

}  // namespace

IndexArray class_counts(const TensorDataset& set) {
    IndexArray counts(Shape{set.classes()}, 0);
    for (const std::int64_t label : set.labels()) ++counts.data()[label];
    return counts;
}

std::string class_histogram(const TensorDataset& set, const std::vector<std::string>& names, std::size_t width, Location at) {
    const IndexArray counts = class_counts(set);
    const std::vector<std::string> labels = names_of("class_histogram", names, counts.size(), at);
    const std::size_t name_width = longest(labels);
    const std::int64_t most = counts.size() == 0 ? 0 : *std::max_element(counts.begin(), counts.end());
    const std::size_t digits = fmt::formatted_size("{}", most);
    std::string text;
    for (std::size_t k = 0; k < counts.size(); ++k) {
        const auto count = static_cast<double>(counts.data()[k]);
        const double share = set.size() == 0 ? 0 : 100 * count / static_cast<double>(set.size());
        const auto bar = most == 0 ? 0 : static_cast<std::size_t>(std::lround(count / static_cast<double>(most) * static_cast<double>(width)));
        std::string line = fmt::format("{:>{}}  {:>{}}  {:>5.1f} %  {}", labels[k], name_width, counts.data()[k], digits, share,
                                       std::string(bar, '#'));
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

Array class_means(const TensorDataset& set) {
    const Array& features = set.features();
    const IndexArray& labels = set.labels();
    const IndexArray counts = class_counts(set);
    Shape shape = features.shape();
    shape[0] = set.classes();
    Array means = empty_array<float>(shape);
    const std::size_t width = table_of("class_means", features, {}).width;
    // Threads share the features, so that each sum has one order.
    parallel_for(width, 32, [&](std::size_t begin, std::size_t end) {
        const std::size_t part = end - begin;
        std::vector<double> sums(set.classes() * part, 0.0);
        for (std::size_t row = 0; row < set.size(); ++row) {
            double* into = sums.data() + static_cast<std::size_t>(labels.data()[row]) * part;
            const float* from = features.data() + row * width + begin;
            for (std::size_t k = 0; k < part; ++k) into[k] += static_cast<double>(from[k]);
        }
        for (std::size_t label = 0; label < set.classes(); ++label) {
            const auto count = static_cast<double>(counts.data()[label]);
            for (std::size_t k = 0; k < part; ++k) {
                means.data()[label * width + begin + k] = static_cast<float>(count == 0 ? nan : sums[label * part + k] / count);
            }
        }
    });
    return means;
}

std::vector<FeatureStatistics> describe(const Array& rows, const std::vector<std::string>& names, Location at) {
    const Table table = table_of("describe", rows, at);
    const std::vector<std::string> labels = names_of("describe", names, table.width, at);
    std::vector<FeatureStatistics> result(table.width);
    parallel_for(table.width, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t k = begin; k < end; ++k) {
            std::vector<float> numbers(table.rows);
            for (std::size_t row = 0; row < table.rows; ++row) numbers[row] = rows.data()[row * table.width + k];
            result[k] = describe_column(std::move(numbers));
            result[k].name = labels[k];
        }
    });
    return result;
}

std::string to_table(const std::vector<FeatureStatistics>& statistics) {
    std::vector<std::vector<std::string>> lines = {{"feature", "count", "mean", "std", "min", "25%", "50%", "75%", "max"}};
    for (const FeatureStatistics& s : statistics) {
        std::vector<std::string> line = {s.name, fmt::format("{}", s.count)};
        for (const double value : {s.mean, s.deviation, s.min, s.quartile1, s.median, s.quartile3, s.max}) {
            line.push_back(fmt::format("{:.4g}", value));
        }
        lines.push_back(std::move(line));
    }
    std::vector<std::size_t> widths(lines[0].size(), 0);
    for (const auto& line : lines) {
        for (std::size_t k = 0; k < line.size(); ++k) widths[k] = std::max(widths[k], line[k].size());
    }
    std::string text;
    for (const auto& line : lines) {
        text += fmt::format("{:<{}}", line[0], widths[0]);
        for (std::size_t k = 1; k < line.size(); ++k) text += fmt::format("  {:>{}}", line[k], widths[k]);
        text += '\n';
    }
    return text;
}

Array64 correlation(const Array& rows, Location at) {
    const Table table = table_of("correlation", rows, at);
    // Column by column, so that what is summed lies side by side.
    std::vector<double> centered(table.rows * table.width), squares(table.width);
    parallel_for(table.width, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t k = begin; k < end; ++k) {
            double* column = centered.data() + k * table.rows;
            double sum = 0, square = 0;
            bool same = true;
            for (std::size_t row = 0; row < table.rows; ++row) {
                const float x = rows.data()[row * table.width + k];
                same = same && x == rows.data()[k];
                column[row] = static_cast<double>(x);
                sum += column[row];
            }
            for (std::size_t row = 0; row < table.rows; ++row) {
                column[row] -= sum / static_cast<double>(table.rows);
                square += column[row] * column[row];
            }
            squares[k] = same ? nan : square;  // the mean of equal numbers may be off by its rounding
        }
    });
    Array64 result = empty_array<double>(Shape{table.width, table.width});
    parallel_for(table.width, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                const double* a = centered.data() + i * table.rows;
                const double* b = centered.data() + j * table.rows;
                double sum = 0;
                for (std::size_t row = 0; row < table.rows; ++row) sum += a[row] * b[row];
                const double value = std::clamp(sum / std::sqrt(squares[i] * squares[j]), -1.0, 1.0);
                const double one_or_nan = std::isnan(squares[i]) ? nan : 1;
                result.data()[i * table.width + j] = result.data()[j * table.width + i] = i == j ? one_or_nan : value;
            }
        }
    });
    return result;
}

std::string to_table(const Array64& correlation, const std::vector<std::string>& names, Location at) {
    const Shape& shape = correlation.shape();
    if (shape.size() != 2 || shape[0] != shape[1]) {
        throw ShapeError("to_table: expected correlations (D, D), got shape " + to_string(shape), at);
    }
    const std::vector<std::string> labels = names_of("to_table", names, shape[0], at);
    const std::size_t first = longest(labels);
    std::string text(first, ' ');
    for (const std::string& label : labels) text += fmt::format("  {:>5}", label);
    text += '\n';
    for (std::size_t i = 0; i < shape[0]; ++i) {
        text += fmt::format("{:<{}}", labels[i], first);
        for (std::size_t j = 0; j < shape[0]; ++j) {
            text += fmt::format("  {:>{}.2f}", correlation.data()[i * shape[0] + j], std::max<std::size_t>(5, labels[j].size()));
        }
        text += '\n';
    }
    return text;
}

}  // namespace xtape::data
