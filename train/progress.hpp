// A progress bar for training loops, written by hand or not.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace xtape::train {

struct ProgressOptions {
    std::function<void(std::string_view text)> write;  ///< where text goes; by default standard output
    std::function<double()> seconds;                   ///< the clock; by default the system's steady one
    std::optional<std::size_t>
        columns;                ///< width of the terminal, 0 for no terminal; by default what standard output is
    std::optional<bool> color;  ///< by default only on a terminal, and not when NO_COLOR is set
};

/// Shows how far a loop is:
///
///     ProgressBar bar{"epoch 3/20", batches};
///     for (...) bar.advance(fmt::format("loss {:.4f}", loss));
///     bar.finish("accuracy 0.97");
///
/// On a terminal one line is redrawn in place, at most ten times a second, and the finished line stays. Elsewhere (a
/// file, a pipe, a dumb terminal) nothing is written but the finished line. A bar that goes out of scope, by an
/// exception too, finishes as it stands. Line breaks and other control characters in titles and messages become spaces.
class ProgressBar {
public:
    /// Idle until start().
    explicit ProgressBar(ProgressOptions options = {});
    /// `total` is the number of steps; 0 when it is not known.
    ProgressBar(std::string_view title, std::size_t total, ProgressOptions options = {});
    ~ProgressBar();
    ProgressBar(ProgressBar&& other) noexcept;
    ProgressBar& operator=(ProgressBar&& other) noexcept;
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// Begins anew, after finishing what was under way.
    void start(std::string_view title, std::size_t total);

    /// So many steps are done; an empty message leaves the one before. Without a start nothing happens.
    void advance(std::string_view message = {}, std::size_t steps = 1);

    /// Writes the finished line; an empty message leaves the one before. Without a start nothing happens.
    void finish(std::string_view message = {});

private:
    std::size_t columns() const;
    std::string line(std::size_t columns, double elapsed, bool finished) const;
    void draw(double now);

    ProgressOptions options_;
    std::string title_, message_;
    std::size_t done_ = 0, total_ = 0;
    double started_ = 0, drawn_ = 0;
    bool active_ = false;
};

}  // namespace xtape::train
