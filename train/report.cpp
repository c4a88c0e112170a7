#include <xtape/autodiff/info.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/data/png.hpp>
#include <xtape/files/write.hpp>
#include <xtape/train/html.hpp>
#include <xtape/train/report.hpp>
#include <xtape/train/report_curves.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <span>
#include <sstream>

namespace xtape::train {
namespace {

constexpr std::size_t most_histograms = 24;

void write_text(const std::filesystem::path& path, const std::string& text) {
    files::write_atomically(path, std::as_bytes(std::span(text)));
}

std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(std::min(line.find(':') + 2, line.size()));
    }
    return "unknown";
}

std::vector<std::pair<std::string, std::string>> environment() {
    std::ostringstream text;
    text << info();
    const random::State random = random::state();
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return {{"library", text.str()},
            {"processor", processor()},
            {"threads", fmt::format("{}", threads())},
            {"seed", fmt::format("{}, next stream {}", random.seed, random.next_stream)},
            {"begun", fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(now))}};
}

std::string pairs_table(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, value] : pairs) rows.push_back({detail::html_text(name), detail::html_text(value)});
    return detail::html_table({}, rows, "pairs");
}

// A count on a background that says how large a part of its row it is.
std::string shaded(std::int64_t count, std::int64_t row_sum, bool right) {
    const double part = row_sum > 0 ? static_cast<double>(count) / static_cast<double>(row_sum) : 0;
    if (count == 0) return "<td></td>";
    return fmt::format("<td style=\"background: rgba({}, {:.2f})\">{}</td>", right ? "var(--accent)" : "200, 60, 40",
                       right ? 0.1 + 0.4 * part : std::min(0.75, 0.12 + 2 * part), count);
}

std::string confusion_html(const IndexArray& matrix, const std::vector<std::string>& names) {
    const std::size_t classes = names.size();
    std::vector<std::string> header{"label \\ prediction"};
    for (const std::string& name : names) header.push_back(detail::html_text(name));
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < classes; ++i) {
        std::int64_t sum = 0;
        for (std::size_t j = 0; j < classes; ++j) sum += matrix(i, j);
        rows.push_back({detail::html_text(names[i])});
        for (std::size_t j = 0; j < classes; ++j) rows.back().push_back(shaded(matrix(i, j), sum, i == j));
    }
    return detail::html_table(header, rows, "numbers confusion");
}

std::string scores_html(const IndexArray& matrix, const std::vector<std::string>& names, Location at) {
    const ClassScores scores = class_scores(matrix, at);
    const auto row = [](const std::string& name, double precision, double recall, double f1, std::int64_t support) {
        return std::vector<std::string>{detail::html_text(name), fmt::format("{:.4f}", precision), fmt::format("{:.4f}", recall),
                                        fmt::format("{:.4f}", f1), fmt::format("{}", support)};
    };
    std::vector<std::vector<std::string>> rows;
    std::int64_t items = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        rows.push_back(row(names[i], scores.precision[i], scores.recall[i], scores.f1[i], scores.support[i]));
        items += scores.support[i];
    }
    for (const auto& [name, average] : {std::pair("macro average", Average::macro), std::pair("weighted average", Average::weighted),
                                        std::pair("accuracy (micro average)", Average::micro)}) {
        rows.push_back(row(name, precision(matrix, average, at), recall(matrix, average, at), f1(matrix, average, at), items));
    }
    return detail::html_table({"class", "precision", "recall", "F1", "items"}, rows);
}

// Of any range of numbers: the smallest becomes black, the largest white.
Array in_unit_range(const Array64& image) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double x : image) {
        if (std::isfinite(x)) low = std::min(low, x), high = std::max(high, x);
    }
    const double scale = high > low ? 1 / (high - low) : 1;
    Array scaled = empty_array<float>(image.shape());
    std::ranges::transform(image, scaled.data(), [&](double x) { return static_cast<float>((x - low) * scale); });
    return scaled;
}

std::string examples_html(const std::vector<detail::Example>& examples, const std::vector<std::string>& names) {
    std::string html = "<div class=\"examples\">\n";
    for (const detail::Example& example : examples) {
        const auto name = [&](std::int64_t i) { return names[static_cast<std::size_t>(i)]; };
        const std::string caption =
            example.label == example.prediction
                ? fmt::format("{} ({:.1f} %)", name(example.label), 100 * example.probability)
                : fmt::format("{}, taken for {} ({:.2g} %)", name(example.label), name(example.prediction), 100 * example.probability);
        const std::string text = detail::html_text(caption);
        html += fmt::format("<figure><img src=\"{}\" alt=\"{}\"><figcaption>{}</figcaption></figure>\n",
                            detail::data_uri("image/png", data::encode_png(data::to_bytes(in_unit_range(example.image)))), text, text);
    }
    return html + "</div>\n";
}

}  // namespace

struct Report::State {
    std::filesystem::path folder;
    ReportOptions options;
    std::vector<std::pair<std::string, std::string>> environment;
    std::vector<std::pair<std::string, std::string>> sections;
    History history;
    std::vector<detail::EpochTime> times;

    void add(const std::string& title, std::string html) {
        const auto place = std::ranges::find(sections, title, &std::pair<std::string, std::string>::first);
        if (place != sections.end()) {
            place->second = std::move(html);
        } else {
            sections.emplace_back(title, std::move(html));
        }
    }

    void write_measures() const {
        history.save_csv(folder / "metrics.csv");
        history.save_jsonl(folder / "metrics.jsonl");
    }

