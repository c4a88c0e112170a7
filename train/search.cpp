#include <xtape/train/plot.hpp>
#include <xtape/train/search.hpp>
#include <xtape/train/search_engine.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace xtape::train {

SearchResult::SearchResult(std::vector<Outcome> outcomes, Better better) : outcomes_(std::move(outcomes)), better_(better) {}

std::vector<std::size_t> SearchResult::order() const {
    std::vector<std::size_t> order(outcomes_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
        const Outcome &x = outcomes_[a], &y = outcomes_[b];
        if (x.trial.budget() != y.trial.budget()) return x.trial.budget() > y.trial.budget();
        if (std::isnan(x.value) || std::isnan(y.value)) return !std::isnan(x.value) && std::isnan(y.value);
        return better_ == Better::smaller ? x.value < y.value : x.value > y.value;
    });
    return order;
}

std::vector<Outcome> SearchResult::ranked() const {
    std::vector<Outcome> ranked;
    for (const std::size_t i : order()) ranked.push_back(outcomes_[i]);
    return ranked;
}

const Outcome& SearchResult::best() const { return outcomes_[order().front()]; }

double SearchResult::spent() const {
    return std::accumulate(outcomes_.begin(), outcomes_.end(), 0.0,
                           [](double sum, const Outcome& outcome) { return sum + outcome.trial.budget(); });
}

std::string SearchResult::table(std::size_t rows) const {
    const auto& names = outcomes_.front().trial.values();
    std::vector<std::vector<std::string>> cells{{"rank", "trial", "budget"}};
    for (const auto& [name, value] : names) cells[0].push_back(name);
    cells[0].push_back("value");
    const std::vector<Outcome> all = ranked();
    for (std::size_t i = 0; i < std::min(rows, all.size()); ++i) {
        const Trial& trial = all[i].trial;
        cells.push_back({fmt::format("{}", i + 1), fmt::format("{}", trial.index()), fmt::format("{:g}", trial.budget())});
        for (const auto& [name, value] : trial.values()) cells.back().push_back(to_string(value));
        cells.back().push_back(fmt::format("{:.6g}", all[i].value));
    }
    std::vector<std::size_t> widths(cells[0].size());
    for (const auto& row : cells) {
        for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
    }
    std::string text;
    for (const auto& row : cells) {
        for (std::size_t c = 0; c < row.size(); ++c) text += fmt::format("{}{:>{}}", c == 0 ? "" : "  ", row[c], widths[c]);
        text += "\n";
    }
    return text;
}

void SearchResult::save_plot(const std::filesystem::path& file, const std::string& title) const {
    Series each{.name = "trial", .y = {}, .points = true}, best{.name = "best until then", .y = {}};
    double until_now = std::numeric_limits<double>::quiet_NaN();
    for (const Outcome& outcome : outcomes_) {
        if (detail::improves(outcome.value, until_now, better_)) until_now = outcome.value;
        each.y.push_back(outcome.value);
        best.y.push_back(until_now);
    }
    Plot{.title = title, .x_label = "trial", .y_label = "value", .series = {each, best}}.save(file);
}

SearchResult grid_search(const Space& space, std::size_t points, const Objective& objective, const SearchOptions& options,
                         Location at) {
    detail::SearchEngine engine("grid_search", space, objective, options, at);
    if (points == 0) throw ConfigError("grid_search: expected at least 1 point a range, got 0", at);
    std::vector<std::vector<Range::Value>> grids;
    std::size_t count = 1;
    for (const auto& [name, range] : space) {
        grids.push_back(range.grid(points));
        if (count > 1000000 / grids.back().size()) throw ConfigError("grid_search: expected at most 1000000 combinations, got more", at);
        count *= grids.back().size();
    }
    std::vector<Trial> trials;
    for (std::size_t index = 0; index < count; ++index) {
        Trial::Values values(space.size());
        std::size_t rest = index;
        for (std::size_t i = space.size(); i-- > 0; rest /= grids[i].size()) {
            values[i] = {space[i].first, grids[i][rest % grids[i].size()]};
        }
        trials.emplace_back(index, std::move(values), engine.seed(index), 1.0);
    }
    engine.run(trials);
    return engine.result();
}

SearchResult random_search(const Space& space, const Objective& objective, const SearchOptions& options, Location at) {
    detail::SearchEngine engine("random_search", space, objective, options, at);
    std::vector<Trial> trials;
    for (std::size_t index = 0; index < options.trials; ++index) trials.push_back(engine.trial(index, engine.draw(index)));
    engine.run(trials);
    return engine.result();
}

SearchResult halving_search(const Space& space, const Objective& objective, const HalvingOptions& halving,
                            const SearchOptions& options, Location at) {
    detail::SearchEngine engine("halving_search", space, objective, options, at);
    if (!(halving.factor > 1 && halving.min_budget > 0 && halving.max_budget >= halving.min_budget &&
          std::isfinite(halving.max_budget) && std::isfinite(halving.factor))) {
        throw ConfigError(fmt::format("halving_search: expected 0 < min_budget <= max_budget and factor > 1, got {}, {} and {}",
                                      halving.min_budget, halving.max_budget, halving.factor),
                          at);
    }
    std::vector<std::size_t> alive(options.trials);
    std::iota(alive.begin(), alive.end(), std::size_t{0});
    for (double budget = halving.min_budget;; budget = std::min(budget * halving.factor, halving.max_budget)) {
        std::vector<Trial> trials;
        for (const std::size_t index : alive) trials.push_back(engine.trial(index, engine.draw(index), budget));
        const std::size_t first = engine.outcomes().size();
        engine.run(trials);
        if (budget >= halving.max_budget || alive.size() == 1) break;
        const auto kept = std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(alive.size()) / halving.factor));
        std::vector<std::size_t> places(alive.size());
        std::iota(places.begin(), places.end(), std::size_t{0});
        std::ranges::stable_sort(places, {}, [&](std::size_t i) { return engine.cost(engine.outcomes()[first + i]); });
        places.resize(kept);
        std::ranges::sort(places);
        std::vector<std::size_t> next;
        for (const std::size_t place : places) next.push_back(alive[place]);
        alive = std::move(next);
    }
    return engine.result();
}

}  // namespace xtape::train
