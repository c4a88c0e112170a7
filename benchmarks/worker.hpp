// What the programs that are compared share: the cases, and the protocol by which scripts/bench drives a program.
//
// A worker reads commands from standard input, one a line, and answers each with one line:
//
//   start CASE       builds the case and warms it up    "ready" or "unknown"
//   burst SECONDS    steps until that time has passed   "STEPS SECONDS"
//   memory           peak resident set so far           "KIBIBYTES"
//   allocations N    heap allocations during N steps    "COUNT", or "-1" where they are not counted
//   quit
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace bench {

/// A network of fully connected layers: ReLU between them; cross-entropy of logits behind a classifier, the mean squared error of
/// sigmoids behind an auto-encoder. Adam at 1e-3, or SGD at 1e-2.
struct Mlp {
    std::string name;
    std::vector<std::size_t> sizes;
    std::size_t batch;
    bool adam = true;
    bool autoencoder = false;
};

inline std::vector<Mlp> mlps() {
    return {{"mlp-784-128-64-10/32", {784, 128, 64, 10}, 32},
            {"mlp-784-128-64-10/128", {784, 128, 64, 10}, 128},
            {"mlp-784-128-64-10/512", {784, 128, 64, 10}, 512},
            {"mlp-64-128-64-10/32-sgd", {64, 128, 64, 10}, 32, false},
            {"mlp-2-16-16-2/16-sgd", {2, 16, 16, 2}, 16, false},
            {"mlp-784-1024-1024-10/128", {784, 1024, 1024, 10}, 128},
            {"autoencoder-784-256-64-256-784/128", {784, 256, 64, 256, 784}, 128, true, true}};
}

/// A fixed sequence in [0, 1), the same for everybody.
inline std::vector<float> uniform(std::size_t count) {
    std::vector<float> x(count);
    unsigned state = 12345;
    for (float& value : x) {
        state = state * 1664525U + 1013904223U;
        value = static_cast<float>(state >> 8) / 16777216.F;
    }
    return x;
}

/// A batch of `rows` inputs. The second half repeats the first under other labels, so that training on this batch for ever does not
/// end in gradients of zero, whose denormal numbers would be slow and like nothing that happens in practice.
inline std::vector<float> inputs(std::size_t rows, std::size_t width) {
    std::vector<float> x = uniform(rows * width);
    std::copy(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(rows / 2 * width),
              x.begin() + static_cast<std::ptrdiff_t>((rows - rows / 2) * width));
    return x;
}

inline std::vector<long> labels(std::size_t rows, std::size_t classes) {
    std::vector<long> y(rows);
    for (std::size_t i = 0; i < rows; ++i) y[i] = static_cast<long>((i < rows / 2 ? i : i - (rows - rows / 2) + 1) % classes);
    return y;
}

using Step = std::function<void()>;

/// Cases by name: a function that builds the case and returns one step of it.
using Cases = std::map<std::string, std::function<Step()>>;

inline double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Serves the protocol until "quit" or the end of the input. `allocations`, where given, is a running count.
inline int serve(const Cases& cases, const std::function<long()>& allocations = nullptr) {
    Step step;
    const auto burst = [&](double seconds) {
        const auto start = std::chrono::steady_clock::now();
        std::size_t steps = 0;
        do {
            step();
            ++steps;
        } while (seconds_since(start) < seconds);
        return std::pair(steps, seconds_since(start));
    };
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string command, name;
        words >> command;
        if (command == "start") {
            words >> name;
            const auto found = cases.find(name);
            if (found == cases.end()) {
                std::puts("unknown");
            } else {
                step = found->second();
                burst(0.2);
                step();
                std::puts("ready");
            }
        } else if (command == "burst" && step) {
            double seconds = 0;
            words >> seconds;
            const auto [steps, spent] = burst(seconds);
            std::printf("%zu %.9f\n", steps, spent);
        } else if (command == "memory") {
            rusage usage{};
            getrusage(RUSAGE_SELF, &usage);
            std::printf("%ld\n", usage.ru_maxrss);
        } else if (command == "allocations" && step) {
            std::size_t steps = 0;
            words >> steps;
            const long before = allocations ? allocations() : 0;
            for (std::size_t i = 0; i < steps; ++i) step();
            std::printf("%ld\n", allocations ? allocations() - before : -1);
        } else if (command == "quit") {
            break;
        } else {
            std::puts("?");
        }
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace bench
