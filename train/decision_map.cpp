#include <xtape/train/decision_map.hpp>

#include <xtape/train/gnuplot.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>

namespace xtape::train {
namespace {

struct Shades {
    const char *point, *ground;
};

// Those of Plot, and the same mixed with three parts of white.
constexpr std::array<Shades, 7> shades{{{"#0072B2", "#BFDCEC"},
                                        {"#D55E00", "#F5D7BF"},
                                        {"#009E73", "#BFE7DC"},
                                        {"#CC79A7", "#F2DDE9"},
                                        {"#E69F00", "#F9E7BF"},
                                        {"#56B4E9", "#D5ECF9"},
                                        {"#000000", "#BFBFBF"}}};

struct Range {
    double low, high;

    double at(std::size_t cell, std::size_t cells) const { return low + (high - low) * (static_cast<double>(cell) + 0.5) / static_cast<double>(cells); }
};

void check(const Array& points, const IndexArray& labels, const DecisionMapOptions& options, Location at) {
    const Shape& shape = points.shape();
    if (shape.size() != 2 || shape[1] != 2 || shape[0] == 0 || labels.shape() != Shape{shape[0]}) {
        throw ShapeError(fmt::format("write_decision_map: expected points (N, 2) and labels (N), N at least 1, got {} and {}", to_string(shape),
                                     to_string(labels.shape())),
                         at);
    }
    if (options.cells < 2 || options.cells > 2000) {
        throw ConfigError(fmt::format("write_decision_map: expected 2 to 2000 cells, got {}", options.cells), at);
    }
    if (!(options.margin >= 0) || !std::isfinite(options.margin)) {
        throw ConfigError(fmt::format("write_decision_map: expected a margin of at least 0, got {}", options.margin), at);
    }
    for (std::size_t i = 0; i < shape[0]; ++i) {
        if (!std::isfinite(points(i, 0)) || !std::isfinite(points(i, 1))) {
            throw DataError(fmt::format("write_decision_map: expected finite points, got ({}, {}) in row {}", points(i, 0), points(i, 1), i), at);
        }
    }
}

/// The largest label. Throws DataError for one out of range.
std::int64_t largest(const char* what, const IndexArray& labels, Location at) {
    std::int64_t most = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::int64_t label = labels.data()[i];
        if (label < 0 || label >= static_cast<std::int64_t>(shades.size())) {
            throw DataError(fmt::format("write_decision_map: expected {} from 0 to {}, got {} in row {}", what, shades.size() - 1, label, i), at);
        }
        most = std::max(most, label);
    }
    return most;
}

Range range_of(const Array& points, std::size_t axis, double margin) {
    double low = points(0, axis), high = low;
    for (std::size_t i = 0; i < points.shape()[0]; ++i) {
        low = std::min<double>(low, points(i, axis));
        high = std::max<double>(high, points(i, axis));
    }
    const double more = high > low ? margin * (high - low) : 0;
    if (high - low + 2 * more == 0) return {low - 1, high + 1};  // gnuplot refuses an empty range
    return {low - more, high + more};
}

IndexArray answers(const Classifier& classify, const Range& x, const Range& y, std::size_t cells, Location at) {
    Array places = empty_array<float>(Shape{cells * cells, 2});
    for (std::size_t row = 0; row < cells; ++row) {
        for (std::size_t column = 0; column < cells; ++column) {
            places(row * cells + column, 0) = static_cast<float>(x.at(column, cells));
            places(row * cells + column, 1) = static_cast<float>(y.at(row, cells));
        }
    }
    IndexArray labels = classify(places);
    if (labels.shape() != Shape{cells * cells}) {
        throw ShapeError(fmt::format("write_decision_map: expected answers ({}) for places {}, got {}", cells * cells, to_string(places.shape()),
                                     to_string(labels.shape())),
                         at);
    }
    return labels;
}

std::string data_of(const IndexArray& ground, const Range& x, const Range& y, std::size_t cells, const Array& points, const IndexArray& labels,
                    std::size_t classes) {
    std::string script = "$ground << end_of_data\n";
    for (std::size_t i = 0; i < ground.size(); ++i) {
        fmt::format_to(std::back_inserter(script), "{} {} {}\n", x.at(i % cells, cells), y.at(i / cells, cells), ground.data()[i]);
    }
    script += "end_of_data\n";
    for (std::size_t k = 0; k < classes; ++k) {
        script += fmt::format("$points{} << end_of_data\n", k);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels(i) == static_cast<std::int64_t>(k)) fmt::format_to(std::back_inserter(script), "{} {}\n", points(i, 0), points(i, 1));
        }
        script += "end_of_data\n";
    }
    return script;
}

}  // namespace

void write_decision_map(const std::filesystem::path& file, const Classifier& classify, const Array& points, const IndexArray& labels,
                        const DecisionMapOptions& options, Location at) {
    check(points, labels, options, at);
    const std::int64_t most = largest("labels", labels, at);
    const std::string format = detail::picture_format(file, options.width, options.height, at);
    const Range x = range_of(points, 0, options.margin), y = range_of(points, 1, options.margin);
    const IndexArray ground = answers(classify, x, y, options.cells, at);
    const auto classes = static_cast<std::size_t>(std::max(most, largest("answers", ground, at))) + 1;
    if (!options.classes.empty() && options.classes.size() < classes) {
        throw ConfigError(fmt::format("write_decision_map: expected no names of classes or {}, got {}", classes, options.classes.size()), at);
    }

    std::string script = data_of(ground, x, y, options.cells, points, labels, classes), palette;
    for (std::size_t k = 0; k < shades.size(); ++k) palette += fmt::format("{}{} '{}'", k == 0 ? "" : ", ", k, shades[k].ground);
    script += fmt::format("set palette defined ({})\nset cbrange [0:{}]\nunset colorbox\n", palette, shades.size() - 1);
    script += fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", x.low, x.high, y.low, y.high);
    script += "set title " + detail::gnuplot_text(options.title) + "\nset xlabel " + detail::gnuplot_text(options.x_label) + "\nset ylabel " +
              detail::gnuplot_text(options.y_label) + "\nset tics out nomirror\nset key outside right top Left reverse samplen 1 spacing 1.2\n";
    script += format == "svg" ? "plot $ground with image pixels notitle" : "plot $ground with image notitle";
    const char* size = points.shape()[0] <= 20 ? "2" : points.shape()[0] <= 400 ? "1" : "0.7";
    for (std::size_t k = 0; k < classes; ++k) {
        if (std::none_of(labels.begin(), labels.end(), [&](std::int64_t label) { return label == static_cast<std::int64_t>(k); })) continue;
        const std::string name = options.classes.empty() ? fmt::format("class {}", k) : options.classes[k];
        // A white ring keeps a point apart from its ground and from its neighbours.
        script += fmt::format(", $points{0} with points pt 7 ps {1} lc rgb 'white' notitle, $points{0} with points pt 7 ps {1}*0.75 lc rgb '{2}' title {3}", k,
                              size, shades[k].point, detail::gnuplot_text(name));
    }
    detail::draw(file, options.width, options.height, script + "\n", at);
}

}  // namespace xtape::train
