#include <xtape/train/plot.hpp>

#include <xtape/train/gnuplot.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace xtape::train {
namespace {

using detail::gnuplot_text;

// Colours that differ for colour-blind eyes too: M. Okabe, K. Ito, "Color universal design" (2008), without the yellow,
// which is too pale for a line on white; and three of P. Tol's (2021) that can be told from them, so that ten classes have a
// color each.
constexpr const char* colors[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00",
                                  "#56B4E9", "#000000", "#882255", "#999933", "#BBBBBB"};

// gnuplot takes NaN for a point that is not there.
void append_number(std::string& script, double number) {
    if (std::isfinite(number)) {
        fmt::format_to(std::back_inserter(script), "{}", number);
    } else {
        script += "NaN";
    }
}

bool drawable(const Plot& plot, const Series& series, std::size_t i) {
    const double y = series.y[i];
    return std::isfinite(y) && (series.x.empty() || std::isfinite(series.x[i])) && (!plot.log_y || y > 0);
}

void check(const Plot& plot, Location at) {
    bool any = false;
    for (const Series& series : plot.series) {
        if (!series.x.empty() && series.x.size() != series.y.size()) {
            throw ShapeError(fmt::format("plot: expected as many x as y in series \"{}\", got {} and {}", series.name,
                                         series.x.size(), series.y.size()),
                             at);
        }
        for (std::size_t i = 0; i < series.y.size(); ++i) any |= drawable(plot, series, i);
    }
    if (!any) throw ConfigError("plot: expected at least one point that can be drawn, got none", at);
}

std::string curve(const Plot& plot, std::size_t index) {
    const Series& series = plot.series[index];
    // gnuplot gives up on a curve all of whose points are missing.
    bool any = false;
    for (std::size_t i = 0; i < series.y.size(); ++i) any |= drawable(plot, series, i);
    if (!any) return {};
    const auto points = std::min<std::size_t>(series.y.size(), 40);
    std::string style = fmt::format("lc rgb '{}'", colors[index % std::size(colors)]);
    if (series.points) {
        style = "with points pt 7 ps 0.5 " + style;
    } else if (points == series.y.size()) {
        style = "with linespoints lw 2 pt 7 ps 0.4 " + style;  // so few points that each is worth a dot
    } else {
        style = "with lines lw 2 " + style;
    }
    const std::string title = series.name.empty() ? "notitle" : "title " + gnuplot_text(series.name);
    return fmt::format("$data{} using 1:2 {} {}", index, style, title);
}

double lowest(const Plot& plot) {
    double low = std::numeric_limits<double>::infinity();
    for (const Series& series : plot.series) {
        for (std::size_t i = 0; i < series.y.size(); ++i) {
            if (drawable(plot, series, i)) low = std::min(low, series.y[i]);
        }
    }
    return low;
}

// Beside the curves, where it covers none of them, or below when a name is so long that it would take their room.
const char* legend(const Plot& plot) {
    std::size_t longest = 0;
    for (const Series& series : plot.series) longest = std::max(longest, series.name.size());
    if (longest == 0) return "unset key\n";
    if (longest > 24) return "set key outside below height 1 Left reverse samplen 2 spacing 1.2\n";
    return "set key outside right top Left reverse samplen 2 spacing 1.2\n";
}

std::string script_of(const Plot& plot) {
    std::string script;
    for (std::size_t s = 0; s < plot.series.size(); ++s) {
        const Series& series = plot.series[s];
        script += fmt::format("$data{} << end_of_data\n", s);
        for (std::size_t i = 0; i < series.y.size(); ++i) {
            append_number(script, series.x.empty() ? static_cast<double>(i + 1) : series.x[i]);
            script += ' ';
            append_number(script, drawable(plot, series, i) ? series.y[i] : std::numeric_limits<double>::quiet_NaN());
            script += '\n';
        }
        script += "end_of_data\n";
    }
    script += "set title " + gnuplot_text(plot.title) + "\nset xlabel " + gnuplot_text(plot.x_label) + "\nset ylabel " +
              gnuplot_text(plot.y_label) + "\n";
    script += "set border 3\nset tics nomirror\nset grid lt 1 lc rgb '#dddddd'\n";
    script += legend(plot);
    // Room below the lowest point, unless it is a natural end, as that of counts.
    script += plot.log_y ? "set logscale y\nset format y '%g'\n" : lowest(plot) == 0 ? "set offsets graph 0, 0, 0.05, 0\n" : "set offsets graph 0, 0, 0.05, 0.05\n";
    std::string curves;
    for (std::size_t s = 0; s < plot.series.size(); ++s) {
        const std::string next = curve(plot, s);
        if (!next.empty()) curves += (curves.empty() ? "plot " : ", ") + next;
    }
    return script + curves + "\n";
}

}  // namespace

void Plot::save(const std::filesystem::path& file, Location at) const {
    check(*this, at);
    detail::draw(file, width, height, script_of(*this), at);
}

