// Numbers as reports print them. For the library's own sources.
#pragma once

#include <cstddef>
#include <string>

namespace xtape::detail {

/// "512 B", "1.5 KiB", "12.0 MiB", ...
std::string bytes_text(double bytes);
std::string bytes_text(std::size_t bytes);

/// "1,234,567"
std::string grouped(std::size_t number);

/// "1 layer", "0 layers", "1,234 layers"
std::string counted(std::size_t n, const std::string& noun);

}  // namespace xtape::detail
