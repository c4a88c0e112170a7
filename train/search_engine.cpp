#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/text.hpp>
#include <xtape/files/write.hpp>
#include <xtape/train/search_engine.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <span>

namespace xtape::train::detail {
namespace {

using Json = nlohmann::ordered_json;

// Each trial number has two streams of the search's seed: for its coordinates, and for its own seed.
constexpr std::uint64_t streams = 2;

Json description(const Trial& trial) {
    Json values = Json::object();
    for (const auto& [name, value] : trial.values()) {
        std::visit([&, &n = name](const auto& held) { values[n] = held; }, value);
    }
    return {{"trial", trial.index()}, {"budget", trial.budget()}, {"values", std::move(values)}};
}

std::string line_of(const Outcome& outcome) {
    Json line = description(outcome.trial);
    line["value"] = outcome.value;  // null when it is not finite
    return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

SearchEngine::SearchEngine(const char* who, const Space& space, const Objective& objective, const SearchOptions& options,
                           Location at)
    : who_(who), space_(space), objective_(objective), options_(options) {
    const auto refuse = [&](const std::string& wanted) { throw ConfigError(fmt::format("{}: expected {}", who, wanted), at); };
    if (space.empty()) refuse("at least one range, got an empty space");
    std::set<std::string> names;
    for (const auto& [name, range] : space) {
        if (!names.insert(name).second) refuse("names that differ, got \"" + name + "\" twice");
    }
    if (options.trials == 0) refuse("at least 1 trial, got 0");
    if (options.parallel == 0) refuse("at least 1 trial at a time, got 0");
    if (!objective) refuse("an objective, got none");
    load();
}

Trial SearchEngine::trial(std::size_t index, const std::vector<double>& coordinates, double budget) const {
    Trial::Values values;
    for (std::size_t i = 0; i < space_.size(); ++i) values.emplace_back(space_[i].first, space_[i].second.at(coordinates[i]));
    return {index, std::move(values), seed(index), budget};
}

std::uint64_t SearchEngine::seed(std::size_t index) const {
    random::Stream stream(options_.seed, streams * index);
    const std::uint64_t high = stream.bits();
    return high << 32 | stream.bits();
}

std::vector<double> SearchEngine::draw(std::size_t index) const {
    random::Stream stream(options_.seed, streams * index + 1);
    std::vector<double> coordinates(space_.size());
    for (double& coordinate : coordinates) coordinate = stream.uniform();
    return coordinates;
}

double SearchEngine::cost(const Outcome& outcome) const {
    if (std::isnan(outcome.value)) return std::numeric_limits<double>::infinity();
    return options_.better == Better::smaller ? outcome.value : -outcome.value;
}

double SearchEngine::evaluate(const Trial& trial) const {
    const random::Rewind own({trial.seed(), 0});
    try {
        return objective_(trial);
    } catch (const AnomalyError&) {
        return std::numeric_limits<double>::quiet_NaN();
    }
}

void SearchEngine::run(const std::vector<Trial>& trials) {
    std::size_t next = 0;
    for (; next < trials.size() && !known_.empty(); ++next) {
        const Json line = Json::parse(known_.front());
        Json wanted = description(trials[next]);
        Json found = line;
        found.erase("value");
        if (found != wanted) {
            throw ConfigError(fmt::format("{}: expected a file of this search, got {} with the trial {} where this has {}", who_,
                                          options_.file.string(), found.dump(), wanted.dump()));
        }
        const double value = line["value"].is_null() ? std::numeric_limits<double>::quiet_NaN() : line["value"].get<double>();
        outcomes_.push_back({trials[next], value});
        known_.erase(known_.begin());
    }
    for (; next < trials.size(); next += options_.parallel) {
        const std::size_t count = std::min(options_.parallel, trials.size() - next);
        std::vector<double> values(count);
        parallel_for(count, 1, [&](std::size_t begin, std::size_t end) {
            for (std::size_t i = begin; i < end; ++i) values[i] = evaluate(trials[next + i]);
        });
        for (std::size_t i = 0; i < count; ++i) {
            outcomes_.push_back({trials[next + i], values[i]});
            if (options_.on_trial) options_.on_trial(trials[next + i], values[i]);
        }
        save();
    }
}

void SearchEngine::save() const {
    if (options_.file.empty()) return;
    if (options_.file.has_parent_path()) {
        std::error_code ignored;  // write_atomically says in words what is wrong
        std::filesystem::create_directories(options_.file.parent_path(), ignored);
    }
    std::string text;
    for (const Outcome& outcome : outcomes_) text += line_of(outcome) + "\n";
    files::write_atomically(options_.file, std::as_bytes(std::span(text)));
}

void SearchEngine::load() {
    if (options_.file.empty() || !std::filesystem::exists(options_.file)) return;
    const std::vector<std::byte> bytes = files::read_file(options_.file);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (std::size_t begin = 0, number = 1; begin < text.size(); ++number) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line(text.substr(begin, end - begin));
        const Json json = Json::parse(line, nullptr, false);
        if (!json.is_object() || !json.contains("value") || !(json["value"].is_null() || json["value"].is_number())) {
            throw DataError(fmt::format("{}: line {}: expected a trial of a search as JSON, got {}", options_.file.string(), number,
                                        files::detail::in_quotes(line)));
        }
        known_.push_back(line);
        begin = end + 1;
    }
}

}  // namespace xtape::train::detail
