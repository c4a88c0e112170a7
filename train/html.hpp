// Self-contained HTML pages: no scripts, and nothing that is loaded from elsewhere.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xtape::train::detail {

/// Text as it is, in HTML.
std::string html_text(std::string_view text);

/// "data:image/png;base64,..." for what stands in an image's src.
std::string data_uri(std::string_view media_type, std::span<const std::byte> content);

/// A table. Cells are HTML; one that begins with <td is ready. With the class "numbers" columns stand to the right, apart from the first one
/// and those with words.
std::string html_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                       std::string_view css_class = "numbers");

/// A picture (.svg or .png) with its caption, which also says in words what it shows to those who do not see it. Throws IoError when
/// it cannot be read, ConfigError for another ending.
std::string html_figure(const std::filesystem::path& picture, std::string_view caption);

/// A page of sections, each a heading and HTML, with links to them at the top.
std::string html_page(std::string_view title, std::string_view subtitle,
                      const std::vector<std::pair<std::string, std::string>>& sections);

}  // namespace xtape::train::detail
