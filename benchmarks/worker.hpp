// What the programs that are compared share: the cases, and the protocol by which scripts/bench drives a program.
//
// A worker reads commands from standard input, one a line, and answers each with one line:
//
//   start CASE SECONDS   builds the case and warms it up        "ready" or "unknown"
//   burst SECONDS        steps until that time has passed       "STEPS SECONDS"
//   parts SECONDS        the same, with a watch on each part    "NAME MICROSECONDS ...", of a step
//   memory               peak resident set so far               "KIBIBYTES"
//   allocations STEPS    heap allocations during those steps    "COUNT", or "-1" where they are not counted
//   quit
//
// With the arguments CASE STEPS it takes exactly those steps and ends: what an instruction counter wants to see.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// A network of fully connected layers: ReLU between them; cross-entropy of logits behind a classifier, the mean squared error of
/// sigmoids behind an auto-encoder. Adam or SGD.
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

/// The learning rate. So small that however many steps are timed, the last does what the first did: at 1e-3 units of the network
/// die on the way, the moments of their weights shrink to denormal numbers, and Adam takes five times as long in every contender.
inline constexpr double learning_rate = 1e-9;

/// A batch of `rows` inputs. The second half repeats the first under other labels, so that no gradient becomes zero.
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

inline double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A watch that a step may press as each of its parts ends. It asks for the time only when it is on.
class Watch {
public:
    explicit Watch(bool on) : on_(on) { restart(); }
    void restart() {
        if (on_) last_ = std::chrono::steady_clock::now();
    }
    void ended(const char* part) {
        if (!on_) return;
        const auto found = std::find_if(parts_.begin(), parts_.end(), [&](const auto& p) { return p.first == part; });
        double& total = found == parts_.end() ? parts_.emplace_back(part, 0).second : found->second;
        total += seconds_since(last_);
        last_ = std::chrono::steady_clock::now();
    }
    const std::vector<std::pair<std::string, double>>& parts() const { return parts_; }

private:
    bool on_;
    std::chrono::steady_clock::time_point last_;
    std::vector<std::pair<std::string, double>> parts_;  // in the order in which they first ended
};

using Step = std::function<void(Watch&)>;

/// Cases by name: a function that builds the case and returns one step of it.
using Cases = std::map<std::string, std::function<Step()>>;

/// Serves the protocol. `allocations`, where given, is a running count.
class Server {
public:
    explicit Server(Cases cases, std::function<long()> allocations = nullptr)
        : cases_(std::move(cases)), allocations_(std::move(allocations)) {}

    int run(int argc, char** argv) {
        if (argc == 3) return take(argv[1], std::strtoul(argv[2], nullptr, 10));
        std::string line;
        while (std::getline(std::cin, line) && line != "quit") {
            std::istringstream words(line);
            std::string command;
            words >> command;
            answer(command, words);
            std::fflush(stdout);
        }
        return 0;
    }

private:
    int take(const std::string& name, std::size_t steps) {
        if (!start(name)) return std::fprintf(stderr, "no case %s\n", name.c_str()), 2;
        for (std::size_t i = 0; i < steps; ++i) step_(off_);
        return 0;
    }

    bool start(const std::string& name) {
        const auto found = cases_.find(name);
        if (found == cases_.end()) return false;
        step_ = found->second();
        return true;
    }

    std::pair<std::size_t, double> burst(double seconds, Watch& watch) {
        const auto begin = std::chrono::steady_clock::now();
        std::size_t steps = 0;
        do {
            watch.restart();
            step_(watch);
            ++steps;
        } while (seconds_since(begin) < seconds);
        return {steps, seconds_since(begin)};
    }

    void answer(const std::string& command, std::istringstream& words) {
        double number = 0;
        if (command == "start") {
            std::string name;
            words >> name >> number;
            const bool known = start(name);
            if (known) burst(number, off_);
            std::puts(known ? "ready" : "unknown");
        } else if (command == "burst" && step_) {
            words >> number;
            const auto [steps, spent] = burst(number, off_);
            std::printf("%zu %.9f\n", steps, spent);
        } else if (command == "parts" && step_) {
            words >> number;
            Watch watch(true);
            const auto [steps, spent] = burst(number, watch);
            for (const auto& [part, total] : watch.parts()) {
                std::printf("%s %.3f ", part.c_str(), total / static_cast<double>(steps) * 1e6);
            }
            std::printf("step %.3f\n", spent / static_cast<double>(steps) * 1e6);
        } else if (command == "memory") {
            std::printf("%ld\n", peak_resident());
        } else if (command == "allocations" && step_) {
            words >> number;
            const long before = allocations_ ? allocations_() : 0;
            for (double i = 0; i < number; ++i) step_(off_);
            std::printf("%ld\n", allocations_ ? allocations_() - before : -1);
        } else {
            std::puts("?");
        }
    }

    // Not getrusage: its figure starts from that of the process that started this one.
    static long peak_resident() {
        std::ifstream status("/proc/self/status");
        std::string word;
        while (status >> word) {
            long kibibytes = 0;
            if (word == "VmHWM:" && status >> kibibytes) return kibibytes;
        }
        return 0;
    }

    Cases cases_;
    std::function<long()> allocations_;
    Step step_;
    Watch off_{false};
};

}  // namespace bench
