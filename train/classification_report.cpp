#include <xtape/train/classification_report.hpp>

#include <xtape/train/classification_metrics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

namespace xtape::train {
namespace {

std::size_t width_of(const std::vector<std::string>& texts, std::size_t at_least) {
    for (const std::string& text : texts) at_least = std::max(at_least, text.size());
    return at_least;
}

std::vector<std::string> class_names(const std::vector<std::string>& names, std::size_t classes) {
    std::vector<std::string> called = names;
    for (std::size_t c = called.size(); c < classes; ++c) called.push_back(std::to_string(c));
    return called;
}

// Characters of UTF-8 text: every byte that does not continue one.
std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xc0') != '\x80'; }));
}

std::string right_aligned(std::string_view text, std::size_t width) {
    const std::size_t taken = characters(text);
    return std::string(width > taken ? width - taken : 0, ' ').append(text);
}

// As a label or as a prediction.
bool every_class_occurs(const IndexArray& matrix) {
    const std::size_t classes = matrix.shape()[0];
    for (std::size_t c = 0; c < classes; ++c) {
        std::int64_t count = 0;
        for (std::size_t other = 0; other < classes; ++other) count += matrix(c, other) + matrix(other, c);
        if (count == 0) return false;
    }
    return true;
}

}  // namespace

std::string confusion_table(const IndexArray& matrix, const std::vector<std::string>& names, Location at) {
    const Shape& shape = matrix.shape();
    if (shape.size() != 2 || shape[0] != shape[1] || (!names.empty() && names.size() != shape[0])) {
        throw ShapeError(
            fmt::format("confusion_table: expected a matrix (C, C) and C names or none, got {} and {} names",
                        to_string(shape), names.size()),
            at);
    }
    const std::size_t classes = shape[0];
    const std::vector<std::string> called = class_names(names, classes);
    std::vector<std::string> counts;
    for (const std::int64_t count : matrix) counts.push_back(std::to_string(count));

    const std::size_t first = width_of(called, 5), column = width_of(counts, width_of(called, 1)) + 2;
    std::string table = fmt::format("{:>{}}", "label", first);
    for (const std::string& name : called) table += fmt::format("{:>{}}", name, column);
    table += "  recognised\n";
    for (std::size_t row = 0; row < classes; ++row) {
        std::int64_t total = 0;
        table += fmt::format("{:>{}}", called[row], first);
        for (std::size_t c = 0; c < classes; ++c) {
            total += matrix(row, c);
            table += fmt::format("{:>{}}", counts[row * classes + c], column);
        }
        const double share = 100 * static_cast<double>(matrix(row, row)) / static_cast<double>(total);
        table += total == 0 ? fmt::format("{:>12}\n", "-") : fmt::format("{:>10.1f} %\n", share);
    }
    return table;
}

std::string classification_report(const IndexArray& matrix, const ClassificationReportOptions& options, Location at) {
    detail::check_matrix("classification_report", matrix, at);
    const std::size_t classes = matrix.shape()[0];
    if (!options.names.empty() && options.names.size() != classes) {
        throw ShapeError(fmt::format("classification_report: expected {} names or none for a matrix {}, got {}", classes,
                                     to_string(matrix.shape()), options.names.size()),
                         at);
    }
    if (options.digits > 15) {
        throw ConfigError(fmt::format("classification_report: expected at most 15 digits, got {}", options.digits), at);
    }
    const std::vector<std::string> called = class_names(options.names, classes);
    std::size_t width = std::max<std::size_t>(options.digits, std::string_view("weighted avg").size());
    for (const std::string& name : called) width = std::max(width, characters(name));

    const ClassScores scores = class_scores(matrix, at);
    const std::int64_t items = std::accumulate(scores.support.begin(), scores.support.end(), std::int64_t{0});
    const auto line = [&](std::string_view name, const std::array<double, 3>& values, std::int64_t support) {
        std::string text = right_aligned(name, width) + " ";
        for (const double value : values) text += fmt::format(" {:>9.{}f}", value, options.digits);
        return text + fmt::format(" {:>9}\n", support);
    };
    std::string report = std::string(width, ' ') + "  precision    recall  f1-score   support\n\n";
    for (std::size_t c = 0; c < classes; ++c) {
        report += line(called[c], {scores.precision[c], scores.recall[c], scores.f1[c]}, scores.support[c]);
    }
    report += "\n";
    const auto averages = [&](Average average) {
        return std::array<double, 3>{precision(matrix, average, at), recall(matrix, average, at), f1(matrix, average, at)};
    };
    // scikit-learn speaks of accuracy only when every class occurs, as a label or as a prediction.
    report += every_class_occurs(matrix) ? fmt::format("{}  {:>9} {:>9} {:>9.{}f} {:>9}\n", right_aligned("accuracy", width), "", "",
                                      f1(matrix, Average::micro, at), options.digits, items)
                        : line("micro avg", averages(Average::micro), items);
    report += line("macro avg", averages(Average::macro), items);
    return report + line("weighted avg", averages(Average::weighted), items);
}

}  // namespace xtape::train
