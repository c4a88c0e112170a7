// A network of two hidden layers learns the sine from 500 points of it.
#include "support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <numbers>

using namespace xtape;

static data::ArrayDataset<float, float> with_targets(const data::Pairs& pairs) {
    return data::ArrayDataset{pairs.x, pairs.y};
}

/// So many places from `low` to `high`.
static Array evenly(std::size_t count, double low, double high) {
    Array x = empty_array<float>(Shape{count, 1});
    for (std::size_t i = 0; i < count; ++i)
        x(i, 0) = static_cast<float>(low + (high - low) * static_cast<double>(i) / static_cast<double>(count - 1));
    return x;
}

struct Curves {
    std::vector<double> x, sine, network;
};

static Curves curves(nn::Sequential& net, const Array& x) {
    const Array y = train::predict(net, data::ArrayDataset{x});
    Curves result{{x.begin(), x.end()}, {}, {y.begin(), y.end()}};
    for (const double at : result.x) result.sine.push_back(std::sin(at));
    return result;
}

static void draw(examples::Study& study, nn::Sequential& net, const data::Pairs& points) {
    const double end = 2 * std::numbers::pi;
    const Curves around = curves(net, evenly(300, -2, end + 2)), within = curves(net, evenly(200, 0, end));
    std::vector<double> errors;
    std::ranges::transform(within.network, within.sine, std::back_inserter(errors), std::minus<>());
    // Every tenth point, so that the curves can be seen between them.
    train::Series shown{"training points", {}, {}, true};
    for (std::size_t i = 0; i < points.x.size(); i += 10) {
        shown.x.push_back(points.x(i, 0)), shown.y.push_back(points.y(i, 0));
    }
    study.picture({.title = "sin x, and what the network has learned from 0 to 2 pi",
                   .x_label = "x",
                   .y_label = "y",
                   .series = {shown, {"sin x", around.sine, around.x}, {"network", around.network, around.x}}},
                  "sine");
    study.picture({.title = "Error of the network",
                   .x_label = "x",
                   .y_label = "network - sin x",
                   .series = {{"", errors, within.x}}},
                  "sine-error");
}

int main(int argc, char** argv) {
    examples::Study study{"sine",
                          "Learns sin x on [0, 2 pi] from 500 points, with 1-16-16-1 and tanh.\n"
                          "Example: sine --epochs 500",
                          {.epochs = 2000, .batch_size = 16, .lr = 0.05, .quick_epochs = 300}};
    std::string rate = "falling";
    study.option("--rate", rate, "whether the learning rate falls to 0", {"falling", "constant"});
    return study.run(argc, argv, [&] {
        const data::Pairs points = data::make_sine({.samples = 500}), test = data::make_sine({.samples = 1000});
        nn::Sequential net = examples::mlp({1, 16, 16, 1}, nn::Tanh{}, nn::Init::xavier_uniform);
        optim::SGD sgd{net.parameters(), {.lr = study.options.lr, .momentum = 0.9}};
        train::FitOptions options = study.fit({}, "sine");
        if (rate == "falling") options = examples::falling(options);
        const auto history = train::fit(net, nn::mse, sgd, with_targets(points), with_targets(test), options);
        draw(study, net, points);
        study.picture({.title = "MSE of 1-16-16-1, tanh",
                       .x_label = "epoch",
                       .y_label = "MSE",
                       .series = {{"training", history["loss"]}, {"test", history["val_loss"]}},
                       .log_y = true},
                      "sine-loss");
        study.reached({.number = 21,
                       .name = "sine, 1-16-16-1 tanh",
                       .metric = "test MSE",
                       .reported = "a picture",
                       .goal = 1e-4,
                       .reached = history.last("val_loss"),
                       .unit = "",
                       .better = train::Better::smaller});
    });
}
