#include <xtape/train/space.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace xtape::train {

std::string to_string(const Range::Value& value) {
    return std::visit(
        [](const auto& held) {
            if constexpr (std::is_same_v<std::decay_t<decltype(held)>, double>) {
                return fmt::format("{:.6g}", held);
            } else {
                return fmt::format("{}", held);
            }
        },
        value);
}

Range Range::numbers(double low, double high, bool logarithmic, bool whole, Location at) {
    if (!(low < high) || !std::isfinite(high - low) || (logarithmic && low <= 0)) {
        throw ConfigError(fmt::format("Range: expected {}finite low < high, got {} and {}",
                                      logarithmic ? "positive, " : "", low, high),
                          at);
    }
    Range range;
    range.low_ = low;
    range.high_ = high;
    range.logarithmic_ = logarithmic;
    range.whole_ = whole;
    return range;
}

Range Range::uniform(double low, double high, Location at) { return numbers(low, high, false, false, at); }
Range Range::log_uniform(double low, double high, Location at) { return numbers(low, high, true, false, at); }
Range Range::integer(std::int64_t low, std::int64_t high, Location at) {
    return numbers(static_cast<double>(low), static_cast<double>(high), false, true, at);
}
Range Range::log_integer(std::int64_t low, std::int64_t high, Location at) {
    return numbers(static_cast<double>(low), static_cast<double>(high), true, true, at);
}

template <class T>
Range Range::one_of(std::vector<T> values, Location at) {
    if (values.empty()) throw ConfigError("Range: expected at least one choice, got none", at);
    Range range;
    for (T& value : values) {
        if (std::ranges::find(range.choices_, Value(value)) != range.choices_.end()) {
            throw ConfigError(fmt::format("Range: expected choices that differ, got {} twice", to_string(Value(value))), at);
        }
        range.choices_.emplace_back(std::move(value));
    }
    return range;
}

Range Range::choice(std::vector<double> values, Location at) { return one_of(std::move(values), at); }
Range Range::choice(std::vector<std::int64_t> values, Location at) { return one_of(std::move(values), at); }
Range Range::choice(std::vector<std::string> values, Location at) { return one_of(std::move(values), at); }

Range::Value Range::at(double coordinate) const {
    if (!choices_.empty()) {
        const auto count = static_cast<double>(choices_.size());
        return choices_[static_cast<std::size_t>(std::clamp(std::floor(coordinate * count), 0.0, count - 1))];
    }
    // Whole numbers get equal parts of the coordinates, so the ends reach half a step beyond.
    const double low = whole_ ? low_ - 0.5 : low_, high = whole_ ? high_ + 0.5 : high_;
    const double number = logarithmic_ ? std::exp(std::log(low) + coordinate * (std::log(high) - std::log(low)))
                                       : low + coordinate * (high - low);
    if (whole_) return static_cast<std::int64_t>(std::clamp(std::round(number), low_, high_));
    return std::clamp(number, low_, high_);
}

std::vector<Range::Value> Range::grid(std::size_t points) const {
    if (!choices_.empty()) return choices_;
    std::vector<Value> values;
    for (std::size_t i = 0; i < points; ++i) {
        const double part = points == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(points - 1);
        const double number = logarithmic_ ? std::exp(std::log(low_) + part * (std::log(high_) - std::log(low_)))
                                           : low_ + part * (high_ - low_);
        const Value value = whole_ ? Value(static_cast<std::int64_t>(std::round(number))) : Value(std::clamp(number, low_, high_));
        if (values.empty() || values.back() != value) values.push_back(value);
    }
    return values;
}

const Range::Value& Trial::value(std::string_view name) const {
    std::vector<std::string> names;
    for (const auto& [own, value] : values_) {
        if (own == name) return value;
        names.push_back(own);
    }
    throw ConfigError(fmt::format("Trial: expected one of {}, got \"{}\"", fmt::join(names, ", "), name));
}

double Trial::number(std::string_view name) const {
    const Range::Value& found = value(name);
    if (const auto* number = std::get_if<double>(&found)) return *number;
    if (const auto* whole = std::get_if<std::int64_t>(&found)) return static_cast<double>(*whole);
    throw ConfigError(fmt::format("Trial: expected \"{}\" to be a number, got the text \"{}\"", name, to_string(found)));
}

std::int64_t Trial::integer(std::string_view name) const {
    const Range::Value& found = value(name);
    if (const auto* whole = std::get_if<std::int64_t>(&found)) return *whole;
    throw ConfigError(fmt::format("Trial: expected \"{}\" to be a whole number, got {}", name, to_string(found)));
}

const std::string& Trial::text(std::string_view name) const {
    const Range::Value& found = value(name);
    if (const auto* text = std::get_if<std::string>(&found)) return *text;
    throw ConfigError(fmt::format("Trial: expected \"{}\" to be a text, got the number {}", name, to_string(found)));
}

std::string Trial::describe() const {
    std::string text;
    for (const auto& [name, value] : values_) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, to_string(value));
    return text;
}

}  // namespace xtape::train