namespace {

// Where the images of a grid stand, in image pixels: one big matrix, so that gnuplot draws a single picture.
struct Layout {
    std::size_t count, height, width;  // of images
    std::size_t columns, rows;
    std::size_t scale;         // screen pixels to an image pixel
    std::size_t gap, caption;  // between images, and below each, in image pixels

    Layout(const Shape& shape, const ImageGridOptions& options)
        : count(shape[0]),
          height(shape[1]),
          width(shape[2]),
          columns(std::min(count, options.columns)),
          rows((count - 1) / columns + 1) {
        constexpr std::size_t comfortable = 84, gap_pixels = 10, caption_pixels = 20;
        scale = std::max<std::size_t>(1, comfortable / std::max(height, width));
        gap = (gap_pixels - 1) / scale + 1;
        caption = options.captions.empty() ? 0 : (caption_pixels - 1) / scale + 1;
    }
    std::size_t cell_width() const { return width + gap; }
    std::size_t cell_height() const { return height + caption + gap; }
    std::size_t total_width() const { return columns * cell_width() + gap; }
    std::size_t total_height() const { return rows * cell_height() + gap; }
    std::size_t left(std::size_t image) const { return gap + image % columns * cell_width(); }
    std::size_t top(std::size_t image) const { return gap + image / columns * cell_height(); }
};

std::string matrix_of(const Layout& layout, const Array& images) {
    std::vector<const float*> pixels(layout.total_width() * layout.total_height(), nullptr);
    for (std::size_t n = 0; n < layout.count; ++n) {
        for (std::size_t y = 0; y < layout.height; ++y) {
            for (std::size_t x = 0; x < layout.width; ++x) {
                pixels[(layout.top(n) + y) * layout.total_width() + layout.left(n) + x] = &images(n, y, x);
            }
        }
    }
    std::string script = "$pixels << end_of_data\n";
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        append_number(script, pixels[i] ? static_cast<double>(*pixels[i]) : std::numeric_limits<double>::quiet_NaN());
        script += (i + 1) % layout.total_width() == 0 ? '\n' : ' ';
    }
    return script + "end_of_data\n";
}

std::string captions_of(const Layout& layout, const std::vector<std::string>& captions) {
    std::string script;
    for (std::size_t n = 0; n < captions.size(); ++n) {
        const double x = static_cast<double>(layout.left(n)) + static_cast<double>(layout.width) / 2 - 0.5;
        const double y =
            static_cast<double>(layout.top(n) + layout.height) + static_cast<double>(layout.caption) / 2 - 0.5;
        script += fmt::format("set label {} {} at {}, {} center\n", n + 1, gnuplot_text(captions[n]), x, y);
    }
    return script;
}

}  // namespace

void write_image_grid(const std::filesystem::path& file, const Array& images, const ImageGridOptions& options,
                      Location at) {
    const Shape& shape = images.shape();
    if (shape.size() != 3 || images.size() == 0) {
        throw ShapeError(
            "write_image_grid: expected images (N, H, W), at least one and none empty, got " + to_string(shape), at);
    }
    if (options.columns == 0) throw ConfigError("write_image_grid: expected at least 1 column, got 0", at);
    if (!options.captions.empty() && options.captions.size() != shape[0]) {
        throw ConfigError(
            fmt::format("write_image_grid: expected no captions or {}, got {}", shape[0], options.captions.size()), at);
    }
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double pixel : images) {
        if (!std::isfinite(pixel)) continue;
        low = std::min(low, pixel);
        high = std::max(high, pixel);
    }
    if (low > high) throw ConfigError("write_image_grid: expected at least one finite pixel, got none", at);
    if (low == high) high = low + 1;  // gnuplot refuses an empty range

    const Layout layout(shape, options);
    const std::size_t title = options.title.empty() ? 0 : 40;
    const std::size_t width = std::max<std::size_t>(100, layout.total_width() * layout.scale);
    const std::size_t height = std::max<std::size_t>(100, layout.total_height() * layout.scale + title);
    const std::string format = detail::picture_format(file, width, height, at);
    std::string script = matrix_of(layout, images) + captions_of(layout, options.captions);
    script +=
        fmt::format("set cbrange [{}:{}]\nset palette gray{}\n", low, high, options.dark_is_high ? " negative" : "");
    script += fmt::format("set xrange [-0.5:{}.5]\nset yrange [{}.5:-0.5]\n", layout.total_width() - 1,
                          layout.total_height() - 1);
    script +=
        "unset colorbox\nunset tics\nunset border\nunset key\nset size ratio -1\nset lmargin 0\nset rmargin 0\nset "
        "bmargin 0\n";
    script +=
        options.title.empty() ? "set tmargin 0\n" : "set tmargin 2\nset title " + gnuplot_text(options.title) + "\n";
    // In an SVG gnuplot embeds a bitmap, which viewers blur, unless told to draw pixel by pixel; in a PNG that would
    // leave seams.
    script += "plot $pixels matrix with image";
    if (format == "svg") script += " pixels";
    detail::draw(file, width, height, script + "\n", at);
}

}  // namespace xtape::train
