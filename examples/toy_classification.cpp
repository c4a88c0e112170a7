// Three sets of points in the plane that no straight line tells apart, or that need not be: two blobs, four Gaussians in the layout of
// XOR, and a checkerboard, each with a small network trained by MSE. The Gaussians show over-fitting, and what early stopping does about
// it. Recipes are fixed beforehand; which epoch is kept is the validation points' choice; test points are only counted.
#include "support.hpp"

#include <fmt/format.h>

using namespace xtape;
using examples::falling;
using examples::percent;

using Points = data::ArrayDataset<float, float>;

/// The labels as numbers, one column, for MSE.
static Points with_numbers(const data::TensorDataset& points) {
    Array y = empty_array<float>(Shape{points.size(), 1});
    for (std::size_t i = 0; i < points.size(); ++i) y(i, 0) = static_cast<float>(points.labels()(i));
    return Points{points.features(), y};
}

/// A sigmoid at the end makes the output a number between the labels 0 and 1.
static nn::Sequential with_sigmoid(nn::Sequential net) {
    net.append(nn::Sigmoid{});
    return net;
}

static IndexArray classify(nn::Sequential& net, const Array& x) { return examples::above(net, x, 0.5f); }

static double accuracy(nn::Sequential& net, const data::TensorDataset& points) {
    return train::accuracy(points.labels(), classify(net, points.features()));
}

static void map(examples::Study& study, nn::Sequential& net, const data::TensorDataset& points,
                const std::string& title, const std::string& name) {
    study.picture(title, name + ".png", "the points, over what the network answers",
                  [&](const std::filesystem::path& file) {
                      train::write_decision_map(file, [&](const Array& x) { return classify(net, x); },
                                                points.features(), points.labels(), {.title = title});
                  });
}

static train::FitOptions options(examples::Study& study, const std::string& part, std::size_t epochs, std::size_t quick,
                                 std::size_t batch_size) {
    return study.fit(
        {.epochs = study.epochs(epochs, quick), .batch_size = batch_size, .metrics = {train::BinaryAccuracy{0.5}}},
        part);
}

static void blobs(examples::Study& study) {
    const auto points = data::make_blobs({.samples = 100, .centers = {{-2, -2}, {2, 2}}, .deviation = 0.6});
    nn::Sequential net = with_sigmoid(examples::mlp({2, 3, 1}, nn::Tanh{}, nn::Init::xavier_uniform));
    optim::SGD sgd{net.parameters(), {.lr = 0.5}};
    const auto history = train::fit(net, nn::mse, sgd, with_numbers(points), options(study, "blobs", 100, 20, 10));
    const double right = accuracy(net, points);
    examples::compare(study, "Two blobs, 2-3-1", {"network", "training accuracy"},
                      {{{"2-3-1", percent(right)}, history}},
                      {.series = "loss", .file = "blobs-loss", .label = "MSE", .log_y = true});
    map(study, net, points, fmt::format("two blobs, 2-3-1: {}", percent(right)), "blobs");
    study.reached({.number = 3,
                   .name = "two blobs, 2-3-1",
                   .metric = "training accuracy",
                   .reported = "separates",
                   .goal = 100,
                   .reached = 100 * right});
}

static void gaussians(examples::Study& study) {
    const data::FourGaussiansOptions clouds{.samples = 400};
    const double bayes = data::bayes_accuracy(clouds);
    const auto points = data::make_four_gaussians(clouds), validation = data::make_four_gaussians({.samples = 400});
    const auto test = data::make_four_gaussians({.samples = 20000});

    std::vector<std::vector<std::string>> rows;
    double reached = 0;
    const auto train_until = [&](const std::string& name, const train::Callback& stopping, const std::string& file) {
        seed(study.options.seed);
        nn::Sequential net = with_sigmoid(examples::mlp({2, 50, 1}, nn::Tanh{}, nn::Init::xavier_uniform));
        optim::Adam adam{net.parameters(), {.lr = 1e-3}};
        train::FitOptions fit = options(study, "gaussians-" + file, 2000, 300, 20);
        fit.callbacks.push_back(stopping);
        const auto history = train::fit(net, nn::mse, adam, with_numbers(points), with_numbers(validation), fit);
        reached = accuracy(net, test);
        rows.push_back({name, fmt::format("{}", history.size()), fmt::format("{}", history.best_epoch("val_loss")),
                        percent(accuracy(net, points)), percent(accuracy(net, validation)), percent(reached)});
        map(study, net, points, fmt::format("four Gaussians, {}", name), "gaussians-" + file);
        return history;
    };
    const auto history = train_until("all epochs", train::LambdaCallback{}, "all");
    train_until("early stopping", train::EarlyStopping{.patience = 200}, "stopped");
    study.table("Four Gaussians, 2-50-1", {"", "epochs", "best", "training", "validation", "test"}, rows);
    fmt::print("the best rule, which knows the clouds, is right in {} in the long run\n", percent(bayes));
    study.picture({.title = "Four Gaussians, 2-50-1",
                   .x_label = "epoch",
                   .y_label = "MSE",
                   .series = {{"training", history["loss"]}, {"validation", history["val_loss"]}},
                   .log_y = true},
                  "gaussians-loss");
    study.reached({.number = 4,
                   .name = "four Gaussians, 2-50-1, early stopping",
                   .reported = "separates, over-fits after 600 epochs",
                   .goal = 100 * bayes - 1,
                   .reached = 100 * reached});
}

static void checkerboard(examples::Study& study) {
    const auto [points, test] = data::random_split(data::make_checkerboard({.samples = 1000}), {0.8, 0.2});
    nn::Sequential net = with_sigmoid(examples::mlp({2, 50, 20, 1}, nn::ELU{}, nn::Init::he_uniform));
    optim::AdamW adam{net.parameters(), {.lr = 0.01, .weight_decay = 3e-3}};
    const auto history = train::fit(net, nn::mse, adam, with_numbers(points), with_numbers(test),
                                    falling(options(study, "checkerboard", 800, 300, 20)));
    const double right = accuracy(net, test), fresh = accuracy(net, data::make_checkerboard({.samples = 20000}));
    study.table("Checkerboard, 2-50-20-1, ELU", {"training", "test", "20000 more points"},
                {{percent(accuracy(net, points)), percent(right), percent(fresh)}});
    study.picture({.title = "Checkerboard, 2-50-20-1, ELU",
                   .x_label = "epoch",
                   .y_label = "MSE",
                   .series = {{"training", history["loss"]}, {"test", history["val_loss"]}},
                   .log_y = true},
                  "checkerboard-loss");
    map(study, net, points, "checkerboard, training points", "checkerboard");
    map(study, net, test, fmt::format("checkerboard, test points: {}", percent(right)), "checkerboard-test");
    study.reached(
        {.number = 5, .name = "checkerboard, 2-50-20-1", .reported = "93.5 %", .goal = 95, .reached = 100 * right});
}

int main(int argc, char** argv) {
    examples::Study study{"toy_classification",
                          "Points in the plane: two blobs, four Gaussians, a checkerboard, each told apart by a small "
                          "network.\nExample: toy_classification --study checkerboard",
                          {.epochs = 0, .batch_size = 0, .lr = 0},
                          {"blobs", "gaussians", "checkerboard"}};
    return study.run(argc, argv, [&] {
        if (study.wants("blobs")) blobs(study);
        if (study.wants("gaussians")) gaussians(study);
        if (study.wants("checkerboard")) checkerboard(study);
    });
}
