#include <xtape/autodiff/error.hpp>
#include <xtape/files/write.hpp>
#include <xtape/train/history.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace xtape::train {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void write(const std::filesystem::path& path, const std::string& text) {
    files::write_atomically(path, std::as_bytes(std::span(text)));
}

// RFC 4180, 2.6 and 2.7.
std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

}  // namespace

namespace detail {

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

bool improves(double candidate, double best, Better better, double min_delta) {
    if (std::isnan(candidate)) return false;
    if (std::isnan(best)) return true;
    return better == Better::smaller ? candidate < best - min_delta : candidate > best + min_delta;
}

}  // namespace detail

History::History() = default;
History::History(const History& other) = default;
History& History::operator=(const History& other) = default;
History::~History() = default;

std::vector<std::string> History::names() const {
    std::vector<std::string> names;
    for (const Series& series : series_) names.push_back(series.name);
    return names;
}

const History::Series* History::find(std::string_view name) const {
    const auto found = std::ranges::find(series_, name, &Series::name);
    return found == series_.end() ? nullptr : &*found;
}

const History::Series& History::series(std::string_view name) const {
    if (const Series* found = find(name)) return *found;
    const std::string there = series_.empty() ? "it is empty" : "it has " + detail::joined(names());
    throw ConfigError(fmt::format("History: expected the name of a series, got \"{}\"; {}", name, there));
}

const History::Series& History::measured(std::string_view name) const {
    const Series& found = series(name);
    if (found.values.empty()) throw ConfigError("History: expected at least one epoch, got none");
    return found;
}

std::size_t History::best_epoch(std::string_view name) const {
    const Series& found = measured(name);
    std::size_t best = 0;
    for (std::size_t i = 1; i < found.values.size(); ++i) {
        if (detail::improves(found.values[i], found.values[best], found.better)) best = i;
    }
    return best + 1;
}

double History::best(std::string_view name) const { return measured(name).values[best_epoch(name) - 1]; }

double History::last(std::string_view name) const { return measured(name).values.back(); }

void History::add(const std::vector<Measure>& epoch) {
    ++size_;
    for (const Measure& measure : epoch) {
        auto found = std::ranges::find(series_, measure.name, &Series::name);
        if (found == series_.end()) found = series_.insert(found, {measure.name, measure.better, {}});
        found->values.resize(size_ - 1, nan);
        found->values.push_back(measure.value);
    }
    for (Series& series : series_) series.values.resize(size_, nan);
}

void History::save_csv(const std::filesystem::path& path) const {
    std::string text = "epoch";
    for (const Series& series : series_) text += "," + csv_field(series.name);
    text += "\n";
    for (std::size_t i = 0; i < size_; ++i) {
        text += fmt::format("{}", i + 1);
        for (const Series& series : series_) {
            text += std::isnan(series.values[i]) ? std::string(",") : fmt::format(",{}", series.values[i]);
        }
        text += "\n";
    }
    write(path, text);
}

void History::save_jsonl(const std::filesystem::path& path) const {
    std::string text;
    for (std::size_t i = 0; i < size_; ++i) {
        nlohmann::ordered_json line{{"epoch", i + 1}};
        for (const Series& series : series_) line[series.name] = series.values[i];  // what is not finite is dumped as null
        text += line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    }
    write(path, text);
}

Snapshot History::state() const {
    Snapshot state;
    state.put_count("epochs", size_);
    state.put_text("stop_reason", stop_reason_);
    for (std::size_t i = 0; i < series_.size(); ++i) {
        const std::string prefix = fmt::format("{}.", i);
        state.put_text(prefix + "name", series_[i].name);
        state.put_text(prefix + "better", series_[i].better == Better::smaller ? "smaller" : "larger");
        Array64 values = empty_array<double>({size_});
        std::ranges::copy(series_[i].values, values.data());
        state.put(prefix + "values", std::move(values));
    }
    return state;
}

void History::load_state(const Snapshot& state) {
    History loaded;
    loaded.size_ = state.count("epochs");
    loaded.stop_reason_ = state.text("stop_reason");
    for (std::size_t i = 0; state.has(fmt::format("{}.name", i)); ++i) {
        const Snapshot part = state.part(fmt::format("{}.", i));
        const Array64& values = part.array<double>("values");
        const std::string& better = part.text("better");
        if (values.shape() != Shape{loaded.size_} || (better != "smaller" && better != "larger")) {
            throw DataError(fmt::format("History: expected {} numbers and \"smaller\" or \"larger\" in a state, got shape {} and \"{}\"",
                                        loaded.size_, to_string(values.shape()), better));
        }
        loaded.series_.push_back({part.text("name"), better == "smaller" ? Better::smaller : Better::larger,
                                  std::vector<double>(values.data(), values.data() + values.size())});
    }
    *this = std::move(loaded);
}

}  // namespace xtape::train
