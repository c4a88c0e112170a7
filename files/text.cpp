#include <xtape/files/text.hpp>

namespace xtape::files::detail {

std::string in_quotes(std::string_view text) {
    constexpr std::size_t most = 80;
    constexpr std::string_view digits = "0123456789abcdef";
    const bool cut = text.size() > most;
    if (cut) {
        text = text.substr(0, most);
        // Not in the middle of a UTF-8 character.
        std::size_t start = most - 1;
        while (start > most - 4 && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80) --start;
        const auto lead = static_cast<unsigned char>(text[start]);
        const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
        if (start + length > most) text = text.substr(0, start);
    }
    std::string result = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (code >= 0x20 && code != 0x7f) {
            result += c;
        } else {
            result += {'\\', 'x', digits[code / 16], digits[code % 16]};
        }
    }
    return result + (cut ? "...\"" : "\"");
}

}  // namespace xtape::files::detail
