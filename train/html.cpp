#include <xtape/autodiff/error.hpp>
#include <xtape/files/read.hpp>
#include <xtape/train/html.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace xtape::train::detail {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6576; --line: #d9dee7; --paper: #ffffff; --card: #f6f8fb; --accent: 37, 99, 175; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ef; --soft: #9aa4b5; --line: #343c4b; --paper: #161a21; --card: #1e242e; --accent: 96, 165, 250; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2rem 1.25rem 4rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { margin: 0; font-size: 1.9rem; }
h2 { margin: 2.5rem 0 .75rem; padding-bottom: .3rem; font-size: 1.25rem; border-bottom: 1px solid var(--line); }
.subtitle { margin: .2rem 0 1rem; color: var(--soft); }
nav a { margin-right: 1rem; color: rgb(var(--accent)); text-decoration: none; }
nav a:hover { text-decoration: underline; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.grid + .scroll { margin-top: 1rem; }
.small-grid { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); }
figure { margin: 0; padding: .5rem; background: #ffffff; color: #1d2433; border: 1px solid var(--line); border-radius: .5rem; }
figure img { display: block; width: 100%; height: auto; }
figcaption { padding-top: .3rem; font-size: .85rem; text-align: center; color: #5b6576; }
.examples { display: grid; gap: .6rem; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); }
.examples img { image-rendering: pixelated; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
table.numbers th:not(:first-child), table.numbers td:not(:first-child) { text-align: right; }
table.numbers th.words, table.numbers td.words { text-align: left; }
table.confusion td, table.confusion th { padding: .25rem .5rem; text-align: right; }
thead th { color: var(--soft); font-weight: 600; }
pre { overflow-x: auto; padding: .75rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; font-size: .85rem; }
.note { padding: .6rem .8rem; background: var(--card); border-left: 4px solid rgb(var(--accent)); border-radius: .25rem; }
)";

std::string base64(std::span<const std::byte> content) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((content.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < content.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8 | (i + k < content.size() ? std::to_integer<std::uint32_t>(content[i + k]) : 0);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += i + k > content.size() ? '=' : digits[group >> (18 - 6 * k) & 63];
        }
    }
    return text;
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string html;
    for (const char c : text) {
        switch (c) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            default:
                html += c;
        }
    }
    return html;
}

std::string data_uri(std::string_view media_type, std::span<const std::byte> content) {
    return fmt::format("data:{};base64,{}", media_type, base64(content));
}

// Whether a column has words, and not only numbers, gaps and ready cells.
static bool has_words(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
    return std::ranges::any_of(rows, [&](const auto& row) {
        return column < row.size() && !row[column].empty() && row[column].find_first_of("0123456789<-+.") != 0;
    });
}

std::string html_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                       std::string_view css_class) {
    std::vector<const char*> marks;  // of the columns
    for (std::size_t i = 0; i < std::max(header.size(), rows.empty() ? 0 : rows[0].size()); ++i) {
        marks.push_back(i > 0 && has_words(rows, i) ? " class=\"words\"" : "");
    }
    const auto mark = [&](std::size_t column) { return column < marks.size() ? marks[column] : ""; };
    std::string html = fmt::format("<div class=\"scroll\"><table class=\"{}\">\n", css_class);
    if (!header.empty()) {
        html += "<thead><tr>";
        for (std::size_t i = 0; i < header.size(); ++i) html += fmt::format("<th scope=\"col\"{}>{}</th>", mark(i), header[i]);
        html += "</tr></thead>\n";
    }
    html += "<tbody>\n";
    for (const auto& row : rows) {
        html += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) {
            html += row[i].starts_with("<td") ? row[i] : fmt::format("<td{}>{}</td>", mark(i), row[i]);
        }
        html += "</tr>\n";
    }
    return html + "</tbody></table></div>\n";
}

std::string html_figure(const std::filesystem::path& picture, std::string_view caption) {
    const std::string ending = picture.extension().string();
    if (ending != ".svg" && ending != ".png") {
        throw ConfigError("report: expected a picture that ends in .svg or .png, got " + picture.string());
    }
    const std::vector<std::byte> content = files::read_file(picture);
    const std::string text = html_text(caption);
    return fmt::format("<figure><img src=\"{}\" alt=\"{}\"><figcaption>{}</figcaption></figure>\n",
                       data_uri(ending == ".svg" ? "image/svg+xml" : "image/png", content), text, text);
}

std::string html_page(std::string_view title, std::string_view subtitle,
                      const std::vector<std::pair<std::string, std::string>>& sections) {
    std::string links, body;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const std::string heading = html_text(sections[i].first);
        links += fmt::format("<a href=\"#s{}\">{}</a>\n", i + 1, heading);
        body += fmt::format("<section>\n<h2 id=\"s{}\">{}</h2>\n{}</section>\n", i + 1, heading, sections[i].second);
    }
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<link rel=\"icon\" href=\"data:,\">\n<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<header>\n<h1>{0}</h1>\n"
        "<p class=\"subtitle\">{2}</p>\n<nav aria-label=\"sections\">\n{3}</nav>\n</header>\n<main>\n{4}</main>\n</body>\n</html>\n",
        html_text(title), style, html_text(subtitle), links, body);
}

}  // namespace xtape::train::detail
