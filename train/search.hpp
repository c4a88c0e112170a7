// Search for hyper-parameters: on a grid, at random, by successive halving, and by a model of what has been seen.
//
//     const train::Space space{{"lr", train::Range::log_uniform(1e-4, 1e-1)}, {"hidden", train::Range::choice({16, 32, 64})}};
//     const auto result = train::tpe_search(space, [&](const train::Trial& trial) { return accuracy_with(trial); },
//                                           {.trials = 30, .better = train::Better::larger, .file = "runs/search.jsonl"});
//     fmt::print("{}\n", result.table());
#pragma once

#include <xtape/train/history.hpp>
#include <xtape/train/space.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace xtape::train {

/// Trains with a trial's values and says how good that is. Called from several threads at a time; the process-wide random
/// numbers of the calling thread start from the trial's seed. AnomalyError counts as the worst value; other exceptions end
/// the search.
using Objective = std::function<double(const Trial& trial)>;

struct SearchOptions {
    std::size_t trials = 20;  ///< at least 1
    std::uint64_t seed = 0;   ///< the same seed gives the same search, on any number of threads
    Better better = Better::smaller;
    std::size_t parallel = 1;  ///< trials that may run at a time, within the thread budget; part of what is searched by tpe_search
    /// JSON lines, one a trial, rewritten whole after each: what it has is not computed again. Empty: no file.
    std::filesystem::path file = {};
    std::function<void(const Trial& trial, double value)> on_trial = {};  ///< after each, one at a time
};

struct Outcome {
    Trial trial;
    double value;  ///< NaN counts as the worst
};

class SearchResult {
public:
    SearchResult(std::vector<Outcome> outcomes, Better better);

    /// In the order in which they were tried.
    const std::vector<Outcome>& outcomes() const { return outcomes_; }
    /// With the largest budget first, of these the best first, of equal ones the earlier.
    std::vector<Outcome> ranked() const;
    const Outcome& best() const;
    /// Sum of the budgets of all trials.
    double spent() const;

    /// The best `rows` trials as an aligned table.
    std::string table(std::size_t rows = 10) const;
    /// A picture of the values in the order of the trials, and of the best until each. Throws as Plot::save.
    void save_plot(const std::filesystem::path& file, const std::string& title = "search") const;

private:
    std::vector<std::size_t> order() const;

    std::vector<Outcome> outcomes_;
    Better better_;
};

/// Every combination of grid values; ranges of numbers have `points` each. `trials` is not used. Throws ConfigError for an empty
/// space, a name that is there twice, and options out of range, as do those that follow; IoError and DataError for the file.
SearchResult grid_search(const Space& space, std::size_t points, const Objective& objective, const SearchOptions& options = {},
                         Location at = Location::current());

/// Independent uniform draws of the coordinates. J. Bergstra, Y. Bengio, "Random search for hyper-parameter optimization", JMLR 2012.
SearchResult random_search(const Space& space, const Objective& objective, const SearchOptions& options = {},
                           Location at = Location::current());

struct HalvingOptions {
    double min_budget = 1;   ///< of each trial in the first round, above 0
    double max_budget = 27;  ///< of those in the last, at least min_budget
    double factor = 3;       ///< each round keeps one in so many trials and gives them so many times the budget; above 1
};

/// Successive halving: `trials` random draws with a small budget each; the best ones again with more, round by round. K. Jamieson,
/// A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016, figure 1.
SearchResult halving_search(const Space& space, const Objective& objective, const HalvingOptions& halving = {},
                            const SearchOptions& options = {}, Location at = Location::current());

struct TpeOptions {
    std::size_t startup = 8;       ///< random draws before the model is used, at least 2
    double good = 0.25;            ///< part of the trials that count as good, in (0, 1)
    std::size_t candidates = 24;   ///< draws from the density of the good ones, of which the most promising is tried; at least 1
};

/// Bayesian search with tree-structured Parzen estimators: draws from the density l of good trials the point where l / g, g the
/// density of the others, is largest. J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, "Algorithms for hyper-parameter optimization",
/// NIPS 2011, section 4; coordinates are modelled one by one.
SearchResult tpe_search(const Space& space, const Objective& objective, const SearchOptions& options = {},
                        const TpeOptions& tpe = {}, Location at = Location::current());

}  // namespace xtape::train
