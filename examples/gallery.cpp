// Collects what the studies of many runs have reached, as scripts/gallery leaves them: one row for each study, with the median over seeds, as
// aligned text and gallery.csv, gallery.md for a document, and gallery.html with the pictures.
#include <xtape/files/write.hpp>

#include "support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iomanip>
#include <map>
#include <set>

using namespace xtape;
namespace fs = std::filesystem;

struct Row {
    int number = 0;
    std::string program, study, name, metric, reported, unit, better;
    bool quick = false;
    std::map<std::uint64_t, double> goals,
        reached;                     ///< by seed; a goal may be what a plainer way reaches with the same seed
    std::vector<fs::path> pictures;  ///< of the first seed

    static double median(const std::map<std::uint64_t, double>& by_seed) {
        std::vector<double> values;
        for (const auto& [seed, value] : by_seed) values.push_back(value);
        return examples::median(values);
    }
    bool met() const {
        std::vector<double> margins;
        for (const auto& [seed, value] : reached) {
            margins.push_back(better == "larger" ? value - goals.at(seed) : goals.at(seed) - value);
        }
        return examples::median(margins) >= 0;
    }
    std::string run() const { return study == "all" ? program : program + " --study " + study; }
    std::string verdict() const { return quick ? "(quick)" : met() ? "ok" : "missed"; }
    std::string with_unit(double value) const { return examples::with_unit(value, unit); }
    std::string by_seed() const {
        std::string text;
        for (const auto& [seed, value] : reached) {
            const std::string shown = with_unit(value);
            text += (text.empty() ? "" : ", ") + shown.substr(0, shown.size() - unit.size());
        }
        return text;
    }
};

/// A number as written by a study; infinities and NaN, too.
static double number(const data::Table& table, std::size_t row, const char* column) {
    const std::string text = table.text(row, column);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw DataError(fmt::format("studies.csv: expected a number, got {:?} in {}", text,
                                    table.place(row, table.column(column))));
    }
    return value;
}

static std::vector<fs::path> pictures_in(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".png" || entry.path().extension() == ".svg") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

/// The runs of a folder, in order of the studies' numbers.
static std::vector<Row> collect(const fs::path& folder) {
    std::vector<fs::path> runs;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (fs::exists(entry.path() / "studies.csv")) runs.push_back(entry.path());
    }
    std::ranges::sort(runs);
    std::vector<Row> rows;
    for (const fs::path& run : runs) {
        const data::Table table = data::read_csv(run / "studies.csv");
        for (std::size_t i = 0; i < table.rows(); ++i) {
            const auto text = [&](const char* column) { return table.text(i, column); };
            const int study_number = static_cast<int>(number(table, i, "number"));
            auto row = std::ranges::find_if(
                rows, [&](const Row& r) { return r.number == study_number && r.name == text("name"); });
            if (row == rows.end()) {
                rows.push_back({.number = study_number,
                                .program = text("program"),
                                .study = text("study"),
                                .name = text("name"),
                                .metric = text("metric"),
                                .reported = text("reported"),
                                .unit = text("unit"),
                                .better = text("better"),
                                .quick = text("ok") == "quick",
                                .goals = {},
                                .reached = {},
                                .pictures = pictures_in(run)});
                row = rows.end() - 1;
            }
            const auto seed = static_cast<std::uint64_t>(number(table, i, "seed"));
            row->goals[seed] = number(table, i, "goal");
            row->reached[seed] = number(table, i, "reached");
        }
    }
    std::ranges::stable_sort(rows, {}, &Row::number);
    return rows;
}

/// What another library reaches, by number and name of the study; from baselines.csv, if that is there.
static std::map<std::pair<int, std::string>, std::string> baselines(const fs::path& folder) {
    std::map<std::pair<int, std::string>, std::string> peers;
    if (!fs::exists(folder / "baselines.csv")) return peers;
    const data::Table table = data::read_csv(folder / "baselines.csv");
    for (std::size_t i = 0; i < table.rows(); ++i) {
        peers[{static_cast<int>(number(table, i, "number")), table.text(i, "name")}] = table.text(i, "value");
    }
    return peers;
}

using Cells = std::vector<std::vector<std::string>>;

static std::string as_text(const Cells& cells) {
    std::vector<std::size_t> widths(cells.front().size());
    for (const auto& row : cells) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const auto& row : cells) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

static std::string as_markdown(const Cells& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        text += fmt::format("| {} |\n", fmt::join(cells[i], " | "));
        if (i == 0) text += fmt::format("|{}\n", fmt::join(std::vector<std::string>(cells[i].size(), "---|"), ""));
    }
    return text;
}

static std::string as_csv(const Cells& cells) {
    std::ostringstream stream;
    for (const auto& row : cells) {
        for (std::size_t i = 0; i < row.size(); ++i) stream << (i == 0 ? "" : ",") << std::quoted(row[i], '"', '"');
        stream << '\n';
    }
    return stream.str();
}

static void write(const fs::path& file, const std::string& text) {
    files::write_atomically(file, std::as_bytes(std::span(text)));
}

/// Every picture once, in the section of the first study it belongs to.
static void add_pictures(train::Report& report, const std::vector<Row>& rows) {
    std::set<fs::path> shown;
    for (const Row& row : rows) {
        std::vector<train::Picture> pictures;
        for (const fs::path& picture : row.pictures) {
            if (shown.insert(picture).second) pictures.push_back({picture, picture.stem().string()});
        }
        if (!pictures.empty()) report.add_pictures(fmt::format("#{} {}", row.number, row.run()), pictures);
    }
}

int main(int argc, char** argv) {
    examples::Command command{
        "Collects the studies below a folder of runs; scripts/gallery makes the runs and calls this.\n"
        "Example: gallery runs/gallery"};
    fs::path folder;
    std::string skipped;
    command.folder("folder", folder, "one folder a run");
    command.option("--skipped", skipped, "what was not run, and why; is shown below the table");
    return command.run(argc, argv, [&] {
        const std::vector<Row> rows = collect(folder);
        if (rows.empty())
            throw DataError(fmt::format("{}: expected folders with a studies.csv, found none", folder.string()));
        const auto peers = baselines(folder);
        Cells cells{
            {"#", "study", "run", "measure", "reported", "goal", "reached, median", "by seed", "scikit-learn", ""}};
        for (const Row& row : rows) {
            const auto peer = peers.find({row.number, row.name});
            cells.push_back({fmt::format("{}", row.number), row.name, row.run(), row.metric, row.reported,
                             row.with_unit(Row::median(row.goals)), row.with_unit(Row::median(row.reached)),
                             row.by_seed(), peer == peers.end() ? "" : peer->second, row.verdict()});
        }
        const std::string text = as_text(cells);
        fmt::print("{}", text);
        if (!skipped.empty()) fmt::print("\nskipped: {}\n", skipped);
        write(folder / "gallery.txt", text);
        write(folder / "gallery.csv", as_csv(cells));
        write(folder / "gallery.md", as_markdown(cells));

        train::Report report{folder, {.title = "xtape: gallery", .page = "gallery.html"}};
        report.add_table("Studies", cells.front(), {cells.begin() + 1, cells.end()});
        if (!skipped.empty()) report.add_text("Skipped", skipped);
        add_pictures(report, rows);
        report.write();
        const auto missed = std::ranges::count_if(rows, [](const Row& row) { return row.verdict() == "missed"; });
        fmt::print("\n{} results, {} missed: {}\n", rows.size(), missed,
                   fs::absolute(folder / "gallery.html").lexically_normal().string());
        return 0;
    });
}
