#include <xtape/train/progress.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

using namespace xtape::train;

namespace {

// A bar whose text and clock the test holds.
struct Screen {
    std::string text;
    double now = 100;

    ProgressOptions options(std::size_t columns, bool color = false) {
        return {.write = [this](std::string_view t) { text += t; },
                .seconds = [this] { return now; },
                .columns = columns,
                .color = color};
    }
    std::string take() { return std::exchange(text, {}); }
};

}  // namespace

TEST_CASE("on a terminal one line is redrawn in place and the finished line stays") {
    Screen screen;
    ProgressBar bar{"epoch 3/20", 8, screen.options(54)};
    CHECK(screen.take() == "\repoch 3/20  [                            ]  0/8  0.0s\x1b[K");
    screen.now += 1;
    bar.advance("loss 0.5");
    CHECK(screen.take() == "\repoch 3/20  [>       ]  1/8  loss 0.5  1.0s  eta 7.0s\x1b[K");
    screen.now += 2.5;
    bar.advance("", 6);
    CHECK(screen.take() == "\repoch 3/20  [======> ]  7/8  loss 0.5  3.5s  eta 0.5s\x1b[K");
    screen.now += 0.5;
    bar.advance();
    CHECK(screen.take() == "\repoch 3/20  [==================]  8/8  loss 0.5  4.0s\x1b[K");
    bar.finish("loss 0.4, accuracy 0.97");
    CHECK(screen.take() == "\repoch 3/20  8/8  loss 0.4, accuracy 0.97  4.0s\x1b[K\n");
}

TEST_CASE("a terminal is redrawn at most ten times a second") {
    Screen screen;
    ProgressBar bar{"x", 100, screen.options(80)};
    screen.take();
    for (int i = 0; i < 9; ++i) {
        screen.now += 0.01;
        bar.advance();
        CHECK(screen.text.empty());
    }
    screen.now += 0.02;
    bar.advance();
    CHECK(screen.take().find("10/100") != std::string::npos);
    bar.advance();
    CHECK(screen.text.empty());
}

TEST_CASE("elsewhere nothing is written but one line at the end") {
    Screen screen;
    {
        ProgressBar bar{"epoch 3/20", 3, screen.options(0, true)};
        for (int i = 0; i < 3; ++i) {
            screen.now += 40;
            bar.advance("loss 0.25");
        }
        CHECK(screen.text.empty());
        bar.finish();
        CHECK(screen.take() == "epoch 3/20  3/3  loss 0.25  2:00\n");
    }
    CHECK(screen.text.empty());
}

TEST_CASE("a bar that goes out of scope finishes as it stands") {
    Screen screen;
    try {
        ProgressBar bar{"epoch 1/2", 10, screen.options(0)};
        bar.advance("loss nan", 4);
        throw std::runtime_error("stop");
    } catch (const std::runtime_error&) {
    }
    CHECK(screen.take() == "epoch 1/2  4/10  loss nan  0.0s\n");
    {
        ProgressBar bar{"epoch 1/2", 10, screen.options(40)};
        screen.take();
    }
    CHECK(screen.take() == "\repoch 1/2  0/10  0.0s\x1b[K\n");
}

TEST_CASE("colour goes around the bar only") {
    Screen screen;
    ProgressBar bar{"x", 2, screen.options(37, true)};
    screen.take();
    screen.now += 1;
    bar.advance();
    CHECK(screen.take() == "\rx  [\x1b[32m====>\x1b[0m     ]  1/2  1.0s  eta 1.0s\x1b[K");
}

TEST_CASE("a line never fills the terminal's last column and is not cut inside a character") {
    Screen screen;
    ProgressBar bar{"\xc3\xa9poque", 4, screen.options(16)};  // "époque"
    CHECK(screen.take() == "\r\xc3\xa9poque  0/4  0.\x1b[K");
    bar.finish("\xe2\x88\x9a\xe2\x88\x9a\xe2\x88\x9a\xe2\x88\x9a\xe2\x88\x9a");  // five square roots
    CHECK(screen.take() == "\r\xc3\xa9poque  0/4  \xe2\x88\x9a\xe2\x88\x9a\x1b[K\n");
}

TEST_CASE("control characters cannot break the line") {
    Screen screen;
    ProgressBar bar{"a\nb", 1, screen.options(0)};
    bar.finish("c\x1b[2J\td");
    CHECK(screen.take() == "a b  0/1  c [2J d  0.0s\n");
}

TEST_CASE("a bar can be begun again and again, and without a total") {
    Screen screen;
    ProgressBar bar{screen.options(0)};
    bar.advance("ignored");
    bar.finish("ignored");
    CHECK(screen.text.empty());
    bar.start("first", 2);
    bar.advance("loss 1", 2);
    bar.start("second", 0);
    CHECK(screen.take() == "first  2/2  loss 1  0.0s\n");
    bar.advance("", 5);
    screen.now += 3725;
    bar.finish();
    CHECK(screen.take() == "second  5  1:02:05\n");
}

TEST_CASE("a bar that was moved is finished once") {
    Screen screen;
    {
        ProgressBar bar{"x", 1, screen.options(0)};
        ProgressBar moved = std::move(bar);
        ProgressBar other{screen.options(0)};
        other = std::move(moved);
        other.advance();
    }
    CHECK(screen.take() == "x  1/1  0.0s\n");
}

TEST_CASE("more steps than the total are shown as they are") {
    Screen screen;
    ProgressBar bar{"x", 2, screen.options(40)};
    screen.take();
    screen.now += 1;
    bar.advance("", 3);
    CHECK(screen.take() == "\rx  [=======================]  3/2  1.0s\x1b[K");
}
