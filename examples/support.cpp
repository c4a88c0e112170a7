#include "support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace examples {

using namespace xtape;

void Options::add_to(CLI::App& app) {
    app.add_option("--seed", seed, "seed of every random number")->capture_default_str();
    app.add_option("--epochs", epochs, "passes over the training part")->capture_default_str()->check(CLI::Range(1, 100000));
    app.add_option("--lr", lr, "learning rate")->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--batch-size", batch_size, "rows in a minibatch")->capture_default_str()->check(CLI::Range(1, 1 << 20));
    app.add_option("--threads", threads, "threads to use; the result is the same for any number (default: all cores)")
        ->check(CLI::Range(1, 1024));
    app.add_flag("--cosine,!--no-cosine", cosine, "lower the learning rate along a half cosine, epoch by epoch");
    app.add_option("--out", out, "folder for the pictures")->capture_default_str();
}

void Options::apply() const {
    xtape::seed(seed);
    if (threads) set_threads(threads);
    std::filesystem::create_directories(out);
}

double Options::learning_rate(std::size_t epoch) const {
    if (!cosine) return lr;
    return lr / 2 * (1 + std::cos(std::numbers::pi * static_cast<double>(epoch) / static_cast<double>(epochs)));
}

namespace {

double mean_loss(nn::Module& model, const data::TensorDataset& part) {
    const Tensor logits = train::predict(model, part);
    return nn::cross_entropy(logits, part.labels()).item();
}

}  // namespace

Curves train_classifier(nn::Module& model, optim::Optimizer& optimizer, const data::TensorDataset& train_part,
                        const data::TensorDataset& test_part, const Options& options) {
    Curves curves;
    const data::Loader loader{train_part, {.batch_size = options.batch_size, .shuffle = true}};
    for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
        optimizer.set_learning_rate(options.learning_rate(epoch - 1));
        train::ProgressBar bar{fmt::format("epoch {:>{}}/{}", epoch, std::to_string(options.epochs).size(), options.epochs),
                               loader.batches()};
        double total = 0;
        std::size_t batches = 0;
        for (const auto& [x, y] : loader) {
            Tape tape;
            const Tensor loss = nn::cross_entropy(model(x), y);
            tape.backward(loss);
            optimizer.step();
            optimizer.zero_grad();
            total += loss.item();
            bar.advance(fmt::format("loss {:.4f}", total / static_cast<double>(++batches)));
        }
        // The training loss is the mean over the epoch, while the weights were moving; everything else is measured at its end.
        curves.train_loss.push_back(total / static_cast<double>(batches));
        curves.test_loss.push_back(mean_loss(model, test_part));
        curves.train_accuracy.push_back(train::accuracy(model, train_part));
        curves.test_accuracy.push_back(train::accuracy(model, test_part));
        bar.finish(fmt::format("loss {:.4f}  accuracy {:.4f}  test loss {:.4f}  test accuracy {:.4f}", curves.train_loss.back(),
                               curves.train_accuracy.back(), curves.test_loss.back(), curves.test_accuracy.back()));
    }
    return curves;
}

namespace {

// A row of the table and an image of the grid for each of the first test rows, wrong ones first: they teach the most.
void show_predictions(const Array& probabilities, const data::TensorDataset& test, std::size_t side, const std::filesystem::path& file) {
    const IndexArray predicted = train::argmax(probabilities);
    const IndexArray& labels = test.labels();
    std::vector<std::size_t> rows(test.size());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
    std::stable_partition(rows.begin(), rows.end(), [&](std::size_t i) { return predicted(i) != labels(i); });
    rows.resize(std::min<std::size_t>(rows.size(), 20));

    Array images = Array::from_shape({rows.size(), side, side});
    std::vector<std::string> captions;
    fmt::print("\n{:>5}  {:>5}  {:>9}  {:>11}\n", "row", "label", "predicted", "probability");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t row = rows[i];
        const auto guess = static_cast<std::size_t>(predicted(row));
        std::copy_n(test.features().data() + row * side * side, side * side, images.data() + i * side * side);
        captions.push_back(fmt::format("{} (is {})", guess, labels(row)));
        if (i < 10) {
            fmt::print("{:>5}  {:>5}  {:>9}  {:>11.4f}{}\n", row, labels(row), guess, probabilities(row, guess),
                       predicted(row) == labels(row) ? "" : "  wrong");
        }
    }
    train::write_image_grid(file, images, {.title = "predictions on the test part, wrong ones first", .captions = captions, .dark_is_high = true});
}

}  // namespace

void show_results(nn::Module& model, const data::TensorDataset& test, const Curves& curves, std::size_t side, const Options& options) {
    fmt::print("\nconfusion matrix of the test part (row: label, column: prediction)\n{}",
               train::confusion_table(train::confusion_matrix(model, test)));
    try {
        const Array probabilities = softmax(Tensor(train::predict(model, test))).value();
        show_predictions(probabilities, test, side, options.out / "predictions.png");
        train::Plot{.title = "cross-entropy", .x_label = "epoch", .y_label = "loss",
                    .series = {{"training", curves.train_loss}, {"test", curves.test_loss}}, .log_y = true}
            .save(options.out / "loss.svg");
        train::Plot{.title = "accuracy", .x_label = "epoch", .y_label = "share recognised",
                    .series = {{"training", curves.train_accuracy}, {"test", curves.test_accuracy}}}
            .save(options.out / "accuracy.svg");
        fmt::print("\npictures: {0}/loss.svg  {0}/accuracy.svg  {0}/predictions.png\n",
                   std::filesystem::absolute(options.out).lexically_normal().string());
    } catch (const IoError& error) {
        fmt::print("\nno pictures: {}\n", error.what());
    }
}

int run(const char* program, const std::function<int()>& body) {
    const auto fail = [program](const char* what, int status) {
        std::fflush(stdout);
        fmt::print(stderr, "{}: {}\n", program, what);
        return status;
    };
    try {
        return body();
    } catch (const ConfigError& error) {
        return fail(error.what(), 2);
    } catch (const DataError& error) {
        return fail(error.what(), 3);
    } catch (const IoError& error) {
        return fail(error.what(), 4);
    } catch (const std::filesystem::filesystem_error& error) {
        return fail(error.what(), 4);
    } catch (const std::exception& error) {
        return fail(error.what(), 1);
    }
}

}  // namespace examples
