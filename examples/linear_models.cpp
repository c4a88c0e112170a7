// Models with one line in them: linear regression against least squares, two blobs told apart by a linear layer and MSE, and
// Rosenblatt's perceptron, which converges where a line separates the classes and goes round in circles on XOR.
#include "support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

using namespace xtape;

struct Line {
    double slope, intercept;
};

/// The line with the least squared error: slope = cov(x, y) / var(x), through the means.
static Line least_squares(const Array& x, const Array& y) {
    const auto n = static_cast<double>(x.size());
    double x_mean = 0, y_mean = 0, xx = 0, xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) x_mean += x(i, 0) / n, y_mean += y(i, 0) / n;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x(i, 0) - x_mean) * (x(i, 0) - x_mean);
        xy += (x(i, 0) - x_mean) * (y(i, 0) - y_mean);
    }
    return {xy / xx, y_mean - xy / xx * x_mean};
}

/// Writes points to OUT/NAME-points.csv, for scripts/baselines.
static void leave(const examples::Study& study, const std::string& name, const Array& x, const auto& targets) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < x.shape()[0]; ++i) {
        std::string line;
        for (std::size_t j = 0; j < x.shape()[1]; ++j) line += fmt::format("{},", x(i, j));
        lines.push_back(line + fmt::format("{}", targets.data()[i]));
    }
    examples::write_csv(study.options.out / (name + "-points.csv"), x.shape()[1] == 1 ? "x,y" : "x1,x2,label", lines);
}

static void regression(examples::Study& study) {
    const data::Pairs points = data::make_line({.samples = 100, .slope = 8, .intercept = 2, .deviation = 1});
    nn::Linear model{1, 1};
    optim::SGD optimizer{model.parameters(), {.lr = 0.1}};
    // All points at once: then gradient descent ends at the minimum, and not somewhere around it.
    const std::size_t epochs = study.epochs(200, 20);
    train::fit(model, nn::mse, optimizer, data::ArrayDataset{points.x, points.y},
               study.fit({.epochs = epochs, .batch_size = 100}, "regression"));

    const Line exact = least_squares(points.x, points.y);
    const Line found{model.weight.value()(0, 0), model.bias->value()(0)};
    fmt::print(
        "\nregression: y = 8 x + 2 + N(0, 1), 100 points, {} epochs\n  least squares     y = {:.6f} x + {:.6f}\n  "
        "gradient descent  y = {:.6f} x + {:.6f}\n",
        epochs, exact.slope, exact.intercept, found.slope, found.intercept);
    leave(study, "regression", points.x, points.y);
    examples::write_csv(study.options.out / "regression-line.csv", "slope,intercept",
                        {fmt::format("{},{}", found.slope, found.intercept)});
    study.picture(
        "Regression", "regression.svg", "100 points and the line that gradient descent has found",
        [&](const std::filesystem::path& file) {
            const auto at = [&](double x) { return found.slope * x + found.intercept; };
            train::Plot{
                .title = fmt::format("y = {:.3f} x + {:.3f}", found.slope, found.intercept),
                .x_label = "x",
                .y_label = "y",
                .series = {{"points", {points.y.begin(), points.y.end()}, {points.x.begin(), points.x.end()}, true},
                           {"gradient descent", {at(-3), at(3)}, {-3, 3}}}}
                .save(file);
        });
    study.reached(
        {.number = 1,
         .name = "linear regression",
         .metric = "distance from least squares",
         .reported = "the same line",
         .goal = 1e-3,
         .reached = std::max(std::abs(found.slope - exact.slope), std::abs(found.intercept - exact.intercept)),
         .unit = "",
         .better = train::Better::smaller});
}

/// Two clouds whose centers are 9 deviations apart.
static data::TensorDataset two_blobs() {
    return data::make_blobs({.samples = 100, .centers = {{-2, -2}, {2, 2}}, .deviation = 0.6});
}

