// Runs trials, several at a time, and keeps them in a file.
#pragma once

#include <xtape/train/search.hpp>


namespace xtape::train::detail {

class SearchEngine {
public:
    /// Checks the options and reads the file. `who` ("tpe_search") stands in error messages.
    SearchEngine(const char* who, const Space& space, const Objective& objective, const SearchOptions& options, Location at);

    /// Tries them, `parallel` at a time; the values of those that the file has are taken from there.
    void run(const std::vector<Trial>& trials);

    /// The trial of that number at these coordinates, one for each range.
    Trial trial(std::size_t index, const std::vector<double>& coordinates, double budget = 1) const;
    /// Of the trial of that number; far from those of its neighbours.
    std::uint64_t seed(std::size_t index) const;
    /// Uniform coordinates, the same for a number whatever was drawn before.
    std::vector<double> draw(std::size_t index) const;

    const std::vector<Outcome>& outcomes() const { return outcomes_; }
    /// Smaller is better, whatever the options say; NaN has become infinity.
    double cost(const Outcome& outcome) const;

    SearchResult result() const { return SearchResult(outcomes_, options_.better); }
    const SearchOptions& options() const { return options_; }
    const Space& space() const { return space_; }

private:
    void load();
    void save() const;
    double evaluate(const Trial& trial) const;

    const char* who_;
    const Space& space_;
    const Objective& objective_;
    const SearchOptions& options_;
    std::vector<Outcome> outcomes_;
    std::vector<std::string> known_;  // lines of the file that have not been asked for yet
};

}  // namespace xtape::train::detail
