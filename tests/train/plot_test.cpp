#include "train/content.hpp"

#include <xtape/train/plot.hpp>

#include <xtape/train/gnuplot.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>

using namespace xtape;
using support::content;

namespace {

namespace fs = std::filesystem;

// An empty folder that goes away.
class Folder {
public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "xtape_plot_XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
        path_ = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    fs::path operator/(const std::string& name) const { return path_ / name; }

    // A program of that name in the folder.
    void program(const std::string& name, const std::string& script) const {
        std::ofstream(path_ / name) << "#!/bin/sh\n" << script << "\n";
        fs::permissions(path_ / name, fs::perms::owner_all);
    }
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

// PATH is this folder alone until the end of the scope.
class Path {
public:
    explicit Path(const Folder& folder) : before_(std::getenv("PATH")) { ::setenv("PATH", folder.path().c_str(), 1); }
    ~Path() { ::setenv("PATH", before_.c_str(), 1); }
    Path(const Path&) = delete;
    Path& operator=(const Path&) = delete;

private:
    std::string before_;
};

const double nan_value = std::numeric_limits<double>::quiet_NaN();

train::Plot example() {
    return {.title = "digits",
            .x_label = "epoch",
            .y_label = "loss",
            .series = {{"train_loss", {3, 2, 1}}, {"test", {3, 2.5}, {1, 3}}}};
}

}  // namespace

TEST_CASE("a chart is written as SVG with its title, labels and legend") {
    const Folder folder;
    example().save(folder / "loss.svg");
    const std::string svg = content(folder / "loss.svg");
    CHECK(svg.find("<svg") != std::string::npos);
    for (const char* text : {">digits<", ">epoch<", ">loss<", ">train_loss<", ">test<"}) {
        CHECK_MESSAGE(svg.find(text) != std::string::npos, std::string(text));
    }
    CHECK(svg.find("</svg>") != std::string::npos);
}

TEST_CASE("a chart is written as PNG of the wanted size") {
    const Folder folder;
    train::Plot plot = example();
    plot.width = 320;
    plot.height = 240;
    plot.log_y = true;
    plot.save(folder / "loss.png");
    const std::string png = content(folder / "loss.png");
    REQUIRE(png.size() > 24);
    CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    // Width and height stand big-endian at byte 16 (PNG specification, 11.2.2).
    CHECK(png.substr(16, 8) == std::string("\0\0\x01\x40\0\0\0\xf0", 8));
}

TEST_CASE("what gnuplot is told is the data and the quoted texts, and nothing in them is a command") {
    const Folder folder, programs;
    programs.program("gnuplot", "exec /bin/cat");
    const Path path(programs);
    train::Plot plot{
        .title = "it's `a`", .x_label = "x\nsystem 'b'", .y_label = "y", .series = {{"", {1, nan_value, 0.1}}}};
    plot.save(folder / "script.svg");
    CHECK(content(folder / "script.svg") ==
          "set terminal svg noenhanced size 800,500 font 'Helvetica,14' background rgb 'white'\n"
          "set encoding utf8\n"
          "$data0 << end_of_data\n1 1\n2 NaN\n3 0.1\nend_of_data\n"
          "set title 'it'.\"\\047\".'s `a`'\nset xlabel 'x system '.\"\\047\".'b'.\"\\047\".''\nset ylabel 'y'\n"
          "set border 3\nset tics nomirror\nset grid lt 1 lc rgb '#dddddd'\nunset key\n"
          "set offsets graph 0, 0, 0.05, 0.05\n"
          "plot $data0 using 1:2 with linespoints lw 2 pt 7 ps 0.4 lc rgb '#0072B2' notitle\n");
}

TEST_CASE("the legend stands beside the curves or below, and counts begin at the axis") {
    const Folder folder, programs;
    programs.program("gnuplot", "exec /bin/cat");
    const Path path(programs);
    const auto script = [&](const std::vector<train::Series>& series, bool log_y = false) {
        train::Plot{.title = "", .x_label = "", .y_label = "", .series = series, .log_y = log_y}.save(folder / "script.svg");
        return content(folder / "script.svg");
    };
    const auto says = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
    CHECK(says(script({{"a", {0.5, 0.9, 0.95}}, {"b", {0.4, 0.8, 0.9}}}), "set key outside right top "));
    CHECK(says(script({{"a", {1}}, {std::string(24, 'b'), {2}}}), "set key outside right top "));
    CHECK(says(script({{"a", {1}}, {std::string(25, 'b'), {2}}}), "set key outside below "));
    CHECK(says(script({{"", {1}}}), "unset key\n"));
    CHECK(says(script({{"", {1, 1e-6}}}, true), "set logscale y\nset format y '%g'\n"));
    CHECK(says(script({{"", {0, 3, 0}}}), "set offsets graph 0, 0, 0.05, 0\n"));
    CHECK(says(script({{"", {-1, 3, 0}}}), "set offsets graph 0, 0, 0.05, 0.05\n"));
}

TEST_CASE("ten series have a color each") {
    const Folder folder, programs;
    programs.program("gnuplot", "exec /bin/cat");
    const Path path(programs);
    train::Plot{.title = "", .x_label = "", .y_label = "", .series = std::vector<train::Series>(10, {"a", {1, 2}})}
        .save(folder / "script.svg");
    const std::string script = content(folder / "script.svg");
    std::set<std::string> colors;
    const std::string before = "lc rgb '";
    for (std::size_t at = script.find("plot "); (at = script.find(before, at)) != std::string::npos; at += before.size()) {
        colors.insert(script.substr(at + before.size(), 7));
    }
    CHECK(colors.size() == 10);
}

TEST_CASE("texts that look like commands are drawn and not run") {
    const Folder folder;
    const std::string victim = (folder / "victim").string();
    train::Plot plot = example();
    plot.title = "`touch " + victim + "`";
    plot.x_label = "'\nsystem 'touch " + victim + "'\n";
    plot.series[0].name = "\"; system \"touch " + victim + "\" #";
    plot.save(folder / "it's $HOME; touch x.svg");
    CHECK_FALSE(fs::exists(victim));
    CHECK(content(folder / "it's $HOME; touch x.svg").find("`touch") != std::string::npos);
}

TEST_CASE("missing points are left out, also a whole curve of them") {
    const Folder folder;
    train::Plot plot{.title = "gaps",
                     .x_label = "x",
                     .y_label = "y",
                     .series = {{"none", {nan_value}}, {"some", {1, nan_value, 2}}}};
    plot.save(folder / "gaps.svg");
    const std::string svg = content(folder / "gaps.svg");
    CHECK(svg.find(">some<") != std::string::npos);
    CHECK(svg.find(">none<") == std::string::npos);
}

TEST_CASE("a chart of one point or of a constant can be drawn") {
    const Folder folder;
    train::Plot{.title = "t", .x_label = "x", .y_label = "y", .series = {{"a", {5}}}}.save(folder / "one.svg");
    train::Plot{.title = "t", .x_label = "x", .y_label = "y", .series = {{"a", {5, 5}, {1, 2}, true}}}.save(folder /
                                                                                                            "flat.svg");
    CHECK(fs::file_size(folder / "one.svg") > 1000);
    CHECK(fs::file_size(folder / "flat.svg") > 1000);
}

TEST_CASE("charts that cannot be drawn are errors") {
    const Folder folder;
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(example().save("loss.jpg", nowhere),
                         "plot: expected a file name that ends in .svg or .png, got \"loss.jpg\"", ConfigError);
    train::Plot plot = example();
    plot.series[1].x.push_back(9);
    CHECK_THROWS_WITH_AS(plot.save(folder / "a.svg", nowhere),
                         "plot: expected as many x as y in series \"test\", got 3 and 2", ShapeError);
    plot.series = {{"a", {nan_value}}, {"b", {}}};
    CHECK_THROWS_WITH_AS(plot.save(folder / "a.svg", nowhere),
                         "plot: expected at least one point that can be drawn, got none", ConfigError);
    plot = example();
    plot.width = 20;
    CHECK_THROWS_WITH_AS(plot.save(folder / "a.svg", nowhere),
                         "plot: expected a size of 100 to 10000 pixels each way, got 20 x 500", ConfigError);
    const fs::path missing = folder / "missing" / "a.svg";
    const std::string text = "plot: " + missing.string() + ": cannot be written: No such file or directory";
    CHECK_THROWS_WITH_AS(example().save(missing, nowhere), text.c_str(), IoError);
    CHECK_FALSE(fs::exists(folder / "a.svg"));
}

TEST_CASE("without gnuplot the error says how to get it") {
    const Folder folder, empty;
    const Path path(empty);
    CHECK_THROWS_WITH_AS(example().save(folder / "a.svg", Location{}),
                         "plot: gnuplot was not found; install it with: apt-get install gnuplot-nox", IoError);
}

TEST_CASE("when gnuplot fails the error says what it said") {
    const Folder folder, programs;
    const Path path(programs);
    programs.program("gnuplot",
                     "echo 'plot x y' >&2; echo '   ^' >&2; echo '\"-\" line 3: undefined variable: y' >&2; exit 1");
    CHECK_THROWS_WITH_AS(example().save(folder / "a.svg", Location{}),
                         "plot: gnuplot failed: line 3: undefined variable: y", IoError);
    programs.program("gnuplot", "exit 0");
    CHECK_THROWS_WITH_AS(example().save(folder / "a.svg", Location{}), "plot: gnuplot drew nothing: no message",
                         IoError);
    programs.program("gnuplot", "kill -9 $$");
    CHECK_THROWS_WITH_AS(example().save(folder / "a.svg", Location{}), "plot: gnuplot failed: no message", IoError);
    CHECK_FALSE(fs::exists(folder / "a.svg"));
}

TEST_CASE("a grid of images is one picture with a caption below each") {
    const Folder folder, programs;
    const Array images{{{0.f, 1.f}, {2.f, 3.f}}, {{4.f, 5.f}, {6.f, 8.f}}, {{1.f, 1.f}, {1.f, 1.f}}};
    train::write_image_grid(folder / "grid.svg", images,
                            {.title = "three", .captions = {"a", "it's b", "c_c"}, .columns = 2});
    const std::string svg = content(folder / "grid.svg");
    for (const char* text : {">three<", ">a<", ">it's b<", ">c_c<"})
        CHECK_MESSAGE(svg.find(text) != std::string::npos, std::string(text));
    train::write_image_grid(folder / "grid.png", images);
    CHECK(content(folder / "grid.png").substr(1, 3) == "PNG");

    programs.program("gnuplot", "exec /bin/cat");
    const Path path(programs);
    train::write_image_grid(folder / "script.svg", images, {.columns = 2});
    const std::string script = content(folder / "script.svg");
    CHECK(script.find("NaN 0 1 NaN 4 5 NaN\nNaN 2 3 NaN 6 8 NaN\n") != std::string::npos);
    CHECK(script.find("NaN 1 1 NaN NaN NaN NaN\n") != std::string::npos);
    CHECK(script.find("set cbrange [0:8]\n") != std::string::npos);
}

TEST_CASE("grids that cannot be drawn are errors") {
    const Location nowhere{};
    const auto write = [&](const Shape& shape, const train::ImageGridOptions& options = {}, float value = 0) {
        Array images = empty_array<float>(shape);
        for (float& pixel : images) pixel = value;
        train::write_image_grid("grid.svg", images, options, nowhere);
    };
    CHECK_THROWS_WITH_AS(write({3, 64}),
                         "write_image_grid: expected images (N, H, W), at least one and none empty, got (3, 64)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(write({0, 8, 8}),
                         "write_image_grid: expected images (N, H, W), at least one and none empty, got (0, 8, 8)",
                         ShapeError);
    CHECK_THROWS_WITH_AS(write({2, 2, 2}, {.columns = 0}), "write_image_grid: expected at least 1 column, got 0",
                         ConfigError);
    CHECK_THROWS_WITH_AS(write({2, 2, 2}, {.captions = {"a"}}), "write_image_grid: expected no captions or 2, got 1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(write({1, 2, 2}, {}, std::numeric_limits<float>::infinity()),
                         "write_image_grid: expected at least one finite pixel, got none", ConfigError);
    CHECK_THROWS_WITH_AS(write({20000, 8, 8}),
                         "plot: expected a size of 100 to 10000 pixels each way, got 910 x 180010", ConfigError);
    CHECK_FALSE(fs::exists("grid.svg"));
}
