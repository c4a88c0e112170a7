#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/train/html.hpp>

#include <doctest/doctest.h>

using namespace xtape::train::detail;

TEST_CASE("text stands in HTML as it is") {
    CHECK(html_text("a < b && \"c\" > 'd'") == "a &lt; b &amp;&amp; &quot;c&quot; &gt; 'd'");
    const std::string page = html_page("<script>", "1 & 2", {{"A<B", "<p>body</p>\n"}});
    CHECK(page.find("<script>") == std::string::npos);
    CHECK(page.find("<title>&lt;script&gt;</title>") != std::string::npos);
    CHECK(page.find("<a href=\"#s1\">A&lt;B</a>") != std::string::npos);
    CHECK(page.find("<h2 id=\"s1\">A&lt;B</h2>\n<p>body</p>") != std::string::npos);
}

TEST_CASE("bytes become the base64 text of RFC 4648, section 10") {
    const auto uri = [](const std::string& text) { return data_uri("text/plain", support::bytes(text)); };
    CHECK(uri("") == "data:text/plain;base64,");
    CHECK(uri("f") == "data:text/plain;base64,Zg==");
    CHECK(uri("fo") == "data:text/plain;base64,Zm8=");
    CHECK(uri("foo") == "data:text/plain;base64,Zm9v");
    CHECK(uri("foobar") == "data:text/plain;base64,Zm9vYmFy");
}

TEST_CASE("a figure holds its picture, and says what it shows") {
    const support::TemporaryFolder folder;
    const auto svg = folder.write("a.svg", support::bytes("<svg/>"));
    CHECK(html_figure(svg, "x < y") ==
          "<figure><img src=\"data:image/svg+xml;base64,PHN2Zy8+\" alt=\"x &lt; y\"><figcaption>x &lt; y</figcaption></figure>\n");
    CHECK_THROWS_AS(html_figure(folder.path() / "none.png", ""), xtape::IoError);
    CHECK_THROWS_WITH_AS(html_figure("a.gif", ""), "report: expected a picture that ends in .svg or .png, got a.gif",
                         xtape::ConfigError);
}

TEST_CASE("columns with words are marked, for they stand to the left") {
    CHECK(html_table({"", "note", "n"}, {{"a", "12.5 %", "1"}, {"b", "none", ""}}) ==
          "<div class=\"scroll\"><table class=\"numbers\">\n<thead><tr><th scope=\"col\"></th><th scope=\"col\" class=\"words\">note</th>"
          "<th scope=\"col\">n</th></tr></thead>\n"
          "<tbody>\n<tr><td>a</td><td class=\"words\">12.5 %</td><td>1</td></tr>\n"
          "<tr><td>b</td><td class=\"words\">none</td><td></td></tr>\n</tbody></table></div>\n");
}

TEST_CASE("a table's cells may bring their own style") {
    CHECK(html_table({"a", "b"}, {{"1", "<td style=\"x\">2</td>"}}, "c") ==
          "<div class=\"scroll\"><table class=\"c\">\n<thead><tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead>\n"
          "<tbody>\n<tr><td>1</td><td style=\"x\">2</td></tr>\n</tbody></table></div>\n");
}
