// USPS digits, 16 x 16: a small network by mean squared error and by cross-entropy, its learning rates, and convolutions in one and two
// dimensions. Recipes are fixed beforehand, the rate of the sweep is chosen on a part of the training digits that is kept back, and what
// counts is the last epoch. The test part is known to be harder than the training part. One seed a study; one test digit is 0.05 %.
#include "support.hpp"

#include <fmt/format.h>

#include <cmath>

using namespace xtape;
using examples::Compared;
using examples::falling;
using examples::percent;

static nn::Sequential make_mlp() { return examples::mlp({256, 128, 64, 10}, nn::Tanh{}, nn::Init::xavier_uniform); }

static train::FitOptions options(examples::Study& study, const std::string& part, std::size_t epochs,
                                 std::size_t batch_size) {
    fmt::print("\n{}\n", part);
    return study.fit(
        {.epochs = study.epochs(epochs, epochs / 10), .batch_size = batch_size, .metrics = {train::Accuracy{}}}, part);
}

static void loss(examples::Study& study, const data::Usps& usps) {
    const data::OneHot one_hot{10};
    const auto mse = [&](const Tensor& y, const IndexArray& labels) { return nn::mse(y, one_hot(labels)); };
    std::vector<Compared> trainings;
    const auto train_with = [&](const std::string& name, const auto& function) {
        seed(study.options.seed);
        nn::Sequential net = make_mlp();
        optim::AdamW adam{net.parameters(), {.lr = 1e-3, .weight_decay = 1e-2}};
        const auto history =
            train::fit(net, function, adam, usps.train, usps.test, falling(options(study, "loss-" + name, 40, 32)));
        trainings.push_back(
            {{name, percent(history.last("accuracy")), percent(history.last("val_accuracy"))}, history});
        if (name == "CE") study.report().add_classification(net, usps.test, {.image = {16, 16}});
    };
    train_with("MSE", mse);
    train_with("CE", nn::cross_entropy);
    examples::compare(study, "Losses of 256-128-64-10, tanh", {"loss", "training", "test"}, trainings,
                      {.series = "val_accuracy", .file = "losses", .label = "test accuracy"});
    for (std::size_t i = 0; i < trainings.size(); ++i) {
        study.reached({.number = 6,
                       .name = "usps 256-128-64-10 tanh, " + trainings[i].row[0],
                       .reported = i == 0 ? "84.85 %" : "86.04 %, best 90.14 %",
                       .goal = 93.5,
                       .reached = 100 * trainings[i].history.last("val_accuracy")});
    }
}

static void learning_rate(examples::Study& study, const data::Usps& usps) {
    const auto [most, few] = data::stratified_split(usps.train, {0.8, 0.2});
    std::vector<Compared> trainings;
    std::vector<double> rates, validation_errors, test_errors;
    double best = 0, chosen = 0;
    for (const double lr : {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6}) {
        seed(study.options.seed);
        nn::Sequential net = make_mlp();
        optim::SGD sgd{net.parameters(), {.lr = lr}};
        const auto history =
            train::fit(net, nn::cross_entropy, sgd, most, few, options(study, fmt::format("lr-{:g}", lr), 30, 32));
        const double validation = history.last("val_accuracy"), test = train::accuracy(net, usps.test);
        trainings.push_back(
            {{fmt::format("{:g}", lr), percent(history.last("accuracy")), percent(validation), percent(test)},
             history});
        rates.push_back(-std::log10(lr)), validation_errors.push_back(100 * (1 - validation)),
            test_errors.push_back(100 * (1 - test));
        if (validation > best) best = validation, chosen = test;
    }
    examples::compare(study, "Learning rates of gradient descent, 30 epochs", {"lr", "training", "validation", "test"},
                      trainings,
                      {.series = "val_loss", .file = "learning-rates", .label = "validation loss", .log_y = true});
    study.picture({.title = "Error by learning rate",
                   .x_label = "-log10(learning rate)",
                   .y_label = "error, %",
                   .series = {{.name = "validation", .y = validation_errors, .x = rates},
                              {.name = "test", .y = test_errors, .x = rates}}},
                  "learning-rate-errors");
    study.reached({.number = 7,
                   .name = "usps learning rates, rate chosen on the validation part",
                   .reported = "a table; best 90.14 %",
                   .goal = 90.14,
                   .reached = 100 * chosen});
}