    void write_page() const {
        std::vector<std::pair<std::string, std::string>> all;
        std::string subtitle = environment.back().second;
        if (!history.empty()) {
            subtitle = fmt::format("{}, {} epochs", subtitle, history.size());
            if (!history.stop_reason().empty()) subtitle += "; ended early: " + history.stop_reason();
            all.emplace_back("Training", detail::curves_html(history, folder));
            all.emplace_back("Time", detail::times_html(times));
        }
        all.insert(all.end(), sections.begin(), sections.end());
        if (!options.configuration.empty()) all.emplace_back("Configuration", pairs_table(options.configuration));
        all.emplace_back("Environment", pairs_table(environment));
        write_text(folder / options.page, detail::html_page(options.title, subtitle, all));
    }
};

class Report::Follower final : public CallbackHooks {
public:
    explicit Follower(std::shared_ptr<State> report) : report_(std::move(report)) {}

    void on_epoch_begin(Session& session) override { begun_ = batches_done_ = session.seconds(); }
    void on_batch_end(Session& session) override { batches_done_ = session.seconds(); }
    void on_epoch_end(Session& session) override {
        report_->history = session.history();
        report_->times.push_back({session.epoch(), batches_done_ - begun_, session.seconds() - batches_done_});
        report_->write_measures();
    }
    void on_train_end(Session& session) override {
        report_->history = session.history();
        report_->history.set_stop_reason(session.stop_reason());
        report_->write_page();
    }

private:
    std::shared_ptr<State> report_;
    double begun_ = 0, batches_done_ = 0;
};

Report::Report(std::filesystem::path folder, ReportOptions options)
    : state_(std::make_shared<State>(State{std::move(folder), std::move(options), environment(), {}, {}, {}})) {
    std::error_code error;
    std::filesystem::create_directories(state_->folder, error);
    if (error) throw IoError(fmt::format("{}: the folder cannot be made: {}", state_->folder.string(), error.message()));
    nlohmann::ordered_json configuration = nlohmann::ordered_json::object();
    for (const auto& [name, value] : state_->options.configuration) configuration[name] = value;
    write_text(state_->folder / "config.json",
               configuration.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    std::string lines;
    for (const auto& [name, value] : state_->environment) lines += fmt::format("{}: {}\n", name, value);
    write_text(state_->folder / "environment.txt", lines);
}

Callback Report::callback() const { return Callback(std::make_shared<Follower>(state_)); }

const std::filesystem::path& Report::folder() const { return state_->folder; }

void Report::add_text(const std::string& title, const std::string& text) {
    state_->add(title, "<pre>" + detail::html_text(text) + "</pre>\n");
}

void Report::add_table(const std::string& title, const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows) {
    const auto escape = [](std::vector<std::string> cells) {
        for (std::string& cell : cells) cell = detail::html_text(cell);
        return cells;
    };
    std::vector<std::vector<std::string>> cells;
    for (const auto& row : rows) cells.push_back(escape(row));
    state_->add(title, detail::html_table(escape(header), cells));
}

void Report::add_picture(const std::string& title, const std::filesystem::path& picture, const std::string& caption) {
    add_pictures(title, {{picture, caption}});
}

void Report::add_pictures(const std::string& title, const std::vector<Picture>& pictures) {
    std::string html = "<div class=\"grid\">\n";
    for (const Picture& picture : pictures) html += detail::html_figure(picture.file, picture.caption);
    state_->add(title, html + "</div>\n");
}

template <class T>
void Report::add_weights(nn::BasicModule<T>& model) {
    std::string html = "<div class=\"small-grid\">\n";
    const auto parameters = model.named_parameters();
    for (std::size_t i = 0; i < std::min(parameters.size(), most_histograms); ++i) {
        const auto& [name, parameter] = parameters[i];
        html += detail::histogram_html(name, to_string(parameter.shape()), detail::converted<double>(parameter.value()), state_->folder);
    }
    html += "</div>\n";
    if (parameters.size() > most_histograms) {
        html += fmt::format("<p>The first {} of {} parameters.</p>\n", most_histograms, parameters.size());
    }
    state_->add("Weights", std::move(html));
}

Report::Classification::Classification(const ClassificationOptions& with, Location at)
    : options(with), result("Report::add_classification", at), examples(with) {}

Report::Classification::~Classification() = default;

void Report::add_classes(const Classification& all, Location at) {
    const auto& [options, result, examples] = all;
    const IndexArray confusion = result.confusion();
    const std::size_t classes = confusion.shape()[0];
    std::vector<std::string> names = options.names;
    if (names.empty()) {
        for (std::size_t i = 0; i < classes; ++i) names.push_back(fmt::format("{}", i));
    }
    if (names.size() < classes) {
        throw ConfigError(fmt::format("Report::add_classification: expected a name for each of {} classes, got {}", classes, names.size()),
                          at);
    }
    names.resize(classes);
    state_->add("Confusion matrix", confusion_html(confusion, names));
    state_->add("Classes", scores_html(confusion, names, at));
    if (!examples.worst().empty()) state_->add("Most wrong", examples_html(examples.worst(), names));
    if (!examples.best().empty()) state_->add("Surest", examples_html(examples.best(), names));
}

void Report::write() const { state_->write_page(); }

template void Report::add_weights(nn::Module&);
template void Report::add_weights(nn::Module64&);

}  // namespace xtape::train
