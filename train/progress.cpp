#include <xtape/train/progress.hpp>

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace xtape::train {
namespace {

constexpr double redraw_seconds = 0.1;
constexpr std::size_t widest_bar = 40, narrowest_bar = 8;

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

void write_to_stdout(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Width of the terminal at standard output, asked each time because windows are resized; 0 when it is none that can
// redraw a line.
std::size_t terminal_columns() {
    if (!isatty(STDOUT_FILENO) || environment("TERM") == "dumb") return 0;
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

std::string one_line(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
    }
    return result;
}

// Characters of UTF-8 text: every byte that does not continue one.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xc0') != '\x80'; }));
}

std::string cut(std::string text, std::size_t columns) {
    while (width(text) > columns) text.pop_back();
    return text;
}

std::string duration(double seconds) {
    seconds = std::max(seconds, 0.0);
    if (seconds < 9.95) return fmt::format("{:.1f}s", seconds);
    const auto whole = static_cast<long long>(std::min(std::round(seconds), 1e15));
    if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

ProgressBar::ProgressBar(ProgressOptions options) : options_(std::move(options)) {
    if (!options_.write) options_.write = write_to_stdout;
    if (!options_.seconds) options_.seconds = steady_seconds;
    if (!options_.color) options_.color = environment("NO_COLOR").empty();
}

ProgressBar::ProgressBar(std::string_view title, std::size_t total, ProgressOptions options)
    : ProgressBar(std::move(options)) {
    start(title, total);
}

ProgressBar::ProgressBar(ProgressBar&& other) noexcept
    : options_(std::move(other.options_)),
      title_(std::move(other.title_)),
      message_(std::move(other.message_)),
      done_(other.done_),
      total_(other.total_),
      started_(other.started_),
      drawn_(other.drawn_),
      active_(std::exchange(other.active_, false)) {}

ProgressBar& ProgressBar::operator=(ProgressBar&& other) noexcept {
    std::swap(options_, other.options_);
    std::swap(title_, other.title_);
    std::swap(message_, other.message_);
    std::swap(done_, other.done_);
    std::swap(total_, other.total_);
    std::swap(started_, other.started_);
    std::swap(drawn_, other.drawn_);
    std::swap(active_, other.active_);
    return *this;
}

ProgressBar::~ProgressBar() {
    try {
        finish();
    } catch (const std::exception&) {
        // Whatever is going wrong here, the exception under way, if any, says more.
    }
}

void ProgressBar::start(std::string_view title, std::size_t total) {
    finish();
    title_ = one_line(title);
    message_.clear();
    done_ = 0;
    total_ = total;
    started_ = options_.seconds();
    active_ = true;
    draw(started_);
}

void ProgressBar::advance(std::string_view message, std::size_t steps) {
    if (!active_) return;
    done_ += steps;
    if (!message.empty()) message_ = one_line(message);
    const double now = options_.seconds();
    if (now - drawn_ >= redraw_seconds) draw(now);
}

void ProgressBar::finish(std::string_view message) {
    if (!active_) return;
    active_ = false;
    if (!message.empty()) message_ = one_line(message);
    const std::size_t width = columns();
    const std::string text = line(width, options_.seconds() - started_, true);
    options_.write(width == 0 ? text + "\n" : fmt::format("\r{}\x1b[K\n", text));
}

std::size_t ProgressBar::columns() const { return options_.columns ? *options_.columns : terminal_columns(); }

void ProgressBar::draw(double now) {
    drawn_ = now;
    const std::size_t width = columns();
    if (width > 0) options_.write(fmt::format("\r{}\x1b[K", line(width, now - started_, false)));
}

std::string ProgressBar::line(std::size_t columns, double elapsed, bool finished) const {
    const double share = total_ == 0 ? 0 : std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    std::string rest = total_ == 0 ? fmt::format("  {}", done_) : fmt::format("  {}/{}", done_, total_);
    if (!message_.empty()) rest += "  " + message_;
    rest += "  " + duration(elapsed);
    if (!finished && share > 0 && share < 1) rest += "  eta " + duration(elapsed / share - elapsed);
    if (columns == 0) return title_ + rest;

    // The last column stays free: some terminals go on to the next line as soon as it is filled.
    const std::size_t room = columns - 1, taken = width(title_) + width(rest) + 4;
    if (finished || total_ == 0 || room < taken + narrowest_bar) return cut(title_ + rest, room);
    const std::size_t length = std::min(widest_bar, room - taken);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(length));
    std::string bar(filled, '=');
    if (filled > 0 && filled < length) bar.back() = '>';
    if (*options_.color) bar = fmt::format("\x1b[32m{}\x1b[0m", bar);
    return fmt::format("{}  [{}{:{}}]{}", title_, bar, "", length - filled, rest);
}

}  // namespace xtape::train
