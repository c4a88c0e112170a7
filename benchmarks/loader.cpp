// How fast a loader is next to the training step that it feeds: MNIST, 784-128-64-10, Adam. Bursts of three kinds
// alternate, and what counts is the median over rounds of the ratio of two bursts of the same round.
#include "heap.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace xtape;

struct Options {
    std::string data;
    std::size_t batch = 64, prefetch = 2, workers = 1, rounds = 11;
    double seconds = 0.2;
};

class Training {
public:
    void step(const Array& x, const IndexArray& y) {
        Tape tape;
        tape.backward(nn::cross_entropy(net_(x), y));
        adam_.step();
        adam_.zero_grad();
    }

private:
    nn::Sequential net_{nn::Linear{784, 128}, nn::ReLU{}, nn::Linear{128, 64}, nn::ReLU{}, nn::Linear{64, 10}};
    optim::Adam adam_{net_.parameters(), {.lr = 1e-9}};  // so that the last step does what the first did
};

/// Batches without end, one epoch after another.
class Batches {
public:
    using Loader = data::Loader<const data::TensorDataset&>;

    explicit Batches(const Loader& loader) : loader_(loader), place_(loader.begin()) {}

    const Loader::Batch& next() {
        if (begun_) ++place_;
        begun_ = true;
        if (place_ == loader_.end()) place_ = loader_.begin();
        return *place_;
    }

private:
    const Loader& loader_;
    Loader::Iterator place_;
    bool begun_ = false;
};

/// Microseconds of a call of f, over that many seconds.
template <class F>
double burst(double seconds, F&& f) {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    std::size_t calls = 0;
    double passed = 0;
    do {
        for (int i = 0; i < 16; ++i) f();
        calls += 16;
        passed = std::chrono::duration<double>(Clock::now() - begin).count();
    } while (passed < seconds);
    return 1e6 * passed / static_cast<double>(calls);
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

void compare(const data::TensorDataset& set, const Options& options, std::size_t prefetch) {
    const data::Loader loader{set,
                              {.batch_size = options.batch,
                               .shuffle = true,
                               .drop_last = true,
                               .prefetch = prefetch,
                               .workers = options.workers}};
    Batches batches(loader), fed(loader);
    Training training;
    const auto [x, y] = batches.next();
    const auto load = [&] { batches.next(); };
    const auto step = [&, &inputs = x, &labels = y] { training.step(inputs, labels); };
    const auto both = [&] {
        const auto& [inputs, labels] = fed.next();
        training.step(inputs, labels);
    };
    for (std::size_t i = 0; i < 2 * loader.batches(); ++i) load(), step(), both();

    std::vector<double> loads, steps, boths, ratios, overheads;
    long allocations = 0;
    double loaded = 0;
    for (std::size_t round = 0; round < options.rounds; ++round) {
        const long before = bench::heap_allocations();
        const double batch = burst(options.seconds, load);
        allocations += bench::heap_allocations() - before;
        loads.push_back(batch);
        loaded += options.seconds * 1e6 / loads.back();
        steps.push_back(burst(options.seconds, step));
        boths.push_back(burst(options.seconds, both));
        ratios.push_back(steps.back() / loads.back());
        overheads.push_back(boths.back() / steps.back());
    }
    fmt::print(
        "prefetch {}: batch {:.1f} us, step {:.1f} us, ratio {:.1f} (goal: at least 10); {:.3f} heap allocations a "
        "batch (goal: 0); "
        "step with loader {:.1f} us, {:.3f} of the step\n",
        prefetch, median(loads), median(steps), median(ratios), static_cast<double>(allocations) / loaded,
        median(boths), median(overheads));
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"The rate of a loader next to that of the training step it feeds"};
    app.add_option("--data", options.data, "folder with MNIST's four files")->required();
    app.add_option("--batch", options.batch, "rows of a batch")->capture_default_str();
    app.add_option("--prefetch", options.prefetch, "batches prepared ahead")->capture_default_str();
    app.add_option("--workers", options.workers, "threads that prepare them")->capture_default_str();
    app.add_option("--rounds", options.rounds, "bursts of each kind")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--seconds", options.seconds, "length of a burst")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    CLI11_PARSE(app, argc, argv);

    seed(1);
    const data::Mnist mnist = data::mnist(data::data_folder(options.data, "mnist"));
    fmt::print("MNIST, batch {}, 784-128-64-10, Adam, {} threads\n", options.batch, threads());
    compare(mnist.train, options, 0);
    if (options.prefetch != 0) compare(mnist.train, options, options.prefetch);
}
