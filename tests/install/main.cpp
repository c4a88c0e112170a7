// Uses what crosses the border of the library: arrays and the memory behind them, tapes, exceptions.
#include <xtape/xtape.hpp>

#include <xtensor/xmath.hpp>

#include <cstdio>
#include <cstring>

int main() {
    const xtape::Array x{{1.f, 2.f}, {3.f, 4.f}};
    const xtape::Array y = 2.f * x + 1.f;
    if (xtape::to_string(y.shape()) != "(2, 2)" || y(1, 1) != 9.f || xt::sum(y)() != 24.f) {
        std::puts("arrays: wrong numbers");
        return 1;
    }
    if (xtape::memory_stats().in_use == 0) {
        std::puts("memory: arrays of the program do not come from the library's pool");
        return 1;
    }
    xtape::Tape tape;
    const xtape::Tensor t = tape.watch(x);
    const xtape::Array slope = tape.gradient(sum(square(t)), t).value();
    if (slope(1, 0) != 6.f) {
        std::puts("tape: wrong gradient");
        return 1;
    }
    try {
        xtape::set_threads(0);
        std::puts("errors: nothing was thrown");
        return 1;
    } catch (const xtape::ConfigError& error) {
        if (std::strlen(error.what()) == 0) return 1;
    }
    std::puts("consumer ok");
    return 0;
}
