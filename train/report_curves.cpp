#include <xtape/autodiff/error.hpp>
#include <xtape/train/html.hpp>
#include <xtape/train/plot.hpp>
#include <xtape/train/report_curves.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace xtape::train::detail {
namespace {

constexpr std::size_t bins = 40;

// The drawn picture, or words when it cannot be drawn.
std::string figure(const Plot& plot, const std::filesystem::path& file, const std::string& caption) {
    try {
        plot.save(file);
    } catch (const Error& error) {
        return fmt::format("<p class=\"note\">No picture of {}: {}</p>\n", html_text(caption), html_text(error.message()));
    }
    return html_figure(file, caption);
}

// Names of files have no characters that a file system could mind.
std::string file_name(const std::string& prefix, const std::string& name) {
    std::string safe = prefix;
    for (const char c : name) safe += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '-';
    return safe + ".svg";
}

bool all_positive(const std::vector<double>& values) {
    return std::ranges::all_of(values, [](double x) { return !std::isfinite(x) || x > 0; });
}

bool any_finite(const std::vector<double>& values) {
    return std::ranges::any_of(values, [](double x) { return std::isfinite(x); });
}

}  // namespace

std::string curves_html(const History& history, const std::filesystem::path& folder) {
    constexpr std::string_view validation = "val_";
    std::string html = "<div class=\"grid\">\n";
    std::vector<std::vector<std::string>> rows;
    for (const std::string& name : history.names()) {
        rows.push_back({html_text(name), fmt::format("{:.6g}", history.best(name)), fmt::format("{}", history.best_epoch(name)),
                        fmt::format("{:.6g}", history.last(name))});
        const bool of_validation = name.starts_with(validation);
        if (of_validation && history.has(name.substr(validation.size()))) continue;  // is in that one's picture
        Plot plot{.title = name, .x_label = "epoch", .y_label = name, .series = {{.name = of_validation ? name : "training", .y = history[name]}}};
        const std::string other = std::string(validation) + name;
        if (history.has(other)) {
            plot.series.push_back({.name = "validation", .y = history[other]});
        } else {
            plot.series[0].name.clear();
        }
        const bool wide = name == "loss" || name == "lr" || name == "gradient_norm";
        plot.log_y = wide && std::ranges::all_of(plot.series, [](const Series& s) { return all_positive(s.y); });
        for (Series& series : plot.series) {
            if (series.y.size() == 1) series.points = true;  // a line needs two
        }
        if (std::ranges::any_of(plot.series, [](const Series& s) { return any_finite(s.y); })) {
            html += figure(plot, folder / file_name("curve-", name), name + " by epoch");
        }
    }
    html += "</div>\n";
    return html + html_table({"measure", "best", "in epoch", "last"}, rows);
}

std::string times_html(const std::vector<EpochTime>& times) {
    if (times.empty()) return "<p>No epoch was measured.</p>\n";
    const auto row = [&](const std::string& name, auto seconds) {
        double total = 0, slowest = 0;
        for (const EpochTime& time : times) {
            total += seconds(time);
            slowest = std::max(slowest, seconds(time));
        }
        return std::vector<std::string>{name, fmt::format("{:.3f}", total / static_cast<double>(times.size())),
                                        fmt::format("{:.3f}", slowest), fmt::format("{:.2f}", total)};
    };
    return html_table({"seconds", "an epoch", "the slowest", "in all"},
                      {row("batches", [](const EpochTime& t) { return t.training; }),
                       row("validation and callbacks", [](const EpochTime& t) { return t.rest; }),
                       row("together", [](const EpochTime& t) { return t.training + t.rest; })});
}

std::string histogram_html(const std::string& name, const std::string& shape, const Array64& values,
                           const std::filesystem::path& folder) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    std::size_t finite = 0;
    for (const double x : values) {
        if (!std::isfinite(x)) continue;
        low = std::min(low, x), high = std::max(high, x);
        ++finite;
    }
    const std::string caption = fmt::format("{} {}", name, shape);
    if (finite == 0) return fmt::format("<p class=\"note\">{}: no finite number</p>\n", html_text(caption));
    if (low == high) return fmt::format("<p class=\"note\">{}: all numbers are {:g}</p>\n", html_text(caption), low);
    std::vector<double> counts(bins);
    const double width = (high - low) / bins;
    for (const double x : values) {
        if (std::isfinite(x)) counts[std::min(bins - 1, static_cast<std::size_t>((x - low) / width))] += 1;
    }
    Series outline{.name = "", .y = {0}, .x = {low}};  // of columns side by side
    for (std::size_t i = 0; i < bins; ++i) {
        for (const std::size_t edge : {i, i + 1}) {
            outline.x.push_back(low + static_cast<double>(edge) * width);
            outline.y.push_back(counts[i]);
        }
    }
    outline.x.push_back(high);
    outline.y.push_back(0);
    return figure({.title = name, .x_label = "value", .y_label = "how often", .series = {outline}, .width = 420, .height = 280},
                  folder / file_name("weights-", name), caption);
}

}  // namespace xtape::train::detail
