// Spaces of hyper-parameters, and points in them.
#pragma once

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/random.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace xtape::train {

/// The values that one hyper-parameter may take. Every value has a coordinate in [0, 1]; equal steps of the coordinate are equal
/// steps of the value or, on a logarithmic scale, equal factors.
class Range {
public:
    using Value = std::variant<double, std::int64_t, std::string>;

    /// Numbers in [low, high]. Throw ConfigError unless low < high are finite (and low > 0 on a logarithmic scale).
    static Range uniform(double low, double high, Location at = Location::current());
    static Range log_uniform(double low, double high, Location at = Location::current());
    /// Whole numbers low .. high. Throw ConfigError unless low < high (and low > 0 on a logarithmic scale).
    static Range integer(std::int64_t low, std::int64_t high, Location at = Location::current());
    static Range log_integer(std::int64_t low, std::int64_t high, Location at = Location::current());
    /// One of these. Throws ConfigError when there are none, or one comes twice.
    static Range choice(std::vector<double> values, Location at = Location::current());
    static Range choice(std::vector<std::int64_t> values, Location at = Location::current());
    static Range choice(std::vector<std::string> values, Location at = Location::current());
    static Range choice(std::initializer_list<double> values, Location at = Location::current()) {
        return choice(std::vector<double>(values), at);
    }
    static Range choice(std::initializer_list<int> values, Location at = Location::current()) {
        return choice(std::vector<std::int64_t>(values.begin(), values.end()), at);
    }
    static Range choice(std::initializer_list<const char*> values, Location at = Location::current()) {
        return choice(std::vector<std::string>(values.begin(), values.end()), at);
    }

    /// The value at a coordinate in [0, 1].
    Value at(double coordinate) const;
    /// Values of a grid: all choices, or `points` numbers from the lowest to the highest, fewer when whole numbers coincide.
    std::vector<Value> grid(std::size_t points) const;
    /// Number of choices; 0 for a range of numbers.
    std::size_t choices() const { return choices_.size(); }

private:
    Range() = default;
    static Range numbers(double low, double high, bool logarithmic, bool whole, Location at);
    template <class T>
    static Range one_of(std::vector<T> values, Location at);

    std::vector<Value> choices_;
    double low_ = 0, high_ = 0;
    bool logarithmic_ = false, whole_ = false;
};

/// A value as text: 0.001, 64, relu.
std::string to_string(const Range::Value& value);

/// Named ranges: {{"lr", Range::log_uniform(1e-4, 1e-1)}, {"hidden", Range::choice({16, 32, 64})}}.
using Space = std::vector<std::pair<std::string, Range>>;

/// A point of a space that is tried.
class Trial {
public:
    using Values = std::vector<std::pair<std::string, Range::Value>>;

    Trial(std::size_t index, Values values, std::uint64_t seed, double budget)
        : index_(index), values_(std::move(values)), seed_(seed), budget_(budget) {}

    std::size_t index() const { return index_; }
    const Values& values() const { return values_; }
    /// Differs from trial to trial. While a trial runs, the process-wide random numbers of its thread start from it.
    std::uint64_t seed() const { return seed_; }
    /// How much the trial may cost, in units of the caller's (epochs); 1 unless the search deals out budgets.
    double budget() const { return budget_; }

    /// Throw ConfigError for a name or kind that the space does not have.
    double number(std::string_view name) const;  ///< also of a whole number
    std::int64_t integer(std::string_view name) const;
    const std::string& text(std::string_view name) const;

    /// "lr 0.001, hidden 64".
    std::string describe() const;

private:
    const Range::Value& value(std::string_view name) const;

    std::size_t index_;
    Values values_;
    std::uint64_t seed_;
    double budget_;
};

}  // namespace xtape::train
