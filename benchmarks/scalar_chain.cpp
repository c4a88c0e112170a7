// Cost of recording: a chain of scalar operations, forward and backward together. Not a test: nothing here fails for being slow.
#include <xtape/xtape.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

using namespace xtape;

// y = tanh(y) x, again and again: half the operations are unary, half binary with an operand that gathers every contribution.
static double nanoseconds_per_operation(std::size_t operations) {
    const auto start = std::chrono::steady_clock::now();
    Tape tape;
    const Tensor x = tape.watch(Tensor(1.f));
    Tensor y = x;
    for (std::size_t i = 0; i < operations / 2; ++i) y = tanh(y) * x;
    const Tensor g = tape.gradient(y, x);
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    return spent.count() / static_cast<double>(operations);
}

int main(int argc, char** argv) {
    CLI::App app{"Nanoseconds for a recorded scalar operation, forward and backward together, on one thread."};
    std::size_t repetitions = 200;
    app.add_option("--repetitions", repetitions, "timings of each length, of which the median is printed")->check(CLI::Range(1, 1000000));
    CLI11_PARSE(app, argc, argv);

    set_threads(1);
    fmt::print("{:>12}  {:>12}  {:>12}\n", "operations", "median ns", "fastest ns");
    for (const std::size_t operations : std::vector<std::size_t>{1000, 10'000, 100'000, 1'000'000}) {
        std::vector<double> times(std::max<std::size_t>(3, repetitions * 1000 / operations));
        nanoseconds_per_operation(operations);
        for (double& time : times) time = nanoseconds_per_operation(operations);
        std::sort(times.begin(), times.end());
        fmt::print("{:>12}  {:>12.1f}  {:>12.1f}\n", operations, times[times.size() / 2], times.front());
    }
    return 0;
}
