#include <xtape/autodiff/text.hpp>

#include <fmt/format.h>

namespace xtape::detail {

std::string bytes_text(double bytes) {
    if (bytes < 1024) return fmt::format("{:.0f} B", bytes);
    const char* unit = "KiB";
    bytes /= 1024;
    for (const char* next : {"MiB", "GiB", "TiB"}) {
        if (bytes < 1023.95) break;
        bytes /= 1024;
        unit = next;
    }
    return fmt::format("{:.1f} {}", bytes, unit);
}

std::string bytes_text(std::size_t bytes) { return bytes_text(static_cast<double>(bytes)); }

std::string grouped(std::size_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
    return text;
}

std::string counted(std::size_t n, const std::string& noun) { return grouped(n) + " " + noun + (n == 1 ? "" : "s"); }

}  // namespace xtape::detail
