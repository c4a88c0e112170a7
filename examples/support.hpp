// What the example programs share: their common options, the training loop with its progress bar, and the pictures they leave behind.
#pragma once

#include <xtape/xtape.hpp>

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace examples {

/// Options that every training example takes.
struct Options {
    std::uint64_t seed = 42;
    std::size_t epochs = 20;
    std::size_t batch_size = 32;
    std::size_t threads = 0;         ///< 0: all cores, or XTAPE_THREADS
    double lr = 1e-3;
    bool cosine = false;             ///< lower the learning rate along a half cosine, epoch by epoch
    std::filesystem::path out;       ///< folder for pictures

    void add_to(CLI::App& app);
    /// Seeds the random numbers, sets the threads and makes the folder.
    void apply() const;
    /// Learning rate of an epoch, counted from 0 (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5 without restarts).
    double learning_rate(std::size_t epoch) const;
};

/// Loss and accuracy after each epoch.
struct Curves {
    std::vector<double> train_loss, test_loss, train_accuracy, test_accuracy;
};

/// Trains with cross-entropy, a progress bar an epoch, and looks at both parts after each.
Curves train_classifier(xtape::nn::Module& model, xtape::optim::Optimizer& optimizer, const xtape::data::TensorDataset& train,
                        const xtape::data::TensorDataset& test, const Options& options);

/// Prints the confusion matrix and writes loss.svg, accuracy.svg and predictions.png into options.out; `side` is the width of the
/// square images. Says where the pictures are, or what to install when they cannot be drawn.
void show_results(xtape::nn::Module& model, const xtape::data::TensorDataset& test, const Curves& curves, std::size_t side,
                  const Options& options);

/// Runs a program; an xtape error becomes one line on standard error. Exit status: 0 done, 2 wrong usage, 3 data, 4 files, 1 other.
int run(const char* program, const std::function<int()>& body);

}  // namespace examples
