#include "comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace examples {

using namespace xtape;

void add_plot(Study& study, const train::Plot& plot, const std::string& picture) {
    const std::filesystem::path file = study.options.out / (picture + ".svg");
    try {
        plot.save(file);
        study.report().add_picture(plot.title, file, plot.y_label + " by " + plot.x_label);
    } catch (const IoError& error) {
        fmt::print("no picture: {}\n", error.what());
    }
}

static void print_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < header.size(); ++i) {
        widths.push_back(header[i].size());
        for (const auto& row : rows) widths[i] = std::max(widths[i], row.at(i).size());
    }
    const auto line = [&](const std::vector<std::string>& cells) {
        fmt::print("{:<{}}", cells[0], widths[0]);
        for (std::size_t i = 1; i < cells.size(); ++i) fmt::print("  {:>{}}", cells[i], widths[i]);
        fmt::print("\n");
    };
    line(header);
    for (const auto& row : rows) line(row);
}

void show(Study& study, const std::string& title, const std::vector<std::string>& header, const std::vector<Compared>& trainings,
          const std::string& series, const std::string& picture, bool log_y) {
    std::vector<std::vector<std::string>> rows;
    train::Plot plot{.title = title + ": curves", .x_label = "epoch", .y_label = series, .series = {}, .log_y = log_y};
    for (const Compared& training : trainings) {
        rows.push_back(training.row);
        if (training.history.has(series)) plot.series.push_back({.name = training.row.at(0), .y = training.history[series]});
    }
    fmt::print("\n{}\n", title);
    print_table(header, rows);
    std::fflush(stdout);
    study.report().add_table(title, header, rows);
    if (!plot.series.empty()) add_plot(study, plot, picture);
}

}  // namespace examples
