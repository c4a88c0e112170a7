#include <xtape/data/number_text.hpp>

#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

namespace xtape::data::detail {

namespace {

template <class T>
NumberText parse(std::string_view text, T& value) {
    // std::from_chars takes no plus sign.
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    const char* const end = text.data() + text.size();
    T number = 0;
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc::invalid_argument || stop != end) return NumberText::other;
    if (error == std::errc::result_out_of_range) {
        // Too large and too small are the same to std::from_chars; a wider type, or else the exponent, tells them
        // apart.
        long double wide = 0;
        if (std::from_chars(text.data(), end, wide).ec != std::errc()) {
            const std::size_t exponent = text.find_first_of("eE");
            if (exponent == std::string_view::npos || text[exponent + 1] != '-') return NumberText::out_of_range;
            wide = 0;
        }
        if (std::abs(wide) > 1) return NumberText::out_of_range;
        number = static_cast<T>(wide);
    }
    if (!std::isfinite(number)) return NumberText::other;  // written as "inf" or "nan"
    value = number;
    return NumberText::number;
}

}  // namespace

template <class T>
NumberText number_from_text(std::string_view text, char decimal, T& value) {
    text = without_blanks(text);
    if (decimal == '.') return parse(text, value);
    if (text.find('.') != std::string_view::npos) return NumberText::other;
    const std::size_t at = text.find(decimal);
    if (at == std::string_view::npos) return parse(text, value);
    std::string with_point(text);
    with_point[at] = '.';
    return parse(std::string_view(with_point), value);
}

template NumberText number_from_text(std::string_view, char, float&);
template NumberText number_from_text(std::string_view, char, double&);

}  // namespace xtape::data::detail
