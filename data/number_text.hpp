// Numbers written as text. No locale has a say: "1.5" is read the same everywhere.
#pragma once

#include <string_view>

namespace xtape::data::detail {

enum class NumberText {
    number,
    out_of_range,  ///< a number, but beyond what T can hold
    other,         ///< not a number
};

/// Reads a whole text, with blanks around it allowed, as a finite decimal number: "-1.5", "+2", ".5", "1e-3". Rounded
/// to the nearest T; what is too small for T becomes 0. `decimal` stands between integer and fraction ('.' or, as in
/// much of Europe, ','). `value` is set for a number only. T: float or double.
template <class T>
NumberText number_from_text(std::string_view text, char decimal, T& value);

/// Whether the character is a space or a tab.
inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The text without blanks at its ends.
inline std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

extern template NumberText number_from_text(std::string_view, char, float&);
extern template NumberText number_from_text(std::string_view, char, double&);

}  // namespace xtape::data::detail