static void conv1d(examples::Study& study, const data::Usps& usps) {
    // 200 digits for training, each kind in its proportion; tested on the whole test part.
    const auto [few, rest] = data::stratified_split(usps.train, {std::size_t{200}, usps.train.size() - 200});
    nn::Sequential net{nn::Reshape{{1, 256}}, nn::Conv1d{1, 32, 3}, nn::MaxPool1d{2},   nn::Flatten{},
                       nn::Linear{4064, 100}, nn::ReLU{},           nn::Linear{100, 10}};
    optim::AdamW adam{net.parameters(), {.lr = 1e-3, .weight_decay = 1e-2}};
    const auto history =
        train::fit(net, nn::cross_entropy, adam, few, usps.test, falling(options(study, "conv1d", 40, 20)));
    examples::compare(study, "Conv1d on 200 digits", {"network", "training", "test"},
                      {{{"Conv1d", percent(history.last("accuracy")), percent(history.last("val_accuracy"))}, history}},
                      {.series = "val_accuracy", .file = "conv1d", .label = "test accuracy"});
    study.reached({.number = 11,
                   .name = "usps Conv1d, 200 digits",
                   .reported = "77 %",
                   .goal = 84,
                   .reached = 100 * history.last("val_accuracy")});
}

static void conv2d(examples::Study& study, const data::Usps& usps) {
    const data::ToImage to_image{1, 16, 16};
    const auto test = data::map(usps.test, data::on_features(to_image));
    const auto changed = data::map(
        usps.train,  // another way in each epoch; -1 is the background
        data::on_features(data::Compose{to_image, data::RandomShift{1, 1, -1.f}, data::RandomRotate{10, -1.f}}));
    nn::Sequential net{nn::Conv2d{1, 16, 3, {.padding = 1, .init = nn::Init::he_normal}},
                       nn::BatchNorm2d{16},
                       nn::ReLU{},
                       nn::MaxPool2d{2},
                       nn::Conv2d{16, 32, 3, {.padding = 1, .init = nn::Init::he_normal}},
                       nn::BatchNorm2d{32},
                       nn::ReLU{},
                       nn::MaxPool2d{2},
                       nn::Flatten{},
                       nn::Dropout{0.3f},
                       nn::Linear{32 * 4 * 4, 64, {.init = nn::Init::he_normal}},
                       nn::ReLU{},
                       nn::Linear{64, 10}};
    optim::Adam adam{net.parameters(), {.lr = 2e-3}};
    const auto history =
        train::fit(net, nn::cross_entropy, adam, changed, test, falling(options(study, "conv2d", 30, 32)));
    examples::compare(study, "Conv2d on all digits", {"network", "training, changed", "test"},
                      {{{"Conv2d", percent(history.last("accuracy")), percent(history.last("val_accuracy"))}, history}},
                      {.series = "val_accuracy", .file = "conv2d", .label = "test accuracy"});
    study.report().add_classification(net, test);
    nn::save(net, study.options.out / "conv2d.safetensors");
    study.reached({.number = 11,
                   .name = "usps Conv2d, all digits",
                   .reported = "-",
                   .goal = 96.5,
                   .reached = 100 * history.last("val_accuracy")});
}

int main(int argc, char** argv) {
    examples::Study study{"usps",
                          "Recognises the digits of USPS: two losses, a sweep of learning rates, Conv1d on 200 digits "
                          "and Conv2d on all. 7291\n"
                          "digits for training, the other 2007 for testing.\n"
                          "Example: usps --data ~/data/usps --study conv1d",
                          {.epochs = 0, .batch_size = 0, .lr = 0},
                          {"loss", "lr", "conv1d", "conv2d"}};
    return study.run(argc, argv, [&] {
        const data::Usps usps = data::usps(data::data_folder(study.options.data, "usps"));
        fmt::print("usps: {} for training, {} for testing; seed {}, threads {}\n", usps.train.size(), usps.test.size(),
                   study.options.seed, threads());
        if (study.wants("loss")) loss(study, usps);
        if (study.wants("lr")) learning_rate(study, usps);
        if (study.wants("conv1d")) conv1d(study, usps);
        if (study.wants("conv2d")) conv2d(study, usps);
    });
}