static void blobs(examples::Study& study) {
    const data::TensorDataset points = two_blobs();
    // Targets -1 and 1, so that the boundary is where the output is 0.
    Array targets = empty_array<float>(Shape{points.size(), 1});
    for (std::size_t i = 0; i < points.size(); ++i) targets(i, 0) = points.labels()(i) == 1 ? 1.f : -1.f;
    nn::Linear model{2, 1};
    optim::SGD optimizer{model.parameters(), {.lr = 0.01}};
    train::fit(model, nn::mse, optimizer, data::ArrayDataset{points.features(), targets},
               study.fit({.epochs = study.epochs(50, 5), .batch_size = 20}, "blobs"));

    leave(study, "blobs", points.features(), points.labels());
    const auto classify = [&](const Array& x) { return examples::above(model, x, 0); };
    study.picture("Blobs", "blobs.png", "a linear layer, trained with MSE", [&](const std::filesystem::path& file) {
        train::write_decision_map(file, classify, points.features(), points.labels(),
                                  {.title = "linear layer and MSE"});
    });
    const IndexArray answers = classify(points.features());
    const auto right = std::inner_product(answers.begin(), answers.end(), points.labels().begin(), 0.0, std::plus<>(),
                                          std::equal_to<>());
    study.reached({.number = 2,
                   .name = "two blobs, linear and MSE",
                   .metric = "training accuracy",
                   .reported = "separates",
                   .goal = 100,
                   .reached = 100 * right / static_cast<double>(points.size())});
}

/// After how many epochs a perceptron has weights that it had before: from there on everything repeats. 0: not within `most`.
static std::size_t epochs_until_repetition(const Array& x, const IndexArray& labels, std::size_t most) {
    nn::Perceptron perceptron{2};
    std::map<std::array<float, 3>, std::size_t> seen;
    for (std::size_t epoch = 0; epoch <= most; ++epoch) {
        const Array& w = perceptron.weight.value();
        if (!seen.try_emplace({w(0, 0), w(0, 1), perceptron.bias.value()(0)}, epoch).second) return epoch;
        if (perceptron.fit(x, labels, {.epochs = 1}).converged) return 0;
    }
    return 0;
}

static void perceptron(examples::Study& study) {
    const data::TensorDataset points = two_blobs();
    const Array xor_x{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    const IndexArray xor_labels{0, 1, 1, 0};
    const std::size_t epochs = 100;
    const auto learn = [&](const std::string& name, const Array& x, const IndexArray& labels) {
        nn::Perceptron model{2};
        const nn::PerceptronHistory history = model.fit(x, labels, {.epochs = epochs});
        fmt::print("\nperceptron, {}: {} after {} epochs; mistakes", name,
                   history.converged ? "converged" : "not converged", history.mistakes.size());
        for (std::size_t i = 0; i < std::min<std::size_t>(history.mistakes.size(), 12); ++i)
            fmt::print(" {}", history.mistakes[i]);
        fmt::print("{}\n", history.mistakes.size() > 12 ? " ..." : "");
        study.picture("Perceptron: " + name, "perceptron-" + name + ".png", "the perceptron's answers",
                      [&](const std::filesystem::path& file) {
                          train::write_decision_map(
                              file, [&](const Array& at) { return model.predict(at); }, x, labels,
                              {.title = fmt::format("perceptron, {}: {}", name,
                                                    history.converged ? "converged" : "does not converge")});
                      });
        return history;
    };
    leave(study, "perceptron", points.features(), points.labels());
    const nn::PerceptronHistory separable = learn("separable", points.features(), points.labels());
    study.reached({.number = 28,
                   .name = "perceptron on separable data",
                   .metric = "mistakes in the last epoch",
                   .reported = "converges",
                   .goal = 0,
                   .reached = static_cast<double>(separable.mistakes.back()),
                   .unit = " mistakes",
                   .better = train::Better::smaller});

    const nn::PerceptronHistory never = learn("XOR", xor_x, xor_labels);
    if (const std::size_t again = epochs_until_repetition(xor_x, xor_labels, epochs)) {
        fmt::print("after {} epochs the weights are some that it had before: it will go round for ever\n", again);
    }
    study.reached({.number = 28,
                   .name = "perceptron on XOR, in the best of 100 epochs",
                   .metric = "mistakes of 4, at least",
                   .reported = "cannot",
                   .goal = 1,
                   .reached = static_cast<double>(*std::ranges::min_element(never.mistakes)),
                   .unit = " mistakes"});
}

int main(int argc, char** argv) {
    examples::Study study{
        "linear_models",
        "Linear regression, two blobs with a linear layer, and the perceptron on separable points and on XOR.\n"
        "Example: linear_models --study perceptron",
        {.epochs = 0, .batch_size = 0, .lr = 0},
        {"regression", "blobs", "perceptron"}};
    return study.run(argc, argv, [&] {
        if (study.wants("regression")) regression(study);
        if (study.wants("blobs")) blobs(study);
        if (study.wants("perceptron")) perceptron(study);
    });
}
